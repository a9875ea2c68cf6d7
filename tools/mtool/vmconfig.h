/* SPDX-License-Identifier: MIT */
/* The configuration of a VM that exists, as it was used to make it. */
#ifndef TOOLS_MTOOL_VMCONFIG_H
#define TOOLS_MTOOL_VMCONFIG_H

#include "core/config.h"
#include "core/err.h"

/*
 * Read the run directory's `config` of VM `name`, which it gets as its name.
 * What was left out when it was made is left out again. config_free it.
 */
int vm_config_read(struct vm_config *cfg, const char *name, struct err *e);

/*
 * Write it there, for people and for whoever takes over: as it was used, and
 * its uuid, which may have been made only then.
 */
int vm_config_write(const struct vm_config *cfg, struct err *e);

/* What the configuration says is to follow on shutdown `reason`. */
enum vm_action vm_action_for(const struct vm_config *cfg, unsigned int reason);

/* Both in one: -1 and *e if the configuration cannot be read. */
int vm_config_action(const char *name, unsigned int reason, enum vm_action *out,
		     struct err *e);

#endif
