/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MTOOL_SETASIDE_H
#define TOOLS_MTOOL_SETASIDE_H

#include "core/err.h"
#include "core/hyp.h"
#include "core/xs.h"
#include "tools/mtool/vm.h"

/*
 * Put the dead guest of `vm` aside for whoever wants to look at it: it becomes
 * a VM of its own, NAME-1 (or the next number that is free), with a new uuid
 * and neither stub nor devices, so that another can take its place. `why` is
 * how it ended; its new name goes to `name`. When this returns 0, vm->record
 * and what it says no longer mean anything; -1 and *e: the guest is as it was,
 * but may have lost its stub.
 */
int vm_set_aside(struct vm *vm, struct hyp *h, struct xs *xs, const char *why,
		 char name[VM_NAME_MAX + 1], struct err *e);

#endif
