/* SPDX-License-Identifier: MIT */
/* The stubdomain's reading and rewriting of QEMU's arguments. */
#include "tools/stubdom/args.h"

#include "tests/unit/tap.h"

static struct argv argv_of(const char *first, const char *second)
{
	struct argv a = {.n = 0};

	a.v[a.n++] = first;
	if (second)
		a.v[a.n++] = second;
	return a;
}

/* Where `arg` is in the list, or -1. */
static int find(const struct argv *a, const char *arg)
{
	unsigned int i;

	for (i = 0; i < a->n; i++) {
		if (!strcmp(a->v[i], arg))
			return (int)i;
	}
	return -1;
}

/* Is `option` there, with `value` behind it? */
static bool has_pair(const struct argv *a, const char *option,
		     const char *value)
{
	int at = find(a, value);

	return at > 0 && !strcmp(a->v[at - 1], option);
}

static void keys_are_ordered_by_number(void)
{
	char *names[] = {"010", "002", "1", "0999", "003"};
	struct arg_key keys[ARGS_MAX];
	struct err e;

	is_int(arg_keys(names, 5, keys, &e), 5, "five keys");
	is_str(keys[0].name, "1", "1 first, as a number");
	is_str(keys[1].name, "002", "then 002");
	is_str(keys[2].name, "003", "then 003");
	is_str(keys[3].name, "010", "then 010");
	is_str(keys[4].name, "0999", "999 last");
}

static void bad_keys_are_refused(void)
{
	static char *const bad[] = {"1000", "",	  "-1", "0x10",
				    "1a",   " 1", "foo"};
	char *twice[] = {"001", "002", "1"};
	char *many[ARGS_MAX + 1];
	struct arg_key keys[ARGS_MAX];
	struct err e;
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		is_int(arg_keys(&bad[i], 1, keys, &e), -1, "no key: '%s'",
		       bad[i]);
	is_int(arg_keys(twice, 3, keys, &e), -1, "one number twice");
	ok(strstr(e.msg, "'001'") && strstr(e.msg, "'1'"), "names both: %s",
	   e.msg);
	is_int(arg_keys(many, 0, keys, &e), -1, "none at all");
	for (i = 0; i <= ARGS_MAX; i++)
		many[i] = "1";
	is_int(arg_keys(many, ARGS_MAX + 1, keys, &e), -1, "a thousand");
	ok(strstr(e.msg, "1000") != NULL, "says how many: %s", e.msg);
}

static void most_keys_fit(void)
{
	static char text[ARGS_MAX][4];
	char *names[ARGS_MAX];
	struct arg_key keys[ARGS_MAX];
	struct err e;
	unsigned int i;

	for (i = 0; i < ARGS_MAX; i++) {
		snprintf(text[i], sizeof(text[i]), "%03u",
			 (ARGS_MAX - i) % 1000);
		names[i] = text[i];
	}
	is_int(arg_keys(names, ARGS_MAX, keys, &e), ARGS_MAX, "999 keys");
	is_str(keys[0].name, "001", "from 001");
	is_str(keys[ARGS_MAX - 1].name, "999", "to 999");
}

static void own_options_come_first(void)
{
	struct argv in = argv_of("-xen-domid", "7"), out;
	struct err e;

	is_int(argv_build(&out, &in, false, false, &e), 0, "no consoles");
	is_str(out.v[0], "/usr/libexec/xen-qemu-system-i386", "the program");
	ok(has_pair(&out, "-mon", "chardev=stubdom-keep,mode=control"),
	   "a monitor that is always connected");
	ok(has_pair(&out, "-mon", "chardev=stubdom-qmp,mode=control"),
	   "a monitor on a socket");
	ok(has_pair(&out, "-chardev",
		    "socket,id=stubdom-qmp,path=/run/qmp.sock,server=on,"
		    "wait=off"),
	   "which does not wait for a client");
	is_int(find(&out, "-add-fd"), -1, "no descriptor set");
	is_int(find(&out, "-xen-domid"), (int)out.n - 2,
	       "the toolstack's arguments last");
	is_str(out.v[out.n - 1], "7", "and whole");
	ok(!out.v[out.n], "NULL at the end");
}

static void save_console_is_set_1(void)
{
	struct argv in = argv_of("-no-shutdown", NULL), out;
	struct err e;

	is_int(argv_build(&out, &in, true, false, &e), 0, "console 1");
	ok(has_pair(&out, "-add-fd", "fd=4,set=1"), "is descriptor set 1");
	ok(find(&out, "-no-shutdown") > 0, "-no-shutdown stays");
}

static void restore_console_is_fd_3(void)
{
	struct argv merged =
		argv_of("-incoming", "$STUBDOM_RESTORE_INCOMING_ARG");
	struct argv v5 = argv_of("-incoming", "fd:3"), out;
	struct err e;

	is_int(argv_build(&out, &merged, true, true, &e), 0, "placeholder");
	ok(has_pair(&out, "-incoming", "fd:3"), "becomes fd:3");
	is_int(argv_build(&out, &v5, true, true, &e), 0, "protocol v5's fd:3");
	ok(has_pair(&out, "-incoming", "fd:3"), "stays");
	is_int(argv_build(&out, &merged, true, false, &e), -1,
	       "placeholder without console 2 is refused");
	is_int(argv_build(&out, &v5, true, false, &e), -1,
	       "fd:3 without console 2 is refused");
	ok(strstr(e.msg, "device/console/2") != NULL, "says why: %s", e.msg);
}

static void only_the_whole_placeholder_counts(void)
{
	struct argv in = argv_of("-name", "x$STUBDOM_RESTORE_INCOMING_ARG"),
		    out;
	struct err e;

	is_int(argv_build(&out, &in, false, false, &e), 0, "within a name");
	is_str(out.v[out.n - 1], in.v[1], "it is left alone");
}

static void most_arguments_fit(void)
{
	static struct argv in, out;
	struct err e;

	while (in.n < ARGS_MAX)
		in.v[in.n++] = "-x";
	is_int(argv_build(&out, &in, true, true, &e), 0, "999 arguments");
	ok(out.n <= ARGV_MAX && !out.v[out.n], "%u of %d used", out.n,
	   ARGV_MAX);
}

int main(void)
{
	keys_are_ordered_by_number();
	bad_keys_are_refused();
	most_keys_fit();
	own_options_come_first();
	save_console_is_set_1();
	restore_console_is_fd_3();
	only_the_whole_placeholder_counts();
	most_arguments_fit();
	return done_testing();
}
