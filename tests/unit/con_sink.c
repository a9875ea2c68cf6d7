/* SPDX-License-Identifier: MIT */
/* Where console bytes go: log, pty and viewers, spool, feed. */
#include "console/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "console/view.h"
#include "tests/unit/tap.h"

struct bench {
	struct loop *loop;
	struct loop_timer *end;
	struct err e;
	char dir[64], path[96], old[96];
	char *text; /* what the last file, pty or socket had to say */
	size_t len;
};

enum { TEXT_MAX = 4 << 20 };

static void end_run(void *ctx)
{
	loop_stop(ctx);
}

static void bench_open(struct bench *b)
{
	strcpy(b->dir, "/tmp/con_sink.XXXXXX");
	if (!mkdtemp(b->dir))
		exit(1);
	snprintf(b->path, sizeof(b->path), "%s/log", b->dir);
	snprintf(b->old, sizeof(b->old), "%s/log.1", b->dir);
	b->loop = loop_new(&b->e);
	b->end = loop_timer_new(b->loop, end_run, b->loop);
	b->text = malloc(TEXT_MAX + 1);
	b->e.msg[0] = '\0';
}

static void bench_close(struct bench *b)
{
	unlink(b->path);
	unlink(b->old);
	rmdir(b->dir);
	loop_timer_del(b->end);
	loop_free(b->loop);
	free(b->text);
}

static void run(struct bench *b, uint64_t ms)
{
	loop_timer_set(b->end, ms);
	loop_run(b->loop, &b->e);
}

/* All that `fd` gives without waiting. */
static const char *slurp(struct bench *b, int fd)
{
	ssize_t r;

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	b->len = 0;
	while (b->len < TEXT_MAX &&
	       (r = read(fd, b->text + b->len, TEXT_MAX - b->len)) > 0)
		b->len += (size_t)r;
	b->text[b->len] = '\0';
	return b->text;
}

/* The same while the loop runs. */
static const char *slurp_all(struct bench *b, int fd)
{
	size_t n = 0, i;
	char *all = malloc(TEXT_MAX + 1);

	for (i = 0; i < 20; i++) {
		run(b, 2);
		slurp(b, fd);
		memcpy(all + n, b->text, b->len);
		n += b->len;
		if (b->len)
			i = 0;
	}
	all[n] = '\0';
	free(b->text);
	b->text = all;
	b->len = n;
	return all;
}

static const char *file_text(struct bench *b, const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return "(none)";
	slurp(b, fd);
	close(fd);
	return b->text;
}

static void say(struct con_sink *s, const char *text)
{
	con_sink_output(s, (const uint8_t *)text, strlen(text));
}

/* `n` bytes of lines, each with its number. */
static void say_lines(struct con_sink *s, unsigned int from, unsigned int to)
{
	char line[32];

	for (; from < to; from++) {
		snprintf(line, sizeof(line), "line %09u.\n", from);
		say(s, line);
	}
}

/* --- log --- */

static void test_log_file(struct bench *b)
{
	struct con_sink *s = con_log_new(b->loop, b->path, 4096, &b->e);
	struct stat st;

	say(s, "one\n");
	is_str(file_text(b, b->path), "one\n", "log: bytes are in the file");
	stat(b->path, &st);
	is_int(st.st_mode & 07777, 0600, "log: for root only");
	con_sink_free(s);
	s = con_log_new(b->loop, b->path, 4096, &b->e);
	say(s, "two\n");
	is_str(file_text(b, b->path), "one\ntwo\n", "log: a successor appends");
	con_log_rotate(s);
	say(s, "three\n");
	is_str(file_text(b, b->path), "three\n", "log: rotated on demand");
	is_str(file_text(b, b->old), "one\ntwo\n", "log: the old is kept");
	con_sink_free(s);
}

static void test_log_rotation(struct bench *b)
{
	struct con_sink *s = con_log_new(b->loop, b->path, 4096, &b->e);
	struct stat st;
	bool small = true;
	unsigned int i;

	for (i = 0; i < 2000; i++) {
		say_lines(s, i, i + 1);
		stat(b->path, &st);
		small &= st.st_size <= 4096;
	}
	ok(small, "log: the file stays below its limit");
	stat(b->old, &st);
	ok(st.st_size <= 4096 && st.st_size > 3900, "log: so does the old one");
	ok(strstr(file_text(b, b->path), "line 000001999.\n") != NULL,
	   "log: the newest line is there");
	ok(!strncmp(b->text, "[mtool: ", 8) &&
		   strstr(b->text, "older bytes dropped]\n"),
	   "log: what went with older files is said: %.40s", b->text);
	is_int(s->dropped, 0, "log: and is not counted as lost");
	con_sink_free(s);
}

static void test_log_refuses(struct bench *b)
{
	char other[96];

	snprintf(other, sizeof(other), "%s/other", b->dir);
	is_int(symlink(other, b->path), 0, "log: a symbolic link in its place");
	ok(!con_log_new(b->loop, b->path, 4096, &b->e), "log: refused: %s",
	   b->e.msg);
	ok(access(other, F_OK) < 0, "log: nothing is made behind it");
	unlink(b->path);
	mkfifo(b->path, 0600);
	ok(!con_log_new(b->loop, b->path, 4096, &b->e), "log: a fifo too: %s",
	   b->e.msg);
	unlink(b->path);
}

static void file_limit(rlim_t bytes)
{
	struct rlimit rl;

	getrlimit(RLIMIT_FSIZE, &rl);
	rl.rlim_cur = bytes;
	setrlimit(RLIMIT_FSIZE, &rl);
}

/* RLIMIT_FSIZE plays the full disk: writes come short, then fail. */
static void test_log_full(struct bench *b)
{
	struct con_sink *s = con_log_new(b->loop, b->path, 1 << 20, &b->e);

	signal(SIGXFSZ, SIG_IGN);
	file_limit(100);
	say_lines(s, 0, 20); /* 16 bytes each: 6.25 lines fit */
	file_limit(RLIM_INFINITY);
	is_int(s->dropped, 320 - 100, "log: a full disk: the rest is counted");
	say(s, "back\n");
	file_text(b, b->path);
	is_int(b->len, 100 + strlen("\n[mtool: 220 bytes dropped]\nback\n"),
	       "log: with room again it goes on");
	is_str(b->text + 100, "\n[mtool: 220 bytes dropped]\nback\n",
	       "log: and says what is missing, on a line of its own");
	file_limit(b->len + 10);
	say(s, "gone\n");
	say(s, "gone\n");
	say(s, "gone\n");
	file_limit(RLIM_INFINITY);
	say(s, "back again\n");
	ok(strstr(file_text(b, b->path),
		  "back\ngone\ngone\n[mtool: 5 bytes dropped]\nback again\n") !=
		   NULL,
	   "log: a note that does not fit is not cut: %s", b->text + 100);
	con_sink_free(s);
}

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
	run(b, 5);
	is_str(slurp(b, fd), "early\r\n", "pty: a later reader gets it all");
	for (i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	con_sink_output(s, all, 256);
	slurp(b, fd);
	ok(b->len == 256 && !memcmp(b->text, all, 256), "pty: all 256 bytes");
	if (write(fd, "typed\x03\n", 7) != 7)
		exit(1);
	run(b, 5);
	is_int(con_sink_input(s, buf, sizeof(buf)), 7, "pty: what is typed");
	ok(!memcmp(buf, "typed\x03\n", 7), "pty: is not changed");
	close(fd);
	run(b, 5);
	say(s, "nobody");
	fd = open(con_pty_path(s), O_RDWR | O_NOCTTY);
	run(b, 5);
	is_str(slurp(b, fd), "nobody", "pty: a reader may leave and come back");
	close(fd);
	con_sink_free(s);
}

/* Whatever the reader did not take: the newest 64 KiB, in order. */
static bool tail_is_whole(const char *text, unsigned int last)
{
	const char *p = strstr(text, "dropped]\r\n");
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
	struct rusage before, after;
	pid_t pid = fork();
	int fd, status;

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
	getrusage(RUSAGE_SELF, &before);
	run(b, 200);
	getrusage(RUSAGE_SELF, &after);
	ok(after.ru_utime.tv_usec + after.ru_stime.tv_usec -
			   before.ru_utime.tv_usec - before.ru_stime.tv_usec <
		   100000,
	   "pty: hung up by its reader: no spinning");
	say(s, "hello");
	fd = open(con_pty_path(s), O_RDWR | O_NOCTTY);
	run(b, 5);
	is_str(slurp(b, fd), "hello", "pty: and it goes on");
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
	run(b, 5);
	n = con_sink_input(s, buf, sizeof(buf));
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
	struct rusage before, after;
	struct pair one = view(s, true, 0);
	uint8_t buf[8];
	size_t n = 0;
	int i;

	if (write(one.ours, "a longer line\n", 14) != 14)
		exit(1);
	close(one.ours);
	getrusage(RUSAGE_SELF, &before);
	run(b, 100);
	getrusage(RUSAGE_SELF, &after);
	ok(after.ru_utime.tv_usec + after.ru_stime.tv_usec -
			   before.ru_utime.tv_usec - before.ru_stime.tv_usec <
		   50000,
	   "viewer that left: no spinning");
	for (i = 0; i < 6; i++)
		n += con_sink_input(s, buf, 3);
	is_int(n, 14, "viewer that left: its input is not lost");
	is_int(con_view_count(s->view), 0, "viewer that left: is gone");
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

/* The file may be anything: it is begun anew then. */
static void test_keep_garbage(struct bench *b)
{
	int keep = memfd_create("history", MFD_CLOEXEC);
	char junk[8192];
	struct con_sink *s;
	struct pair p;

	memset(junk, 0xee, sizeof(junk));
	if (write(keep, junk, sizeof(junk)) != sizeof(junk))
		exit(1);
	s = con_pty_new(b->loop, keep, -1, -1, &b->e);
	say(s, "fresh");
	p = view(s, false, 0);
	is_str(slurp(b, p.ours), "fresh", "keep: garbage is not believed");
	close(p.ours);
	con_sink_free(s);
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
	run(b, 5);
	is_str(slurp(b, fd), "one two",
	       "pty: readers stay when it is handed on");
	close(fd);
	con_sink_free(s);
	close(keep);
}

/* --- spool and feed --- */

static void test_spool(struct bench *b)
{
	struct con_sink *s = con_spool_new(&b->e);
	int fd = memfd_create("spool", MFD_CLOEXEC), i;
	uint8_t all[256];
	uint64_t bytes;

	for (i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	say(s, "boot noise");
	is_int(s->dropped, 10, "spool: not armed: counted");
	con_spool_arm(s, fd, 600);
	con_sink_output(s, all, 256);
	con_sink_output(s, all, 256);
	is_int(con_spool_finish(s, &bytes, &b->e), 0, "spool: finished");
	is_int(bytes, 512, "spool: with its length");
	lseek(fd, 0, SEEK_SET);
	slurp(b, fd);
	ok(b->len == 512 && !memcmp(b->text + 256, all, 256), "spool: exact");
	con_spool_arm(s, fd, 600);
	con_sink_output(s, all, 256);
	con_sink_output(s, all, 256);
	con_sink_output(s, all, 256);
	say(s, "small");
	is_int(con_spool_finish(s, &bytes, &b->e), -1, "spool: cap: %s",
	       b->e.msg);
	is_int(bytes, 512, "spool: nothing after the gap");
	close(fd);
	fd = open("/dev/full", O_WRONLY);
	con_spool_arm(s, fd, 600);
	con_sink_output(s, all, 256);
	is_int(con_spool_finish(s, &bytes, &b->e), -1, "spool: full: %s",
	       b->e.msg);
	close(fd);
	is_int(con_sink_attach(s, 0, false, 0, NULL, &b->e), -1,
	       "spool: not for watching");
	con_sink_free(s);
}

static void count_kick(void *ctx)
{
	++*(int *)ctx;
}

static void test_feed(struct bench *b)
{
	struct con_sink *s = con_feed_new(&b->e);
	uint8_t data[5000], got[5000], buf[1024];
	size_t n, done = 0;
	uint64_t since;
	int i, kicks = 0;

	for (i = 0; i < 5000; i++)
		data[i] = (uint8_t)(i * 7 ^ i >> 8);
	s->kick = count_kick;
	s->kick_ctx = &kicks;
	is_int(con_sink_input(s, buf, sizeof(buf)), 0,
	       "feed: nothing at first");
	con_feed_start(s, data, sizeof(data));
	is_int(kicks, 1, "feed: the console is told");
	for (i = 1; done < sizeof(got) &&
		    (n = con_sink_input(s, buf, (size_t)(i * 37 % 1025)));
	     i++) {
		memcpy(got + done, buf, n);
		done += n;
	}
	ok(done == 5000 && !memcmp(got, data, 5000), "feed: byte-exact");
	is_int(con_feed_left(s, &since), 0, "feed: all is given");
	say(s, "echo");
	is_int(s->dropped, 4, "feed: what comes back is discarded, counted");
	con_feed_start(s, data, 100);
	con_feed_stop(s);
	is_int(con_sink_input(s, buf, sizeof(buf)), 0, "feed: stopped");
	con_sink_free(s);
}

int main(void)
{
	void (*const tests[])(struct bench *) = {
		test_log_file,	   test_log_rotation, test_log_refuses,
		test_log_full,	   test_pty,	      test_pty_stalled,
		test_pty_hangup,   test_viewers,      test_viewer_left,
		test_slow_viewer,  test_many_viewers, test_keep,
		test_keep_garbage, test_hand_over,    test_spool,
		test_feed,
	};
	struct bench b;
	size_t i;

	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		bench_open(&b);
		tests[i](&b);
		bench_close(&b);
	}
	return done_testing();
}
