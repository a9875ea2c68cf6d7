/* SPDX-License-Identifier: MIT */
#include "tools/mtool/vmpci.h"

#include <stdio.h>
#include <string.h>

#include "core/hyp_pci.h"
#include "core/pcispec.h"
#include "devices/pci.h"
#include "tools/mtool/hotpcis.h"
#include "tools/mtool/nodes.h"
#include "tools/mtool/pciqmp.h"

static void owner_init(struct pci_owner *o, const struct vm_record *r,
		       const struct bdf *b)
{
	*o = (struct pci_owner){
		.bdf = *b, .target = r->target, .stub = r->stub};
	memcpy(o->uuid, r->uuid, sizeof(o->uuid));
	memcpy(o->stub_uuid, r->stub_uuid, sizeof(o->stub_uuid));
}

/* --- while the VM is created --- */

int vm_pci_check(struct hyp *h, struct xs *xs, const struct vm_config *cfg,
		 struct err *e)
{
	struct pci_host p;
	unsigned int i;
	int rc;

	if (!cfg->nr_pci && cfg->passthrough != PASSTHROUGH_ENABLED)
		return 0;
	if (pci_host_open(&p, h, xs, hyp_log(h), e) < 0)
		return -1;
	rc = pci_check_host(&p, e);
	for (i = 0; !rc && i < cfg->nr_pci; i++)
		rc = pci_check_device(&p, &cfg->pci[i].bdf, cfg->uuid, e);
	pci_host_close(&p);
	return rc;
}

int vm_pci_give(struct hyp *h, struct xs *xs, const struct vm_record *r,
		const struct pci_config *pci, struct err *e)
{
	struct pci_owner o;
	struct pci_host p;
	int rc;

	owner_init(&o, r, &pci->bdf);
	if (pci_host_open(&p, h, xs, hyp_log(h), e) < 0)
		return -1;
	rc = pci_give(&p, &o, pci, e);
	pci_host_close(&p);
	return rc;
}

/* Both drivers have what they were told of, and QEMU can find it. */
static int await_stub(struct wait_ctx *w, uint32_t stub, const struct bdf *b,
		      struct err *e)
{
	struct xenbus_dev d;
	struct pci_sets s;

	pci_dev(&d, stub);
	if (wait_devices(w, &d, 1, XENBUS_CONNECTED, d.name, e) < 0)
		return -1;
	pci_sets_read(w->xs, stub, b, &s);
	return pci_check_address(w->xs, stub, (unsigned int)s.index, b, e);
}

/* That QEMU says yes is one thing, that it has it another. */
static int plug(struct wait_ctx *w, const char *name,
		const struct pci_config *pci, struct err *e)
{
	struct pci_qmp q;
	int slot = -1;

	if (pci_qmp_open(&q, name, clock_ms() + w->limit_ms, e) < 0)
		return -1;
	if (!pci_qmp_add(&q, pci, e)) {
		slot = pci_qmp_slot(&q, &pci->bdf, e);
		if (slot < 0 && e->code == EXIT_DONE)
			err_set(e, EXIT_FAILED,
				"device_add: QEMU does not have it after all");
	}
	pci_qmp_close(&q);
	return slot < 0 ? -1 : 0;
}

int vm_pci_plug(struct wait_ctx *w, const struct vm_record *r,
		const struct pci_config *pci, struct err *e)
{
	struct pci_owner o;
	char text[BDF_TEXT];

	bdf_text(&pci->bdf, text);
	if (await_stub(w, r->stub, &pci->bdf, e) < 0)
		return strstr(e->msg, text) ? -1
					    : err_in(e, "PCI device %s", text);
	if (plug(w, r->name, pci, e) < 0)
		return err_in(e, "PCI device %s", text);
	pci_tell(r->name, &pci->bdf,
		 pci->permissive ? "attached, PERMISSIVE: the guest may write "
				   "to all of its config space"
				 : "attached, strict");
	owner_init(&o, r, &pci->bdf);
	o.whole = true;
	return pci_owner_set(w->xs, &o, e);
}

/* --- attach --- */

struct attach {
	struct live *l;
	struct pci_config *pci;
	struct pci_owner owner;
	struct pci_host host;
	unsigned int place;
	bool written; /* its nodes */
};

/* As live_check; but a paused guest can be given a device. */
static int check_guest(struct live *l, struct err *e)
{
	struct hyp_dom d;
	int rc = hyp_dom_get(l->hyp, l->record.target, &d, e);

	if (rc < 0)
		return -1;
	if (!rc || d.dying || d.shutdown ||
	    memcmp(d.uuid, l->record.uuid, sizeof(d.uuid)))
		return err_set(e, EXIT_DIED, "the guest has ended");
	if (l->record.dm_dead)
		return err_set(e, EXIT_DIED, "its device model has ended");
	return 0;
}

static int parse(struct attach *a, const char *text, struct err *e)
{
	struct vm_config *cfg = &a->l->cfg;

	if (cfg->nr_pci == VM_PCI_MAX)
		return err_set(e, EXIT_FAILED,
			       "has %u PCI devices, which is all", VM_PCI_MAX);
	a->place = cfg->nr_pci;
	a->pci = &cfg->pci[a->place];
	if (pcispec_parse(text, &cfg->pci_default, a->pci, e) < 0)
		return -1;
	a->pci->hotplugged = true;
	cfg->nr_pci++;
	owner_init(&a->owner, &a->l->record, &a->pci->bdf);
	return 0;
}

/* A frontend of its own if it is the stub's first, else one more set. */
static void plan_device(struct attach *a, struct plan *p)
{
	struct pci_sets s;

	pci_sets_read(a->l->xs, a->l->record.stub, &a->pci->bdf, &s);
	plan_step(p, OP_NODES, DOM_STUB, GROUP_STARTUP, NULL,
		  "stub: write its PCI device");
	if (!s.there)
		pci_plan_nodes(p, &a->l->cfg, a->place);
	else
		pci_plan_more(p, a->pci, s.free,
			      s.free < s.nr ? s.nr : s.free + 1);
}

static int write_nodes(struct attach *a, struct err *e)
{
	struct plan_vars vars = {.nr = 0};
	struct plan plan;
	int rc;

	plan_init(&plan);
	plan_device(a, &plan);
	plan_set(&vars, "S", "%u", a->l->record.stub);
	rc = plan.failed
		     ? err_set(e, EXIT_FAILED, "out of memory")
		     : nodes_write(a->l->xs, &plan.step[0], &vars,
				   a->l->record.target, a->l->record.stub, e);
	plan_free(&plan);
	a->written = !rc;
	return rc;
}

static void warn(struct live *l, const struct bdf *b, const struct err *e)
{
	char text[BDF_TEXT];

	bdf_text(b, text);
	log_msg(l->log, LOG_WARN, "%s: PCI device %s: while taking it back: %s",
		l->record.name, text, e->msg);
}

/*
 * The stub's driver lets go of it, and its nodes go. A driver that never came
 * cannot be asked: then the frontend goes, if it was made for this device.
 */
static int close_set(struct live *l, const struct bdf *b, unsigned int limit_s,
		     struct err *e)
{
	struct xenbus_dev d;
	struct err ignored;
	struct wait_ctx w;
	struct pci_sets s;
	int rc;

	pci_sets_read(l->xs, l->record.stub, b, &s);
	if (s.index < 0)
		return 0;
	pci_dev(&d, l->record.stub);
	if (!s.connected && s.nr == 1)
		return xenbus_remove(l->xs, &d, e);
	live_wait(l, limit_s, &w);
	rc = pci_set_close(l->xs, l->record.stub, (unsigned int)s.index, e);
	if (!rc)
		rc = wait_devices(&w, &d, 1, XENBUS_CONNECTED, d.name, e);
	if (pci_set_remove(l->xs, l->record.stub, (unsigned int)s.index,
			   rc ? &ignored : e) < 0)
		rc = -1;
	return rc;
}

/*
 * From QEMU to quarantine, whatever of it was done. What fails is logged; the
 * last step fails for all.
 */
static int take_away(struct live *l, struct pci_host *p,
		     const struct pci_owner *o, unsigned int limit_s,
		     struct err *e)
{
	struct err why;

	pci_revoke(p, o);
	if (close_set(l, &o->bdf, limit_s, &why) < 0)
		warn(l, &o->bdf, &why);
	return pci_settle(p, &o->bdf, e);
}

/* 0 if QEMU is without it; `force`: at last by ejecting it. */
static int unplug(struct live *l, const struct bdf *b, bool force,
		  unsigned int limit_s, struct err *e)
{
	uint64_t end = clock_ms() + limit_s * 1000ull;
	struct pci_qmp q;
	int rc, slot;

	if (pci_qmp_open(&q, l->record.name, end, e) < 0)
		return -1;
	slot = pci_qmp_slot(&q, b, e);
	if (slot >= 0)
		rc = pci_qmp_remove(&q, b, e);
	else
		rc = e->code == EXIT_DONE ? 0 : -1;
	if (rc < 0 && slot >= 0 && force && e->code == EXIT_TIMEOUT) {
		q.end_ms = clock_ms() + limit_s * 1000ull;
		rc = pci_qmp_eject(&q, b, (unsigned int)slot, e);
	}
	pci_qmp_close(&q);
	return rc;
}

static void take_back(struct attach *a, unsigned int limit_s)
{
	struct err e;

	if (a->written &&
	    unplug(a->l, &a->pci->bdf, true, limit_s / 4 + 1, &e) < 0)
		warn(a->l, &a->pci->bdf, &e);
	if (take_away(a->l, &a->host, &a->owner, limit_s, &e) < 0)
		warn(a->l, &a->pci->bdf, &e);
}

static int connect(struct attach *a, unsigned int limit_s, struct err *e)
{
	struct live *l = a->l;
	struct wait_ctx w;

	if (pci_give(&a->host, &a->owner, a->pci, e) < 0)
		return -1;
	live_wait(l, limit_s, &w);
	if (!write_nodes(a, e) && !vm_pci_plug(&w, &l->record, a->pci, e) &&
	    !hotpcis_add(l->record.name, a->pci, e))
		return 0;
	take_back(a, limit_s);
	return -1;
}

int pci_attach(struct live *l, const char *text, unsigned int limit_s,
	       struct err *e)
{
	struct attach a = {.l = l};
	int rc = -1;

	if (parse(&a, text, e) < 0 || check_guest(l, e) < 0 ||
	    pci_host_open(&a.host, l->hyp, l->xs, l->log, e) < 0)
		return -1;
	if (!pci_check_host(&a.host, e) &&
	    !pci_check_device(&a.host, &a.pci->bdf, l->record.uuid, e) &&
	    !hyp_pci_test(l->hyp, l->record.target, &a.pci->bdf, e))
		rc = connect(&a, limit_s, e);
	pci_host_close(&a.host);
	return rc;
}

/* --- detach --- */

static int find_owner(struct live *l, const struct bdf *b, struct pci_owner *o,
		      struct err *e)
{
	int rc = pci_owner_get(l->xs, b, o, e);

	if (rc < 0)
		return -1;
	if (!rc || memcmp(o->uuid, l->record.uuid, sizeof(o->uuid)))
		return err_set(e, EXIT_FAILED, "the guest does not have it");
	return 0;
}

/* A device model that is dead or deaf cannot keep it, if that is wanted. */
static int ask(struct live *l, const struct bdf *b, bool force,
	       unsigned int limit_s, struct err *e)
{
	if (!unplug(l, b, force, limit_s, e))
		return 0;
	if (force) {
		warn(l, b, e);
		return 0;
	}
	if (e->code == EXIT_TIMEOUT)
		return err_set(e, EXIT_TIMEOUT,
			       "the guest did not let go of it within %u s "
			       "(-t): it keeps it; -F ejects it",
			       limit_s);
	return -1;
}

static int detach(struct live *l, struct pci_owner *o, bool force,
		  unsigned int limit_s, struct err *e)
{
	struct pci_host p;
	int rc = -1;

	if (ask(l, &o->bdf, force, limit_s, e) < 0 ||
	    pci_host_open(&p, l->hyp, l->xs, l->log, e) < 0)
		return -1;
	o->whole = false;
	if (!pci_owner_set(l->xs, o, e))
		rc = take_away(l, &p, o, limit_s, e);
	pci_host_close(&p);
	if (rc < 0)
		return -1;
	pci_tell(l->record.name, &o->bdf, "detached, in quarantine");
	return hotpcis_del(l->record.name, &o->bdf, e);
}

int pci_detach(struct live *l, const struct bdf *b, bool force,
	       unsigned int limit_s, struct err *e)
{
	char text[BDF_TEXT];
	struct pci_owner o;

	bdf_text(b, text);
	if (find_owner(l, b, &o, e) < 0 || detach(l, &o, force, limit_s, e) < 0)
		return err_in(e, "PCI device %s", text);
	return 0;
}
