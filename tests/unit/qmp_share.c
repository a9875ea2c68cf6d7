/* SPDX-License-Identifier: MIT */
/* The shared socket: what clients see, and what it does not put up with. */
#include "qmp/share.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/qmp_fake.h"
#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))
#define GREETING \
	"{\"QMP\": {\"version\": " FAKE_VERSION ", \"capabilities\": []}}\r\n"
#define CAPS "{\"execute\": \"qmp_capabilities\"}\n"

struct bench {
	struct loop *loop;
	struct loop_timer *end;
	struct fake f;
	struct qmp_conn *q;
	struct qmp_share *share;
	char dir[32], path[64];
	char *text; /* what a client got */
	size_t len;
	struct err e;
};

static int filter(void *ctx, const char *command, const json_t *args,
		  struct err *e)
{
	(void)ctx;
	if (!strcmp(command, "quit") || json_object_get(args, "bad"))
		return err_set(e, EXIT_USAGE, "use mtool destroy");
	return 0;
}

static void end_run(void *ctx)
{
	loop_stop(ctx);
}

/*
 * On a busy machine the time may be over when the loop has looked only once at
 * what is ready, and a command's way to QEMU and back takes some looks.
 */
enum { LOOKS = 8 };

static void run(struct bench *b, uint64_t ms)
{
	int i;

	for (i = 0; i < LOOKS; i++) {
		loop_timer_set(b->end, i ? 1 : ms);
		loop_run(b->loop, &b->e);
	}
}

static void open_bench(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	strcpy(b->dir, "/tmp/qmp.XXXXXX");
	if (!mkdtemp(b->dir))
		exit(1);
	snprintf(b->path, sizeof(b->path), "%s/qmp.sock", b->dir);
	b->loop = loop_new(&b->e);
	b->end = loop_timer_new(b->loop, end_run, b->loop);
	fake_open(&b->f, b->loop);
	b->f.there = true;
	b->q = qmp_conn_new(b->loop, &b->f.link, false, &b->e);
	b->share = qmp_share_new(b->loop, b->path, b->q, filter, NULL, &b->e);
	b->text = malloc(1);
	run(b, 5);
}

static void close_bench(struct bench *b)
{
	qmp_share_free(b->share);
	qmp_conn_free(b->q);
	fake_end(&b->f);
	loop_timer_del(b->end);
	loop_free(b->loop);
	free(b->text);
	is_int(rmdir(b->dir), 0, "the socket is gone");
}

static int dial(struct bench *b)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(sa.sun_path, b->path);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		exit(1);
	return fd;
}

static void say_n(int fd, const char *text, size_t n)
{
	if (send(fd, text, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		printf("# send: %s\n", strerror(errno));
}

static void say(int fd, const char *text)
{
	say_n(fd, text, strlen(text));
}

/* What has come for a client by now; false if it was hung up on. */
static bool hear(struct bench *b, int fd)
{
	ssize_t n;

	b->len = 0;
	for (;;) {
		run(b, 2);
		b->text = realloc(b->text, b->len + 65537);
		n = recv(fd, b->text + b->len, 65536, MSG_DONTWAIT);
		if (n <= 0)
			break;
		b->len += (size_t)n;
	}
	b->text[b->len] = '\0';
	return n < 0 && errno == EAGAIN;
}

static void hears(struct bench *b, int fd, const char *want, const char *what)
{
	hear(b, fd);
	is_str(b->text, want, "%s", what);
}

/* A client that has negotiated. */
static int client(struct bench *b)
{
	int fd = dial(b);

	say(fd, CAPS);
	hear(b, fd);
	return fd;
}

static void test_ordinary(void)
{
	struct bench b;
	struct stat st;
	int fd;

	open_bench(&b);
	stat(b.path, &st);
	is_int(st.st_mode & 0777, 0600, "the socket is root's alone");
	fd = dial(&b);
	hears(&b, fd, GREETING, "a greeting");
	fake_say(&b.f, "{\"event\": \"STOP\"}\r\n");
	hears(&b, fd, "", "no events before negotiation");
	say(fd, "{\"execute\": \"qmp_capabilities\", \"id\": {\"a\": [1, 2]}}");
	hears(&b, fd, "{\"return\": {}, \"id\": {\"a\": [1, 2]}}\r\n",
	      "negotiation; no end of line is needed");
	fake_say(&b.f, "{\"event\": \"STOP\"}\r\n");
	hears(&b, fd, "{\"event\": \"STOP\"}\r\n", "events after it");
	say(fd,
	    "{\"execute\": \"get-1\", \"id\": 18446744073709551616}\r\n"
	    "{\"execute\": \"nope\", \"id\": null} {\"execute\":\"get-2\"}");
	hears(&b, fd,
	      "{\"return\": \"get-1\", \"id\": 18446744073709551616}\r\n"
	      "{\"id\": null, \"error\": {\"class\": \"CommandNotFound\", "
	      "\"desc\": \"no such command\"}}\r\n{\"return\": \"get-2\"}\r\n",
	      "replies in order, with ids of any kind or none");
	say(fd, "{\"execute\": \"get\", \"arguments\": "
		"{\"n\": 18446744073709551616, \"t\": \"\\u00e9\"}}\n");
	hears(&b, fd, "{\"return\": \"get\"}\r\n", "arguments");
	ok(strstr(b.f.last,
		  "\"arguments\": {\"n\": 18446744073709551616, \"t\": "
		  "\"\\u00e9\"}"),
	   "are passed on as they are");
	close(fd);
	close_bench(&b);
}

/* Each of these has been compared with what QEMU 7.2 says. */
static void test_wording(void)
{
#define NOT_FOUND(id, desc)                                                    \
	"{" id "\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"" desc \
	"\"}}\r\n"
#define GENERIC(id, desc)                                                   \
	"{" id "\"error\": {\"class\": \"GenericError\", \"desc\": \"" desc \
	"\"}}\r\n"
	static const struct {
		const char *line, *want;
	} before[] = {
		{"{\"execute\":\"query-version\",\"id\":7}",
		 NOT_FOUND("\"id\": 7, ", "Expecting capabilities negotiation "
					  "with 'qmp_capabilities'")},
		{"{\"execute\":\"qmp_capabilities\",\"arguments\":"
		 "{\"enabl\":1}}",
		 GENERIC("", "Parameter 'enabl' is unexpected")},
		{"{\"execute\":\"qmp_capabilities\",\"arguments\":"
		 "{\"enable\":1}}",
		 GENERIC("", "Invalid parameter type for 'enable', expected: "
			     "array")},
		{"{\"execute\":\"qmp_capabilities\",\"arguments\":"
		 "{\"enable\":[\"oob\"]}}",
		 GENERIC("", "Capability oob not available")},
		{"{\"execute\":\"qmp_capabilities\",\"arguments\":3}",
		 GENERIC("", "QMP input member 'arguments' must be an object")},
	};
	static const struct {
		const char *line, *want;
	} after[] = {
		{CAPS, NOT_FOUND("", "Capabilities negotiation is already "
				     "complete, command ignored")},
		{"{\"execute\":3,\"id\":\"x\"}",
		 GENERIC("\"id\": \"x\", ",
			 "QMP input member 'execute' must be a string")},
		{"{\"id\":\"x\"}", GENERIC("\"id\": \"x\", ",
					   "QMP input lacks member 'execute'")},
		{"{\"execute\":\"get\",\"foo\":1,\"id\":2}",
		 GENERIC("\"id\": 2, ",
			 "QMP input member 'foo' is unexpected")},
		{"{\"exec-oob\":\"get\",\"id\":2}",
		 GENERIC("\"id\": 2, ",
			 "QMP input member 'exec-oob' is unexpected")},
		{"[1,2]\n", GENERIC("", "QMP input must be a JSON object")},
		{"123\n", GENERIC("", "QMP input must be a JSON object")},
		{"{\"execute\" \"get\"}\n",
		 GENERIC("", "JSON parse error, missing : in object pair")},
		{"{1:2}\n", GENERIC("", "JSON parse error, key is not a "
					"string in object")},
		{"{\"execute\":\"a\",\"execute\":\"b\"}\n",
		 GENERIC("", "JSON parse error, duplicate key")},
		{"{\"execute\":\"get\",\"arguments\":{\"a\":1,\"a\":2}}\n",
		 GENERIC("", "JSON parse error, duplicate object key near "
			     "'\\\"a\\\"'")},
		{"{\"execute\":\"get\",}\n",
		 GENERIC("", "JSON parse error, key is not a string in "
			     "object")},
		{"{\"execute\":}\n",
		 GENERIC("", "JSON parse error, expecting value")},
		{"{\"execute\":\"a\\q\"}\n",
		 GENERIC("", "JSON parse error, invalid escape sequence in "
			     "string")},
		{"{\"a\":\"\xff\"}\n",
		 GENERIC("", "JSON parse error, invalid UTF-8 in string")
			 GENERIC("", "QMP input must be a JSON object")},
		{"{\"execute\":\"get\"}\x01",
		 "{\"return\": \"get\"}\r\n" GENERIC(
			 "", "QMP input must be a JSON object")},
		{"{\"execute\":\"quit\",\"id\":1}",
		 GENERIC("\"id\": 1, ", "use mtool destroy")},
		{"{\"execute\":\"qu\\u0069t\"}",
		 GENERIC("", "use mtool destroy")},
		{"{\"execute\":\"get\",\"arguments\":{\"b\\u0061d\":1}}",
		 GENERIC("", "use mtool destroy")},
		{"{\"execute\":\"get\"}", "{\"return\": \"get\"}\r\n"},
	};
	struct bench b;
	size_t i;
	int fd;

	open_bench(&b);
	fd = dial(&b);
	hear(&b, fd);
	for (i = 0; i < ARRAY_SIZE(before); i++) {
		say(fd, before[i].line);
		hears(&b, fd, before[i].want, "before negotiation");
	}
	say(fd, CAPS);
	hear(&b, fd);
	for (i = 0; i < ARRAY_SIZE(after); i++) {
		say(fd, after[i].line);
		hears(&b, fd, after[i].want, "after it");
	}
	close(fd);
	close_bench(&b);
}

static void test_bad_bytes(void)
{
	struct bench b;
	char *text = malloc(400000);
	int fd;

	open_bench(&b);
	fd = client(&b);
	say(fd, "this is not JSON {\"execute\": \"get\"} at all\n"
		"{\"execute\": \"get\"}\n");
	hear(&b, fd);
	ok(strstr(b.text, "must be a JSON object") &&
		   strstr(b.text, "\"return\": \"get\""),
	   "a line that is not JSON is one mistake, the next is heard");
	is_int(strstr(b.text + 10, "error") != NULL, 0, "one");
	memset(text, '[', 20000);
	memcpy(text, "{\"a\":", 5);
	say_n(fd, text, 20000);
	say(fd, "\n{\"execute\": \"get\"}\n");
	hear(&b, fd);
	ok(strstr(b.text, "nesting depth") && strstr(b.text, "\"get\""),
	   "nesting too deep");
	memset(text, 'x', 100000);
	memcpy(text, "{\"a\":\"", 6);
	say_n(fd, text, 100000);
	hear(&b, fd);
	say(fd, "\"}\n{\"execute\": \"get\"}\n");
	hear(&b, fd);
	ok(strstr(b.text, "\"return\": \"get\""), "a command that is too long");
	say(fd, "{\"execute\": \"ge");
	ok(hear(&b, fd) && !b.len, "half a command is waited for");
	say(fd, "t\"}");
	hears(&b, fd, "{\"return\": \"get\"}\r\n", "and its other half");
	close(fd);
	free(text);
	close_bench(&b);
}

static void test_many(void)
{
	enum { CLIENTS = 4, COMMANDS = 50 };
	struct bench b;
	char line[80], *want;
	size_t n;
	int fd[CLIENTS], i, k;

	open_bench(&b);
	for (i = 0; i < CLIENTS; i++) {
		fd[i] = client(&b);
		for (k = 0; k < COMMANDS; k++) {
			snprintf(line, sizeof(line),
				 "{\"execute\": \"get-%d-%d\", \"id\": %d}", i,
				 k, k);
			say(fd[i], line);
		}
	}
	fake_say(&b.f, "{\"event\": \"STOP\"}\r\n");
	for (i = 0; i < CLIENTS; i++) {
		want = calloc(COMMANDS, 80);
		for (n = 0, k = 0; k < COMMANDS; k++)
			n += (size_t)sprintf(want + n,
					     "{\"return\": \"get-%d-%d\", "
					     "\"id\": %d}\r\n",
					     i, k, k);
		run(&b, 200);
		hear(&b, fd[i]);
		ok(strstr(b.text, "{\"event\": \"STOP\"}\r\n"),
		   "client %d gets the event", i);
		n = strlen("{\"event\": \"STOP\"}\r\n");
		memmove(strstr(b.text, "{\"event"),
			strstr(b.text, "{\"event") + n,
			strlen(strstr(b.text, "{\"event") + n) + 1);
		ok(!strcmp(b.text, want), "and its own replies, in order");
		free(want);
		close(fd[i]);
	}
	close_bench(&b);
}

/* All in one message: nothing comes that would remind of the rest. */
static void test_behind_large(void)
{
	static const char all[] =
		CAPS "{\"execute\": \"query-large\"} {\"execute\": \"get-1\"}"
		     "{\"execute\": \"query-large\"} {\"execute\": \"get-2\"}";
	const size_t want = strlen(GREETING "{\"return\": {}}\r\n"
					    "{\"return\": \"get-1\"}\r\n"
					    "{\"return\": \"get-2\"}\r\n") +
			    2 * (FAKE_LARGE + strlen("{\"return\": }\r\n"));
	struct bench b;
	bool end;
	size_t n;
	int fd, i, k;

	for (k = 0; k < 2; k++) {
		end = k == 1;
		open_bench(&b);
		fd = dial(&b);
		say(fd, all);
		if (end)
			shutdown(fd, SHUT_WR);
		n = 0;
		for (i = 0; i < 1000 && n < want; i++) {
			hear(&b, fd);
			n += b.len;
		}
		is_int(n, want, "replies to what is behind large ones");
		ok(hear(&b, fd) != end, "a client is let go when it ends");
		close(fd);
		close_bench(&b);
	}
}

static void test_leaves(void)
{
	struct bench b;
	int fd, other;

	open_bench(&b);
	fd = client(&b);
	other = client(&b);
	b.f.mute = true;
	say(fd, "{\"execute\": \"get-1\"}");
	run(&b, 5);
	close(fd);
	say(other, "{\"execute\": \"get-2\", \"id\": 2}");
	hears(&b, other, "", "a client leaves while its command runs");
	b.f.mute = false;
	fake_say(&b.f, "{\"error\": {\"class\": \"GenericError\", \"desc\": "
		       "\"\"}}\r\n");
	hears(&b, other, "{\"return\": \"get-2\", \"id\": 2}\r\n",
	      "the other one gets its own reply");
	fd = client(&b);
	say(fd, "{\"execute\": \"get-3\"}");
	shutdown(fd, SHUT_WR);
	ok(!hear(&b, fd), "one that has nothing more to say is hung up on");
	is_str(b.text, "{\"return\": \"get-3\"}\r\n", "with its reply");
	close(other);
	close_bench(&b);
}

static void test_lost(void)
{
	struct bench b;
	int fd;

	open_bench(&b);
	fd = client(&b);
	b.f.mute = true;
	say(fd, "{\"execute\": \"get-1\", \"id\": 1}"
		"{\"execute\": \"get-2\", \"id\": 2}");
	run(&b, 5);
	fake_hang_up(&b.f);
	hears(&b, fd,
	      "{\"id\": 1, \"error\": {\"class\": \"GenericError\", \"desc\": "
	      "\"the connection to QEMU was lost: it has hung up\"}}"
	      "\r\n",
	      "what was at QEMU has failed");
	b.f.mute = false;
	fake_come(&b.f);
	run(&b, QMP_RETRY_MIN_MS + 50);
	hears(&b, fd, "{\"return\": \"get-2\", \"id\": 2}\r\n",
	      "what came later waits for the connection");
	close(fd);
	close_bench(&b);
}

/* Before QEMU was ever there, there is nothing to greet with. */
static void test_early(void)
{
	struct bench b;
	int fd;

	open_bench(&b);
	qmp_share_free(b.share);
	qmp_conn_free(b.q);
	fake_end(&b.f);
	fake_open(&b.f, b.loop);
	b.q = qmp_conn_new(b.loop, &b.f.link, false, &b.e);
	b.share = qmp_share_new(b.loop, b.path, b.q, filter, NULL, &b.e);
	fd = dial(&b);
	say(fd, CAPS "{\"execute\": \"get\"}");
	hears(&b, fd, "", "no QEMU, no greeting");
	fake_come(&b.f);
	hears(&b, fd, GREETING "{\"return\": {}}\r\n{\"return\": \"get\"}\r\n",
	      "then all at once");
	close(fd);
	close_bench(&b);
}

static void test_stalls(void)
{
	struct bench b;
	unsigned int i;
	int slow, fast;

	open_bench(&b);
	slow = client(&b);
	fast = client(&b);
	for (i = 0; i < 40; i++)
		say(slow, "{\"execute\": \"query-big\"}");
	for (i = 0; i < 20; i++) {
		say(fast, "{\"execute\": \"get\"}");
		run(&b, 20);
	}
	hear(&b, fast);
	ok(b.len == 20 * strlen("{\"return\": \"get\"}\r\n"),
	   "a client that does not read does not keep another from it");
	ok(hear(&b, slow), "it is still there");
	for (i = 0; i < 300 && b.len < 40u * FAKE_BIG; i++) {
		size_t before = b.len;

		run(&b, 20);
		hear(&b, slow);
		b.len += before;
	}
	ok(b.len >= 40u * FAKE_BIG, "and when it reads, gets it all: %zu",
	   b.len);
	close(slow);
	close(fast);
	close_bench(&b);
}

/* Events cannot wait for who does not read them. */
static void test_event_flood(void)
{
	enum { DATA = 60000 };
	struct bench b;
	char *event = calloc(1, DATA + 40);
	size_t got = 0;
	unsigned int i;
	int slow, fast;

	strcpy(event, "{\"event\": \"E\", \"data\": \"");
	memset(event + strlen(event), 'e', DATA);
	strcat(event, "\"}\r\n");
	open_bench(&b);
	slow = client(&b);
	fast = client(&b);
	for (i = 0; i < 200; i++) {
		fake_say(&b.f, event);
		hear(&b, fast);
		got += b.len;
	}
	is_int(got, 200 * strlen(event), "who reads gets all events");
	ok(!hear(&b, slow), "who does not is cut off");
	say(fast, "{\"execute\": \"get\"}");
	hears(&b, fast, "{\"return\": \"get\"}\r\n", "the other goes on");
	close(slow);
	close(fast);
	free(event);
	close_bench(&b);
}

static void test_too_many(void)
{
	struct bench b;
	int fd[QMP_CLIENTS_MAX + 1], i;

	open_bench(&b);
	for (i = 0; i <= QMP_CLIENTS_MAX; i++)
		fd[i] = dial(&b);
	run(&b, 20);
	ok(!hear(&b, fd[QMP_CLIENTS_MAX]) && strstr(b.text, "too many clients"),
	   "one too many is told so");
	ok(hear(&b, fd[0]) && !strcmp(b.text, GREETING), "the others stay");
	for (i = 0; i <= QMP_CLIENTS_MAX; i++)
		close(fd[i]);
	run(&b, 5);
	fd[0] = client(&b);
	is_str(b.text, GREETING "{\"return\": {}}\r\n", "and make room");
	close(fd[0]);
	close_bench(&b);
}

int main(void)
{
	test_ordinary();
	test_wording();
	test_bad_bytes();
	test_many();
	test_behind_large();
	test_leaves();
	test_lost();
	test_early();
	test_stalls();
	test_event_flood();
	test_too_many();
	return done_testing();
}
