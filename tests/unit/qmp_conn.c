/* SPDX-License-Identifier: MIT */
/* The one connection to QEMU: commands, deadlines, and losing it. */
#include "qmp/conn.h"

#include "tests/unit/qmp_fake.h"
#include "tests/unit/tap.h"

struct bench {
	struct loop *loop;
	struct loop_timer *end;
	struct fake f;
	struct qmp_conn *q;
	struct qmp_ear ear;
	char events[256], states[256];
	char results[1024]; /* of commands, each with ";" behind it */
	size_t big;	    /* the length of a large one */
	struct err e;
};

static void end_run(void *ctx)
{
	loop_stop(ctx);
}

static void run(struct bench *b, uint64_t ms)
{
	loop_timer_set(b->end, ms);
	loop_run(b->loop, &b->e);
}

static void on_event(void *ctx, struct qmp_span name, struct qmp_span line)
{
	struct bench *b = ctx;

	(void)line;
	strncat(b->events, name.at, name.len);
}

static void on_state(void *ctx, enum qmp_state state, const struct err *why)
{
	struct bench *b = ctx;

	strcat(b->states, state == QMP_READY	   ? "ready "
			  : state == QMP_OPENING   ? "opening "
			  : why->code == EXIT_DIED ? "died "
						   : "down ");
}

static void on_result(void *ctx, const struct qmp_result *r)
{
	struct bench *b = ctx;
	size_t n = strlen(b->results);

	if (r->ret.len > 100)
		b->big = r->ret.len;
	else if (r->ret.len)
		snprintf(b->results + n, sizeof(b->results) - n, "%.*s;",
			 (int)r->ret.len, r->ret.at);
	else
		snprintf(b->results + n, sizeof(b->results) - n, "%s%s%s;",
			 r->class, *r->class ? ": " : "", r->err.msg);
}

static void gets(struct bench *b, const char *want, const char *what)
{
	is_str(b->results, want, "%s", what);
	b->results[0] = '\0';
}

static void open_bench(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	b->loop = loop_new(&b->e);
	b->end = loop_timer_new(b->loop, end_run, b->loop);
	fake_open(&b->f, b->loop);
	b->q = qmp_conn_new(b->loop, &b->f.link, true, &b->e);
	b->ear.event = on_event;
	b->ear.state = on_state;
	b->ear.ctx = b;
	qmp_listen(b->q, &b->ear);
}

static void open_ready(struct bench *b)
{
	open_bench(b);
	b->f.there = true;
	run(b, 5);
	b->f.heard[0] = '\0';
	b->states[0] = '\0';
}

static void close_bench(struct bench *b)
{
	qmp_unlisten(b->q, &b->ear);
	qmp_conn_free(b->q);
	ok(b->f.freed && !b->f.up, "the link is closed and freed");
	fake_end(&b->f);
	loop_timer_del(b->end);
	loop_free(b->loop);
}

static struct qmp_cmd *command(struct bench *b, const char *name, uint64_t ms)
{
	return qmp_command(b->q, name, NULL, ms, on_result, b, &b->e);
}

static void test_commands(void)
{
	struct bench b;
	json_t *args = json_pack("{s:s}", "a", "\xc3\xa9");

	open_bench(&b);
	is_int(qmp_state(b.q), QMP_DOWN, "at first it is down");
	command(&b, "get-early", 1000);
	run(&b, 5);
	is_str(b.states, "", "and waits for a server");
	fake_come(&b.f);
	run(&b, 5);
	is_str(b.states, "opening ready ready ", "which comes");
	is_str(qmp_version(b.q), FAKE_VERSION, "its version is known");
	gets(&b, "\"get-early\";", "what has waited is answered");
	is_str(b.f.heard, "qmp_capabilities query-version get-early ",
	       "after that");
	qmp_command(b.q, "get", args, 1000, on_result, &b, &b.e);
	command(&b, "nonsense", 1000);
	command(&b, "get-3", 1000);
	run(&b, 5);
	gets(&b, "\"get\";CommandNotFound: no such command;\"get-3\";",
	     "replies and errors in order");
	ok(strstr(b.f.heard, "get nonsense get-3 "), "sent in order");
	command(&b, "query-big", 1000);
	run(&b, 50);
	is_int(b.big, FAKE_BIG, "a reply of 1 MB in one line");
	fake_say(&b.f, "{\"event\": \"STOP\"}\r\n");
	run(&b, 5);
	is_str(b.events, "\"STOP\"", "an event");
	json_decref(args);
	close_bench(&b);
}

/* QEMU gets the next command when it has answered the one before. */
static void test_one_at_a_time(void)
{
	struct bench b;

	open_ready(&b);
	b.f.mute = true;
	command(&b, "get-1", 50);
	command(&b, "get-2", 1000);
	run(&b, 10);
	is_str(b.f.heard, "get-1 ", "one at a time");
	run(&b, 60);
	gets(&b, "QEMU did not answer within 0.05 s;",
	     "no answer: that is named");
	is_str(b.f.heard, "get-1 get-2 ", "and the next gets its turn");
	b.f.mute = false;
	fake_say(&b.f, "{\"return\": 1, \"id\": \"x\"}\r\n");
	command(&b, "get-3", 20);
	run(&b, 30);
	gets(&b, "QEMU did not answer within 0.02 s;",
	     "behind one that is still out");
	close_bench(&b);
	gets(&b, "the connection to QEMU is closed;",
	     "what is left is told at the end");
}

static void test_forget(void)
{
	struct bench b;
	struct qmp_cmd *sent, *queued;
	struct qmp_span id;

	open_ready(&b);
	b.f.mute = true;
	sent = command(&b, "get-1", 1000);
	run(&b, 5);
	queued = command(&b, "get-2", 1000);
	qmp_forget(b.q, sent);
	qmp_forget(b.q, queued);
	command(&b, "get-3", 1000);
	run(&b, 5);
	is_str(b.f.heard, "get-1 ", "one that is out is waited for");
	id = fake_span(strstr(b.f.last, "\"mtool"));
	id.len--; /* the command's last brace */
	b.f.mute = false;
	fake_reply(&b.f, "return", fake_span("1"), id);
	run(&b, 5);
	gets(&b, "\"get-3\";", "then the next; nobody is told of the others");
	close_bench(&b);
	gets(&b, "", "not even at the end");
}

static void test_lost(void)
{
	struct bench b;

	open_ready(&b);
	b.f.mute = true;
	command(&b, "get-1", 5000);
	command(&b, "get-2", 5000);
	run(&b, 5);
	fake_say(&b.f, "{\"return\": [1, 2"); /* and no more */
	fake_hang_up(&b.f);
	run(&b, 5);
	is_str(b.states, "died ", "it hangs up in the middle of a line");
	gets(&b, "the connection to QEMU was lost: it has hung up;",
	     "what it was at has failed");
	run(&b, QMP_RETRY_MIN_MS + 20);
	is_int(b.f.connects, 1, "nobody is there");
	b.f.mute = false;
	fake_come(&b.f);
	run(&b, 20);
	is_int(b.f.connects, 2, "connected again when it comes back");
	gets(&b, "\"get-2\";", "what has waited is answered");
	close_bench(&b);
}

static void test_back_off(void)
{
	struct bench b;

	open_ready(&b);
	fake_say(&b.f, "nonsense\r\n");
	run(&b, 5);
	is_str(b.states, "down ", "a server that talks nonsense is left");
	run(&b, QMP_RETRY_MIN_MS / 2);
	is_int(b.f.connects, 1, "for a while");
	run(&b, QMP_RETRY_MIN_MS);
	is_int(b.f.connects, 2, "and tried again");
	b.f.fails = true;
	fake_hang_up(&b.f);
	run(&b, 5);
	b.states[0] = '\0';
	run(&b, QMP_RETRY_MIN_MS + 20);
	is_str(b.states, "down ", "connecting fails");
	run(&b, QMP_RETRY_MIN_MS + 20);
	fake_wake(&b.f);
	run(&b, 5);
	is_str(b.states, "down ", "the pauses grow, whatever happens");
	close_bench(&b);
}

/* It takes us for the client before us. */
static void test_no_greeting(void)
{
	struct bench b;

	open_bench(&b);
	b.f.there = b.f.met = true;
	command(&b, "get-1", 5000);
	run(&b, QMP_UNASKED_MS - 200);
	gets(&b, "", "no greeting");
	run(&b, 400);
	gets(&b, "\"get-1\";", "after a while it is asked all the same");
	close_bench(&b);
}

/* Nothing is sent to a server that is not ready, and it is not waited for. */
static void test_never_ready(void)
{
	struct bench b;

	open_bench(&b);
	b.f.there = b.f.deaf = true;
	command(&b, "get-1", 100);
	run(&b, 120);
	gets(&b, "QEMU did not answer within 0.1 s;",
	     "a server that never greets");
	run(&b, QMP_OPEN_MS);
	ok(b.f.closes >= 1 && strstr(b.states, "down "), "is left");
	close_bench(&b);
}

static void test_limits(void)
{
	struct bench b;
	unsigned int i;

	open_bench(&b);
	for (i = 0; i < QMP_QUEUE_MAX; i++)
		command(&b, "get", 1000);
	ok(!command(&b, "get", 1000), "no more than so many can wait");
	is_int(b.e.code, EXIT_BUSY, "busy");
	close_bench(&b);
}

/* A server may talk for ever: others get their turn all the same. */
static void test_flood(void)
{
	struct bench b;
	unsigned int i;
	uint64_t start;

	open_ready(&b);
	for (i = 0; i < 100000; i++)
		qmp_buf_puts(&b.f.to,
			     "{\"event\": \"E\", \"data\": \"0123456789\"}"
			     "\r\n");
	b.ear.event = NULL;
	start = clock_ms();
	fake_wake(&b.f);
	run(&b, 1);
	ok(clock_ms() - start < 500 && b.f.to.len > 100000,
	   "a flood is taken in pieces: %zu bytes left", b.f.to.len);
	close_bench(&b);
}

int main(void)
{
	test_commands();
	test_one_at_a_time();
	test_forget();
	test_lost();
	test_back_off();
	test_no_greeting();
	test_never_ready();
	test_limits();
	test_flood();
	return done_testing();
}
