/* SPDX-License-Identifier: MIT */
/* Writing the nodes of a plan to xenstore. */
#ifndef TOOLS_MTOOL_NODES_H
#define TOOLS_MTOOL_NODES_H

#include <stdint.h>
#include "core/err.h"
#include "core/plan.h"
#include "core/xs.h"

/*
 * Write the nodes of step `s` with their permissions, variables replaced, in
 * one transaction. The domids stand for the letters T and S of permissions.
 */
int nodes_write(struct xs *xs, const struct plan_step *s,
		const struct plan_vars *vars, uint32_t target, uint32_t stub,
		struct err *e);

/* The same inside the caller's transaction. */
int nodes_put(struct xs *xs, xs_transaction_t t, const struct plan_step *s,
	      const struct plan_vars *vars, uint32_t target, uint32_t stub,
	      struct err *e);

#endif
