/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: any bytes as the text of a PCI device. What is taken can be
 * written down and read again; what is refused says why, in one line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/pcispec.h"

static void must(bool promise)
{
	if (!promise)
		abort();
}

static void check_taken(const struct pci_config *p)
{
	static const struct pci_config plain;
	char text[PCISPEC_TEXT], twice[PCISPEC_TEXT];
	struct pci_config again;
	struct err e;

	must(p->bdf.dev < 32 && p->bdf.fn < 8);
	must(p->slot >= -1 && p->slot < 32 && !p->hotplugged);
	pcispec_text(p, text);
	must(!pcispec_parse(text, &plain, &again, &e));
	pcispec_text(&again, twice);
	must(!strcmp(text, twice));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct pci_config plain;
	char *text = malloc(len + 1);
	struct pci_config p;
	struct err e;

	must(text);
	memcpy(text, data, len);
	text[len] = '\0';
	if (!pcispec_parse(text, &plain, &p, &e))
		check_taken(&p);
	else
		must(e.code == EXIT_USAGE && *e.msg);
	free(text);
	return 0;
}
