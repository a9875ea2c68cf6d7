/* SPDX-License-Identifier: MIT */
/* The disks of a running VM. */
#ifndef TOOLS_MTOOL_VMBLOCK_H
#define TOOLS_MTOOL_VMBLOCK_H

#include <jansson.h>
#include <stdbool.h>
#include "core/err.h"
#include "tools/mtool/live.h"

/*
 * Attach the disk of the text (xl-disk-configuration) as a PV disk of the
 * guest. On success its driver has it; on failure nothing is left of it.
 * EXIT_BUSY: vdev taken, medium in use, guest paused; EXIT_TIMEOUT: the
 * guest's driver did not take it.
 */
int block_attach(struct live *l, const char *text, unsigned int limit_s,
		 struct err *e);

/*
 * Detach the guest's PV disk `vdev` (a name or number). EXIT_FAILED if there is
 * none; EXIT_TIMEOUT if the guest does not let go of it, which leaves it as it
 * was, unless `force` takes it away then.
 */
int block_detach(struct live *l, const char *vdev, bool force,
		 unsigned int limit_s, struct err *e);

/*
 * All disks of a VM and how they fare: an array of objects with vdev, devid,
 * path (absent: no medium), mode "r" or "w", type, state and way. NULL and *e
 * if memory runs out.
 */
json_t *block_list(struct live *l, struct err *e);
/* The same as lines for people, with `indent` before each. */
void block_print(const json_t *list, const char *indent);

#endif
