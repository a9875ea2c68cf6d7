/* SPDX-License-Identifier: MIT */
#include "core/memory.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/mman.h>

/*
 * Only what a file's pages can replace unchanged: text is never written to.
 * Read-only data may hold what the dynamic linker has put there. No inode: the
 * vdso, for one.
 */
static void release_text(const char *line)
{
	uintptr_t start, end;
	unsigned long inode;

	if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " r-xp %*x %*x:%*x %lu",
		   &start, &end, &inode) == 3 &&
	    inode)
		madvise((void *)start, end - start, MADV_DONTNEED);
}

void memory_release(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];

	malloc_trim(0);
	while (f && fgets(line, sizeof(line), f))
		release_text(line);
	if (f)
		fclose(f);
}
