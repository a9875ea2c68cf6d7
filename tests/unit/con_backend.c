/* SPDX-License-Identifier: MIT */
/* The console backend against a hostile domain, without Xen. */
#include "console/backend.h"

#include "console/ring.h"
#include "tests/unit/con_fake.h"

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
	run(st,
	    1); /* on a busy machine both timers may have been due at once */
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
	ok(strstr(st.log_text, "grant 77") != NULL, "said: %.60s", st.log_text);
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

/* A stub that resumes: a new ring, without closing the old one. */
static void test_resume(void)
{
	struct stage st;

	stage_open(&st);
	connect_xenbus(&st);
	front_state(&st, "4");
	put("before", 6);
	set(BACK "state", "seen");
	front_state(&st, "3");
	is_str(st.mem.got, "before", "a new ring: the old one is drained");
	is_int(fake.binds, 2, "and let go");
	is_str(get(BACK "state"), "4", "the state is written, though the same");
	say(" after");
	run(&st, 10);
	is_str(st.mem.got, "before after", "and the new one served");
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
	ok(cs.events < 256 + 10 * (clock_ms() - start) + 16 && cs.rests > 0,
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
		   stat_of(&st).out_bytes <
			   16000 + 16 * (clock_ms() - start) + 2 * 2048,
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
	con_set_tty(st.con, "/dev/pts/5");
	is_int(con_server_publish(st.server, &st.e), 0, "tty is published");
	is_str(get(FRONT "tty"), "/dev/pts/5", "under the frontend");
	is_int(node(FRONT "tty", false)->owner, 0, "and is dom0's");
	node(FRONT "state", false)->path[0] = '\0';
	is_int(con_server_publish(st.server, &st.e), 0, "and only once");
	con_set_tty(st.con, "/dev/pts/5");
	is_int(con_server_publish(st.server, &st.e), -1,
	       "not where the nodes are gone");
	stage_close(&st);
}

int main(void)
{
	test_reserved();
	test_foreign();
	test_handshake();
	test_reopen();
	test_resume();
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
