/* SPDX-License-Identifier: MIT */
#include "core/memory.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096u

/* A mapping, as proc_pid_smaps(5) begins to tell it. */
struct map {
	uintptr_t start, end;
	unsigned long inode; /* 0: of no file, or the vdso */
	char perms[5];
	bool stack;
};

/* False if this is no line that begins a mapping; m is as it was then. */
static bool map_line(const char *line, struct map *m)
{
	struct map n = {.stack = strstr(line, "[stack]")};

	if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*x %*x:%*x %lu",
		   &n.start, &n.end, n.perms, &n.inode) != 4)
		return false;
	*m = n;
	return true;
}

/*
 * What can be dropped is what a file's pages can replace unchanged: nobody
 * writes to it now, and nothing of it was written to, by the dynamic linker for
 * one, which has pages become anonymous.
 */
static bool as_in_file(const struct map *m, unsigned int anonymous_kb)
{
	return m->inode && anonymous_kb == 0 &&
	       (!strcmp(m->perms, "r-xp") || !strcmp(m->perms, "r--p"));
}

/*
 * The stack below this call, where calls have returned from. madvise() itself
 * needs less than the page that stays.
 */
static void release_stack(const struct map *m)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	uintptr_t end = (here & ~(uintptr_t)(PAGE - 1)) - PAGE;

	if (here > m->start && here < m->end && end > m->start)
		madvise((void *)m->start, end - m->start, MADV_DONTNEED);
}

void memory_release(void)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	struct map m = {0}, stack = {0};
	unsigned int anonymous_kb;
	char line[512];

	malloc_trim(0);
	while (f && fgets(line, sizeof(line), f)) {
		if (map_line(line, &m)) {
			if (m.stack)
				stack = m;
		} else if (sscanf(line, "Anonymous: %u", &anonymous_kb) == 1 &&
			   as_in_file(&m, anonymous_kb)) {
			madvise((void *)m.start, m.end - m.start,
				MADV_DONTNEED);
		}
	}
	if (f)
		fclose(f);
	release_stack(&stack);
}
