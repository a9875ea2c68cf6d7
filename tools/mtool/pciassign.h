/* SPDX-License-Identifier: MIT */
/* Which devices of the host may be given to guests: those pciback has. */
#ifndef TOOLS_MTOOL_PCIASSIGN_H
#define TOOLS_MTOOL_PCIASSIGN_H

#include <jansson.h>
#include <stdbool.h>
#include "core/bdf.h"
#include "core/err.h"
#include "tools/mtool/pcigive.h"

/*
 * Take a device from dom0 and put it in quarantine; its driver is remembered.
 * Nothing to do if that is done already. Refused: bridges, and what dom0
 * could not live without (EXIT_FAILED); what dom0 uses (EXIT_BUSY), unless
 * `force`. On failure the driver has it back.
 */
int pci_assignable_add(struct pci_host *p, const struct bdf *b, bool force,
		       struct err *e);

/*
 * Give it back to dom0; with `rebind`, to the driver it was taken from.
 * Nothing to do if pciback has it not. EXIT_BUSY while a VM has it.
 */
int pci_assignable_remove(struct pci_host *p, const struct bdf *b, bool rebind,
			  struct err *e);

/*
 * Those pciback has: an array of objects with bdf, vendor, device, class,
 * driver (that would have it back), domain (that has it; absent: none),
 * permissive, reset. NULL and *e.
 */
json_t *pci_assignable_list(struct pci_host *p, struct err *e);

/* What is known of any device, for such lists; NULL if memory runs out. */
json_t *pci_facts_json(struct pci_host *p, const struct bdf *b);

#endif
