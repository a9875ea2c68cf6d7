/* SPDX-License-Identifier: MIT */
#include "core/undo.h"

#include <assert.h>

void undo_init(struct undo *u)
{
	u->nr = 0;
}

void undo_push(struct undo *u, undo_fn *fn, void *ctx, uint64_t arg)
{
	assert(u->nr < UNDO_MAX);
	u->entry[u->nr].fn = fn;
	u->entry[u->nr].ctx = ctx;
	u->entry[u->nr].arg = arg;
	u->nr++;
}

void undo_run(struct undo *u)
{
	while (u->nr) {
		u->nr--;
		u->entry[u->nr].fn(u->entry[u->nr].ctx, u->entry[u->nr].arg);
	}
}

void undo_dismiss(struct undo *u)
{
	u->nr = 0;
}
