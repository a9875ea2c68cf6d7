/* SPDX-License-Identifier: MIT */
/* Waiting for what a VM's domains and devices do. */
#ifndef TOOLS_MTOOL_WAIT_H
#define TOOLS_MTOOL_WAIT_H

#include <signal.h>
#include "core/err.h"
#include "core/hyp.h"
#include "core/xs.h"
#include "devices/xenbus.h"

struct wait_ctx {
	struct hyp *hyp;
	struct xs *xs;
	uint32_t target, stub;
	int signal_fd;	   /* readable: the user gives up; -1: none */
	int supervisor_fd; /* end of file: the supervisor has died; -1: none */
	uint64_t limit_ms;
	const char *limit_name; /* how the user sets it */
};

/*
 * Wait until all `nr` devices, which are of one kind, have reached `goal`.
 * `what` names them in messages. EXIT_TIMEOUT after the limit; EXIT_DIED as
 * soon as either domain is dead; EXIT_FAILED if a backend gives up.
 */
int wait_devices(struct wait_ctx *w, struct xenbus_dev *dev, unsigned int nr,
		 enum xenbus_goal goal, const char *what, struct err *e);

/*
 * Wait until the device model says "running" (protocol, "Startup" 5). Fails
 * as wait_devices does.
 */
int wait_running(struct wait_ctx *w, struct err *e);

/*
 * From here on the signals that end a program are readable on the descriptor
 * returned instead; *old is what to set the mask to afterwards.
 */
int wait_signals(sigset_t *old);

#endif
