/* SPDX-License-Identifier: MIT */
/* The guest's memory map (E820), as hvmloader is told of it. Pure. */
#ifndef CORE_MEMMAP_H
#define CORE_MEMMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <xenctrl.h>
#include <xen/hvm/e820.h>
#include "core/err.h"

enum { MEMMAP_MAX = 18 };

/* Memory that firmware has reserved for the DMA of a device; in bytes. */
struct memmap_hole {
	uint64_t start, size;
	bool relaxed; /* if it is the guest's RAM, it is left out */
};

/*
 * RAM from 1 MiB (what is below is hvmloader's to describe) to lowmem_end, and
 * from 4 GiB to highmem_end unless that is 0, and between them and behind them
 * the holes, as reserved. Returns the number of entries, by address; -1 and *e
 * if a hole is where RAM is and not relaxed.
 */
int memmap_make(uint64_t lowmem_end, uint64_t highmem_end,
		const struct memmap_hole *hole, unsigned int nr,
		struct e820entry map[MEMMAP_MAX], struct err *e);

#endif
