/* SPDX-License-Identifier: MIT */
/* Sets of CPUs, as users write them and as they are shown. */
#include "core/cpuset.h"

#include <string.h>

#include "tests/unit/tap.h"

/* What is written, and the same as a host of 8 CPUs shows it. */
static const struct {
	const char *text, *shown;
} good[] = {
	{"0", "0"},
	{"7", "7"},
	{"0-3", "0-3"},
	{"3-3", "3"},
	{"0-3,5", "0-3,5"},
	{"5,0-3", "0-3,5"},
	{"0-3,^1", "0,2-3"},
	{"all", "all"},
	{"all,^0", "1-7"},
	{"0-7", "all"},
	{"all,^2-6", "0-1,7"},
	{"1,1,1", "1"},
	{"^1,1", "1"},
	{"0x4", "4"},
	{"4095", "none"},
	{"6-4095", "6-7"},
};

static const char *const bad[] = {
	"",
	"-",
	"1-",
	"-1",
	"2-1",
	"4096",
	"0-4096",
	"1,",
	",1",
	"1,,2",
	"a",
	"^",
	"1 2",
	" 1",
	"1-2-3",
	"all-1",
	"nodes:0",
	"^all1",
	"0000000000000000000000001",
};

static void test_good(void)
{
	struct cpuset s;
	struct err e;
	char text[64];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		is_int(cpuset_parse(good[i].text, &s, &e), 0, "%s is a set",
		       good[i].text);
		cpuset_text(&s, 8, text, sizeof(text));
		is_str(text, good[i].shown, "of these CPUs");
	}
}

static void test_bad(void)
{
	struct cpuset s;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		is_int(cpuset_parse(bad[i], &s, &e), -1, "\"%s\" is none",
		       bad[i]);
		is_int(e.code, EXIT_USAGE, "exit code");
	}
	is_int(cpuset_parse("3,^0-4", &s, &e), -1, "nothing left is refused");
	is_str(e.msg, "3,^0-4: no CPU is left", "and said");
}

static void test_members(void)
{
	struct cpuset s;
	struct err e;

	cpuset_parse("0-1,4095", &s, &e);
	ok(cpuset_has(&s, 0) && cpuset_has(&s, 1), "members");
	ok(!cpuset_has(&s, 2), "and one that is not");
	ok(cpuset_has(&s, 4095), "the last there can be");
	ok(!cpuset_has(&s, 4096), "beyond it is none");
	memset(&s, 0, sizeof(s));
	cpuset_add(&s, 9);
	ok(s.bits[1] == 2, "eight to a byte, the lowest first, as Xen has it");
}

static void test_short_buffer(void)
{
	struct cpuset s;
	struct err e;
	char text[6];

	cpuset_parse("0,2,4,6", &s, &e);
	cpuset_text(&s, 8, text, sizeof(text));
	is_str(text, "0,2,4", "a text that does not fit is cut");
}

int main(void)
{
	test_good();
	test_bad();
	test_members();
	test_short_buffer();
	return done_testing();
}
