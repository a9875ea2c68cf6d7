/* SPDX-License-Identifier: MIT */
/*
 * Nics that were attached while the guest ran: the file `nics` in the run
 * directory, a line "NUMBER MAC TEXT" for each. Who changes it holds the lock
 * of the disks' file (tools/mtool/hotdisks.h).
 */
#ifndef TOOLS_MTOOL_HOTNICS_H
#define TOOLS_MTOOL_HOTNICS_H

#include "core/config.h"
#include "core/err.h"

/*
 * Append them to cfg's nics, `hotplugged` set, instead of any that are there.
 * 0, or -1 and *e if one cannot be read or there is no room.
 */
int hotnics_load(const char *name, struct vm_config *cfg, struct err *e);

/*
 * Remember nic `n`, given as `text`, or forget the one with this number. -1
 * and *e.
 */
int hotnics_add(const char *name, const struct nic_config *n, const char *text,
		struct err *e);
int hotnics_del(const char *name, unsigned int devid, struct err *e);

#endif
