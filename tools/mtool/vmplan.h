/* SPDX-License-Identifier: MIT */
/*
 * The plan of a whole VM: target, stubdomain, their devices and consoles, in
 * the order of the protocol. Pure, but for vm_paths_find.
 */
#ifndef TOOLS_MTOOL_VMPLAN_H
#define TOOLS_MTOOL_VMPLAN_H

#include "core/config.h"
#include "core/dom.h"
#include "core/err.h"
#include "core/plan.h"

/* Files of the host that a VM is made of; the configuration may name others. */
struct vm_paths {
	char hvmloader[VM_PATH_MAX], bios[VM_PATH_MAX];
	char kernel[VM_PATH_MAX], ramdisk[VM_PATH_MAX]; /* of the stub */
};

/*
 * Fill in what is configured, else where distributions install it; a file
 * that is nowhere gets its most likely name. Never fails: vm_check tells.
 */
void vm_paths_find(struct vm_paths *paths, const struct vm_config *cfg);

struct vm_plan {
	struct plan plan;
	struct dom_params target, stub;
	char stub_cmdline[1024];
};

/*
 * Make the plan. cfg->uuid must be set; `paths` and `cfg` must outlive it.
 * -1 and *e if the configuration cannot be carried by the protocol; nothing
 * to free then.
 */
int vm_plan_make(struct vm_plan *v, const struct vm_config *cfg,
		 const struct vm_paths *paths, const uint8_t stub_uuid[16],
		 struct err *e);
void vm_plan_free(struct vm_plan *v);

#endif
