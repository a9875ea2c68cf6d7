/* SPDX-License-Identifier: MIT */
/* One QMP connection, with servers that are clean, dirty and hostile. */
#include "qmp/session.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))
#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"
#define STRAY \
	"{\"error\": {\"class\": \"GenericError\", \"desc\": \"stray\"}}\r\n"
#define PREFIX 0xabcu
#define ID "mtool-0000000000000abc-"

struct bench {
	struct qmp_session s;
	char said[512]; /* what the session told us, in short */
	struct err e;
	int rc;
};

static void note(struct bench *b, const char *what, struct qmp_span text)
{
	size_t n = strlen(b->said);

	snprintf(b->said + n, sizeof(b->said) - n, "%s %.*s;", what,
		 (int)text.len, text.len ? text.at : "");
}

static void on_ready(void *ctx)
{
	note(ctx, "ready", (struct qmp_span){NULL, 0});
}

static void on_reply(void *ctx, uint64_t nr, const struct qmp_reply *r)
{
	char what[40];

	snprintf(what, sizeof(what), "%s %llu", r->ret.len ? "return" : "error",
		 (unsigned long long)nr);
	note(ctx, what, r->ret.len ? r->ret : r->error);
}

static void on_event(void *ctx, struct qmp_span name, struct qmp_span line)
{
	(void)line;
	note(ctx, "event", name);
}

static const struct qmp_session_user user = {on_ready, on_reply, on_event};

static void start(struct bench *b, bool marker)
{
	memset(b, 0, sizeof(*b));
	qmp_session_start(&b->s, marker, PREFIX, 1000, &user, b);
}

static void feed_n(struct bench *b, const char *text, size_t n)
{
	b->rc = qmp_session_feed(&b->s, text, n, &b->e);
}

static void feed(struct bench *b, const char *text)
{
	feed_n(b, text, strlen(text));
}

static void says(struct bench *b, const char *want, const char *what)
{
	is_str(b->said, want, "%s", what);
	b->said[0] = '\0';
}

/* What it wants to send. */
static void sends(struct bench *b, const char *want, const char *what)
{
	struct qmp_buf *out = &b->s.out;

	qmp_buf_put(out, "", 1);
	is_str(qmp_buf_at(out), want, "%s", what);
	qmp_buf_drop(out, out->len);
}

#define ASK(nr) "{\"execute\": \"qmp_capabilities\", \"id\": \"" ID nr "\"}\n"
#define DONE(nr) "{\"return\": {}, \"id\": \"" ID nr "\"}\r\n"

static void open_ready(struct bench *b)
{
	start(b, false);
	feed(b, GREETING);
	feed(b, DONE("1"));
	b->said[0] = '\0';
	qmp_buf_drop(&b->s.out, b->s.out.len);
}

static uint64_t command(struct bench *b, const char *body)
{
	return qmp_session_send(&b->s, (struct qmp_span){body, strlen(body)});
}

/* --- getting ready --- */

static void test_clean(void)
{
	struct bench b;

	start(&b, true);
	sends(&b, "\x01", "the marker is the first byte");
	is_int(command(&b, "\"execute\": \"a\""), 0, "nothing can be sent yet");
	feed(&b, GREETING);
	sends(&b, ASK("1"), "a greeting is answered");
	feed(&b, STRAY);
	sends(&b, "", "the error for the marker is not");
	feed(&b, DONE("1"));
	says(&b, "ready ;", "ready");
	is_int(qmp_session_due(&b.s), 0, "no more limits");
	is_int(command(&b, "\"execute\": \"a\""), 2, "now it can");
	sends(&b, "{\"execute\": \"a\", \"id\": \"" ID "2\"}\n", "sent");
	feed(&b, "{\"id\": \"" ID "2\", \"return\": [1, 2]}\r\n");
	says(&b, "return 2 [1, 2];", "answered");
	qmp_session_end(&b.s);
	start(&b, false);
	sends(&b, "", "without a marker it waits");
	qmp_session_end(&b.s);
}

static void test_dirty(void)
{
	struct bench b;
	static const char late[] =
		"{\"return\": {\"x\": 1}, \"id\": \"mtool-00000000000000ff-2\"}"
		"\r\n";

	start(&b, true);
	qmp_buf_drop(&b.s.out, 1);
	feed(&b, "ersion\"}, {\"name\": \"que{\"QMP\": {\"version\": {}}}\r\n");
	sends(&b, ASK("1"), "a greeting behind half a line of another's");
	feed(&b, late);
	feed(&b, "{\"event\": \"STOP\"}\r\n");
	feed(&b, DONE("1"));
	says(&b, "ready ;", "what came before is not ours");
	feed(&b, late);
	feed(&b, "{\"return\": {}, \"id\": 7}\n{\"return\": {}}\n");
	is_int(b.rc, 0, "replies to others do no harm later either");
	says(&b, "", "and are not told");
	qmp_session_end(&b.s);

	start(&b, true);
	qmp_buf_drop(&b.s.out, 1);
	feed(&b, "half a line\"}, 5]}\r\n");
	sends(&b, "", "half a line and no greeting");
	feed(&b, late);
	feed(&b, STRAY);
	sends(&b, ASK("1"), "the error for the marker tells who is there");
	feed(&b, "{\"id\": \"" ID "1\", \"error\": {\"class\": "
		 "\"CommandNotFound\", \"desc\": \"done\"}}\r\n");
	says(&b, "ready ;", "that it was done already is good as well");
	qmp_session_end(&b.s);

	start(&b, true);
	qmp_buf_drop(&b.s.out, 1);
	feed(&b, STRAY);
	feed(&b, GREETING);
	sends(&b, ASK("1") ASK("2"), "asked too early: asked again");
	feed(&b, DONE("1"));
	feed(&b, DONE("2"));
	says(&b, "ready ;", "ready once");
	qmp_session_end(&b.s);
}

static void test_silent(void)
{
	struct bench b;

	start(&b, false);
	is_int(qmp_session_due(&b.s), 1000 + QMP_UNASKED_MS, "a while");
	is_int(qmp_session_tick(&b.s, 1000 + QMP_UNASKED_MS - 1, &b.e), 0,
	       "it waits");
	sends(&b, "", "without a word");
	qmp_session_tick(&b.s, 1000 + QMP_UNASKED_MS, &b.e);
	sends(&b, ASK("1"), "then it asks without a greeting");
	is_int(qmp_session_due(&b.s), 1000 + QMP_OPEN_MS, "and waits again");
	is_int(qmp_session_tick(&b.s, 1000 + QMP_OPEN_MS, &b.e), -1, "no more");
	is_int(b.e.code, EXIT_TIMEOUT, "a time-out");
	is_str(b.e.msg, "no greeting within 5 s", "that names itself");
	qmp_session_end(&b.s);

	start(&b, false);
	feed(&b, GREETING);
	qmp_session_tick(&b.s, 1000 + QMP_OPEN_MS, &b.e);
	is_str(b.e.msg, "no answer to qmp_capabilities within 5 s",
	       "what is missing is named");
	qmp_session_end(&b.s);
}

static void test_never_ready(void)
{
	struct bench b;
	unsigned int i;

	start(&b, false);
	for (i = 0; i < 100 && !b.rc; i++)
		feed(&b, GREETING);
	is_int(b.rc, -1, "greetings without end: an end");
	is_int(i, QMP_GREETINGS_MAX + 1, "soon");
	qmp_session_end(&b.s);
	start(&b, false);
	for (i = 0; i < 100; i++)
		feed(&b, STRAY);
	sends(&b, ASK("1"), "errors without end: asked once");
	feed(&b, "{\"id\": \"" ID "1\", \"error\": {\"class\": "
		 "\"GenericError\", \"desc\": \"no\"}}\r\n");
	is_int(b.rc, -1, "a server that refuses");
	qmp_session_end(&b.s);
}

/* --- replies and events --- */

static void test_order(void)
{
	struct bench b;

	open_ready(&b);
	command(&b, "\"execute\": \"stop\"");
	feed(&b, "{\"timestamp\": {}, \"event\": \"STOP\"}\r\n{\"return\": {}, "
		 "\"id\": \"" ID "2\"}\r\n{\"event\": \"RESUME\"}\r\n");
	says(&b, "event \"STOP\";return 2 {};event \"RESUME\";",
	     "events and replies in their order");
	command(&b, "\"execute\": \"a\"");
	feed(&b, "{\"return\": 18446744073709551616, \"id\": \"" ID "3\"}\n");
	says(&b, "return 3 18446744073709551616;",
	     "a number beyond 64 bits is passed on");
	command(&b, "\"execute\": \"a\"");
	feed(&b, STRAY);
	says(&b, "error 4 {\"class\": \"GenericError\", \"desc\": \"stray\"};",
	     "an error without an id is about the one that is out");
	feed(&b, STRAY);
	says(&b, "", "or about nothing");
	is_int(b.rc, 0, "and no harm");
	qmp_session_end(&b.s);
}

static void test_ids(void)
{
	static const char *const other[] = {
		"\"" ID "3\"", /* never sent */
		"\"" ID "1\"", /* answered before */
		"\"" ID "0\"",
		"\"" ID "\"",
		"\"" ID "-2\"",
		"\"" ID "2 \"",
		"\"" ID "99999999999999999999999999\"",
		"\"mtool-0000000000000abd-2\"",
		"2",
		"null",
		"{\"a\": \"" ID "2\"}",
		"\"\"",
	};
	struct bench b;
	char line[160];
	size_t i;

	open_ready(&b);
	command(&b, "\"execute\": \"a\"");
	for (i = 0; i < ARRAY_SIZE(other); i++) {
		snprintf(line, sizeof(line), "{\"return\": {}, \"id\": %s}\n",
			 other[i]);
		feed(&b, line);
		ok(!b.rc && !*b.said, "a reply to nobody: %s", other[i]);
	}
	feed(&b, "{\"return\": 1, \"id\": \"" ID "2\"}\n");
	feed(&b, "{\"return\": 2, \"id\": \"" ID "2\"}\n");
	says(&b, "return 2 1;", "of two replies to one id the first counts");
	qmp_session_end(&b.s);
}

static void test_in_flight(void)
{
	struct bench b;
	unsigned int i;

	open_ready(&b);
	for (i = 0; i < QMP_IN_FLIGHT; i++)
		command(&b, "\"execute\": \"a\"");
	is_int(command(&b, "\"execute\": \"a\""), 0, "no more than so many");
	feed(&b, "{\"return\": {}, \"id\": \"" ID "5\"}\n");
	ok(command(&b, "\"execute\": \"a\"") != 0, "until one is answered");
	qmp_session_end(&b.s);
}

/* --- what ends it --- */

static void test_hostile(void)
{
	static const struct {
		const char *line, *what;
	} c[] = {
		{"nonsense\n", "not JSON"},
		{"[1]\n", "no object"},
		{"7\n", "a number"},
		{"\"text\"\n", "a string"},
		{"{}\n", "an empty object"},
		{"{\"foo\": 1}\n", "no message"},
		{"{\"return\": {}, \"return\": {}}\n", "a member twice"},
		{"{\"return\": {}, \"id\": 1, \"id\": 2}\n", "two ids"},
		{"{\"return\": {}, \"error\": {}}\n", "return and error"},
		{"{\"event\": \"\xff\xfe\"}\n", "invalid UTF-8"},
		{"{\"event\": \"A\"} {\"event\": \"B\"}\n", "two in a line"},
		{"{\"event\": \"A\"\n", "half of one"},
		{"{\"event\": \"A\x01\"}\n", "a control character"},
		{GREETING, "a greeting in the middle"},
	};
	struct bench b;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		open_ready(&b);
		feed(&b, c[i].line);
		ok(b.rc == -1 && *b.e.msg, "%s: %s", c[i].what, b.e.msg);
		says(&b, "", "nothing is told");
		qmp_session_end(&b.s);
		start(&b, false);
		feed(&b, c[i].line);
		is_int(b.rc, 0, "before it is ready that is dropped");
		qmp_session_end(&b.s);
	}
	open_ready(&b);
	feed(&b, "\r\n\n\r\n");
	is_int(b.rc, 0, "empty lines are nothing");
	feed_n(&b, "{\"event\": \"A\"}\0\n", 16);
	is_int(b.rc, -1, "a NUL");
	qmp_session_end(&b.s);
}

static void test_deep(void)
{
	struct bench b;
	unsigned int i;

	open_ready(&b);
	feed(&b, "{\"return\": ");
	for (i = 0; i < 10000; i++)
		feed(&b, "[");
	feed(&b, "1");
	for (i = 0; i < 10000; i++)
		feed(&b, "]");
	feed(&b, "}\n");
	is_int(b.rc, -1, "nesting 10,000 deep");
	is_str(b.e.msg, "JSON nesting depth limit exceeded", "is named");
	qmp_session_end(&b.s);
}

/* As many pieces of one line as fit into `size` bytes. */
static size_t feed_long(struct bench *b, size_t size)
{
	static char piece[2048];
	size_t n;

	memset(piece, 'x', sizeof(piece));
	for (n = 0; n < size && !b->rc; n += sizeof(piece))
		feed_n(b, piece, sizeof(piece));
	return n;
}

static void test_long(void)
{
	struct bench b;
	size_t n;

	open_ready(&b);
	command(&b, "\"execute\": \"a\"");
	feed(&b, "{\"id\": \"" ID "2\", \"return\": \"");
	feed_long(&b, QMP_LINE_MAX - 4096);
	feed(&b, "\"}\r\n");
	is_int(b.rc, 0, "a reply of nearly 4 MiB");
	ok(!strncmp(b.said, "return 2 \"xxx", 13), "arrives");
	is_int(b.s.in.size, 0, "and leaves no memory behind");
	n = feed_long(&b, (size_t)64 << 20);
	is_int(b.rc, -1, "a line without end");
	ok(n <= QMP_LINE_MAX + 4096, "ends at the limit: %zu", n);
	qmp_session_end(&b.s);

	start(&b, false);
	n = feed_long(&b, (size_t)64 << 20);
	is_int(b.rc, -1, "also before it is ready");
	qmp_session_end(&b.s);

	open_ready(&b);
	feed(&b, "{\"event\": \"A\", \"data\": \"");
	feed_long(&b, QMP_EVENT_MAX);
	feed(&b, "\"}\n");
	is_int(b.rc, -1, "an event that is too long");
	qmp_session_end(&b.s);
}

/* A gigabyte of events, in pieces that no line ends at. */
static void test_flood(void)
{
	enum { EVENT = 60000, COPIES = 4 };
	static char text[EVENT * COPIES];
	size_t sum = 0, at = 0, n, i;
	struct bench b;

	for (i = 0; i < COPIES; i++) {
		char *p = text + i * EVENT;

		memset(p, 'e', EVENT);
		memcpy(p, "{\"event\": \"E\", \"data\": \"", 24);
		memcpy(p + EVENT - 4, "\"}\r\n", 4);
	}
	open_ready(&b);
	while (sum < (size_t)1 << 30 && !b.rc) {
		n = sizeof(text) - at < 2048 ? sizeof(text) - at : 2048;
		feed_n(&b, text + at, n);
		at = (at + n) % sizeof(text);
		sum += n;
		b.said[0] = '\0';
	}
	is_int(b.rc, 0, "1 GiB of events");
	ok(b.s.in.size <= 4 * EVENT, "takes %zu bytes of memory", b.s.in.size);
	qmp_session_end(&b.s);
}

int main(void)
{
	test_clean();
	test_dirty();
	test_silent();
	test_never_ready();
	test_order();
	test_ids();
	test_in_flight();
	test_hostile();
	test_deep();
	test_long();
	test_flood();
	return done_testing();
}
