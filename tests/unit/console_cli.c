/* SPDX-License-Identifier: MIT */
/* `mtool console` and `mtool log` against a supervisor played by us. */
#include "tools/mtool/consolecli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "console/sink.h"
#include "core/log.h"
#include "tests/unit/tap.h"
#include "tools/mtool/ctl.h"
#include "tools/mtool/term.h"

struct bench {
	struct loop *loop;
	struct loop_timer *end;
	struct ctl_server *server;
	struct con_sink *sink;
	int keep;
	char dir[32], ctl[64], log[80], old[80];
	char text[1 << 16]; /* what the client has shown, so far */
	size_t len;
	struct err e;
};

static int cmd_console(void *ctx, struct ctl_conn *c, const json_t *request,
		       json_t *answer, struct err *e)
{
	struct bench *b = ctx;
	char line[80];
	const char *name;
	json_int_t from;
	int fd;

	(void)answer;
	if (ctl_get_str(request, "name", NULL, &name, e) < 0 ||
	    ctl_get_int(request, "from", 0, &from, e) < 0)
		return -1;
	if (strcmp(name, "serial0"))
		return err_set(e, EXIT_USAGE, "no console %s", name);
	fd = ctl_dup(c, e);
	if (fd < 0)
		return -1;
	snprintf(line, sizeof(line), "{\"ok\":true,\"position\":%llu}\n",
		 (unsigned long long)con_sink_start(b->sink, (uint64_t)from));
	if (con_sink_attach(b->sink, fd, ctl_get_bool(request, "input"),
			    (uint64_t)from, line, e) < 0) {
		close(fd);
		return -1;
	}
	return CTL_TAKEN;
}

static const struct ctl_command commands[] = {
	{"console", cmd_console},
	{NULL, NULL},
};

static void end_run(void *ctx)
{
	loop_stop(ctx);
}

static void supervisor_start(struct bench *b)
{
	b->sink = con_pty_new(b->loop, b->keep, -1, -1, &b->e);
	b->server = ctl_listen(b->loop, b->ctl, -1, commands, b, &b->e);
}

static void supervisor_die(struct bench *b)
{
	ctl_close(b->server);
	con_sink_free(b->sink);
	b->server = NULL;
	b->sink = NULL;
}

static void bench_open(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	strcpy(b->dir, "/tmp/ccli.XXXXXX");
	if (!mkdtemp(b->dir))
		exit(1);
	snprintf(b->ctl, sizeof(b->ctl), "%s/ctl.sock", b->dir);
	snprintf(b->log, sizeof(b->log), "%s.log", b->dir);
	snprintf(b->old, sizeof(b->old), "%s.log.1", b->dir);
	b->keep = memfd_create("history", MFD_CLOEXEC);
	b->loop = loop_new(&b->e);
	b->end = loop_timer_new(b->loop, end_run, b->loop);
	supervisor_start(b);
}

static void bench_close(struct bench *b)
{
	supervisor_die(b);
	loop_timer_del(b->end);
	loop_free(b->loop);
	close(b->keep);
	rmdir(b->dir);
	unlink(b->log);
	unlink(b->old);
}

static void run(struct bench *b, uint64_t ms)
{
	loop_timer_set(b->end, ms);
	loop_run(b->loop, &b->e);
}

static void say(struct bench *b, const char *text)
{
	con_sink_output(b->sink, (const uint8_t *)text, strlen(text));
}

/* Room for more: of much text only the end is of interest. */
static void keep_tail(struct bench *b)
{
	if (b->len < sizeof(b->text) / 2)
		return;
	memmove(b->text, b->text + b->len - 64, 64);
	b->len = 64;
}

/* Serve until the client has shown `want`, for 3 seconds at most. */
static bool shows(struct bench *b, int fd, const char *want)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int i;

	for (i = 0; i < 600; i++) {
		if (memmem(b->text, b->len, want, strlen(want)))
			return true;
		keep_tail(b);
		run(b, 5);
		if (poll(&p, 1, 0) > 0) {
			ssize_t r = read(fd, b->text + b->len,
					 sizeof(b->text) - 1 - b->len);

			b->len += r > 0 ? (size_t)r : 0;
			b->text[b->len] = '\0';
		}
	}
	printf("# \"%s\" did not come; but: \"%.200s\"\n", want, b->text);
	return false;
}

/* What the guest has been told, once `n` bytes of it are there. */
static const char *heard(struct bench *b, size_t n)
{
	size_t len = 0;
	int i;

	for (i = 0; i < 200 && len < n; i++) {
		run(b, 5);
		len += con_sink_input(b->sink, (uint8_t *)b->text + len,
				      sizeof(b->text) - 1 - len);
	}
	b->text[len] = '\0';
	b->len = 0;
	return b->text;
}

static int wait_for(struct bench *b, pid_t pid)
{
	int status, i;

	for (i = 0; i < 1000; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFSIGNALED(status) ? -WTERMSIG(status)
						   : WEXITSTATUS(status);
		run(b, 5);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -999;
}

_Noreturn static void client(struct bench *b, const char *name, bool input)
{
	struct err e;

	/* whoever runs the tests may ignore them */
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	close_range(3, ~0u, 0);
	if (console_attach(b->ctl, name, input, &e) == 0)
		_exit(0);
	dprintf(2, "mtool: %s\n", e.msg);
	_exit(e.code);
}

struct child {
	pid_t pid;
	int in, out; /* of ours: its standard input and output */
	int tty;     /* a slave of its terminal */
};

static struct child on_terminal(struct bench *b, bool input)
{
	char name[64];
	struct child c;

	c.pid = forkpty(&c.in, name, NULL, NULL);
	if (c.pid == 0)
		client(b, "serial0", input);
	c.tty = open(name, O_RDWR | O_NOCTTY);
	c.out = c.in;
	return c;
}

static struct child in_pipe(struct bench *b, const char *name, bool input)
{
	int in[2], out[2];
	struct child c = {.tty = -1};

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		exit(1);
	c.pid = fork();
	if (c.pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(out[1], 2);
		client(b, name, input);
	}
	close(in[0]);
	close(out[1]);
	c.in = in[1];
	c.out = out[0];
	return c;
}

static void child_close(struct child *c)
{
	close(c->in);
	if (c->out != c->in)
		close(c->out);
	if (c->tty >= 0)
		close(c->tty);
}

static void type(struct child *c, const char *text)
{
	if (write(c->in, text, strlen(text)) < 0)
		exit(1);
}

static bool is_raw(const struct child *c)
{
	struct termios t;

	tcgetattr(c->tty, &t);
	return !(t.c_lflag & (ICANON | ECHO | ISIG));
}

static void test_terminal(struct bench *b)
{
	struct child c = on_terminal(b, true);

	say(b, "login: ");
	ok(shows(b, c.out, "login: "), "terminal: the guest is seen");
	ok(is_raw(&c), "terminal: raw");
	type(&c, "root\r\x03");
	is_str(heard(b, 6), "root\r\x03", "terminal: every key is passed on");
	type(&c, "x\x1dy");
	is_str(heard(b, 1), "x", "terminal: up to ^]");
	is_int(wait_for(b, c.pid), 0, "terminal: which leaves");
	ok(!is_raw(&c), "terminal: and it is as before");
	child_close(&c);
}

static void test_no_input(struct bench *b)
{
	struct child c = on_terminal(b, false);

	say(b, "hello");
	ok(shows(b, c.out, "hello"), "no input: the guest is seen");
	type(&c, "keys");
	run(b, 50);
	is_str(heard(b, 0), "", "no input: and hears nothing");
	type(&c, "\x1d");
	is_int(wait_for(b, c.pid), 0, "no input: ^] leaves all the same");
	child_close(&c);
}

static void test_signal(struct bench *b, int nr, const char *name)
{
	struct child c = on_terminal(b, true);
	int i;

	/* raw: from here on there is something to restore */
	for (i = 0; i < 1000 && !is_raw(&c); i++)
		run(b, 5);
	kill(c.pid, nr);
	is_int(wait_for(b, c.pid), -nr, "SIG%s: ends it", name);
	ok(!is_raw(&c), "SIG%s: the terminal is as before", name);
	child_close(&c);
}

static void test_signals(struct bench *b)
{
	test_signal(b, SIGTERM, "TERM");
	test_signal(b, SIGHUP, "HUP");
	test_signal(b, SIGINT, "INT");
}

static void test_stop(struct bench *b)
{
	struct child c = on_terminal(b, true);
	int status;

	say(b, "x");
	shows(b, c.out, "x");
	kill(c.pid, SIGTSTP);
	is_int(waitpid(c.pid, &status, WUNTRACED), c.pid, "SIGTSTP: stops it");
	ok(WIFSTOPPED(status) && !is_raw(&c), "SIGTSTP: terminal as before");
	kill(c.pid, SIGCONT);
	say(b, "y");
	ok(shows(b, c.out, "y") && is_raw(&c), "SIGCONT: and raw again");
	type(&c, "\x1d");
	is_int(wait_for(b, c.pid), 0, "SIGCONT: goes on as before");
	child_close(&c);
}

static void vm_end(struct bench *b)
{
	supervisor_die(b);
	rmdir(b->dir);
}

static void test_end(struct bench *b)
{
	struct child c = on_terminal(b, true);

	say(b, "last words");
	shows(b, c.out, "last words");
	vm_end(b);
	ok(shows(b, c.out, "[mtool: the VM has ended]"), "VM's end: is told");
	is_int(wait_for(b, c.pid), 0, "VM's end: is ours");
	ok(!is_raw(&c), "VM's end: terminal as before");
	child_close(&c);
}

static void test_pipe(struct bench *b)
{
	struct child c = in_pipe(b, "serial0", true);

	type(&c, "a\x1d\n");
	is_str(heard(b, 3), "a\x1d\n", "pipe: input goes to the guest, ^] too");
	close(c.in);
	c.in = c.out;
	run(b, 50);
	say(b, "after the end of input");
	ok(shows(b, c.out, "end of input"), "pipe: output goes on after it");
	say(b, ", last");
	vm_end(b);
	is_int(wait_for(b, c.pid), 0, "pipe: ends with the VM");
	ok(shows(b, c.out, ", last"), "pipe: with all the guest said");
	is_str(b->text, "after the end of input, last", "pipe: and no more");
	child_close(&c);
}

static void test_pipe_closed(struct bench *b)
{
	struct child c = in_pipe(b, "serial0", false);

	say(b, "x");
	shows(b, c.out, "x");
	close(c.out);
	c.out = c.in;
	is_int(wait_for(b, c.pid), 0, "pipe: ends when nobody reads it");
	child_close(&c);
}

static void test_wrong_name(struct bench *b)
{
	struct child c = in_pipe(b, "serial9", true);

	is_int(wait_for(b, c.pid), EXIT_USAGE, "no such console: an error");
	ok(shows(b, c.out, "mtool: no console serial9\n"), "that says so");
	child_close(&c);
}

/* Killed between two bytes, 20 times: the viewer sees one stream. */
static void test_takeover(struct bench *b)
{
	struct child c = in_pipe(b, "serial0", true);
	char line[32], want[20 * 16 + 1] = "start.";
	int i;

	say(b, "start.");
	shows(b, c.out, "start.");
	for (i = 0; i < 20; i++) {
		snprintf(line, sizeof(line), "line %d.", i);
		strcat(want, line);
		say(b, line);
		if (i % 2)
			shows(b, c.out, line);
		supervisor_die(b);
		run(b, 20);
		supervisor_start(b);
	}
	say(b, "\nend");
	strcat(want, "\nend");
	shows(b, c.out, "end");
	is_str(b->text, want, "20 supervisors, one stream");
	type(&c, "still here");
	is_str(heard(b, 10), "still here", "and input goes to the last");
	kill(c.pid, SIGTERM);
	wait_for(b, c.pid);
	child_close(&c);
}

/* A gap in what was seen, and then another supervisor. */
static void test_takeover_gap(struct bench *b)
{
	struct child c = in_pipe(b, "serial0", false);
	static char block[8192];
	int i;

	say(b, "first");
	shows(b, c.out, "first");
	kill(c.pid, SIGSTOP);
	memset(block, 'x', sizeof(block) - 1);
	for (i = 0; i < 200; i++)
		say(b, block);
	say(b, "\r\nsecond");
	kill(c.pid, SIGCONT);
	ok(shows(b, c.out, "\nsecond"), "a viewer that was away is back");
	b->len = 0;
	supervisor_die(b);
	run(b, 20);
	supervisor_start(b);
	say(b, " third");
	shows(b, c.out, "third");
	is_str(b->text, " third", "after a gap the place is known still");
	kill(c.pid, SIGTERM);
	wait_for(b, c.pid);
	child_close(&c);
}

/* --- log --- */

static void put_file(const char *path, const char *text, int how)
{
	int fd = open(path, O_WRONLY | O_CREAT | how, 0600);

	if (write(fd, text, strlen(text)) < 0)
		exit(1);
	close(fd);
}

static struct child log_client(struct bench *b, bool follow, bool tty)
{
	struct child c = {.tty = -1};
	struct err e;
	int out[2];

	if (tty ? openpty(&out[0], &out[1], NULL, NULL, NULL)
		: pipe2(out, O_CLOEXEC))
		exit(1);
	c.pid = fork();
	if (c.pid == 0) {
		dup2(out[1], 1);
		close_range(3, ~0u, 0);
		_exit(log_show(b->log, follow, b->ctl, &e) < 0 ? e.code : 0);
	}
	c.in = c.out = out[0];
	if (tty)
		c.tty = out[1];
	else
		close(out[1]);
	return c;
}

static void test_log(struct bench *b)
{
	struct child c;

	c = log_client(b, false, false);
	is_int(wait_for(b, c.pid), EXIT_FAILED, "log: none: an error");
	child_close(&c);
	put_file(b->old, "older\r\n", O_TRUNC);
	put_file(b->log, "\033[31mred\xff\r\n", O_TRUNC);
	c = log_client(b, false, false);
	is_int(wait_for(b, c.pid), 0, "log: done");
	shows(b, c.out, "red");
	is_str(b->text, "older\n^[[31mred\\xff\n",
	       "log: old and new, nothing but text");
	child_close(&c);
	b->len = 0;
	c = log_client(b, false, true);
	shows(b, c.out, "red");
	is_str(b->text, "older\r\n^[[31mred\\xff\r\n",
	       "log: the same on a terminal");
	wait_for(b, c.pid);
	child_close(&c);
}

static void test_log_follow(struct bench *b)
{
	struct child c;

	put_file(b->log, "one\n", O_TRUNC);
	c = log_client(b, true, false);
	ok(shows(b, c.out, "one\n"), "log -f: what is there");
	put_file(b->log, "two\n", O_APPEND);
	ok(shows(b, c.out, "two\n"), "log -f: what comes");
	put_file(b->log, "three\n", O_APPEND);
	rename(b->log, b->old);
	put_file(b->log, "four\n", O_TRUNC);
	ok(shows(b, c.out, "two\nthree\nfour\n"), "log -f: over a rotation");
	put_file(b->log, "last\n", O_APPEND);
	vm_end(b);
	is_int(wait_for(b, c.pid), 0, "log -f: ends with the VM");
	shows(b, c.out, "last\n");
	is_str(b->text, "one\ntwo\nthree\nfour\nlast\n", "log -f: all of it");
	child_close(&c);
}

static void visible(const char *in, size_t n, const char *want)
{
	struct term_text t = {0};
	char out[256];
	size_t i, len = 0;

	for (i = 0; i < n; i++) /* byte by byte: nothing hangs on chunks */
		len += term_visible(&t, (const uint8_t *)in + i, 1, out + len);
	out[len] = '\0';
	is_str(out, want, "visible: %s", want[0] == '\n' ? "CR LF" : want);
}

static void test_visible(struct bench *b)
{
	(void)b;
	visible("plain\ttext", 10, "plain\ttext");
	visible("\x1b]0;title\x07", 10, "^[]0;title^G");
	visible("\r\n\r\n", 4, "\n\n");
	visible("over\rwrite", 10, "over^Mwrite");
	visible("\0\x7f\x80\x9b\xc3\xa9", 6, "^@^?\\x80\\x9b\\xc3\\xa9");
}

int main(void)
{
	void (*const tests[])(struct bench *) = {
		test_terminal,	   test_no_input,   test_signals,
		test_stop,	   test_end,	    test_pipe,
		test_pipe_closed,  test_wrong_name, test_takeover,
		test_takeover_gap, test_log,	    test_log_follow,
		test_visible,
	};
	struct bench *b = malloc(sizeof(*b));
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		bench_open(b);
		tests[i](b);
		bench_close(b);
	}
	free(b);
	return done_testing();
}
