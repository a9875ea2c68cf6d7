/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "tests/unit/tap.h"

/* Resident kilobytes of the mappings whose first lines have this word. */
static unsigned int resident_kb(const char *word)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned int kb, sum = 0;
	bool ours = false;
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		if (strchr(line, '-') && strpbrk(line, "rwx") &&
		    strstr(line, "p "))
			ours = strstr(line, word);
		else if (ours && sscanf(line, "Rss: %u kB", &kb) == 1)
			sum += kb;
	}
	if (f)
		fclose(f);
	return sum;
}

/* Uses that much of the stack, a page at a time. */
static int deep(int pages)
{
	volatile char page[4096];

	page[0] = (char)pages;
	return pages ? deep(pages - 1) + page[0] : page[0];
}

static void less(const char *word, unsigned int before)
{
	unsigned int after = resident_kb(word);

	ok(before > after, "less of %s is resident: %u kB, %u", word, before,
	   after);
}

int main(void)
{
	char *kept = strdup("what is on the heap");
	unsigned int text, tables, stack;

	is_int(deep(16), 16 * 17 / 2, "a deep stack");
	text = resident_kb(" r-xp ");
	tables = resident_kb(" r--p ");
	stack = resident_kb("[stack]");
	memory_release();
	less(" r-xp ", text);
	less(" r--p ", tables);
	less("[stack]", stack);
	is_str(kept, "what is on the heap", "what is in use stays");
	is_int(strtol("41", NULL, 10) + 1, 42, "and code runs again");
	is_int(deep(16), 16 * 17 / 2, "so does what needs a deep stack");
	free(kept);
	return done_testing();
}
