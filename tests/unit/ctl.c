/* SPDX-License-Identifier: MIT */
/* The control socket: what it answers, and what it does not put up with. */
#include "tools/mtool/ctl.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "tests/unit/tap.h"

/* For what is answered at once, on however busy a machine. */
enum { LIMIT_MS = 60000 };

struct bench {
	struct loop *loop;
	struct loop_timer *end;
	struct ctl_server *server;
	struct ctl_conn *later; /* waits for its answer */
	int taken;		/* descriptor of a connection taken over */
	char dir[32], path[64];
	char text[8192];
	struct err e;
};

static int cmd_echo(void *ctx, struct ctl_conn *c, const json_t *request,
		    json_t *answer, struct err *e)
{
	const char *what;

	(void)ctx, (void)c;
	if (ctl_get_str(request, "what", NULL, &what, e) < 0)
		return -1;
	json_object_set_new(answer, "said", json_string(what));
	return CTL_DONE;
}

static int cmd_fail(void *ctx, struct ctl_conn *c, const json_t *request,
		    json_t *answer, struct err *e)
{
	(void)ctx, (void)c, (void)request, (void)answer;
	return err_set(e, EXIT_DIED, "stub said \xff\xfe");
}

static int cmd_big(void *ctx, struct ctl_conn *c, const json_t *request,
		   json_t *answer, struct err *e)
{
	char *text = malloc(900001);

	(void)ctx, (void)c, (void)request, (void)e;
	memset(text, 'x', 900000);
	text[900000] = '\0';
	json_object_set_new(answer, "text", json_string(text));
	free(text);
	return CTL_DONE;
}

static int cmd_later(void *ctx, struct ctl_conn *c, const json_t *request,
		     json_t *answer, struct err *e)
{
	(void)request, (void)answer, (void)e;
	((struct bench *)ctx)->later = c;
	return CTL_LATER;
}

static int cmd_take(void *ctx, struct ctl_conn *c, const json_t *request,
		    json_t *answer, struct err *e)
{
	struct bench *b = ctx;

	(void)request, (void)answer;
	b->taken = ctl_dup(c, e);
	if (b->taken < 0)
		return -1;
	if (write(b->taken, "{\"ok\":true,\"position\":7}\nraw", 28) != 28)
		return -1;
	return CTL_TAKEN;
}

static const struct ctl_command commands[] = {
	{"echo", cmd_echo},   {"fail", cmd_fail}, {"big", cmd_big},
	{"later", cmd_later}, {"take", cmd_take}, {NULL, NULL},
};

static void end_run(void *ctx)
{
	loop_stop(ctx);
}

static void bench_open(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	strcpy(b->dir, "/tmp/ctl.XXXXXX");
	if (!mkdtemp(b->dir))
		exit(1);
	snprintf(b->path, sizeof(b->path), "%s/ctl.sock", b->dir);
	b->taken = -1;
	b->loop = loop_new(&b->e);
	b->end = loop_timer_new(b->loop, end_run, b->loop);
	b->server = ctl_listen(b->loop, b->path, -1, commands, b, &b->e);
}

static void bench_close(struct bench *b)
{
	ctl_close(b->server);
	loop_timer_del(b->end);
	loop_free(b->loop);
	if (b->taken >= 0)
		close(b->taken);
	rmdir(b->dir);
}

/*
 * On a busy machine the time may be over before the loop has looked even once.
 * It does so at least once a run: connecting, asking and leaving take three.
 */
static void run(struct bench *b, uint64_t ms)
{
	int i;

	for (i = 0; i < 3; i++) {
		loop_timer_set(b->end, i ? 1 : ms);
		loop_run(b->loop, &b->e);
	}
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

/* Send, let the server work, and see all that comes back. */
static const char *talk(struct bench *b, int fd, const char *what, size_t n)
{
	ssize_t r = n ? send(fd, what, n, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;

	(void)r;
	run(b, 10);
	r = recv(fd, b->text, sizeof(b->text) - 1, MSG_DONTWAIT);
	b->text[r > 0 ? r : 0] = '\0';
	return b->text;
}

static const char *ask(struct bench *b, const char *line)
{
	int fd = dial(b);

	talk(b, fd, line, strlen(line));
	close(fd);
	run(b, 1);
	return b->text;
}

static void test_answers(struct bench *b)
{
	struct stat st;

	stat(b->path, &st);
	is_int(st.st_mode & 07777, 0600, "the socket is for its owner only");
	is_str(ask(b, "{\"cmd\":\"echo\",\"what\":\"a\"}\n"),
	       "{\"ok\":true,\"said\":\"a\"}\n", "a request is answered");
	is_str(ask(b, "{\"cmd\":\"echo\",\"what\":\"a\"}\r\n"),
	       "{\"ok\":true,\"said\":\"a\"}\n", "with CR LF too");
	is_str(ask(b, "{\"cmd\":\"echo\"}\n"),
	       "{\"ok\":false,\"error\":\"\\\"what\\\" is missing\","
	       "\"code\":2}\n",
	       "a handler's error is told");
	is_str(ask(b, "{\"cmd\":\"echo\",\"what\":5}\n"),
	       "{\"ok\":false,\"error\":\"\\\"what\\\" is no string\","
	       "\"code\":2}\n",
	       "a member of a wrong type");
	is_str(ask(b, "{\"cmd\":\"fail\"}\n"),
	       "{\"ok\":false,\"error\":\"stub said ??\",\"code\":6}\n",
	       "a message that is no UTF-8 becomes some");
}

static void test_garbage(struct bench *b)
{
	const char *const bad[] = {
		"\n",
		"hello\n",
		"[]\n",
		"null\n",
		"{\"cmd\":\"nosuch\"}\n",
		"{\"cmd\":[1]}\n",
		"{\"cmd\":\"echo\",\"cmd\":\"echo\"}\n",
		"{\"cmd\":\"echo\",\"what\":\"\xff\"}\n",
		"{\"cmd\":\"echo\",\"what\":\"a\"} x\n",
	};
	char deep[4001];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(strstr(ask(b, bad[i]), "{\"ok\":false,\"error\":") ==
			   b->text,
		   "garbage %zu is refused", i);
	memset(deep, '[', 4000);
	deep[3999] = '\n';
	deep[4000] = '\0';
	ok(strstr(ask(b, deep), "\"ok\":false") != NULL, "deep nesting");
}

static void test_oversize(struct bench *b)
{
	char *big = malloc(1 << 20);
	int fd = dial(b);

	memset(big, 'a', 1 << 20);
	is_str(talk(b, fd, big, 1 << 20),
	       "{\"ok\":false,\"error\":\"request longer than 4096 bytes\","
	       "\"code\":2}\n",
	       "a line of 1 MB is refused");
	run(b, 5);
	ok(recv(fd, b->text, 1, MSG_DONTWAIT) <= 0 && errno != EAGAIN,
	   "and hung up on");
	close(fd);
	memset(big, ' ', 4096);
	memcpy(big, "{\"cmd\":\"echo\",\"what\":\"a\"}", 25);
	big[4095] = '\n';
	fd = dial(b);
	is_str(talk(b, fd, big, 4096), "{\"ok\":true,\"said\":\"a\"}\n",
	       "4096 bytes are not too many");
	close(fd);
	free(big);
}

static long cpu_us(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_utime.tv_sec * 1000000 + ru.ru_utime.tv_usec +
	       ru.ru_stime.tv_sec * 1000000 + ru.ru_stime.tv_usec;
}

static void test_silent(struct bench *b)
{
	int silent = dial(b), half = dial(b);
	long before;

	is_str(talk(b, half, "{\"cmd\":", 7), "", "half a line: no answer yet");
	before = cpu_us();
	run(b, 500);
	ok(cpu_us() - before < 200000, "and no spinning");
	is_str(talk(b, half, "\"echo\",\"what\":\"b\"}\n", 19),
	       "{\"ok\":true,\"said\":\"b\"}\n", "the other half: answered");
	close(half);
	half = dial(b);
	talk(b, half, "{", 1);
	run(b, CTL_DEADLINE_MS + 100);
	is_int(recv(silent, b->text, 1, MSG_DONTWAIT), 0, "silent: cut");
	ok(recv(half, b->text, 1, MSG_DONTWAIT) <= 0 && errno != EAGAIN,
	   "half a line and no more: cut");
	close(silent);
	close(half);
}

static void test_many(struct bench *b)
{
	int fd[CTL_CONNECTIONS], i, one_more;

	for (i = 0; i < CTL_CONNECTIONS; i++) {
		fd[i] = dial(b);
		run(b, 1);
	}
	one_more = dial(b);
	ok(strstr(talk(b, one_more, "", 0), "\"code\":4") != NULL,
	   "one connection too many: busy");
	close(one_more);
	close(fd[0]);
	run(b, 5);
	is_str(ask(b, "{\"cmd\":\"echo\",\"what\":\"c\"}\n"),
	       "{\"ok\":true,\"said\":\"c\"}\n",
	       "one leaves: the next is heard");
	for (i = 1; i < CTL_CONNECTIONS; i++)
		close(fd[i]);
	run(b, 5);
}

static void test_take_over(struct bench *b)
{
	int fd = dial(b);

	is_str(talk(b, fd, "{\"cmd\":\"take\"}\nbehind", 21),
	       "{\"ok\":true,\"position\":7}\nraw",
	       "taken over: answer, then raw bytes");
	is_int(recv(b->taken, b->text, 64, MSG_DONTWAIT), 6,
	       "what was sent behind the request is still there");
	ok(!memcmp(b->text, "behind", 6), "byte for byte");
	run(b, CTL_DEADLINE_MS + 100);
	is_int(send(fd, "x", 1, MSG_NOSIGNAL), 1, "and has no deadline");
	is_int(recv(b->taken, b->text, 64, MSG_DONTWAIT), 1, "works on");
	close(fd);
}

static void test_later(struct bench *b)
{
	int fd = dial(b);
	json_t *answer = json_pack("{s:i}", "n", 5);
	struct err e;

	is_str(talk(b, fd, "{\"cmd\":\"later\"}\n", 16), "", "an answer waits");
	ctl_answer(b->later, answer, NULL);
	is_str(talk(b, fd, "", 0), "{\"ok\":true,\"n\":5}\n", "and comes");
	close(fd);
	fd = dial(b);
	talk(b, fd, "{\"cmd\":\"later\"}\n", 16);
	close(fd);
	run(b, 5);
	ctl_answer(b->later, answer, NULL);
	ok(true, "an answer to one who has left");
	json_decref(answer);
	fd = dial(b);
	talk(b, fd, "{\"cmd\":\"later\"}\n", 16);
	ctl_close(b->server);
	b->server = NULL;
	err_set(&e, EXIT_FAILED, "late");
	ctl_answer(b->later, NULL, &e);
	ok(access(b->path, F_OK) < 0, "closed: the socket is gone");
	close(fd);
}

/* The server in another process; returns its id. */
static pid_t serve(struct bench *b)
{
	pid_t pid = fork();

	if (pid == 0) {
		run(b, 60000);
		_exit(0);
	}
	return pid;
}

static void test_client(struct bench *b)
{
	json_t *echo = json_pack("{s:s,s:s}", "cmd", "echo", "what", "d");
	json_t *fail = json_pack("{s:s}", "cmd", "fail");
	json_t *big = json_pack("{s:s}", "cmd", "big");
	json_t *later = json_pack("{s:s}", "cmd", "later");
	json_t *take = json_pack("{s:s}", "cmd", "take");
	json_t *answer = NULL;
	pid_t pid = serve(b);
	int fd, status;

	is_int(ctl_call(b->path, echo, &answer, LIMIT_MS, &b->e), 0,
	       "ctl_call");
	is_str(json_string_value(json_object_get(answer, "said")), "d",
	       "has its answer");
	json_decref(answer);
	is_int(ctl_call(b->path, fail, NULL, LIMIT_MS, &b->e), -1, "an error");
	is_int(b->e.code, EXIT_DIED, "with its code");
	is_int(ctl_call(b->path, big, &answer, LIMIT_MS, &b->e), 0, "900 kB");
	is_int(json_string_length(json_object_get(answer, "text")), 900000,
	       "have come whole");
	json_decref(answer);
	is_int(ctl_call(b->path, later, NULL, 200, &b->e), -1, "no answer");
	is_int(b->e.code, EXIT_TIMEOUT, "is a timeout");
	fd = ctl_attach(b->path, take, &answer, LIMIT_MS, &b->e);
	is_int(json_integer_value(json_object_get(answer, "position")), 7,
	       "ctl_attach has its answer");
	is_int(recv(fd, b->text, 64, 0), 3, "and not a byte of the stream");
	json_decref(answer);
	close(fd);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ctl_close(b->server);
	b->server = NULL;
	is_int(ctl_call(b->path, echo, NULL, 200, &b->e), -1, "nobody there");
	is_int(b->e.code, EXIT_NO_VM, "no VM: %s", b->e.msg);
	ok(!ctl_vm_gone(b->path), "its directory is still there");
	json_decref(echo);
	json_decref(fail);
	json_decref(big);
	json_decref(later);
	json_decref(take);
}

int main(void)
{
	void (*const tests[])(struct bench *) = {
		test_answers, test_garbage,   test_oversize, test_silent,
		test_many,    test_take_over, test_later,    test_client,
	};
	struct bench b;
	size_t i;

	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		bench_open(&b);
		tests[i](&b);
		bench_close(&b);
	}
	ok(ctl_vm_gone(b.path), "a removed directory: the VM is gone");
	return done_testing();
}
