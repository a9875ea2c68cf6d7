/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: the input is what a hostile guest does to the ring's page while
 * we serve it, 7 bytes a step: where, and what to store there.
 */
#include "console/ring.h"

#include <stdlib.h>
#include <string.h>

struct step {
	uint16_t at;
	uint32_t value;
	uint8_t what;
} __attribute__((packed));

static void check(int pass)
{
	if (!pass)
		abort();
}

/* The guest stores a word; mostly to an index, or near its present value. */
static void guest_store(uint8_t *page, const struct step *s)
{
	size_t at = s->at % (CON_RING_PAGE - 4);
	uint32_t value = s->value, old;

	if (s->what & 1)
		at = 3072 + 4 * (s->at % 4);
	memcpy(&old, page + at, 4);
	if (s->what & 2)
		value = old + value % 4096;
	memcpy(page + at, &value, 4);
}

static void serve(struct con_ring *r, uint8_t *buf)
{
	uint32_t out_cons = r->out_cons, in_prod = r->in_prod;
	int n = con_ring_peek(r, buf), room = con_ring_space(r);

	check(n >= -1 && n <= CON_RING_OUT);
	check(room >= -1 && room <= CON_RING_IN);
	check(r->out_cons == out_cons && r->in_prod == in_prod);
	if (n > 0)
		con_ring_consume(r, (uint32_t)n);
	if (room > 0)
		con_ring_put(r, buf, (uint32_t)room);
	check(n <= 0 || r->out_cons == out_cons + (uint32_t)n);
	check(room <= 0 || con_ring_space(r) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *page = aligned_alloc(CON_RING_PAGE, CON_RING_PAGE);
	uint8_t *buf = malloc(CON_RING_OUT);
	struct con_ring r;
	struct step s;
	int attached;

	memset(page, 0, CON_RING_PAGE);
	attached = con_ring_attach(&r, page) == 0;
	for (; size >= sizeof(s); data += sizeof(s), size -= sizeof(s)) {
		memcpy(&s, data, sizeof(s));
		guest_store(page, &s);
		if (s.what & 4)
			attached = con_ring_attach(&r, page) == 0;
		if (attached && (s.what & 8))
			serve(&r, buf);
	}
	free(buf);
	free(page);
	return 0;
}
