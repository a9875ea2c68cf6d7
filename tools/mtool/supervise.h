/* SPDX-License-Identifier: MIT */
/* Inside the supervisor process. */
#ifndef TOOLS_MTOOL_SUPERVISE_H
#define TOOLS_MTOOL_SUPERVISE_H

#include "core/err.h"
#include "tools/mtool/vm.h"

/* What the creator says: the VM is up, or it takes everything apart itself. */
#define SUPERVISE_GO "go"
#define SUPERVISE_END "end"

struct supervise;

/*
 * Open everything and attach the consoles; `creator` is the socket to the
 * process that builds the VM. NULL and *e on failure.
 */
struct supervise *supervise_new(struct vm *vm, int creator, struct err *e);

/*
 * Serve until the VM ends, or until the creator gives up. A creator that dies
 * without a word leaves the VM to us: it is taken apart.
 */
void supervise_run(struct supervise *s);

#endif
