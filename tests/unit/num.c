/* SPDX-License-Identifier: MIT */
/* Numbers from outside: what is one, what is none. */
#include "core/num.h"

#include "tests/unit/tap.h"

static const struct {
	const char *text;
	uint64_t min, max;
	uint64_t want;
} good[] = {
	{"0", 0, 0, 0},
	{"7", 0, 10, 7},
	{"007", 0, 10, 7},
	{"10", 10, 10, 10},
	{"0x10", 0, 16, 16},
	{"0XaBc", 0, 4096, 0xabc},
	{"0xAF", 0, 4096, 0xaf},
	{"0x09af", 0, 4096, 0x9af},
	{"18446744073709551615", 0, UINT64_MAX, UINT64_MAX},
	{"0xffffffffffffffff", 0, UINT64_MAX, UINT64_MAX},
};

static const struct {
	const char *text;
	uint64_t min, max;
} bad[] = {
	{"", 0, UINT64_MAX},
	{" ", 0, UINT64_MAX},
	{" 1", 0, UINT64_MAX},
	{"1 ", 0, UINT64_MAX},
	{"1\n", 0, UINT64_MAX},
	{"+1", 0, UINT64_MAX},
	{"-1", 0, UINT64_MAX},
	{"-0", 0, UINT64_MAX},
	{"0x", 0, UINT64_MAX},
	{"0xg", 0, UINT64_MAX},
	{"0xG", 0, UINT64_MAX},
	{"0x@", 0, UINT64_MAX},
	{"0x/", 0, UINT64_MAX},
	{"0x:", 0, UINT64_MAX},
	{"0x`", 0, UINT64_MAX},
	{"x1", 0, UINT64_MAX},
	{"a", 0, UINT64_MAX},
	{"1a", 0, UINT64_MAX},
	{"1.0", 0, UINT64_MAX},
	{"1e3", 0, UINT64_MAX},
	{"0x0x1", 0, UINT64_MAX},
	{"9", 10, 20},
	{"21", 10, 20},
	{"18446744073709551616", 0, UINT64_MAX},
	{"0x10000000000000000", 0, UINT64_MAX},
	{"99999999999999999999999999", 0, UINT64_MAX},
	/* 2^64 + 15 wraps to 15 */
	{"18446744073709551631", 0, 20},
};

int main(void)
{
	uint64_t n;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		n = 12345;
		is_int(num_parse(good[i].text, good[i].min, good[i].max, &n), 0,
		       "%s is a number", good[i].text);
		ok(n == good[i].want, "%s has its value", good[i].text);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		n = 12345;
		is_int(num_parse(bad[i].text, bad[i].min, bad[i].max, &n), -1,
		       "no number in range: row %zu", i);
		is_int(n, 12345, "the result is left alone: row %zu", i);
	}
	return done_testing();
}
