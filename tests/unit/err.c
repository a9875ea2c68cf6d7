/* SPDX-License-Identifier: MIT */
/* An error gains context on its way out, and is always one string. */
#include "core/err.h"

#include <errno.h>

#include "tests/unit/tap.h"

static void fill(char *buf, size_t size)
{
	memset(buf, 'x', size - 1);
	buf[size - 1] = '\0';
}

static void test_context(void)
{
	struct err e;

	is_int(err_set(&e, EXIT_BUSY, "%s: no %d", "disk", 3), -1,
	       "err_set returns -1");
	is_str(e.msg, "disk: no 3", "err_set formats");
	is_int(e.code, EXIT_BUSY, "err_set sets the code");

	is_int(err_in(&e, "vm %s", "g"), -1, "err_in returns -1");
	is_str(e.msg, "vm g: disk: no 3", "err_in puts context in front");
	is_int(e.code, EXIT_BUSY, "err_in keeps the code");
	err_in(&e, "outer");
	is_str(e.msg, "outer: vm g: disk: no 3", "context may be nested");
}

static void test_errno(void)
{
	struct err e;

	errno = ENOENT;
	is_int(err_sys(&e, EXIT_FAILED, "open %s", "/x"), -1,
	       "err_sys returns -1");
	is_str(e.msg, "open /x: No such file or directory",
	       "err_sys appends the text of errno");
	is_int(e.code, EXIT_FAILED, "err_sys sets the code");
}

static void test_long(void)
{
	char text[2 * sizeof(((struct err *)0)->msg)];
	struct err e;

	fill(text, sizeof(text));
	err_set(&e, EXIT_FAILED, "%s", text);
	is_int(strlen(e.msg), sizeof(e.msg) - 1, "err_set cuts what is long");

	errno = ENOENT;
	err_sys(&e, EXIT_FAILED, "%s", text);
	is_int(strlen(e.msg), sizeof(e.msg) - 1, "err_sys cuts what is long");

	err_set(&e, EXIT_FAILED, "inner");
	err_in(&e, "%s", text);
	is_int(strlen(e.msg), sizeof(e.msg) - 1, "err_in cuts what is long");

	err_set(&e, EXIT_FAILED, "%s", text);
	err_in(&e, "g.cfg:3");
	ok(!strncmp(e.msg, "g.cfg:3: xxx", 12),
	   "context in front of a long text is kept");
	is_int(strlen(e.msg), sizeof(e.msg) - 1, "and the text is cut");
}

int main(void)
{
	test_context();
	test_errno();
	test_long();
	return done_testing();
}
