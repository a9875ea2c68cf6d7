/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "tests/unit/tap.h"

/* Resident kilobytes of all code. */
static unsigned int text_kb(void)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned int kb, sum = 0;
	bool text = false;
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		if (strstr(line, "-xp ") || strstr(line, "--p ") ||
		    strstr(line, "w-p ") || strstr(line, "r--p "))
			text = strstr(line, " r-xp ");
		else if (text && sscanf(line, "Rss: %u kB", &kb) == 1)
			sum += kb;
	}
	if (f)
		fclose(f);
	return sum;
}

int main(void)
{
	unsigned int before = text_kb(), after;
	char *kept = strdup("what is on the heap");

	memory_release();
	after = text_kb();
	ok(before > 0, "there was code: %u kB", before);
	ok(after < before, "less of it is resident: %u kB", after);
	is_str(kept, "what is on the heap", "what is in use stays");
	is_int(strtol("41", NULL, 10) + 1, 42, "and code runs again");
	free(kept);
	return done_testing();
}
