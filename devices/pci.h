/* SPDX-License-Identifier: MIT */
/*
 * The PCI devices of a VM in xenstore: dom0's pciback gives them to the
 * stubdomain, whose QEMU passes them on to the guest, in which there is no
 * such frontend. The stub has one, of number 0, for all of them: each is a
 * set of keys that end in its place.
 */
#ifndef DEVICES_PCI_H
#define DEVICES_PCI_H

#include "core/config.h"
#include "core/err.h"
#include "core/plan.h"
#include "core/xs.h"
#include "devices/xenbus.h"

/*
 * Append a whole frontend with the devices from place `first` of cfg on, if
 * there are any.
 */
void pci_plan_nodes(struct plan *p, const struct vm_config *cfg,
		    unsigned int first);

/*
 * Append one more device to a frontend that is there, as the set `index` of
 * now `nr`: both drivers look at all of it anew (state 7, Reconfiguring).
 */
void pci_plan_more(struct plan *p, const struct pci_config *pci,
		   unsigned int index, unsigned int nr);

/*
 * The steps around the nodes, one for each device, whose place is their index:
 * what Xen must agree to before anything runs, and what QEMU is told before
 * the guest's first instruction.
 */
void pci_plan_give(struct plan *p, const struct vm_config *cfg);
void pci_plan_plug(struct plan *p, const struct vm_config *cfg);

/* The pair of drivers, for waiting. */
void pci_dev(struct xenbus_dev *d, uint32_t stub);

/* Which sets of keys the stub's frontend has. */
struct pci_sets {
	bool there;	   /* a frontend at all */
	bool connected;	   /* as pciback says */
	unsigned int nr;   /* num_devs */
	unsigned int free; /* the lowest index that is not in use */
	int index;	   /* of the device that was asked for; -1 */
};
void pci_sets_read(struct xs *xs, uint32_t stub, const struct bdf *b,
		   struct pci_sets *s);

/*
 * Whether the stub has the device at the address it has in dom0, where QEMU
 * will look for it. -1 and *e (EXIT_HOST) if not.
 */
int pci_check_address(struct xs *xs, uint32_t stub, unsigned int index,
		      const struct bdf *b, struct err *e);

/* Ask both drivers to let go of set `index`, and when they have, remove it. */
int pci_set_close(struct xs *xs, uint32_t stub, unsigned int index,
		  struct err *e);
int pci_set_remove(struct xs *xs, uint32_t stub, unsigned int index,
		   struct err *e);

#endif
