/* SPDX-License-Identifier: MIT */
/* Inside the supervisor process. */
#ifndef TOOLS_MTOOL_SUPERVISE_H
#define TOOLS_MTOOL_SUPERVISE_H

#include "core/err.h"
#include "tools/mtool/vm.h"

/*
 * The words between a VM's creator and its supervisor, one to a message.
 * At a restart the supervisor is there first: the creator is its child, asks
 * it to serve, and is answered as a new supervisor answers its creator.
 */
#define SUPERVISE_SERVE "serve" /* the domains are there, so is the journal */
#define SUPERVISE_READY "ready" /* answer: the consoles are served */
#define SUPERVISE_WHOLE "whole" /* so is the target: see supervisehold.c */
#define SUPERVISE_GO "go"	/* the VM is up: it is the supervisor's alone */
#define SUPERVISE_END "end"	/* it failed: let go of the domains */
#define SUPERVISE_ENDED "ended" /* answer: done, with all that was said */

struct supervise;

/*
 * Open everything and attach the consoles; `creator` is the socket to the
 * process that builds the VM. NULL and *e on failure.
 */
struct supervise *supervise_new(struct vm *vm, int creator, struct err *e);

/*
 * Serve until the VM ends, over its restarts, or until the creator gives up. A
 * creator that dies without a word leaves the VM to us: it is taken apart.
 */
void supervise_run(struct supervise *s);

#endif
