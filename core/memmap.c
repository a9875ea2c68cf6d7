/* SPDX-License-Identifier: MIT */
#include "core/memmap.h"

#include <string.h>

#define MIB 0x100000ull
#define GIB4 (1ull << 32)

/* Keep them in order; one that is there already is not put in again. */
static unsigned int add(struct e820entry *map, unsigned int nr, uint64_t addr,
			uint64_t size, uint32_t type)
{
	unsigned int i = nr;

	while (i && map[i - 1].addr > addr)
		i--;
	if (i && map[i - 1].addr == addr && map[i - 1].size == size)
		return nr;
	memmove(&map[i + 1], &map[i], (nr - i) * sizeof(*map));
	map[i].addr = addr;
	map[i].size = size;
	map[i].type = type;
	return nr + 1;
}

/* The first MiB is RAM as far as this is concerned. */
static bool is_ram(const struct memmap_hole *h, uint64_t lowmem_end,
		   uint64_t highmem_end)
{
	return h->start < lowmem_end ||
	       (h->start < highmem_end && h->start + h->size > GIB4);
}

int memmap_make(uint64_t lowmem_end, uint64_t highmem_end,
		const struct memmap_hole *hole, unsigned int nr,
		struct e820entry map[MEMMAP_MAX], struct err *e)
{
	unsigned int i, n = 0;

	n = add(map, n, MIB, lowmem_end - MIB, E820_RAM);
	if (highmem_end)
		n = add(map, n, GIB4, highmem_end - GIB4, E820_RAM);
	for (i = 0; i < nr; i++) {
		if (!is_ram(&hole[i], lowmem_end, highmem_end)) {
			if (n == MEMMAP_MAX)
				return err_set(e, EXIT_FAILED,
					       "memory map: too many regions");
			n = add(map, n, hole[i].start, hole[i].size,
				E820_RESERVED);
		} else if (!hole[i].relaxed) {
			return err_set(e, EXIT_FAILED,
				       "rdm: memory at %#llx is reserved for "
				       "a device, and the guest's RAM would be "
				       "there: a larger mmio_hole makes room, "
				       "rdm_policy=relaxed does without",
				       (unsigned long long)hole[i].start);
		}
	}
	return (int)n;
}
