/* SPDX-License-Identifier: MIT */
/* The words of a migration; the other side is hostile. */
#include "tools/mtool/handshake.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/unit/tap.h"

enum { LIMIT_MS = 20000 };

struct pair {
	int in[2], cancel[2];
};

static void pair_open(struct pair *p, const char *said, size_t len)
{
	if (pipe(p->in) < 0 || pipe(p->cancel) < 0 ||
	    write(p->in[1], said, len) != (ssize_t)len)
		abort();
}

static void pair_close(struct pair *p)
{
	close(p->in[0]);
	close(p->cancel[0]);
	close(p->cancel[1]);
}

/* Waits for "ready" of one who says this and hangs up; the text of *e. */
static enum exit_code heard(const char *said, struct err *e)
{
	struct pair p;
	int rc;

	pair_open(&p, said, strlen(said));
	close(p.in[1]);
	rc = handshake_await(p.in[0], "ready", p.cancel[0], LIMIT_MS, e);
	pair_close(&p);
	return rc ? e->code : EXIT_DONE;
}

static const struct {
	const char *said;
	enum exit_code code;
	const char *why;
} said[] = {
	{"ready\n", EXIT_DONE, NULL},
	{"error 4 g: exists already\n", EXIT_BUSY,
	 "the other side: g: exists already"},
	{"error 7 no \033[2Jroom\n", EXIT_HOST, "the other side: no ?[2Jroom"},
	{"error 0 fine\n", EXIT_FAILED, "the other side says: error 0"},
	{"error 9 unknown\n", EXIT_FAILED, "the other side says: error 9"},
	{"error 5\n", EXIT_FAILED, "the other side says: error 5"},
	{"built\n", EXIT_FAILED, "the other side says: built"},
	{"rea\007dy\n", EXIT_FAILED, "the other side says: rea?dy"},
	{"\n", EXIT_FAILED, "the other side says: "},
	{"", EXIT_DIED, "the other side has hung up"},
	{"ready", EXIT_DIED, "the other side has hung up"},
};

static void test_words(void)
{
	unsigned int i;
	struct err e;

	for (i = 0; i < sizeof(said) / sizeof(*said); i++) {
		is_int(heard(said[i].said, &e), said[i].code, "code of line %u",
		       i);
		if (said[i].why)
			is_str(e.msg, said[i].why, "why");
	}
}

static void test_bounds(void)
{
	static char flood[4096];
	struct pair p;
	struct err e;

	memset(flood, 'x', sizeof(flood));
	pair_open(&p, flood, sizeof(flood));
	is_int(handshake_await(p.in[0], "go", -1, LIMIT_MS, &e), -1,
	       "a line without end is refused");
	is_str(e.msg, "the other side makes no sense", "for what it is");
	close(p.in[1]);
	pair_close(&p);

	pair_open(&p, "go\nrest", 7);
	is_int(handshake_await(p.in[0], "go", -1, LIMIT_MS, &e), 0, "a word");
	ok(read(p.in[0], flood, 4) == 4 && !memcmp(flood, "rest", 4),
	   "what follows it is left where it is");
	is_int(handshake_await(p.in[0], "go", p.cancel[0], 10, &e), -1,
	       "silence has a limit");
	is_int(e.code, EXIT_TIMEOUT, "that is exit code 5");
	if (write(p.cancel[1], "", 1) != 1)
		abort();
	is_int(handshake_await(p.in[0], "go", p.cancel[0], LIMIT_MS, &e), -1,
	       "who waits can be interrupted");
	is_str(e.msg, "interrupted", "and says so");
	close(p.in[1]);
	pair_close(&p);
}

static void on_alarm(int nr)
{
	(void)nr;
}

/* A signal does not make it read what is not there. */
static void test_signal(void)
{
	struct itimerval soon = {.it_value.tv_usec = 20000};
	struct sigaction sa = {.sa_handler = on_alarm};
	struct pair p;
	struct err e;

	pair_open(&p, "", 0);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	is_int(handshake_await(p.in[0], "go", -1, 200, &e), -1,
	       "a signal changes nothing");
	is_int(e.code, EXIT_TIMEOUT, "the limit holds");
	close(p.in[1]);
	pair_close(&p);
}

static void test_say(void)
{
	struct pair p;
	struct err e;
	char text[8];

	pair_open(&p, "", 0);
	is_int(handshake_say(p.in[1], "built", &e), 0, "say");
	ok(read(p.in[0], text, sizeof(text)) == 6 &&
		   !memcmp(text, "built\n", 6),
	   "a line");
	signal(SIGPIPE, SIG_IGN);
	close(p.in[0]);
	is_int(handshake_say(p.in[1], "built", &e), -1, "to nobody");
	is_int(e.code, EXIT_DIED, "is exit code 6");
	close(p.in[1]);
	p.in[0] = -1;
	pair_close(&p);
}

/* What `f` writes to standard output. */
static const char *told(int rc, const struct err *e)
{
	static char text[2048];
	int out[2], kept = dup(STDOUT_FILENO);
	ssize_t n;

	fflush(stdout);
	if (pipe(out) < 0 || dup2(out[1], STDOUT_FILENO) < 0)
		abort();
	handshake_received(rc, e);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	close(out[1]);
	n = read(out[0], text, sizeof(text) - 1);
	close(out[0]);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void test_received(void)
{
	struct vm_incoming in = {.json = true};
	struct err e;

	handshake_receiver(&in);
	ok(in.ready && in.built && in.quiet && !in.json,
	   "a receiver says words and nothing else");
	is_str(told(0, NULL), "running\n", "it runs");
	err_set(&e, EXIT_HOST, "no room\nfor it");
	is_str(told(-1, &e), "error 7 no room?for it\n",
	       "an error is one line");
}

int main(void)
{
	test_words();
	test_bounds();
	test_signal();
	test_say();
	test_received();
	return done_testing();
}
