/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MTOOL_VMRENAME_H
#define TOOLS_MTOOL_VMRENAME_H

#include "core/err.h"
#include "core/xs.h"
#include "tools/mtool/vm.h"

/*
 * Inside the VM's supervisor: give it another name, one that config_name_ok
 * accepts. Its run directory moves, and the lock with it; then its nodes, its
 * configuration and the paths in *vm follow. EXIT_BUSY if the name is taken.
 * On failure nothing has changed.
 */
int vm_rename(struct vm *vm, struct xs *xs, const char *name, struct err *e);

#endif
