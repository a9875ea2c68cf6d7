/* SPDX-License-Identifier: MIT */
/*
 * hold-page DOMID: maps a page of a domain and keeps it until it is killed,
 * as a backend would that does not let go.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenforeignmemory.h>

enum { GFN = 0x100 }; /* plain RAM of any HVM guest */

int main(int argc, char **argv)
{
	xenforeignmemory_handle *fm = xenforeignmemory_open(NULL, 0);
	const xen_pfn_t gfn = GFN;
	void *page = NULL;

	if (argc == 2 && fm)
		page = xenforeignmemory_map(fm, (uint32_t)atoi(argv[1]),
					    PROT_READ, 1, &gfn, NULL);
	if (!page)
		return 1;
	puts("held");
	fflush(stdout);
	for (;;)
		pause();
}
