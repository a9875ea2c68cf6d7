/* SPDX-License-Identifier: MIT */
/* Where the time of a create went. */
#ifndef TOOLS_MTOOL_BUDGET_H
#define TOOLS_MTOOL_BUDGET_H

#include <stddef.h>
#include <stdint.h>
#include "core/log.h"
#include "core/plan.h"
#include "core/xs.h"

/* Microseconds that were spent in these steps; zeroed by its owner. */
struct budget {
	uint64_t backends_us, dm_us;
};

/* A step of this kind took so long. */
void budget_add(struct budget *b, enum plan_op op, uint64_t us);

/*
 * The one line: `total_us` in all, of which the stub says it needed `boot_ms`
 * until it started QEMU; -1: it does not say.
 */
void budget_text(const struct budget *b, uint64_t total_us, int64_t boot_ms,
		 char *buf, size_t size);

/* Log that line as a step, with the total since the log began. */
void budget_show(const struct budget *b, struct log *log, struct xs *xs,
		 uint32_t stub, uint32_t target);

#endif
