/* SPDX-License-Identifier: MIT */
/* What create waits for while a VM starts. */
#ifndef TOOLS_MTOOL_WAIT_H
#define TOOLS_MTOOL_WAIT_H

#include "core/err.h"
#include "core/hyp.h"
#include "core/plan.h"
#include "core/xs.h"
#include "devices/vif.h"

struct wait_ctx {
	struct hyp *hyp;
	struct xs *xs;
	uint32_t target, stub;
	int signal_fd;	   /* readable: the user gives up */
	int supervisor_fd; /* end of file: the supervisor has died */
	uint64_t limit_ms;
	const char *limit_name; /* how the user sets it */
};

/*
 * Wait until each backend directory of `p`'s disks and nics is in state 2
 * (InitWait) or later; all of them at once. A nic's `port` is plugged as soon
 * as its backend is there.
 */
int wait_backends(struct wait_ctx *w, const struct plan *p,
		  const struct plan_vars *vars, const struct vif_port *port,
		  unsigned int nr_port, struct err *e);

/*
 * Wait until the device model says "running" (protocol, "Startup" 5).
 * EXIT_TIMEOUT after the limit; EXIT_DIED as soon as either domain is dead.
 */
int wait_running(struct wait_ctx *w, struct err *e);

#endif
