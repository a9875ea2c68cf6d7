/* SPDX-License-Identifier: MIT */
/*
 * PCI devices on their way from dom0's pciback to a VM and back: who may do
 * what, in Xen and in pciback. Neither xenstore's frontends nor QEMU are known
 * here.
 */
#ifndef TOOLS_MTOOL_PCIGIVE_H
#define TOOLS_MTOOL_PCIGIVE_H

#include "core/config.h"
#include "core/err.h"
#include "core/hyp.h"
#include "core/log.h"
#include "core/xs.h"
#include "devices/pciowner.h"
#include "devices/pcisys.h"

struct pci_host {
	int root; /* what devices/pcisys.h calls so */
	struct hyp *hyp;
	struct xs *xs;
	struct log *log;
};

/* Open the host's root; -1 and *e. pci_host_close closes no more than that. */
int pci_host_open(struct pci_host *p, struct hyp *h, struct xs *xs,
		  struct log *log, struct err *e);
void pci_host_close(struct pci_host *p);

/*
 * Whether devices can be passed through on this host at all: EXIT_HOST without
 * IOMMU or pciback, or if pciback shows a stubdomain other addresses.
 */
int pci_check_host(struct pci_host *p, struct err *e);

/*
 * Whether a device can be given to the VM `uuid`: it is there, is no bridge,
 * pciback has it, no other VM does (EXIT_BUSY), no other device shares a page
 * with its memory. Oddities are told in the log.
 */
int pci_check_device(struct pci_host *p, const struct bdf *b,
		     const uint8_t uuid[16], struct err *e);

/*
 * Give it to the VM of `o`, whose domains are both there: reset, rights of
 * both, MSI, permissive mode if asked for, and at last ownership. Everything
 * Xen can refuse is behind us then. On failure all is taken back.
 */
int pci_give(struct pci_host *p, const struct pci_owner *o,
	     const struct pci_config *pci, struct err *e);

/*
 * The reverse, in two steps. First the guest loses it, then both domains their
 * rights; what one of them never had, or a domain that is gone, is no error.
 * Then, when pciback has let go of the stub, it is what it was before: reset,
 * strict, and in quarantine; and it has no owner. What goes wrong is logged;
 * -1 if it may not be in quarantine.
 */
void pci_revoke(struct pci_host *p, const struct pci_owner *o);
int pci_settle(struct pci_host *p, const struct bdf *b, struct err *e);

/*
 * The end of all devices of VM `uuid`, whose domains are dead or paused for
 * ever. Returns how many could not be put in order.
 */
unsigned int pci_release(struct hyp *h, struct xs *xs, const uint8_t uuid[16]);

#endif
