/* SPDX-License-Identifier: MIT */
/* What `mtool qmp` does with a VM's socket, which a child of ours serves. */
#include "tools/mtool/qmpclient.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qmp/share.h"
#include "tests/unit/qmp_fake.h"
#include "tests/unit/tap.h"
#include "tools/mtool/qmptalk.h"

struct bench {
	char dir[32], path[64];
	pid_t child;
	struct qmp_caller c;
	struct err e;
};

static int filter(void *ctx, const char *command, const json_t *args,
		  struct err *e)
{
	(void)ctx, (void)command, (void)args, (void)e;
	return 0;
}

static void speak(void *ctx)
{
	fake_say(ctx, "{\"event\": \"TICK\"}\r\n");
}

/* A supervisor, until it is killed. */
static _Noreturn void serve(const char *path, bool mute, int ready)
{
	struct err e;
	struct loop *loop = loop_new(&e);
	struct fake f;
	struct qmp_conn *q;

	fake_open(&f, loop);
	f.there = true;
	f.mute = mute;
	q = qmp_conn_new(loop, &f.link, true, &e);
	if (!qmp_share_new(loop, path, q, filter, NULL, &e))
		_exit(1);
	loop_timer_set(loop_timer_new(loop, speak, &f), 100);
	if (write(ready, "", 1) == 1)
		loop_run(loop, &e);
	_exit(0);
}

static void start(struct bench *b, bool mute)
{
	int ready[2];
	char byte;

	if (pipe(ready) < 0)
		exit(1);
	b->child = fork();
	if (!b->child)
		serve(b->path, mute, ready[1]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		ok(false, "the child serves");
	close(ready[0]);
}

static void stop(struct bench *b)
{
	kill(b->child, SIGKILL);
	waitpid(b->child, NULL, 0);
}

static void open_bench(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	strcpy(b->dir, "/tmp/qmp.XXXXXX");
	if (!mkdtemp(b->dir))
		exit(1);
	snprintf(b->path, sizeof(b->path), "%s/qmp.sock", b->dir);
}

static void close_bench(struct bench *b)
{
	unlink(b->path);
	rmdir(b->dir);
}

static uint64_t in_ms(uint64_t ms)
{
	return clock_ms() + ms;
}

static int ask(struct bench *b, const char *command, struct qmp_span *ret,
	       uint64_t ms)
{
	char line[128];

	snprintf(line, sizeof(line), "{\"execute\": \"%s\", \"id\": \"i\"}\n",
		 command);
	return qmp_caller_ask(&b->c, line, "i", ret, in_ms(ms), &b->e);
}

static void test_ask(void)
{
	struct bench b;
	struct qmp_span r;

	open_bench(&b);
	is_int(qmp_caller_open(&b.c, b.path, in_ms(1000), &b.e), -1, "nobody");
	is_int(b.e.code, EXIT_NO_VM, "that is told");
	start(&b, false);
	is_int(qmp_caller_open(&b.c, b.path, in_ms(5000), &b.e), 0, "open");
	is_int(ask(&b, "get-1", &r, 5000), 0, "a command");
	ok(r.len == 7 && !memcmp(r.at, "\"get-1\"", 7), "what it returns");
	is_int(ask(&b, "nonsense", &r, 5000), -1, "one that fails");
	is_str(b.e.msg, "no such command", "with QEMU's text");
	is_int(b.e.code, EXIT_FAILED, "exit code 1");
	is_int(ask(&b, "query-big", &r, 20000), 0, "a large one");
	is_int(r.len, FAKE_BIG, "is whole");
	poll(NULL, 0, 200); /* an event comes */
	is_int(ask(&b, "get-2", &r, 5000), 0, "events are passed over");
	stop(&b);
	is_int(ask(&b, "get-3", &r, 5000), -1, "the supervisor dies");
	is_int(b.e.code, EXIT_DIED, "that is told");
	qmp_caller_close(&b.c);
	close_bench(&b);
}

static void test_silence(void)
{
	struct bench b;
	struct qmp_span r;

	open_bench(&b);
	start(&b, true);
	/* a QEMU that does not tell its version */
	is_int(qmp_caller_open(&b.c, b.path, in_ms(100), &b.e), -1, "silence");
	is_int(b.e.code, EXIT_TIMEOUT, "exit code 5");
	is_str(b.e.msg, "no greeting: the device model does not answer",
	       "it is named");
	stop(&b);
	start(&b, false);
	qmp_caller_open(&b.c, b.path, in_ms(5000), &b.e);
	kill(b.child, SIGSTOP);
	is_int(ask(&b, "get-1", &r, 100), -1, "no reply");
	is_int(b.e.code, EXIT_TIMEOUT, "exit code 5");
	is_str(b.e.msg, "the device model does not answer", "it is named");
	qmp_caller_close(&b.c);
	stop(&b);
	close_bench(&b);
}

/* What a conversation with these lines prints. */
static int talk(struct bench *b, const char *lines, char *text, size_t size)
{
	int in[2], rc;
	FILE *out = tmpfile();

	if (pipe(in) < 0 || write(in[1], lines, strlen(lines)) < 0)
		exit(1);
	close(in[1]);
	qmp_caller_open(&b->c, b->path, in_ms(5000), &b->e);
	rc = qmp_talk(&b->c, in[0], out, 1, &b->e);
	qmp_caller_close(&b->c);
	close(in[0]);
	rewind(out);
	text[fread(text, 1, size - 1, out)] = '\0';
	fclose(out);
	return rc;
}

static void test_talk(void)
{
	struct bench b;
	char text[1024];

	open_bench(&b);
	start(&b, false);
	is_int(talk(&b,
		    "get-1\n\n  {\"execute\": \"get-2\", \"id\": [2]}\n"
		    "nonsense a=1 b=\"x y\"\n{\"half\": \nget-3 x\nget-4",
		    text, sizeof(text)),
	       0, "a conversation");
	is_str(text,
	       "{\"return\": \"get-1\"}\n{\"return\": \"get-2\", \"id\": [2]}\n"
	       "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no "
	       "such command\"}}\n{\"return\": \"get-4\"}\n",
	       "replies in order; wrong lines are only complained of");
	is_int(talk(&b, "", text, sizeof(text)), 0, "an empty one");
	is_str(text, "", "says nothing");
	stop(&b);
	close_bench(&b);
}

static void test_print(void)
{
	static const char text[] = "{\"a\":\"\xc3\xa9\x7f\xc2\x9b\xc2\xa0\"}";
	FILE *out = tmpfile();
	char got[80];

	qmp_print((struct qmp_span){text, strlen(text)}, out);
	rewind(out);
	got[fread(got, 1, sizeof(got) - 1, out)] = '\0';
	fclose(out);
	is_str(got, "{\"a\":\"\xc3\xa9\\u007f\\u009b\xc2\xa0\"}\n",
	       "what a terminal might obey is escaped");
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_ask();
	test_silence();
	test_talk();
	test_print();
	return done_testing();
}
