/* SPDX-License-Identifier: MIT */
/* How often a guest may restart. */
#include "tools/mtool/restarts.h"

#include "tests/unit/tap.h"

static void a_loop_is_stopped(void)
{
	struct restarts r = {0};
	unsigned int i;

	for (i = 0; i < RESTARTS_MAX; i++)
		ok(restarts_add(&r, 1000 + i), "restart %u", i + 1);
	ok(!restarts_add(&r, 1000 + RESTARTS_WINDOW_MS - 1),
	   "one more within the window is refused");
	ok(restarts_add(&r, 1000 + RESTARTS_WINDOW_MS),
	   "when the first is old enough it is not");
	ok(!restarts_add(&r, 1000 + RESTARTS_WINDOW_MS),
	   "but then the second counts");
}

static void slow_ones_may_go_on(void)
{
	struct restarts r = {0};
	unsigned int i, refused = 0;

	for (i = 0; i < 1000; i++)
		refused += !restarts_add(&r, i * (uint64_t)RESTARTS_WINDOW_MS /
						     RESTARTS_MAX);
	is_int(refused, 0, "a restart every 12 s is never refused");
	is_int(r.nr, 1000, "and all are counted");
}

int main(void)
{
	a_loop_is_stopped();
	slow_ones_may_go_on();
	return done_testing();
}
