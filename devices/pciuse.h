/* SPDX-License-Identifier: MIT */
/* Whether dom0 itself uses a PCI device, and for what. */
#ifndef DEVICES_PCIUSE_H
#define DEVICES_PCIUSE_H

#include <stddef.h>
#include "core/bdf.h"

enum pci_use {
	PCI_UNUSED,
	PCI_USED,   /* dom0 would miss it */
	PCI_NEEDED, /* dom0 would not survive it: a mounted disk, say */
};

/*
 * `why` says what for, like "network interface eth0 is up". `root` is as in
 * devices/pcisys.h.
 */
enum pci_use pci_use(int root, const struct bdf *b, char *why, size_t size);

#endif
