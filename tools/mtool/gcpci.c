/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/pciowner.h"
#include "tools/mtool/gc.h"
#include "tools/mtool/pcigive.h"
#include "tools/mtool/rundir.h"
#include "tools/mtool/teardown.h"
#include "tools/mtool/vmpci.h"

enum { DETACH_S = 10 };

/* The VM with this uuid: 1 and *r; 0; -1 if that cannot be told. */
static int find_vm(const uint8_t uuid[16], struct vm_record *r)
{
	struct vm_record *list;
	struct err ignored;
	int i, nr = rundir_list(&list, &ignored), rc = nr < 0 ? -1 : 0;

	for (i = 0; i < nr && !rc; i++) {
		if (memcmp(list[i].uuid, uuid, 16))
			continue;
		*r = list[i];
		rc = 1;
	}
	if (nr >= 0)
		free(list);
	return rc;
}

/* The lock keeps off whoever may be at it, so look again behind it. */
static int detach_half(struct log *log, const char *name, const struct bdf *b,
		       struct err *e)
{
	struct mtool m = {.log = *log};
	struct pci_owner o;
	struct live l;
	int rc;

	rc = live_lock(&l, &m, name, e);
	if (!rc && pci_owner_get(l.xs, b, &o, e) == 1 && !o.whole)
		rc = pci_detach(&l, b, true, DETACH_S, e);
	live_close(&l);
	return rc;
}

static void tell(struct gc *g, const char *what, int rc, const struct err *e)
{
	if (rc < 0)
		gc_failed(g, what, e);
	else
		gc_tell(g, "%s: %s", what,
			g->dry ? "belongs to no VM, or to half of one"
			       : "is in quarantine again");
}

static void collect(struct gc *g, const struct pci_owner *o)
{
	bool lives = vm_domain_lives(g->hyp, o->target, o->uuid);
	struct vm_record r = {.running = false};
	int rc = 0, vm = find_vm(o->uuid, &r);
	char text[BDF_TEXT], what[32];
	struct err e;

	/* one that is being made or taken apart is somebody's business */
	if (vm < 0 || (lives && o->whole) ||
	    (vm && (!lives || !r.running) && rundir_locked(r.name)))
		return;
	bdf_text(&o->bdf, text);
	snprintf(what, sizeof(what), "PCI device %s", text);
	if (!g->dry && lives && vm)
		rc = detach_half(hyp_log(g->hyp), r.name, &o->bdf, &e);
	else if (!g->dry && pci_release(g->hyp, g->xs, o->uuid))
		rc = err_set(&e, EXIT_FAILED, "it cannot be quarantined");
	tell(g, what, rc, &e);
}

void gc_pci(struct gc *g)
{
	struct pci_owner o[PCI_OWNED_MAX];
	unsigned int i, nr = pci_owned(g->xs, NULL, o, PCI_OWNED_MAX);

	for (i = 0; i < nr; i++)
		collect(g, &o[i]);
}
