/* SPDX-License-Identifier: MIT */
/* The line that tells where the time of a create went. */
#include "tools/mtool/budget.h"

#include "tests/unit/tap.h"

static void is_line(const struct budget *b, uint64_t total_us, int64_t boot_ms,
		    const char *want)
{
	char text[160];

	budget_text(b, total_us, boot_ms, text, sizeof(text));
	is_str(text, want, "%llu us in all, %lld ms of it for the boot",
	       (unsigned long long)total_us, (long long)boot_ms);
}

int main(void)
{
	struct budget b = {0};
	char small[10];

	budget_add(&b, OP_BUILD, 700000);
	budget_add(&b, OP_BACKENDS, 100000);
	budget_add(&b, OP_WAIT_DM, 3000000);
	budget_add(&b, OP_WAIT_DM, 1000400);
	is_line(&b, 5100400, 2500,
		"5100 ms: build 1000, waiting for backends 100, stub boot "
		"2500, QEMU start 1500");
	is_line(&b, 5100400, -1,
		"5100 ms: build 1000, waiting for backends 100, stub boot and "
		"QEMU start 4000");
	is_line(&b, 5100400, 4001,
		"5100 ms: build 1000, waiting for backends 100, stub boot and "
		"QEMU start 4000");
	is_line(&b, 5100400, UINT32_MAX,
		"5100 ms: build 1000, waiting for backends 100, stub boot and "
		"QEMU start 4000");
	is_line(&b, 1, 0,
		"0 ms: build 0, waiting for backends 100, stub boot 0, QEMU "
		"start 4000");
	budget_text(&b, 5100400, 2500, small, sizeof(small));
	is_str(small, "5100 ms: ", "it is cut to the room there is");
	return done_testing();
}
