/* SPDX-License-Identifier: MIT */
/* The Test Anything Protocol, as little of it as our tests need. */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Count of tests so far; with `failed`, one more failure. */
static inline int tap_count(bool test, bool failed, int *failures)
{
	static int tests, bad;

	tests += test;
	bad += failed;
	*failures = bad;
	return tests;
}

__attribute__((format(printf, 2, 3))) static inline bool
ok(bool pass, const char *fmt, ...)
{
	int failures;
	int nr = tap_count(true, !pass, &failures);
	va_list ap;

	printf("%sok %d - ", pass ? "" : "not ", nr);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	return pass;
}

#define is_int(got, want, ...)                                                 \
	do {                                                                   \
		long long got_ = (long long)(got), want_ = (long long)(want);  \
		if (!ok(got_ == want_, __VA_ARGS__))                           \
			printf("# %s:%d: got %lld, want %lld\n", __FILE__,     \
			       __LINE__, got_, want_);                         \
	} while (0)

#define is_str(got, want, ...)                                                 \
	do {                                                                   \
		const char *got_ = (got), *want_ = (want);                     \
		if (!ok(got_ && want_ && !strcmp(got_, want_), __VA_ARGS__))   \
			printf("# %s:%d: got \"%s\", want \"%s\"\n", __FILE__, \
			       __LINE__, got_ ? got_ : "(null)",               \
			       want_ ? want_ : "(null)");                      \
	} while (0)

/* The plan; returns the exit status for main. */
static inline int done_testing(void)
{
	int failures;
	int tests = tap_count(false, false, &failures);

	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}

#endif
