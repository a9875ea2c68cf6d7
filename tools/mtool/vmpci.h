/* SPDX-License-Identifier: MIT */
/* The PCI devices of a VM: while it is created, and while it runs. */
#ifndef TOOLS_MTOOL_VMPCI_H
#define TOOLS_MTOOL_VMPCI_H

#include <jansson.h>
#include "core/err.h"
#include "tools/mtool/live.h"
#include "tools/mtool/pcigive.h"
#include "tools/mtool/wait.h"

/*
 * What can be found wrong with cfg's devices before there is a domain. Nothing
 * if it has none.
 */
int vm_pci_check(struct hyp *h, struct xs *xs, const struct vm_config *cfg,
		 struct err *e);

/* Give the VM of `r`, whose domains are there, the device `pci`. */
int vm_pci_give(struct hyp *h, struct xs *xs, const struct vm_record *r,
		const struct pci_config *pci, struct err *e);

/*
 * The stub has a frontend with it: wait until that is connected, and let QEMU
 * pass the device on. `w` limits each wait.
 */
int vm_pci_plug(struct wait_ctx *w, const struct vm_record *r,
		const struct pci_config *pci, struct err *e);

/*
 * Attach the device of the text (xl-pci-configuration) to a running guest; on
 * failure nothing is left of it.
 */
int pci_attach(struct live *l, const char *text, unsigned int limit_s,
	       struct err *e);

/*
 * Take a device from a running guest; it is in quarantine then. EXIT_FAILED if
 * the guest has no such device; EXIT_TIMEOUT if it does not let go of it, which
 * leaves it as it was, unless `force` ejects it in the guest's place.
 */
int pci_detach(struct live *l, const struct bdf *b, bool force,
	       unsigned int limit_s, struct err *e);

/*
 * What the VM has: an array of objects with bdf, vendor, device, class, reset,
 * permissive (as pciback says), state, and, if QEMU answers, guest_slot and
 * refused: offsets of config-space writes that QEMU has dropped. NULL and
 * *e if memory runs out.
 */
json_t *pci_list(struct live *l, struct err *e);
/* The same as lines for people, with `indent` before each. */
void pci_print(const json_t *list, const char *indent);

#endif
