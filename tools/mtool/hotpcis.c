/* SPDX-License-Identifier: MIT */
#include "tools/mtool/hotpcis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pcispec.h"
#include "tools/mtool/hotlines.h"

static void drop(struct vm_config *cfg, const struct bdf *b)
{
	unsigned int i, nr = 0;

	for (i = 0; i < cfg->nr_pci; i++) {
		if (!bdf_same(&cfg->pci[i].bdf, b))
			cfg->pci[nr++] = cfg->pci[i];
	}
	cfg->nr_pci = nr;
}

static int load_line(struct vm_config *cfg, const char *line, struct err *e)
{
	static const struct pci_config plain;
	struct pci_config pci;

	if (*line != '+' && *line != '-')
		return err_set(e, EXIT_FAILED,
			       "its file of attached PCI devices is damaged");
	if (pcispec_parse(line + 1, &plain, &pci, e) < 0)
		return -1;
	drop(cfg, &pci.bdf);
	/* a guest that has lost its last device can be given one again */
	cfg->passthrough = PASSTHROUGH_ENABLED;
	if (*line == '-')
		return 0;
	if (cfg->nr_pci == VM_PCI_MAX)
		return err_set(e, EXIT_FAILED, "more than %u PCI devices",
			       VM_PCI_MAX);
	pci.hotplugged = true;
	cfg->pci[cfg->nr_pci++] = pci;
	return 0;
}

int hotpcis_load(const char *name, struct vm_config *cfg, struct err *e)
{
	char *text = hotlines_read(name, "pcis"), *line, *save;
	int rc = 0;

	if (!text)
		return 0;
	for (line = strtok_r(text, "\n", &save); line && !rc;
	     line = strtok_r(NULL, "\n", &save))
		rc = load_line(cfg, line, e);
	free(text);
	return rc;
}

/* Whether a line is of the device with the address `bdf`. */
static bool is_bdf(const char *line, const char *bdf)
{
	return *line && !strncmp(line + 1, bdf, strlen(bdf));
}

int hotpcis_add(const char *name, const struct pci_config *pci, struct err *e)
{
	char bdf[BDF_TEXT], text[PCISPEC_TEXT], line[PCISPEC_TEXT + 1];

	bdf_text(&pci->bdf, bdf);
	pcispec_text(pci, text);
	snprintf(line, sizeof(line), "+%s", text);
	return hotlines_rewrite(name, "pcis", is_bdf, bdf, line, e);
}

int hotpcis_del(const char *name, const struct bdf *b, struct err *e)
{
	char bdf[BDF_TEXT], line[BDF_TEXT + 1];

	bdf_text(b, bdf);
	snprintf(line, sizeof(line), "-%s", bdf);
	return hotlines_rewrite(name, "pcis", is_bdf, bdf, line, e);
}

int hotpcis_del_all(const char *name, struct vm_config *cfg, struct err *e)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_pci; i++) {
		if (hotpcis_del(name, &cfg->pci[i].bdf, e) < 0)
			return -1;
	}
	return hotpcis_load(name, cfg, e);
}
