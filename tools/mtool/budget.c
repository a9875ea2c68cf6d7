/* SPDX-License-Identifier: MIT */
#include "tools/mtool/budget.h"

#include <stdio.h>

void budget_add(struct budget *b, enum plan_op op, uint64_t us)
{
	if (op == OP_BACKENDS)
		b->backends_us += us;
	else if (op == OP_WAIT_DM)
		b->dm_us += us;
}

static unsigned long long ms(uint64_t us)
{
	return (us + 500) / 1000;
}

void budget_text(const struct budget *b, uint64_t total_us, int64_t boot_ms,
		 char *buf, size_t size)
{
	uint64_t waited = b->backends_us + b->dm_us;
	uint64_t build_us = total_us > waited ? total_us - waited : 0;
	uint64_t boot_us = (uint64_t)boot_ms * 1000;
	int len = snprintf(buf, size,
			   "%llu ms: build %llu, waiting for backends %llu, ",
			   ms(total_us), ms(build_us), ms(b->backends_us));

	if (len < 0 || (size_t)len >= size)
		return;
	buf += len;
	size -= (size_t)len;
	/* It is the stub's word: believed as far as it can be true. */
	if (boot_ms < 0 || boot_us > b->dm_us)
		snprintf(buf, size, "stub boot and QEMU start %llu",
			 ms(b->dm_us));
	else
		snprintf(buf, size, "stub boot %llu, QEMU start %llu",
			 ms(boot_us), ms(b->dm_us - boot_us));
}

void budget_show(const struct budget *b, struct log *log, struct xs *xs,
		 uint32_t stub, uint32_t target)
{
	uint64_t boot_ms, now = clock_us();
	char path[XS_PATH_MAX], text[160];

	if (!log_wants(log, LOG_STEP))
		return;
	snprintf(path, sizeof(path), "/local/domain/%u/device-model/%u/boot-ms",
		 stub, target);
	budget_text(b, now - log->start_us,
		    xs_read_num(xs, XBT_NULL, path, 0, UINT32_MAX, &boot_ms) < 0
			    ? -1
			    : (int64_t)boot_ms,
		    text, sizeof(text));
	log_msg(log, LOG_STEP, "%s", text);
}
