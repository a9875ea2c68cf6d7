/* SPDX-License-Identifier: MIT */
/* The keys of PCI devices that are passed through. */
#include <string.h>

#include "core/config_keys.h"
#include "core/pcispec.h"

/* One device cannot be given twice, nor two devices one place. */
static int check_pci(struct load *l, const struct cfg_entry *entry,
		     unsigned int i)
{
	const struct pci_config *new = &l->cfg->pci[i], *p;
	char text[BDF_TEXT];

	for (p = l->cfg->pci; p < new; p++) {
		if (bdf_same(&p->bdf, &new->bdf)) {
			bdf_text(&p->bdf, text);
			return config_bad(l, entry, i, "%s is there twice",
					  text);
		}
		if (p->slot >= 0 && p->slot == new->slot)
			return config_bad(l, entry, i,
					  "vslot %x is there twice",
					  (unsigned int)p->slot);
	}
	return 0;
}

int take_pci(struct load *l, const struct key *k, const struct cfg_entry *entry)
{
	struct vm_config *cfg = l->cfg;
	struct err e;
	unsigned int i;

	(void)k;
	if (!entry->list && !*entry->value->text)
		return 0;
	if (!entry->list)
		return config_bad(l, entry, 0, "not a list of strings");
	for (i = 0; i < entry->nr; i++) {
		if (i == VM_PCI_MAX)
			return config_bad(l, entry, i, "more than %u",
					  VM_PCI_MAX);
		if (pcispec_parse(entry->value[i].text, &cfg->pci_default,
				  &cfg->pci[i], &e) < 0)
			return config_bad(l, entry, i, "%s", e.msg);
		cfg->nr_pci++;
		if (check_pci(l, entry, i) < 0)
			return -1;
	}
	return 0;
}

/* "strategy=host,policy=strict|relaxed"; strategy=none and "" are nothing. */
int take_rdm(struct load *l, const struct key *k, const struct cfg_entry *entry)
{
	const char *text = config_scalar(l, entry);
	char copy[64], *rest = copy, *word;

	(void)k;
	if (!text || !*text)
		return text ? 0 : -1;
	if (strlen(text) >= sizeof(copy))
		return config_bad(l, entry, 0, "too long");
	strcpy(copy, text);
	while ((word = strsep(&rest, ","))) {
		if (!strcmp(word, "strategy=host"))
			l->cfg->rdm_host = true;
		else if (!strcmp(word, "policy=relaxed"))
			l->cfg->pci_default.rdm_relaxed = true;
		else if (!strcmp(word, "policy=strict"))
			l->cfg->pci_default.rdm_relaxed = false;
		else if (strcmp(word, "strategy=none"))
			return config_bad(l, entry, 0,
					  "not strategy=host|none, "
					  "policy=strict|relaxed: %s",
					  word);
	}
	return 0;
}

/* Xen refuses the two together: a DMA cannot wait for memory to be filled. */
static bool populates_on_demand(const struct vm_config *cfg)
{
	return cfg->memory_mb < cfg->maxmem_mb;
}

int config_check_pci(struct load *l)
{
	const struct vm_config *cfg = l->cfg;
	bool on = cfg->nr_pci || cfg->passthrough == PASSTHROUGH_ENABLED;
	const char *key = cfg->nr_pci ? "pci" : "passthrough";
	const struct cfg_entry *entry = cfg_find(&l->src, key);

	if (!on)
		return 0;
	if (cfg->passthrough == PASSTHROUGH_DISABLED)
		return config_bad(l, entry, 0,
				  "needs passthrough other than \"disabled\"");
	if (populates_on_demand(cfg))
		return config_bad(l, entry, 0,
				  "needs memory and maxmem to be the same");
	return 0;
}
