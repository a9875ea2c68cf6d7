/* SPDX-License-Identifier: MIT */
/* Who watches a console: a pty, sockets, and what they find later. */
#include "console/view.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>

#include "tests/unit/con_bench.h"

/* --- pty and viewers --- */

struct pair {
	int ours, theirs;
};

static struct pair view(struct con_sink *s, bool input, uint64_t from)
{
	int fd[2], small = 4096;
	struct err e;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0)
		exit(1);
	setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	if (con_sink_attach(s, fd[1], input, from, NULL, &e) < 0)
		exit(1);
	return (struct pair){.ours = fd[0], .theirs = fd[1]};
}

static void test_pty(struct bench *b)
{
	struct con_sink *s = con_pty_new(b->loop, -1, -1, -1, &b->e);
	uint8_t buf[16], all[256];
	struct stat st;
	int fd, i;

	say(s, "early\r\n");
	fd = open(con_pty_path(s), O_RDWR | O_NOCTTY);
	ok(fd >= 0, "pty: %s", con_pty_path(s));
	fstat(fd, &st);
	is_int(st.st_mode & 0777, 0600, "pty: for root only");
	comes(b, fd, "early\r\n", "pty: a later reader gets it all");
	for (i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	con_sink_output(s, all, 256);
	slurp_all(b, fd);
	ok(b->len == 256 && !memcmp(b->text, all, 256), "pty: all 256 bytes");
	if (write(fd, "typed\x03\n", 7) != 7)
		exit(1);
	is_int(typed(b, s, buf, 7), 7, "pty: what is typed");
	ok(!memcmp(buf, "typed\x03\n", 7), "pty: is not changed");
	close(fd);
	run(b, 5);
	say(s, "nobody");
	fd = open(con_pty_path(s), O_RDWR | O_NOCTTY);
	comes(b, fd, "nobody", "pty: a reader may leave and come back");
	close(fd);
	con_sink_free(s);
}

/* Behind the last gap; the kernel may take some bytes between two of them. */
static const char *behind_gaps(const char *text)
{
	static const char gap[] = "dropped]\r\n";
	const char *p, *last = NULL;

	for (p = text; (p = strstr(p, gap)); p += strlen(gap))
		last = p + strlen(gap);
	return last;
}

/* Whatever the reader did not take: the newest 64 KiB, in order. */
static bool tail_is_whole(const char *text, unsigned int last)
{
	const char *p = behind_gaps(text);
	unsigned int nr, prev = 0;

	if (!p || !(p = strstr(p, "line ")))
		return false;
	while (sscanf(p, "line %u.", &nr) == 1) {
		if (prev && nr != prev + 1)
			return false;
		prev = nr;
		p += 16;
	}
	return prev == last;
}

static void test_pty_stalled(struct bench *b)
{
	struct con_sink *s = con_pty_new(b->loop, -1, -1, -1, &b->e);
	int fd = open(con_pty_path(s), O_RDWR | O_NOCTTY);

	say_lines(s, 1, 100001); /* 1.6 MB, and nobody reads */
	ok(s->dropped > (1600000 - (256 << 10)), "pty: %llu dropped",
	   (unsigned long long)s->dropped);
	slurp_all(b, fd);
	ok(!strncmp(b->text, "line 000000001.", 15), "pty: oldest first");
	ok(strstr(b->text, "\r\n[mtool: ") != NULL, "pty: the gap is told");
	ok(tail_is_whole(b->text, 100000), "pty: then the newest, in order");
	ok(b->len > CON_PTY_HISTORY && b->len < 4 * CON_PTY_HISTORY,
	   "pty: %zu bytes in all", b->len);
	close(fd);
	con_sink_free(s);
}

/* A getty calls vhangup: every slave descriptor is dead, ours too. */
static void test_pty_hangup(struct bench *b)
{
	struct con_sink *s = con_pty_new(b->loop, -1, -1, -1, &b->e);
	pid_t pid = fork();
	int fd, status;
	long before;

	if (pid == 0) {
		setsid();
		fd = open(con_pty_path(s), O_RDWR);
		signal(SIGHUP, SIG_IGN);
		_exit(fd < 0 || vhangup() < 0);
	}
	waitpid(pid, &status, 0);
	if (status) {
		ok(true, "# SKIP vhangup is not allowed here");
		con_sink_free(s);
		return;
	}
	before = cpu_us();
	run(b, 200);
	ok(cpu_us() - before < 100000,
	   "pty: hung up by its reader: no spinning");
	say(s, "hello");
	fd = open(con_pty_path(s), O_RDWR | O_NOCTTY);
	comes(b, fd, "hello", "pty: and it goes on");
	close(fd);
	con_sink_free(s);
}

static void test_viewers(struct bench *b)
{
	struct con_sink *s = con_pty_new(b->loop, -1, -1, -1, &b->e);
	struct pair one, two, late;
	uint8_t buf[64];
	size_t n;

	one = view(s, true, 0);
	two = view(s, false, 0);
	say(s, "both");
	is_str(slurp(b, one.ours), "both", "viewers: one sees it");
	is_str(slurp(b, two.ours), "both", "viewers: two sees it");
	late = view(s, true, 0);
	is_str(slurp(b, late.ours), "both", "viewers: a late one gets it too");
	if (write(one.ours, "abc", 3) + write(two.ours, "no!", 3) +
		    write(late.ours, "def", 3) !=
	    9)
		exit(1);
	n = typed(b, s, buf, 6);
	run(b, 20);
	n += con_sink_input(s, buf + n, sizeof(buf) - n);
	is_int(n, 6, "viewers: input of all who may type");
	ok(memmem(buf, n, "abc", 3) && memmem(buf, n, "def", 3),
	   "viewers: is merged");
	shutdown(one.ours, SHUT_WR);
	run(b, 5);
	say(s, " more");
	is_str(slurp(b, one.ours), " more", "viewers: its input may end first");
	close(one.ours);
	run(b, 5);
	is_int(con_view_count(s->view), 2, "viewers: one left");
	slurp(b, late.ours);
	con_sink_hangup(s);
	is_int(read(late.ours, buf, 1), 0, "viewers: told of the end");
	close(two.ours);
	close(late.ours);
	con_sink_free(s);
}

/* What it typed before it left still reaches a guest that is slow. */
static void test_viewer_left(struct bench *b)
{
	struct con_sink *s = con_pty_new(b->loop, -1, -1, -1, &b->e);
	struct pair one = view(s, true, 0);
	uint8_t buf[8];
	size_t n = 0;
	long before;
	int i;

	if (write(one.ours, "a longer line\n", 14) != 14)
		exit(1);
	before = cpu_us();
	run(b, 100);
	ok(cpu_us() - before < 50000, "input that waits: no spinning");
	close(one.ours);
	before = cpu_us();
	run(b, 100);
	ok(cpu_us() - before < 50000, "viewer that left: no spinning");
	for (i = 0; i < 6; i++)
		n += con_sink_input(s, buf, 3);
	is_int(n, 14, "viewer that left: its input is not lost");
	is_int(con_view_count(s->view), 0, "viewer that left: is gone");
	con_sink_free(s);
}

/* The guest answers one who has left already: what it typed is not lost. */
static void test_viewer_left_early(struct bench *b)
{
	struct con_sink *s = con_pty_new(b->loop, -1, -1, -1, &b->e);
	struct pair one = view(s, true, 0);
	uint8_t buf[8];

	if (write(one.ours, "halt\n", 5) != 5)
		exit(1);
	close(one.ours);
	say(s, "# ");
	is_int(typed(b, s, buf, 5), 5, "viewer that left early: is heard");
	con_sink_free(s);
}

static void test_slow_viewer(struct bench *b)
{
	struct con_sink *s = con_pty_new(b->loop, -1, -1, -1, &b->e);
	struct pair slow = view(s, false, 0), fast = view(s, false, 0);
	unsigned int i;
	bool whole = true;
	char line[32];

	for (i = 1; i <= 20000; i++) {
		say_lines(s, i, i + 1);
		snprintf(line, sizeof(line), "line %09u.\n", i);
		whole &= !strcmp(slurp(b, fast.ours), line);
	}
	ok(whole, "slow viewer: the fast one sees every line at once");
	is_int(s->dropped, 0, "slow viewer: nothing counts as lost then");
	ok(!con_sink_flushed(s), "slow viewer: more waits for it");
	slurp_all(b, slow.ours);
	ok(!strncmp(b->text, "line 000000001.", 15), "slow viewer: oldest");
	ok(tail_is_whole(b->text, 20000), "slow viewer: gap told, then all");
	ok(b->len < 3 * CON_PTY_HISTORY, "slow viewer: %zu bytes", b->len);
	ok(con_sink_flushed(s), "slow viewer: has got all");
	close(slow.ours);
	close(fast.ours);
	run(b, 5);
	con_sink_free(s);
}

static void test_many_viewers(struct bench *b)
{
	struct con_sink *s = con_pty_new(b->loop, -1, -1, -1, &b->e);
	struct pair p[CON_VIEW_MAX];
	unsigned int i;
	int extra = socket(AF_UNIX, SOCK_STREAM, 0);

	for (i = 0; i < CON_VIEW_MAX - 1; i++)
		p[i] = view(s, true, 0);
	is_int(con_sink_attach(s, extra, true, 0, NULL, &b->e), -1,
	       "many viewers: one too many: %s", b->e.msg);
	is_int(b->e.code, EXIT_BUSY, "many viewers: busy");
	if (write(p[3].ours, "x", 1) != 1)
		exit(1);
	close(p[3].ours);
	run(b, 5); /* left, with input that no guest takes */
	p[3] = view(s, true, 0);
	say(s, "welcome");
	is_str(slurp(b, p[3].ours), "welcome",
	       "many viewers: its place is free");
	close(extra);
	for (i = 0; i < CON_VIEW_MAX - 1; i++)
		close(p[i].ours);
	con_sink_free(s);
}

/* --- a history that outlives its process --- */

static void test_keep(struct bench *b)
{
	int keep = memfd_create("history", MFD_CLOEXEC);
	struct con_sink *s = con_pty_new(b->loop, keep, -1, -1, &b->e);
	struct con_origin o = {.domid = 7, .cons = 0xfffffff0u};
	struct pair p;
	uint64_t at;

	o.prod = o.cons + 40;
	is_int(con_sink_origin(s, &o), 0, "keep: a new ring: nothing known");
	say(s, "0123456789");
	at = con_view_position(s->view);
	say(s, "abcdefghij"); /* and killed before the ring knew */
	con_sink_free(s);
	s = con_pty_new(b->loop, keep, -1, -1, &b->e);
	o.takeover = true;
	o.cons += 10;
	is_int(con_sink_origin(s, &o), 10, "keep: what is known is skipped");
	p = view(s, false, at);
	is_str(slurp(b, p.ours), "abcdefghij", "keep: a viewer goes on");
	close(p.ours);
	o.domid = 8;
	is_int(con_sink_origin(s, &o), 0, "keep: another domain: another ring");
	p = view(s, false, at + 1000);
	is_str(slurp(b, p.ours), "0123456789abcdefghij",
	       "keep: a position that never was: everything");
	close(p.ours);
	con_sink_free(s);
	close(keep);
}

static void begins_anew(struct bench *b, int keep, const char *what)
{
	struct con_sink *s = con_pty_new(b->loop, keep, -1, -1, &b->e);
	struct pair p;

	say(s, "fresh");
	p = view(s, false, 0);
	is_str(slurp(b, p.ours), "fresh", "keep: %s", what);
	close(p.ours);
	con_sink_free(s);
}

/* The file may be anything: it is begun anew then. */
static void test_keep_garbage(struct bench *b)
{
	int keep = memfd_create("history", MFD_CLOEXEC);
	char junk[8192];

	memset(junk, 0xee, sizeof(junk));
	if (pwrite(keep, junk, sizeof(junk), 0) != sizeof(junk))
		exit(1);
	begins_anew(b, keep, "garbage is not believed");
	memset(junk, 0, 8); /* the position of its end: before its start */
	if (pwrite(keep, junk, 8, 24) != 8)
		exit(1);
	begins_anew(b, keep, "nor positions that cannot be");
	close(keep);
}

static void test_hand_over(struct bench *b)
{
	int keep = memfd_create("history", MFD_CLOEXEC);
	struct con_sink *s = con_pty_new(b->loop, keep, -1, -1, &b->e);
	int fd = open(con_pty_path(s), O_RDWR | O_NOCTTY), master, slave;

	say(s, "one ");
	con_pty_fds(s, &master, &slave);
	master = dup(master);
	slave = dup(slave);
	con_sink_free(s);
	s = con_pty_new(b->loop, keep, master, slave, &b->e);
	say(s, "two");
	comes(b, fd, "one two", "pty: readers stay when it is handed on");
	close(fd);
	con_sink_free(s);
	close(keep);
}

int main(void)
{
	void (*const tests[])(struct bench *) = {
		test_pty,	   test_pty_stalled,  test_pty_hangup,
		test_viewers,	   test_viewer_left,  test_viewer_left_early,
		test_slow_viewer,  test_many_viewers, test_keep,
		test_keep_garbage, test_hand_over,
	};

	return run_tests(tests, sizeof(tests) / sizeof(tests[0]));
}
