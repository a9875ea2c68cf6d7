/* SPDX-License-Identifier: MIT */
/*
 * The command line of the QEMU in the stubdomain. The stub adds its monitors
 * and its descriptors itself (protocol: "plus few stubdomain specific ones").
 */
#ifndef CORE_QEMUARGS_H
#define CORE_QEMUARGS_H

#include <stdbool.h>
#include "core/config.h"
#include "core/err.h"

enum {
	QEMU_ARGS_MAX = 400,   /* keys are NNN; 999 is the protocol's end */
	QEMU_ARG_BYTES = 2048, /* oxenstored's limit for one value */
};

/*
 * "The stub puts its own descriptor there" (docs/misc/stubdom.txt); version 5
 * of the protocol has no such word, but names the descriptor.
 */
#define QEMU_INCOMING "$STUBDOM_RESTORE_INCOMING_ARG"
#define QEMU_INCOMING_V5 "fd:3"

struct qemu_args {
	char *arg[QEMU_ARGS_MAX];
	unsigned int nr;
	bool failed;
};

/*
 * Fill *a for a fresh start, or cfg->incoming. Domids stand in it as plan
 * variables. Returns 0, or -1 and *e if an argument is longer than the protocol
 * carries or there are too many. Free with qemu_args_free in both cases.
 */
int qemu_args_make(struct qemu_args *a, const struct vm_config *cfg,
		   struct err *e);
void qemu_args_free(struct qemu_args *a);

#endif
