/* SPDX-License-Identifier: MIT */
/* Where console bytes go: log, spool, feed. */
#include "console/sink.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/unit/con_bench.h"

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
	   "log: what went with older files is said: %.25s", b->text);
	is_int(s->dropped, 0, "log: and is not counted as lost");
	con_sink_free(s);
}

/* A rename of the VM: both files go, and nothing of another's is mixed in. */
static void test_log_move(struct bench *b)
{
	struct con_sink *s = con_log_new(b->loop, b->path, 4096, &b->e);
	char to[96], to_old[96], nowhere[96];

	snprintf(to, sizeof(to), "%s/new.log", b->dir);
	snprintf(to_old, sizeof(to_old), "%s/new.log.1", b->dir);
	snprintf(nowhere, sizeof(nowhere), "%s/none/new.log", b->dir);
	unlink(b->old);
	is_int(symlink("stale", to_old), 0, "log: an older file of another");
	say(s, "here\n");
	is_int(con_log_move(s, nowhere, &b->e), -1, "log: a move that fails");
	say(s, "still\n");
	ok(strstr(file_text(b, b->path), "here\nstill\n") != NULL,
	   "log: leaves it where it was");
	is_int(con_log_move(s, to, &b->e), 0, "log: it moves");
	say(s, "there\n");
	ok(strstr(file_text(b, to), "here\nstill\nthere\n") != NULL,
	   "log: what was said before and after is in one file");
	ok(access(b->path, F_OK) < 0, "log: nothing is left behind");
	ok(unlink(to_old) < 0, "log: nor another's older file");
	con_log_rotate(s);
	ok(strstr(file_text(b, to_old), "there\n") != NULL,
	   "log: its older file has the new name, too");
	con_sink_free(s);
	unlink(to);
	unlink(to_old);
}

static void test_log_refuses(struct bench *b)
{
	char other[96];
	int fifo;

	snprintf(other, sizeof(other), "%s/other", b->dir);
	is_int(symlink(other, b->path), 0, "log: a symbolic link in its place");
	ok(!con_log_new(b->loop, b->path, 4096, &b->e), "log: refused: %s",
	   b->e.msg);
	ok(access(other, F_OK) < 0, "log: nothing is made behind it");
	unlink(b->path);
	mkfifo(b->path, 0600);
	fifo = open(b->path, O_RDONLY | O_NONBLOCK);
	ok(!con_log_new(b->loop, b->path, 4096, &b->e), "log: a fifo too: %s",
	   b->e.msg);
	close(fifo);
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
	file_limit(b->len + 5);
	say(s, "fits\n");
	say(s, "gone\n");
	file_limit(b->len + 10); /* room for those, but not for the note */
	say(s, "gone\n");
	file_limit(RLIM_INFINITY);
	say(s, "back again\n");
	ok(strstr(file_text(b, b->path),
		  "back\nfits\n[mtool: 10 bytes dropped]\nback again\n") !=
		   NULL,
	   "log: a note that does not fit is not cut");
	con_sink_free(s);
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
		test_log_file,	  test_log_rotation, test_log_move,
		test_log_refuses, test_log_full,     test_spool,
		test_feed,
	};

	return run_tests(tests, sizeof(tests) / sizeof(tests[0]));
}
