/* SPDX-License-Identifier: MIT */
/* What PCI devices a VM has, from xenstore, pciback, and QEMU. */
#include <stdio.h>
#include <string.h>

#include "tools/mtool/pciassign.h"
#include "tools/mtool/pcilog.h"
#include "tools/mtool/pciqmp.h"
#include "tools/mtool/vmpci.h"

enum { ASK_MS = 3000 };

struct lister {
	struct live *l;
	struct pci_host host;
	struct pci_qmp qmp;
	bool asked; /* QEMU answers */
};

/* QEMU names a device by its place in the guest, in its log as well. */
static void add_guest_side(struct lister *ls, json_t *o, const struct bdf *b)
{
	char path[RUNDIR_PATH_MAX];
	struct err ignored;
	int slot = ls->asked ? pci_qmp_slot(&ls->qmp, b, &ignored) : -1;

	if (slot < 0)
		return;
	json_object_set_new(o, "guest_slot", json_integer(slot));
	if (!rundir_log_path(ls->l->record.name, path, &ignored))
		json_object_set_new(o, "refused",
				    pci_log_refused(path, (unsigned int)slot));
}

static json_t *device_json(struct lister *ls, const struct pci_owner *owner)
{
	json_t *o = pci_facts_json(&ls->host, &owner->bdf);

	json_object_set_new(
		o, "state",
		json_string(owner->whole ? "attached" : "half attached"));
	add_guest_side(ls, o, &owner->bdf);
	return o;
}

static void add_all(struct lister *ls, json_t *list,
		    const struct pci_owner *owner, unsigned int nr)
{
	struct err ignored;
	unsigned int i;

	ls->asked = nr && !ls->l->record.dm_dead &&
		    !pci_qmp_open(&ls->qmp, ls->l->record.name,
				  clock_ms() + ASK_MS, &ignored);
	for (i = 0; i < nr; i++)
		json_array_append_new(list, device_json(ls, &owner[i]));
	if (ls->asked)
		pci_qmp_close(&ls->qmp);
}

json_t *pci_list(struct live *l, struct err *e)
{
	struct pci_owner owner[PCI_OWNED_MAX];
	struct lister ls = {.l = l};
	json_t *list = json_array();
	struct err ignored;
	unsigned int nr;

	if (!list) {
		err_set(e, EXIT_FAILED, "out of memory");
		return NULL;
	}
	if (pci_host_open(&ls.host, l->hyp, l->xs, l->log, &ignored) < 0)
		return list;
	nr = pci_owned(l->xs, l->record.uuid, owner, PCI_OWNED_MAX);
	add_all(&ls, list, owner, nr);
	pci_host_close(&ls.host);
	return list;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "-";
}

static void print_refused(const json_t *o, const char *indent)
{
	const json_t *list = json_object_get(o, "refused"), *reg;
	size_t i;

	if (!json_array_size(list))
		return;
	printf("%s%*s refused config-space writes:", indent, 12, "");
	json_array_foreach(list, i, reg)
	{
		printf(" %#llx", (unsigned long long)json_integer_value(reg));
	}
	printf(" (permissive=1 lets them through)\n");
}

void pci_print(const json_t *list, const char *indent)
{
	const json_t *o, *slot;
	size_t i;

	json_array_foreach(list, i, o)
	{
		printf("%s%s %s:%s class %s, %s", indent, text_of(o, "bdf"),
		       text_of(o, "vendor"), text_of(o, "device"),
		       text_of(o, "class"), text_of(o, "state"));
		slot = json_object_get(o, "guest_slot");
		if (slot)
			printf(" in slot %lld",
			       (long long)json_integer_value(slot));
		printf("%s\n", json_is_true(json_object_get(o, "permissive"))
				       ? ", PERMISSIVE"
				       : ", strict");
		print_refused(o, indent);
	}
}
