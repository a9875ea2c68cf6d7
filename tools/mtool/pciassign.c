/* SPDX-License-Identifier: MIT */
#include "tools/mtool/pciassign.h"

#include <stdio.h>
#include <string.h>

#include "core/hyp_pci.h"
#include "devices/pciback.h"
#include "devices/pciuse.h"

enum { DEVICES_MAX = 1024, GROUP_MAX = 8 };

/* --- add --- */

static int check_use(struct pci_host *p, const struct bdf *b, bool force,
		     struct err *e)
{
	enum pci_use use;
	char why[128];

	use = pci_use(p->root, b, why, sizeof(why));
	if (use == PCI_NEEDED)
		return err_set(e, EXIT_FAILED, "dom0 cannot do without it: %s",
			       why);
	if (use == PCI_USED && !force)
		return err_set(e, EXIT_BUSY,
			       "dom0 uses it: %s (--force takes it all the "
			       "same)",
			       why);
	return 0;
}

/* What the IOMMU cannot tell from it could do DMA in its name. */
static int check_group(struct pci_host *p, const struct bdf *b, bool force,
		       struct err *e)
{
	struct bdf group[GROUP_MAX];
	struct pci_facts f;
	struct err ignored;
	char text[BDF_TEXT];
	int i, nr = hyp_pci_group(p->hyp, 0, b, group, GROUP_MAX);

	for (i = 0; i < nr && !force; i++) {
		if (bdf_same(&group[i], b) ||
		    pci_facts(p->root, &group[i], &f, &ignored) < 0 ||
		    f.bridge || !*f.driver || !strcmp(f.driver, PCIBACK))
			continue;
		bdf_text(&group[i], text);
		return err_set(e, EXIT_BUSY,
			       "the IOMMU cannot tell it from %s, which dom0 "
			       "has (--force takes it all the same)",
			       text);
	}
	return 0;
}

static int quarantine(struct pci_host *p, const struct bdf *b, struct err *e)
{
	struct pci_owner o;
	int rc = pci_owner_get(p->xs, b, &o, e);

	if (rc)
		return rc < 0 ? -1 : 0; /* a VM has it: no business of ours */
	return hyp_pci_assign(p->hyp, HYP_QUARANTINE, b, false, e);
}

static int take(struct pci_host *p, const struct bdf *b, struct err *e)
{
	char text[BDF_TEXT];

	if (pci_unbind(p->root, b, e) < 0 || pciback_take(p->root, b, e) < 0)
		return -1;
	if (!pciback_has(p->root, b)) {
		bdf_text(b, text);
		return err_set(e, EXIT_FAILED, "pciback does not take %s",
			       text);
	}
	return quarantine(p, b, e);
}

static void give_back(struct pci_host *p, const struct bdf *b,
		      const char *driver)
{
	struct err e;

	if (pciback_give_up(p->root, b, &e) < 0 ||
	    (*driver && pci_bind(p->root, b, driver, &e) < 0) ||
	    pci_driver_clear(p->xs, b, &e) < 0)
		log_msg(p->log, LOG_WARN, "while giving it back: %s", e.msg);
}

static int add(struct pci_host *p, const struct bdf *b, bool force,
	       struct err *e)
{
	struct pci_facts f;

	if (pci_facts(p->root, b, &f, e) < 0)
		return -1;
	if (!strcmp(f.driver, PCIBACK))
		return quarantine(p, b, e);
	if (f.bridge)
		return err_set(e, EXIT_FAILED,
			       "is a bridge, and stays in dom0");
	if (check_use(p, b, force, e) < 0 || check_group(p, b, force, e) < 0 ||
	    pci_driver_set(p->xs, b, f.driver, e) < 0)
		return -1;
	if (!take(p, b, e))
		return 0;
	give_back(p, b, f.driver);
	return -1;
}

static int in_device(const struct bdf *b, struct err *e)
{
	static const char prefix[] = "PCI device ";
	char text[BDF_TEXT];

	bdf_text(b, text);
	return strncmp(e->msg, prefix, strlen(prefix))
		       ? err_in(e, "%s%s", prefix, text)
		       : -1;
}

int pci_assignable_add(struct pci_host *p, const struct bdf *b, bool force,
		       struct err *e)
{
	if (pci_check_host(p, e) < 0)
		return -1;
	return add(p, b, force, e) < 0 ? in_device(b, e) : 0;
}

/* --- remove --- */

/* An address without a driver is no error: some devices have none. */
static int rebind_driver(struct pci_host *p, const struct bdf *b, struct err *e)
{
	char driver[PCI_DRIVER_MAX];

	if (pci_driver_get(p->xs, b, driver, sizeof(driver)) < 0 || !*driver)
		return 0;
	return pci_bind(p->root, b, driver, e);
}

static int remove_device(struct pci_host *p, const struct bdf *b, bool rebind,
			 struct err *e)
{
	struct pci_owner o;
	struct pci_facts f;
	int rc;

	if (pci_facts(p->root, b, &f, e) < 0)
		return -1;
	rc = pci_owner_get(p->xs, b, &o, e);
	if (rc)
		return rc < 0 ? -1
			      : err_set(e, EXIT_BUSY, "domain %u has it",
					o.target);
	/* dom0's drivers do DMA: it must be out of quarantine before */
	if (!strcmp(f.driver, PCIBACK) &&
	    hyp_pci_deassign(p->hyp, HYP_QUARANTINE, b, e) < 0)
		return -1;
	if (pciback_give_up(p->root, b, e) < 0 ||
	    (rebind && rebind_driver(p, b, e) < 0))
		return -1;
	return pci_driver_clear(p->xs, b, e);
}

int pci_assignable_remove(struct pci_host *p, const struct bdf *b, bool rebind,
			  struct err *e)
{
	return remove_device(p, b, rebind, e) < 0 ? in_device(b, e) : 0;
}

/* --- list --- */

json_t *pci_facts_json(struct pci_host *p, const struct bdf *b)
{
	char text[BDF_TEXT], vendor[8], device[8], class[8];
	struct pci_facts f;
	struct err ignored;

	bdf_text(b, text);
	if (pci_facts(p->root, b, &f, &ignored) < 0)
		return json_pack("{s:s}", "bdf", text);
	snprintf(vendor, sizeof(vendor), "%04x", f.vendor);
	snprintf(device, sizeof(device), "%04x", f.device);
	snprintf(class, sizeof(class), "%06x", f.class & 0xffffff);
	return json_pack("{s:s s:s s:s s:s s:b s:b}", "bdf", text, "vendor",
			 vendor, "device", device, "class", class, "reset",
			 f.reset, "permissive",
			 pciback_is_permissive(p->root, b));
}

static json_t *assignable_json(struct pci_host *p, const struct bdf *b)
{
	json_t *o = pci_facts_json(p, b);
	char driver[PCI_DRIVER_MAX];
	struct pci_owner owner;
	struct err ignored;

	if (pci_driver_get(p->xs, b, driver, sizeof(driver)) < 0)
		*driver = '\0';
	json_object_set_new(o, "driver", json_string(driver));
	if (pci_owner_get(p->xs, b, &owner, &ignored) == 1)
		json_object_set_new(o, "domain", json_integer(owner.target));
	return o;
}

json_t *pci_assignable_list(struct pci_host *p, struct err *e)
{
	struct bdf all[DEVICES_MAX];
	json_t *list = json_array();
	int i, nr = pci_all(p->root, all, DEVICES_MAX, e);

	for (i = 0; list && i < nr; i++) {
		if (pciback_has(p->root, &all[i]))
			json_array_append_new(list,
					      assignable_json(p, &all[i]));
	}
	if (list && nr >= 0)
		return list;
	if (nr >= 0)
		err_set(e, EXIT_FAILED, "out of memory");
	json_decref(list);
	return NULL;
}
