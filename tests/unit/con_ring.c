/* SPDX-License-Identifier: MIT */
/* The console ring, against a simulated guest, well-behaved and hostile. */
#include "console/ring.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

enum { CONNECTION = 3088 };

struct guest {
	_Alignas(4096) uint8_t page[CON_RING_PAGE];
	uint32_t seed;
	uint32_t out_sent, in_got; /* bytes of the two streams */
};

static struct xencons_interface *ring_of(struct guest *g)
{
	return (struct xencons_interface *)g->page;
}

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Byte `i` of a stream that repeats only after 2^24 bytes. */
static uint8_t stream(uint32_t i)
{
	return (uint8_t)(i ^ (i >> 8) * 31 ^ (i >> 16) * 7);
}

static void guest_init(struct guest *g, uint32_t index)
{
	struct xencons_interface *p = ring_of(g);

	memset(g, 0, sizeof(*g));
	g->seed = index + 1;
	g->page[CONNECTION] = 1;
	p->in_cons = p->in_prod = index;
	p->out_cons = p->out_prod = index;
}

/* hvc_xen's put_chars: as much of `n` as fits. */
static void guest_write(struct guest *g, uint32_t n)
{
	struct xencons_interface *p = ring_of(g);

	while (n-- && p->out_prod - p->out_cons < sizeof(p->out)) {
		p->out[MASK_XENCONS_IDX(p->out_prod, p->out)] =
			(char)stream(g->out_sent++);
		p->out_prod++;
	}
}

/* hvc_xen's get_chars: at most `n`; false if a byte is wrong. */
static bool guest_read(struct guest *g, uint32_t n)
{
	struct xencons_interface *p = ring_of(g);
	bool right = true;

	while (n-- && p->in_cons != p->in_prod) {
		uint8_t c = (uint8_t)p->in[MASK_XENCONS_IDX(p->in_cons, p->in)];

		right &= c == stream(g->in_got++);
		p->in_cons++;
	}
	return right;
}

/* The backend's side of one round; false if a byte is wrong. */
static bool backend_round(struct con_ring *r, uint32_t *out, uint32_t *in,
			  uint32_t want_in)
{
	uint8_t buf[CON_RING_OUT];
	int i, n = con_ring_peek(r, buf);
	int room = con_ring_space(r);

	if (n < 0 || room < 0)
		return false;
	for (i = 0; i < n; i++) {
		if (buf[i] != stream(*out + (uint32_t)i))
			return false;
	}
	*out += (uint32_t)n;
	con_ring_consume(r, (uint32_t)n);
	n = (int)want_in < room ? (int)want_in : room;
	for (i = 0; i < n; i++)
		buf[i] = stream((*in)++);
	con_ring_put(r, buf, (uint32_t)n);
	return true;
}

/* Random chunks both ways; every 1000th round another backend takes over. */
static void test_streams(uint32_t index, uint32_t rounds)
{
	struct guest *g = aligned_alloc(4096, sizeof(*g));
	struct con_ring r;
	uint32_t i, out = 0, in = 0;
	bool right = true;

	guest_init(g, index);
	con_ring_attach(&r, g->page);
	for (i = 0; right && i < rounds; i++) {
		guest_write(g, next(&g->seed) % 2500);
		right &= backend_round(&r, &out, &in, next(&g->seed) % 1200);
		right &= guest_read(g, next(&g->seed) % 1200);
		if (i % 1000 == 999) {
			memset(&r, 0xff, sizeof(r));
			right &= con_ring_attach(&r, g->page) == 0;
		}
	}
	ok(right && out == g->out_sent && in - g->in_got <= CON_RING_IN,
	   "streams from index 0x%x: %u bytes out, %u in, all in order", index,
	   out, in);
	free(g);
}

static void test_attach(void)
{
	struct guest *g = aligned_alloc(4096, sizeof(*g));
	struct con_ring r;
	uint8_t buf[CON_RING_OUT];

	guest_init(g, 0xfffffff0u);
	guest_write(g, 100);
	is_int(con_ring_attach(&r, g->page), 0, "attach to a ring in use");
	is_int(g->page[CONNECTION], 0, "the guest is told it is connected");
	is_int(con_ring_peek(&r, buf), 100, "what was said before is there");
	is_int(con_ring_peek(&r, buf), 100, "and stays until consumed");
	con_ring_consume(&r, 100);
	is_int(con_ring_peek(&r, buf), 0, "then it is gone");
	is_int(ring_of(g)->out_cons, 0xfffffff0u + 100, "index wraps");
	free(g);
}

static void test_full(void)
{
	struct guest *g = aligned_alloc(4096, sizeof(*g));
	struct con_ring r;
	uint8_t buf[CON_RING_OUT] = {0};

	guest_init(g, 5);
	guest_write(g, 5000);
	con_ring_attach(&r, g->page);
	is_int(con_ring_peek(&r, buf), CON_RING_OUT, "a full ring is read");
	is_int(con_ring_space(&r), CON_RING_IN, "an empty one has room");
	con_ring_put(&r, buf, CON_RING_IN);
	is_int(con_ring_space(&r), 0, "a full one has none");
	is_int(ring_of(g)->in_prod, 5 + CON_RING_IN, "in_prod is published");
	free(g);
}

static void attach_with(uint32_t oc, uint32_t op, uint32_t ic, uint32_t ip,
			int want, const char *what)
{
	struct guest *g = aligned_alloc(4096, sizeof(*g));
	struct xencons_interface *p = ring_of(g);
	struct con_ring r;

	guest_init(g, 0);
	p->out_cons = oc;
	p->out_prod = op;
	p->in_cons = ic;
	p->in_prod = ip;
	is_int(con_ring_attach(&r, g->page), want, "attach: %s", what);
	is_int(g->page[CONNECTION], want ? 1 : 0, "connection: %s", what);
	free(g);
}

static void test_bad_attach(void)
{
	attach_with(0, 2048, 0, 1024, 0, "both full");
	attach_with(0, 2049, 0, 0, -1, "out one too far");
	attach_with(1, 0, 0, 0, -1, "out_prod behind out_cons");
	attach_with(0, 0, 0, 1025, -1, "in one too far");
	attach_with(0, 0, 1, 0, -1, "in_cons ahead of in_prod");
	attach_with(0xffffffff, 2047, 0xffffffff, 1023, 0,
		    "full over the wrap");
	attach_with(0x80000000, 0, 0, 0, -1, "half the world apart");
}

/* Whatever the guest stores: -1 or sane numbers; our indices stay ours. */
static void test_hostile(void)
{
	struct guest *g = aligned_alloc(4096, sizeof(*g));
	struct xencons_interface *p = ring_of(g);
	uint8_t buf[CON_RING_OUT];
	struct con_ring r;
	uint32_t i, bad = 0, good = 0, wrong = 0;

	guest_init(g, 0);
	con_ring_attach(&r, g->page);
	for (i = 0; i < 200000; i++) {
		uint32_t near = next(&g->seed) % 4096;
		uint32_t out_cons = r.out_cons;
		int n;

		p->out_prod = i & 1 ? next(&g->seed) << 9 : out_cons + near;
		p->in_cons = i & 2 ? next(&g->seed) << 9 : r.in_prod - near;
		p->out_cons = p->in_prod = next(&g->seed) << 8;
		n = con_ring_peek(&r, buf);
		wrong += n < -1 || n > CON_RING_OUT || r.out_cons != out_cons;
		wrong += n >= 0 && (uint32_t)n != p->out_prod - out_cons;
		n < 0 ? bad++ : good++;
		if (n >= 0)
			con_ring_consume(&r, (uint32_t)n);
		n = con_ring_space(&r);
		wrong += n < -1 || n > CON_RING_IN;
		if (n > 0)
			con_ring_put(&r, buf, (uint32_t)n);
	}
	is_int(wrong, 0, "hostile indices: %u refused, %u served", bad, good);
	free(g);
}

/* Bytes of the page beside the ring are not touched. */
static void test_bounds(void)
{
	struct guest *g = aligned_alloc(4096, sizeof(*g));
	uint8_t buf[CON_RING_IN];
	struct con_ring r;
	size_t i, touched = 0;

	guest_init(g, 0xfffffe00u);
	memset(g->page + CONNECTION + 1, 0xa5, CON_RING_PAGE - CONNECTION - 1);
	memset(g->page + 1024, 0x5a, CON_RING_OUT);
	memset(buf, 0, sizeof(buf));
	con_ring_attach(&r, g->page);
	con_ring_put(&r, buf, CON_RING_IN);
	for (i = 1024; i < 1024 + CON_RING_OUT; i++)
		touched += g->page[i] != 0x5a;
	for (i = CONNECTION + 1; i < CON_RING_PAGE; i++)
		touched += g->page[i] != 0xa5;
	is_int(touched, 0, "writing input touches nothing else");
	free(g);
}

int main(void)
{
	test_attach();
	test_full();
	test_bad_attach();
	test_streams(0, 20000);
	test_streams(0xffff0000u, 20000);
	test_streams(0x7fffff00u, 5000);
	test_hostile();
	test_bounds();
	return done_testing();
}
