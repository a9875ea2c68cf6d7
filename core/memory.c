/* SPDX-License-Identifier: MIT */
#include "core/memory.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096u

/* A mapping, as proc_pid_smaps(5) begins to tell it. */
struct map {
	char *start, *end;
	char perms[5];
	bool file; /* not of none, nor the vdso */
	bool stack;
};

/* False if this is no line that begins a mapping; m is as it was then. */
static bool map_line(const char *line, struct map *m)
{
	struct map n = {.stack = strstr(line, "[stack]")};
	void *start, *end;
	char inode[24];

	if (sscanf(line, "%p-%p %4s %*x %*x:%*x %23s", &start, &end, n.perms,
		   inode) != 4)
		return false;
	n.start = start;
	n.end = end;
	n.file = strcmp(inode, "0");
	*m = n;
	return true;
}

/*
 * What can be dropped is what a file's pages can replace unchanged: nobody
 * writes to it now, and nothing of it was written to, by the dynamic linker for
 * one, which has pages become anonymous.
 */
static bool as_in_file(const struct map *m, const char *anonymous_kb)
{
	return m->file && !strcmp(anonymous_kb, "0") &&
	       (!strcmp(m->perms, "r-xp") || !strcmp(m->perms, "r--p"));
}

/*
 * The stack below this call, where calls have returned from. madvise() itself
 * needs less than the page that stays.
 */
static void release_stack(const struct map *m)
{
	char *here = __builtin_frame_address(0);
	char *end = here - (uintptr_t)here % PAGE - PAGE;

	if (here > m->start && here < m->end && end > m->start)
		madvise(m->start, (size_t)(end - m->start), MADV_DONTNEED);
}

void memory_release(void)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	struct map m = {0}, stack = {0};
	char line[512], anonymous_kb[16];

	malloc_trim(0);
	while (f && fgets(line, sizeof(line), f)) {
		if (map_line(line, &m)) {
			if (m.stack)
				stack = m;
		} else if (sscanf(line, "Anonymous: %15s", anonymous_kb) == 1 &&
			   as_in_file(&m, anonymous_kb)) {
			madvise(m.start, (size_t)(m.end - m.start),
				MADV_DONTNEED);
		}
	}
	if (f)
		fclose(f);
	release_stack(&stack);
}
