/* SPDX-License-Identifier: MIT */
/*
 * PCI devices that were attached or detached while the guest ran: the file
 * `pcis` in the run directory, a line "+TEXT" or "-BDF" for each. A restart
 * gives the guest what it had last. Who changes it holds the lock of the
 * disks' file (tools/mtool/hotdisks.h).
 */
#ifndef TOOLS_MTOOL_HOTPCIS_H
#define TOOLS_MTOOL_HOTPCIS_H

#include "core/config.h"
#include "core/err.h"

/*
 * Change cfg's devices accordingly. 0, or -1 and *e if a line cannot be read
 * or there is no room.
 */
int hotpcis_load(const char *name, struct vm_config *cfg, struct err *e);

/* The guest has a device from now on, or has it no longer. -1 and *e. */
int hotpcis_add(const char *name, const struct pci_config *pci, struct err *e);
int hotpcis_del(const char *name, const struct bdf *b, struct err *e);
/* All that cfg has: a guest that was saved had none, but can get them again. */
int hotpcis_del_all(const char *name, struct vm_config *cfg, struct err *e);

#endif
