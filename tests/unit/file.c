/* SPDX-License-Identifier: MIT */
/* Files of the host: what is read, and what is refused. */
#include "core/file.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/tap.h"

static void put(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(text, 1, len, f) != len || fclose(f))
		abort();
}

static void test_read(void)
{
	size_t len = 0;
	struct err e;
	char *text;

	put("f", "a\0bc", 4);
	text = file_read("f", 4, &len, &e);
	ok(text && len == 4 && !memcmp(text, "a\0bc", 5),
	   "a file is read whole, and ended by a zero");
	free(text);
	ok(!file_read("f", 3, &len, &e), "one that is larger is refused");
	is_str(e.msg, "f: larger than 3 bytes", "which is said");
	put("f", "", 0);
	ok(!file_read("f", 4, &len, &e), "so is an empty one");
	is_str(e.msg, "f: empty", "as such");
	ok(!file_read("none", 4, &len, &e), "and one that is not there");
	is_str(e.msg, "open none: No such file or directory", "as such");
	is_int(e.code, EXIT_FAILED, "this is a failure");
	ok(!file_read(".", 1 << 20, &len, &e), "and a directory");
	is_str(e.msg, ".: not a regular file", "as such");
	ok(!file_read("/dev/zero", 4, &len, &e), "and a device without end");
}

static void test_check(void)
{
	struct err e;

	put("f", "x", 1);
	is_int(file_check("f", EXIT_HOST, &e), 0, "a file that is there");
	put("f", "", 0);
	is_int(file_check("f", EXIT_HOST, &e), -1, "an empty one is none");
	is_int(e.code, EXIT_HOST, "with the caller's code");
	is_int(file_check("none", EXIT_USAGE, &e), -1, "a missing one");
	is_int(e.code, EXIT_USAGE, "likewise");
	is_int(file_check(".", EXIT_HOST, &e), -1, "a directory");
	if (mkfifo("fifo", 0600) < 0)
		abort();
	is_int(file_check("fifo", EXIT_HOST, &e), -1,
	       "a pipe, which nobody waits for");
	unlink("fifo");
}

static void test_write(void)
{
	struct stat st;
	struct err e;
	size_t len;
	char *text;

	unlink("f");
	is_int(file_write("f", "a longer text\n", &e), 0, "a file is written");
	is_int(stat("f", &st), 0, "it is there");
	is_int(st.st_mode & 07777, 0600, "for its owner alone");
	is_int(file_write("f", "short\n", &e), 0, "and again");
	text = file_read("f", 100, &len, &e);
	is_str(text, "short\n", "nothing is left of the first");
	free(text);
	is_int(file_write("none/f", "x", &e), -1, "without a directory");
	is_str(e.msg, "write none/f: No such file or directory", "it fails");
	if (symlink("f", "link") < 0)
		abort();
	is_int(file_write("link", "x", &e), 0, "it goes through no link");
	is_str((text = file_read("f", 100, &len, &e)), "short\n",
	       "what is behind it stays");
	free(text);
	unlink("link");
}

/* A full disk, as far as one file is concerned. */
static void test_no_room(void)
{
	const struct rlimit small = {2, RLIM_INFINITY};
	struct rlimit old;
	struct err e;
	size_t len;
	char *text;

	signal(SIGXFSZ, SIG_IGN);
	file_write("f", "old", &e);
	if (getrlimit(RLIMIT_FSIZE, &old) < 0 ||
	    setrlimit(RLIMIT_FSIZE, &small) < 0)
		abort();
	is_int(file_write("f", "newer", &e), -1, "a full disk is noticed");
	setrlimit(RLIMIT_FSIZE, &old);
	text = file_read("f", 100, &len, &e);
	is_str(text, "old", "and the file is the old one still");
	free(text);
	is_int(access("f.new", F_OK), -1, "nothing else is left");
}

int main(void)
{
	char dir[] = "/tmp/mtool-test-XXXXXX";

	if (!mkdtemp(dir) || chdir(dir) < 0)
		abort();
	test_read();
	test_check();
	test_write();
	test_no_room();
	unlink("f");
	if (chdir("/") < 0 || rmdir(dir) < 0)
		abort();
	return done_testing();
}
