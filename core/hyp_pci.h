/* SPDX-License-Identifier: MIT */
/*
 * PCI devices in the hypervisor: who owns one, who may touch its memory, its
 * ports and its interrupt. The device itself is never touched from here.
 */
#ifndef CORE_HYP_PCI_H
#define CORE_HYP_PCI_H

#include <stdbool.h>
#include <stdint.h>
#include "core/bdf.h"
#include "core/err.h"
#include "core/hyp.h"

/* Whose devices can do nothing at all: quarantine (DOMID_IO). */
#define HYP_QUARANTINE DOMID_IO

/*
 * Whether the device could be given to `domid`. EXIT_FAILED if that domain was
 * made without IOMMU tables, or if the device is another guest's.
 */
int hyp_pci_test(struct hyp *h, uint32_t domid, const struct bdf *b,
		 struct err *e);

/*
 * Make `domid` (or HYP_QUARANTINE) its owner: its DMA and interrupts go there.
 * `strict`: a conflict with reserved memory is an error.
 */
int hyp_pci_assign(struct hyp *h, uint32_t domid, const struct bdf *b,
		   bool strict, struct err *e);
/*
 * End that. 0; 1 if `domid` is not its owner, or is no more; -1 and *e. What is
 * taken from a guest goes to quarantine, from there to dom0.
 */
int hyp_pci_deassign(struct hyp *h, uint32_t domid, const struct bdf *b,
		     struct err *e);

/*
 * Devices that the IOMMU cannot tell from this one and that `domid` owns: up
 * to `max` into out[]. Returns how many, 0 also where Xen cannot tell.
 */
int hyp_pci_group(struct hyp *h, uint32_t domid, const struct bdf *b,
		  struct bdf *out, unsigned int max);

/*
 * Allow or forbid, for `domid`: pages of machine memory; ports; and a GSI, of
 * which the domain gets the interrupt of the same number. To forbid what is
 * not allowed succeeds, and so does what concerns a domain that is gone.
 */
int hyp_allow_mem(struct hyp *h, uint32_t domid, uint64_t frame, uint64_t nr,
		  bool allow, struct err *e);
int hyp_allow_ports(struct hyp *h, uint32_t domid, uint32_t port, uint32_t nr,
		    bool allow, struct err *e);
int hyp_allow_irq(struct hyp *h, uint32_t domid, unsigned int gsi, bool allow,
		  struct err *e);

/* A region that firmware has reserved for a device's DMA. */
struct hyp_reserved {
	uint64_t start, size; /* bytes */
};
/*
 * Those of one device, or of all of the host (b NULL). Returns how many, up
 * to `max` into out[]; -1 and *e if there are more.
 */
int hyp_pci_reserved(struct hyp *h, const struct bdf *b,
		     struct hyp_reserved *out, unsigned int max, struct err *e);

#endif
