/* SPDX-License-Identifier: MIT */
/* The guest's memory map with what is reserved for devices. */
#include "core/memmap.h"

#include "tests/unit/tap.h"

#define MIB 0x100000ull
#define GIB (1024 * MIB)

static struct e820entry map[MEMMAP_MAX];
static struct err e;

static void is_entry(int i, uint64_t addr, uint64_t size, uint32_t type)
{
	ok(map[i].addr == addr && map[i].size == size && map[i].type == type,
	   "%d is %#llx+%#llx, type %u", i, (unsigned long long)addr,
	   (unsigned long long)size, type);
}

static void test_plain(void)
{
	is_int(memmap_make(64 * MIB, 0, NULL, 0, map, &e), 1, "little RAM");
	is_entry(0, MIB, 63 * MIB, E820_RAM);
	is_int(memmap_make(3 * GIB, 6 * GIB, NULL, 0, map, &e), 2, "much");
	is_entry(0, MIB, 3 * GIB - MIB, E820_RAM);
	is_entry(1, 4 * GIB, 2 * GIB, E820_RAM);
}

static void test_holes(void)
{
	const struct memmap_hole h[] = {
		{8 * GIB, MIB, false},
		{3 * GIB + 512 * MIB, MIB, false},
		{3 * GIB, 64 * MIB, false},
		{3 * GIB, 64 * MIB, false},
	};

	is_int(memmap_make(3 * GIB, 6 * GIB, h, 4, map, &e), 5,
	       "holes beside RAM, one of them named twice");
	is_entry(0, MIB, 3 * GIB - MIB, E820_RAM);
	is_entry(1, 3 * GIB, 64 * MIB, E820_RESERVED);
	is_entry(2, 3 * GIB + 512 * MIB, MIB, E820_RESERVED);
	is_entry(3, 4 * GIB, 2 * GIB, E820_RAM);
	is_entry(4, 8 * GIB, MIB, E820_RESERVED);
}

static void test_conflict(void)
{
	struct memmap_hole h = {63 * MIB, 2 * MIB, false};

	ok(memmap_make(64 * MIB, 0, &h, 1, map, &e) < 0 &&
		   strstr(e.msg, "0x3f00000"),
	   "a hole in low RAM is refused, and named");
	h.relaxed = true;
	is_int(memmap_make(64 * MIB, 0, &h, 1, map, &e), 1,
	       "or left out, if that is wanted");
	h = (struct memmap_hole){5 * GIB, MIB, false};
	ok(memmap_make(3 * GIB, 6 * GIB, &h, 1, map, &e) < 0,
	   "in high RAM as well");
	h = (struct memmap_hole){4 * GIB - MIB, 2 * MIB, false};
	ok(memmap_make(3 * GIB, 6 * GIB, &h, 1, map, &e) < 0,
	   "also if it begins below");
}

int main(void)
{
	test_plain();
	test_holes();
	test_conflict();
	return done_testing();
}
