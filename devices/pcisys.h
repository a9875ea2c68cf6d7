/* SPDX-License-Identifier: MIT */
/*
 * What dom0's kernel knows of a PCI device: sysfs, read only. `root` is a
 * descriptor of the directory that has sys/ and proc/ in it.
 */
#ifndef DEVICES_PCISYS_H
#define DEVICES_PCISYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/bdf.h"
#include "core/err.h"

enum { PCI_REGIONS = 7, PCI_DRIVER_MAX = 32 };

/* A BAR, or the ROM. */
struct pci_region {
	uint64_t start, size; /* bytes; ports if `ports` */
	bool ports;
};

struct pci_facts {
	struct bdf bdf;
	uint16_t vendor, device;
	uint32_t class;		     /* base, sub, interface: 24 bits */
	unsigned int irq;	     /* GSI; 0: none */
	char driver[PCI_DRIVER_MAX]; /* that has it; "": none */
	struct pci_region region[PCI_REGIONS]; /* those that are in use */
	unsigned int nr_region;
	bool bridge;
	bool reset;	      /* the kernel knows a way to reset it */
	bool phantom;	      /* it may do DMA under other numbers, too */
	unsigned int sisters; /* a bit for each other function of its slot */
};

/* -1 and *e (EXIT_FAILED) if there is no such device. */
int pci_facts(int root, const struct bdf *b, struct pci_facts *f,
	      struct err *e);

/*
 * Whether another device has memory in a page where this one has some: who may
 * map the one could touch the other. *other is that device then.
 */
bool pci_shares_page(int root, const struct pci_facts *f, struct bdf *other);

/*
 * All devices: up to `max` into out[], by address. Returns how many; -1 and
 * *e (EXIT_HOST) without sysfs.
 */
int pci_all(int root, struct bdf *out, unsigned int max, struct err *e);

/* First page and number of pages of a region of memory. */
uint64_t pci_pages(const struct pci_region *r, uint64_t *nr);

/*
 * The beginning of a file of at most size - 1 bytes, NUL-terminated and
 * without its last newline. -1 if it cannot be read.
 */
int pci_read(int root, const char *path, char *buf, size_t size);

#endif
