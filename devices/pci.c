/* SPDX-License-Identifier: MIT */
#include "devices/pci.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "core/pcispec.h"
#include "core/xenbus.h"

enum { SETS_MAX = 256 };

/* state-N: 1 asks for it to be set up, 5 for it to be taken apart. */
static void set_nodes(struct plan *p, const char *back,
		      const struct pci_config *pci, unsigned int index)
{
	char bdf[BDF_TEXT], opts[PCISPEC_TEXT], key[24];

	bdf_text(&pci->bdf, bdf);
	pcispec_opts(pci, opts);
	snprintf(key, sizeof(key), "key-%u", index);
	plan_node(p, NULL, back, key, "%s", bdf);
	snprintf(key, sizeof(key), "dev-%u", index);
	plan_node(p, NULL, back, key, "%s", bdf);
	if (pci->slot >= 0) {
		snprintf(key, sizeof(key), "vdevfn-%u", index);
		plan_node(p, NULL, back, key, "%x",
			  (unsigned int)pci->slot << 3);
	}
	snprintf(key, sizeof(key), "opts-%u", index);
	plan_node(p, NULL, back, key, "%s", opts);
	snprintf(key, sizeof(key), "state-%u", index);
	plan_node(p, NULL, back, key, "1");
}

void pci_plan_nodes(struct plan *p, const struct vm_config *cfg,
		    unsigned int first)
{
	struct xenbus_pair x;
	unsigned int i;

	if (first >= cfg->nr_pci)
		return;
	xenbus_pair(&x, DOM_STUB, "pci", 0);
	xenbus_nodes(p, &x, DOM_STUB);
	plan_node(p, NULL, x.back, "domain", "%s-dm", cfg->name);
	for (i = first; i < cfg->nr_pci; i++)
		set_nodes(p, x.back, &cfg->pci[i], i - first);
	plan_node(p, NULL, x.back, "num_devs", "%u", cfg->nr_pci - first);
}

void pci_plan_more(struct plan *p, const struct pci_config *pci,
		   unsigned int index, unsigned int nr)
{
	struct xenbus_pair x;

	xenbus_pair(&x, DOM_STUB, "pci", 0);
	set_nodes(p, x.back, pci, index);
	plan_node(p, NULL, x.back, "num_devs", "%u", nr);
	plan_node(p, NULL, x.back, "state", "7");
}

void pci_plan_give(struct plan *p, const struct vm_config *cfg)
{
	char bdf[BDF_TEXT];
	unsigned int i;

	for (i = 0; i < cfg->nr_pci; i++) {
		bdf_text(&cfg->pci[i].bdf, bdf);
		plan_step(p, OP_PCI_GIVE, DOM_TARGET, GROUP_SETUP,
			  "QEMU drives the device for the guest: both may",
			  "PCI %s: reset; allow " PLAN_S " and " PLAN_T
			  " its memory, ports and interrupt; let " PLAN_S
			  " switch MSI on%s; assign to " PLAN_T,
			  bdf,
			  cfg->pci[i].permissive
				  ? "; PERMISSIVE: let it write to all of its "
				    "config space"
				  : "");
		plan_step_index(p, i);
	}
}

void pci_plan_plug(struct plan *p, const struct vm_config *cfg)
{
	char bdf[BDF_TEXT];
	unsigned int i;

	for (i = 0; i < cfg->nr_pci; i++) {
		bdf_text(&cfg->pci[i].bdf, bdf);
		plan_step(p, OP_PCI_PLUG, DOM_STUB, GROUP_STARTUP,
			  "PCI passthrough requires permissive mode: not "
			  "for MSI where pciback allows that alone",
			  "PCI %s: wait until the stub's driver has it, then "
			  "device_add xen-pci-passthrough%s",
			  bdf, cfg->pci[i].permissive ? ", permissive" : "");
		plan_step_index(p, i);
	}
}

void pci_dev(struct xenbus_dev *d, uint32_t stub)
{
	xenbus_dev(d, "pci", stub, 0, "PCI frontend of the stubdomain");
}

static void key_path(uint32_t stub, const char *key, char path[XS_PATH_MAX])
{
	snprintf(path, XS_PATH_MAX, "/local/domain/0/backend/pci/%u/0/%s", stub,
		 key);
}

/* The address in a key like dev-3; pciback writes the function as 00. */
static int read_bdf(struct xs *xs, uint32_t stub, const char *what,
		    unsigned int index, struct bdf *b)
{
	char key[24], path[XS_PATH_MAX], text[24], *fn;

	snprintf(key, sizeof(key), "%s-%u", what, index);
	key_path(stub, key, path);
	if (xs_read_str(xs, XBT_NULL, path, text, sizeof(text)) < 0)
		return -1;
	fn = strchr(text, '.');
	if (fn && fn[1] == '0' && fn[2])
		memmove(fn + 1, fn + 2, strlen(fn + 2) + 1);
	return bdf_parse(text, b);
}

void pci_sets_read(struct xs *xs, uint32_t stub, const struct bdf *b,
		   struct pci_sets *s)
{
	char path[XS_PATH_MAX];
	uint64_t nr = 0, state;
	struct bdf each;
	unsigned int i;

	*s = (struct pci_sets){.index = -1};
	key_path(stub, "state", path);
	s->connected = !xs_read_num(xs, XBT_NULL, path, XenbusStateConnected,
				    XenbusStateConnected, &state);
	key_path(stub, "num_devs", path);
	s->there = !xs_read_num(xs, XBT_NULL, path, 0, SETS_MAX, &nr);
	s->nr = s->free = (unsigned int)nr;
	for (i = s->nr; i--;) {
		if (read_bdf(xs, stub, "dev", i, &each) < 0)
			s->free = i;
		else if (bdf_same(&each, b))
			s->index = (int)i;
	}
}

int pci_check_address(struct xs *xs, uint32_t stub, unsigned int index,
		      const struct bdf *b, struct err *e)
{
	char want[BDF_TEXT], got[BDF_TEXT] = "nowhere";
	struct bdf v;
	int rc = read_bdf(xs, stub, "vdev", index, &v);

	if (!rc && bdf_same(&v, b))
		return 0;
	if (!rc)
		bdf_text(&v, got);
	bdf_text(b, want);
	return err_set(e, EXIT_HOST,
		       "PCI device %s: the stubdomain has it at %s, where its "
		       "QEMU cannot find it: load xen-pciback in dom0 with "
		       "passthrough=1",
		       want, got);
}

struct change {
	struct xs *xs;
	uint32_t stub;
	unsigned int index;
};

static int put(struct change *c, xs_transaction_t t, const char *key,
	       const char *value, struct err *e)
{
	char path[XS_PATH_MAX];

	key_path(c->stub, key, path);
	if (xs_put(c->xs, t, path, value) < 0)
		return err_sys(e, EXIT_FAILED, "write %s", path);
	return 0;
}

static int close_txn(void *ctx, xs_transaction_t t, struct err *e)
{
	struct change *c = ctx;
	char key[24];

	snprintf(key, sizeof(key), "state-%u", c->index);
	return put(c, t, key, "5", e) < 0 ? -1 : put(c, t, "state", "7", e);
}

int pci_set_close(struct xs *xs, uint32_t stub, unsigned int index,
		  struct err *e)
{
	struct change c = {xs, stub, index};

	return xs_transact(xs, "PCI", close_txn, &c, e);
}

/* num_devs stays: both drivers pass over a set that is not there. */
static int remove_txn(void *ctx, xs_transaction_t t, struct err *e)
{
	static const char *const what[] = {"state", "dev",    "key",
					   "vdev",  "vdevfn", "opts"};
	struct change *c = ctx;
	char key[24], path[XS_PATH_MAX];
	unsigned int i;

	for (i = 0; i < sizeof(what) / sizeof(*what); i++) {
		snprintf(key, sizeof(key), "%s-%u", what[i], c->index);
		key_path(c->stub, key, path);
		if (xs_del(c->xs, t, path) < 0 && errno != ENOENT)
			return err_sys(e, EXIT_FAILED, "remove %s", path);
	}
	return 0;
}

int pci_set_remove(struct xs *xs, uint32_t stub, unsigned int index,
		   struct err *e)
{
	struct change c = {xs, stub, index};

	return xs_transact(xs, "PCI", remove_txn, &c, e);
}
