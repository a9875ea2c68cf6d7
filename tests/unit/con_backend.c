/* SPDX-License-Identifier: MIT */
/*
 * The console backend against a hostile domain. Xen's libraries and the
 * xenstore are played by this file: a page, a port, and a handful of nodes.
 */
#include "console/backend.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>

#include "console/ring.h"
#include "core/num.h"
#include "tests/unit/tap.h"

enum { S = 7, PORT = 42, REF = 9, LOCAL_PORT = 100, NODES = 32 };

#define FRONT "/local/domain/7/device/console/3/"
#define BACK "/local/domain/0/backend/console/7/3/"

struct fake_node {
	char path[128], value[64];
	unsigned int owner;
};

struct xs_watcher {
	xs_watch_fn *fn;
	void *ctx;
};

/* All that the fakes share. */
static struct fake {
	_Alignas(4096) uint8_t page[4096];
	int events[2]; /* the pipe that is /dev/xen/evtchn */
	bool bound, masked, pending, mapped, foreign, no_grant;
	unsigned int binds, notifies, unmasks, reads;
	uint32_t bind_port, map_ref;
	struct fake_node nodes[NODES];
	struct xs_watcher watch;
} fake;

static struct xencons_interface *ring(void)
{
	return (struct xencons_interface *)fake.page;
}

/* --- libxenevtchn --- */

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *l, unsigned int f)
{
	(void)l, (void)f;
	if (pipe(fake.events) < 0)
		return NULL;
	return (xenevtchn_handle *)&fake;
}

int xenevtchn_close(xenevtchn_handle *x)
{
	(void)x;
	close(fake.events[0]);
	close(fake.events[1]);
	return 0;
}

int xenevtchn_fd(xenevtchn_handle *x)
{
	(void)x;
	return fake.events[0];
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *x)
{
	int port;

	(void)x;
	fake.reads++;
	return read(fake.events[0], &port, sizeof(port)) == sizeof(port) ? port
									 : -1;
}

static void deliver(void)
{
	int port = LOCAL_PORT;

	if (!fake.bound)
		return;
	if (fake.masked) {
		fake.pending = true;
		return;
	}
	fake.masked = true;
	if (write(fake.events[1], &port, sizeof(port)) < 0)
		abort();
}

int xenevtchn_unmask(xenevtchn_handle *x, evtchn_port_t port)
{
	(void)x, (void)port;
	fake.unmasks++;
	fake.masked = false;
	if (fake.pending) {
		fake.pending = false;
		deliver();
	}
	return 0;
}

int xenevtchn_notify(xenevtchn_handle *x, evtchn_port_t port)
{
	(void)x, (void)port;
	fake.notifies++;
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *x,
						     uint32_t domid,
						     evtchn_port_t remote)
{
	(void)x;
	if (fake.bound || domid != S || remote != PORT) {
		errno = EINVAL;
		return -1;
	}
	fake.bound = true;
	fake.masked = fake.pending = false;
	fake.binds++;
	return LOCAL_PORT;
}

int xenevtchn_unbind(xenevtchn_handle *x, evtchn_port_t port)
{
	(void)x, (void)port;
	fake.bound = false;
	return 0;
}

/* --- libxengnttab, libxenforeignmemory --- */

xengnttab_handle *xengnttab_open(struct xentoollog_logger *l, unsigned f)
{
	(void)l, (void)f;
	return (xengnttab_handle *)&fake;
}

int xengnttab_close(xengnttab_handle *x)
{
	(void)x;
	return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *x, uint32_t domid, uint32_t ref,
			      int prot)
{
	(void)x, (void)prot;
	if (domid != S || fake.no_grant || (ref != REF && ref != 0)) {
		errno = EINVAL;
		return NULL;
	}
	fake.map_ref = ref;
	fake.mapped = true;
	return fake.page;
}

int xengnttab_unmap(xengnttab_handle *x, void *p, uint32_t n)
{
	(void)x, (void)p, (void)n;
	fake.mapped = false;
	return 0;
}

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *l,
					       unsigned f)
{
	(void)l, (void)f;
	return (xenforeignmemory_handle *)&fake;
}

int xenforeignmemory_close(xenforeignmemory_handle *x)
{
	(void)x;
	return 0;
}

void *xenforeignmemory_map(xenforeignmemory_handle *x, uint32_t dom, int prot,
			   size_t pages, const xen_pfn_t *arr, int *err)
{
	(void)x, (void)dom, (void)prot, (void)pages, (void)err;
	fake.mapped = fake.foreign = arr[0] == 0x1234;
	return fake.mapped ? fake.page : NULL;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *x, void *p, size_t n)
{
	(void)x, (void)p, (void)n;
	fake.mapped = fake.foreign = false;
	return 0;
}

/* --- core/xs --- */

static struct fake_node *node(const char *path, bool make)
{
	struct fake_node *n, *end = fake.nodes + NODES;

	for (n = fake.nodes; n < end; n++) {
		if (!strcmp(n->path, path))
			return n;
	}
	for (n = fake.nodes; make && n < end; n++) {
		if (!n->path[0]) {
			snprintf(n->path, sizeof(n->path), "%s", path);
			n->owner = S;
			return n;
		}
	}
	return NULL;
}

static void set(const char *path, const char *value)
{
	struct fake_node *n = node(path, true);

	snprintf(n->value, sizeof(n->value), "%s", value);
}

static const char *get(const char *path)
{
	struct fake_node *n = node(path, false);

	return n ? n->value : "(none)";
}

int xs_read_str(struct xs *xs, xs_transaction_t t, const char *path, char *buf,
		size_t size)
{
	(void)xs, (void)t;
	if (!node(path, false)) {
		errno = ENOENT;
		return -1;
	}
	return snprintf(buf, size, "%s", get(path));
}

int xs_read_num(struct xs *xs, xs_transaction_t t, const char *path,
		uint64_t min, uint64_t max, uint64_t *out)
{
	char buf[64];

	if (xs_read_str(xs, t, path, buf, sizeof(buf)) < 0)
		return -1;
	errno = ERANGE;
	return num_parse(buf, min, max, out);
}

int xs_put(struct xs *xs, xs_transaction_t t, const char *path,
	   const char *value)
{
	(void)xs, (void)t;
	set(path, value);
	return 0;
}

int xs_perms(struct xs *xs, xs_transaction_t t, const char *path,
	     struct xs_permissions *p, unsigned int nr)
{
	(void)xs, (void)t, (void)nr;
	node(path, true)->owner = p[0].id;
	return 0;
}

int xs_transact(struct xs *xs, const char *what, xs_txn_fn *fn, void *ctx,
		struct err *e)
{
	(void)xs;
	return fn(ctx, 1, e) < 0 ? err_in(e, "%s", what) : 0;
}

struct xs_watcher *xs_watch_add(struct xs *xs, const char *path,
				xs_watch_fn *fn, void *ctx, struct err *e)
{
	(void)xs, (void)e;
	is_str(path, FRONT "state", "the frontend's state is watched");
	fake.watch = (struct xs_watcher){fn, ctx};
	return &fake.watch;
}

void xs_watch_del(struct xs_watcher *w)
{
	if (w)
		w->fn = NULL;
}

/* --- a sink that remembers --- */

struct memory {
	struct con_sink sink;
	char got[8192];
	size_t n;
	const char *say;
};

static void memory_output(struct con_sink *s, const uint8_t *buf, size_t n)
{
	struct memory *m = (struct memory *)s;

	if (m->n + n >= sizeof(m->got))
		n = sizeof(m->got) - 1 - m->n;
	memcpy(m->got + m->n, buf, n);
	m->n += n;
	m->got[m->n] = '\0';
}

static size_t memory_input(struct con_sink *s, uint8_t *buf, size_t room)
{
	struct memory *m = (struct memory *)s;
	size_t n = m->say ? strlen(m->say) : 0;

	if (n > room)
		n = room;
	if (n)
		memcpy(buf, m->say, n);
	m->say = NULL;
	return n;
}

static const struct con_sink_ops memory_ops = {.output = memory_output,
					       .input = memory_input};

/* --- the stage --- */

struct stage {
	struct loop *loop;
	struct loop_timer *end;
	struct log log;
	char *log_text;
	size_t log_size;
	struct con_server *server;
	struct con *con;
	struct memory mem;
	struct err e;
};

static void end_run(void *ctx)
{
	loop_stop(ctx);
}

static void run(struct stage *st, uint64_t ms)
{
	loop_timer_set(st->end, ms);
	loop_run(st->loop, &st->e);
}

static void stage_open(struct stage *st)
{
	memset(st, 0, sizeof(*st));
	memset(&fake, 0, sizeof(fake));
	st->mem.sink.ops = &memory_ops;
	log_init(&st->log, open_memstream(&st->log_text, &st->log_size),
		 LOG_ERROR);
	st->loop = loop_new(&st->e);
	st->end = loop_timer_new(st->loop, end_run, st->loop);
	st->server = con_server_new(st->loop, NULL, &st->log, &st->e);
}

static void stage_close(struct stage *st)
{
	con_server_free(st->server);
	loop_timer_del(st->end);
	loop_free(st->loop);
	fclose(st->log.out);
	free(st->log_text);
}

static void put(const char *text, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		ring()->out[MASK_XENCONS_IDX(ring()->out_prod, ring()->out)] =
			text[i];
		ring()->out_prod++;
	}
}

static void say(const char *text)
{
	put(text, strlen(text));
	deliver();
}

static void front_state(struct stage *st, const char *state)
{
	set(FRONT "state", state);
	if (fake.watch.fn)
		fake.watch.fn(fake.watch.ctx, FRONT "state");
	run(st, 40);
}

static struct con_stat stat_of(struct stage *st)
{
	struct con_stat cs;

	con_stat(st->con, &cs);
	return cs;
}

static void add_xenbus(struct stage *st)
{
	set(FRONT "state", "1");
	set(BACK "state", "1");
	st->con = con_add_xenbus(st->server, S, 3, &st->mem.sink, &st->e);
}

static void connect_xenbus(struct stage *st)
{
	add_xenbus(st);
	set(FRONT "ring-ref", "9");
	set(FRONT "port", "42");
	front_state(st, "3");
}

static void test_reserved(void)
{
	struct stage st;

	stage_open(&st);
	put("early ", 6);
	fake.page[3088] = 1;
	st.con = con_add_reserved(st.server, S, 0x1234, PORT, &st.mem.sink,
				  &st.e);
	ok(st.con != NULL && fake.mapped && !fake.foreign,
	   "console 0 is attached by the reserved grant");
	is_str(st.mem.got, "early ", "what was said before is taken at once");
	is_int(fake.page[3088], 0, "the guest is told it is connected");
	say("and late");
	run(&st, 10);
	is_str(st.mem.got, "early and late", "events bring the rest");
	st.mem.say = "hello";
	con_sink_kick(&st.mem.sink);
	ok(!memcmp(ring()->in, "hello", 5) && ring()->in_prod == 5,
	   "input of the sink goes into the ring");
	is_int(stat_of(&st).ahead, 5, "and is counted until it is taken");
	con_server_free(st.server);
	st.server = NULL;
	ok(!fake.mapped && !fake.bound, "all is unmapped and unbound");
	stage_close(&st);
}

static void test_foreign(void)
{
	struct stage st;

	stage_open(&st);
	fake.no_grant = true;
	st.con = con_add_reserved(st.server, S, 0x1234, PORT, &st.mem.sink,
				  &st.e);
	ok(st.con && fake.foreign,
	   "without a grant the builder's page is used");
	con_remove(st.con);
	ok(!fake.foreign && !fake.bound, "and given back");
	ok(!con_add_reserved(st.server, S, 0, PORT, &st.mem.sink, &st.e),
	   "without either it is an error: %s", st.e.msg);
	fake.no_grant = false;
	ok(!con_add_reserved(st.server, S, 0, PORT + 1, &st.mem.sink, &st.e),
	   "so is a port that cannot be bound: %s", st.e.msg);
	ok(!fake.mapped, "which leaves nothing mapped");
	stage_close(&st);
}

static void test_handshake(void)
{
	struct stage st;

	stage_open(&st);
	add_xenbus(&st);
	is_str(get(BACK "state"), "2", "waits for the frontend");
	is_str(get(BACK "hotplug-status"), "connected", "hotplug-status");
	set(FRONT "ring-ref", "9");
	set(FRONT "port", "42");
	put("early", 5);
	front_state(&st, "3");
	is_str(get(BACK "state"), "4", "connects when it is Initialised");
	is_str(st.mem.got, "early", "and takes what was said before");
	front_state(&st, "4");
	set(FRONT "ring-ref", "77");
	front_state(&st, "4");
	ok(fake.mapped && fake.binds == 1,
	   "a changed ring-ref is not looked at");
	front_state(&st, "3");
	is_str(get(BACK "state"), "6", "until Initialised; not granted: shut");
	ok(strstr(st.log_text, "grant 77") != NULL, "said: %s", st.log_text);
	stage_close(&st);
}

static void test_reopen(void)
{
	struct stage st;

	stage_open(&st);
	connect_xenbus(&st);
	front_state(&st, "4");
	put("last words", 10); /* without an event */
	front_state(&st, "5");
	is_str(st.mem.got, "last words", "Closing: the ring is drained");
	ok(!fake.mapped && !fake.bound, "and given back");
	is_str(get(BACK "state"), "5", "backend follows to Closing");
	front_state(&st, "6");
	is_str(get(BACK "state"), "6", "and Closed");
	memset(fake.page, 0, sizeof(fake.page));
	front_state(&st, "1");
	is_str(get(BACK "state"), "2", "a frontend that comes back is awaited");
	front_state(&st, "3");
	is_str(get(BACK "state"), "4", "and connected");
	say(" again");
	run(&st, 10);
	is_str(st.mem.got, "last words again", "and heard");
	stage_close(&st);
}

static void test_takeover(void)
{
	struct stage st;

	stage_open(&st);
	set(FRONT "state", "4");
	set(FRONT "ring-ref", "9");
	set(FRONT "port", "42");
	set(BACK "state", "4");
	put("taken-kept", 10);
	ring()->out_cons = 6;
	st.con = con_add_xenbus(st.server, S, 3, &st.mem.sink, &st.e);
	ok(st.con && fake.bound, "a ring in use is taken over");
	is_str(st.mem.got, "kept", "at its indices");
	is_int(fake.notifies > 0, 1,
	       "the guest gets an event it may have lost");
	con_server_free(st.server);
	st.server = NULL;
	is_str(get(BACK "state"), "4", "a server that goes leaves the state");
	stage_close(&st);
}

struct bad_node {
	const char *ref, *port, *what;
};

static void test_bad_node(const struct bad_node *b)
{
	struct stage st;

	stage_open(&st);
	add_xenbus(&st);
	if (b->ref)
		set(FRONT "ring-ref", b->ref);
	if (b->port)
		set(FRONT "port", b->port);
	front_state(&st, "3");
	ok(!fake.mapped && !fake.bound && !strcmp(get(BACK "state"), "6") &&
		   stat_of(&st).failed,
	   "%s: shut down", b->what);
	set(FRONT "ring-ref", "9");
	set(FRONT "port", "42");
	front_state(&st, "3");
	ok(!fake.bound, "%s: and stays so without a new handshake", b->what);
	front_state(&st, "1");
	front_state(&st, "3");
	ok(fake.bound && !stat_of(&st).failed, "%s: with one it works",
	   b->what);
	stage_close(&st);
}

static void test_bad_nodes(void)
{
	const struct bad_node bad[] = {
		{NULL, "42", "no ring-ref"},
		{"9", NULL, "no port"},
		{"", "42", "empty ring-ref"},
		{"-1", "42", "negative ring-ref"},
		{"0", "42", "the reserved grant"},
		{"4294967297", "42", "ring-ref beyond 32 bits"},
		{"9 ", "42", "ring-ref with a space"},
		{"10", "42", "a grant that is none"},
		{"9", "0", "port 0"},
		{"9", "131072", "port beyond the ABI"},
		{"9", "41", "a port that is not for us"},
		{"9", "0x", "half a number"},
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		test_bad_node(&bad[i]);
}

static void test_bad_ring(void)
{
	struct stage st;

	stage_open(&st);
	connect_xenbus(&st);
	ring()->out_prod = ring()->out_cons + 2049;
	deliver();
	run(&st, 10);
	is_str(get(BACK "state"), "6", "out_prod beyond the ring: shut down");
	ok(!fake.mapped && !fake.bound, "and given back");
	ok(strstr(st.log_text, "console 3 of domain 7") != NULL, "said");
	front_state(&st, "6");
	front_state(&st, "1");
	front_state(&st, "3");
	is_str(get(BACK "state"), "6", "a ring that is bad at once: shut too");
	memset(fake.page, 0, sizeof(fake.page));
	front_state(&st, "1");
	front_state(&st, "3");
	ring()->in_cons = 1;
	st.mem.say = "x";
	con_sink_kick(&st.mem.sink);
	is_str(get(BACK "state"), "6", "in_cons ahead of in_prod: shut down");
	con_sink_kick(&st.mem.sink);
	ok(!fake.mapped, "input for a console that is shut does nothing");
	stage_close(&st);
}

static void test_state_garbage(void)
{
	const char *const bad[] = {"", "9", "-1", "4x", "99999999999999999999"};
	struct stage st;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		stage_open(&st);
		connect_xenbus(&st);
		front_state(&st, bad[i]);
		ok(!fake.bound && !strcmp(get(BACK "state"), "6"),
		   "state \"%s\": shut down", bad[i]);
		stage_close(&st);
	}
	stage_open(&st);
	connect_xenbus(&st);
	node(BACK "state", false)->path[0] = '\0';
	node(FRONT "state", false)->path[0] = '\0';
	fake.watch.fn(fake.watch.ctx, FRONT "state");
	run(&st, 40);
	ok(!fake.bound, "removed nodes: shut down");
	is_str(get(BACK "state"), "(none)", "and not written anew");
	stage_close(&st);
}

/* 4,000 absurd handshakes: bounded work, bounded words. */
static void test_complaints(void)
{
	struct stage st;
	const char *p;
	int i, lines = 0;

	stage_open(&st);
	add_xenbus(&st);
	for (i = 0; i < 20; i++) {
		front_state(&st, "1");
		front_state(&st, "3");
	}
	for (p = st.log_text; (p = strchr(p, '\n')); p++)
		lines++;
	is_int(lines, 8, "20 bad handshakes make no more than 8 lines");
	stage_close(&st);
}

static void flood(void *ctx)
{
	(void)ctx;
	deliver();
}

static void test_flood(void)
{
	struct stage st;
	struct con_stat cs;
	uint64_t start;
	int i;

	stage_open(&st);
	connect_xenbus(&st);
	start = clock_ms();
	for (i = 0; clock_ms() - start < 200; i++) {
		flood(NULL);
		run(&st, 0);
	}
	cs = stat_of(&st);
	ok(cs.events < 64 + 4 * 250 + 16 && cs.rests > 10,
	   "%d empty events in 200 ms: %llu served, %llu rests", i,
	   (unsigned long long)cs.events, (unsigned long long)cs.rests);
	say("still here");
	run(&st, 50);
	is_str(st.mem.got, "still here", "and it is still heard");
	stage_close(&st);
}

static void test_rate_of_bytes(void)
{
	char block[2048];
	struct stage st;
	uint64_t start;

	memset(block, 'x', sizeof(block));
	stage_open(&st);
	st.mem.sink.bytes_per_ms = 16; /* burst: 16000 */
	connect_xenbus(&st);
	start = clock_ms();
	while (clock_ms() - start < 500) {
		if (ring()->out_prod == ring()->out_cons) {
			put(block, sizeof(block));
			deliver();
		}
		run(&st, 1);
	}
	ok(stat_of(&st).out_bytes > 16000 &&
		   stat_of(&st).out_bytes < 16000 + 16 * 550 + 2 * 2048,
	   "a rate limit holds: %llu bytes",
	   (unsigned long long)stat_of(&st).out_bytes);
	stage_close(&st);
}

static void test_death(void)
{
	struct stage st;

	stage_open(&st);
	connect_xenbus(&st);
	put("Kernel panic - not syncing", 26); /* and no event any more */
	con_server_drain(st.server, S + 1);
	is_str(st.mem.got, "", "another domain's death is not ours");
	con_server_drain(st.server, S);
	is_str(st.mem.got, "Kernel panic - not syncing",
	       "last words of a dead domain are taken");
	con_remove(st.con);
	ok(!fake.mapped && !fake.watch.fn, "then the console goes");
	stage_close(&st);
}

static void test_tty(void)
{
	struct stage st;

	stage_open(&st);
	connect_xenbus(&st);
	is_int(con_set_tty(st.con, "/dev/pts/5", &st.e), 0, "tty is published");
	is_str(get(FRONT "tty"), "/dev/pts/5", "under the frontend");
	is_int(node(FRONT "tty", false)->owner, 0, "and is dom0's");
	node(FRONT "state", false)->path[0] = '\0';
	is_int(con_set_tty(st.con, "/dev/pts/5", &st.e), -1,
	       "not where the nodes are gone");
	stage_close(&st);
}

int main(void)
{
	test_reserved();
	test_foreign();
	test_handshake();
	test_reopen();
	test_takeover();
	test_bad_nodes();
	test_bad_ring();
	test_state_garbage();
	test_complaints();
	test_flood();
	test_rate_of_bytes();
	test_death();
	test_tty();
	return done_testing();
}
