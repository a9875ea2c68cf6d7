/* SPDX-License-Identifier: MIT */
/*
 * Whose a PCI device is, and which driver of dom0's had it: below
 * /mtool/pci/ in xenstore, which only dom0 can read. An owner is written
 * before the first right is given and removed after the last was taken, so
 * that whatever dies in between, somebody can finish it.
 */
#ifndef DEVICES_PCIOWNER_H
#define DEVICES_PCIOWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/bdf.h"
#include "core/err.h"
#include "core/xs.h"

struct pci_owner {
	struct bdf bdf;
	uint8_t uuid[16], stub_uuid[16];
	uint32_t target, stub;
	bool whole; /* the guest has it; else it is on its way in or out */
};

/*
 * Become the owner of o->bdf, of two that want to only one. EXIT_BUSY if it has
 * an owner. pci_owner_set is for who is that already.
 */
int pci_owner_claim(struct xs *xs, const struct pci_owner *o, struct err *e);
int pci_owner_set(struct xs *xs, const struct pci_owner *o, struct err *e);
/* 1 and *o; 0: it has none; -1 and *e. */
int pci_owner_get(struct xs *xs, const struct bdf *b, struct pci_owner *o,
		  struct err *e);
int pci_owner_clear(struct xs *xs, const struct bdf *b, struct err *e);

enum { PCI_OWNED_MAX = 256 };

/*
 * All devices with an owner, or, with `uuid`, those of that VM: up to `max`.
 * Returns how many, none if there is nothing to be read.
 */
unsigned int pci_owned(struct xs *xs, const uint8_t *uuid,
		       struct pci_owner *out, unsigned int max);

/* The driver that is to have it back; "" if there was none. */
int pci_driver_set(struct xs *xs, const struct bdf *b, const char *driver,
		   struct err *e);
/* 0, or -1 if nothing was written down, or nothing that can be a driver. */
int pci_driver_get(struct xs *xs, const struct bdf *b, char *buf, size_t size);
int pci_driver_clear(struct xs *xs, const struct bdf *b, struct err *e);

#endif
