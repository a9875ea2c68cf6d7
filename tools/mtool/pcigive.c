/* SPDX-License-Identifier: MIT */
#include "tools/mtool/pcigive.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/hyp_pci.h"
#include "devices/pci.h"
#include "devices/pciback.h"

int pci_host_open(struct pci_host *p, struct hyp *h, struct xs *xs,
		  struct log *log, struct err *e)
{
	*p = (struct pci_host){.hyp = h, .xs = xs, .log = log};
	p->root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return p->root < 0 ? err_sys(e, EXIT_FAILED, "open /") : 0;
}

void pci_host_close(struct pci_host *p)
{
	if (p->root >= 0)
		close(p->root);
	p->root = -1;
}

/* --- before --- */

int pci_check_host(struct pci_host *p, struct err *e)
{
	struct hyp_host host;

	if (hyp_host_info(p->hyp, &host, e) < 0)
		return -1;
	if (!host.directio)
		return err_set(e, EXIT_HOST,
			       "PCI: this host has no IOMMU that Xen uses: "
			       "without one a guest with a device could read "
			       "and write all memory");
	if (pciback_check(p->root, e) < 0)
		return -1;
	if (!pciback_same_address(p->root))
		return err_set(e, EXIT_HOST,
			       "PCI: pciback does not show a stubdomain "
			       "devices at their own addresses: load "
			       "xen-pciback in dom0 with passthrough=1");
	return 0;
}

static int check_owner(struct pci_host *p, const struct bdf *b,
		       const uint8_t uuid[16], const char *text, struct err *e)
{
	struct pci_owner o;
	int rc = pci_owner_get(p->xs, b, &o, e);

	if (rc <= 0)
		return rc;
	if (memcmp(o.uuid, uuid, sizeof(o.uuid)))
		return err_set(e, EXIT_BUSY,
			       "PCI device %s: domain %u has it (if that is no "
			       "more: mtool gc)",
			       text, o.target);
	return err_set(e, EXIT_BUSY, "PCI device %s: the VM has it already",
		       text);
}

/* What its owner should know, and nobody can change. */
static void tell_oddities(struct pci_host *p, const struct pci_facts *f,
			  const char *text)
{
	unsigned int fn;

	for (fn = 0; fn < 8; fn++) {
		struct bdf s = f->bdf;

		s.fn = (uint8_t)fn;
		if (f->sisters & 1u << fn && !pciback_has(p->root, &s))
			log_msg(p->log, LOG_WARN,
				"PCI device %s: function %u of the same "
				"device stays in dom0",
				text, fn);
	}
	if (f->phantom)
		log_msg(p->log, LOG_WARN,
			"PCI device %s: it has phantom functions: DMA of "
			"theirs is not the guest's unless Xen is told "
			"(pci-phantom=)",
			text);
}

int pci_check_device(struct pci_host *p, const struct bdf *b,
		     const uint8_t uuid[16], struct err *e)
{
	char text[BDF_TEXT], other[BDF_TEXT];
	struct pci_facts f;
	struct bdf shared;

	bdf_text(b, text);
	if (pci_facts(p->root, b, &f, e) < 0)
		return -1;
	if (f.bridge)
		return err_set(e, EXIT_FAILED,
			       "PCI device %s: is a bridge, and stays in dom0",
			       text);
	if (strcmp(f.driver, PCIBACK))
		return err_set(
			e, EXIT_FAILED,
			"PCI device %s: not assignable, dom0 has it%s%s: "
			"mtool pci-assignable-add %s",
			text, *f.driver ? ": driver " : "", f.driver, text);
	if (check_owner(p, b, uuid, text, e) < 0)
		return -1;
	if (pci_shares_page(p->root, &f, &shared)) {
		bdf_text(&shared, other);
		return err_set(e, EXIT_FAILED,
			       "PCI device %s: its memory shares a page with "
			       "that of %s",
			       text, other);
	}
	tell_oddities(p, &f, text);
	return 0;
}

/* --- giving --- */

static int allow_region(struct pci_host *p, uint32_t domid,
			const struct pci_region *r, bool allow, struct err *e)
{
	uint64_t nr, first;

	if (r->ports)
		return hyp_allow_ports(p->hyp, domid, (uint32_t)r->start,
				       (uint32_t)r->size, allow, e);
	first = pci_pages(r, &nr);
	return hyp_allow_mem(p->hyp, domid, first, nr, allow, e);
}

static int give_rights(struct pci_host *p, uint32_t domid,
		       const struct pci_facts *f, struct err *e)
{
	unsigned int i;

	for (i = 0; i < f->nr_region; i++) {
		if (allow_region(p, domid, &f->region[i], true, e) < 0)
			return -1;
	}
	return f->irq ? hyp_allow_irq(p->hyp, domid, f->irq, true, e) : 0;
}

/* Where nothing resets a device it keeps what the last one left in it. */
static void reset(struct pci_host *p, const struct bdf *b)
{
	char text[BDF_TEXT];
	struct err e;
	int rc = pci_reset(p->root, b, &e);

	bdf_text(b, text);
	if (rc < 0)
		log_msg(p->log, LOG_WARN, "PCI device %s: reset: %s", text,
			e.msg);
	else if (rc)
		log_msg(p->log, LOG_STEP,
			"PCI device %s: dom0 knows no way to reset it", text);
}

/* QEMU's part of permissive mode is its own, in device_add. */
static int set_mode(struct pci_host *p, const struct pci_config *pci,
		    struct err *e)
{
	char text[BDF_TEXT];
	int rc = pciback_interrupts(p->root, &pci->bdf, e);

	if (rc < 0)
		return -1;
	bdf_text(&pci->bdf, text);
	if (rc && !pci->permissive)
		log_msg(p->log, LOG_WARN,
			"PCI device %s: this pciback has no "
			"allow_interrupt_control: without permissive=1 the "
			"guest gets no MSI",
			text);
	if (pciback_permissive(p->root, &pci->bdf, pci->permissive, e) < 0)
		return -1;
	if (pci->permissive)
		log_msg(p->log, LOG_WARN,
			"PCI device %s: PERMISSIVE: the guest may write to all "
			"of its config space",
			text);
	return 0;
}

/* Setting the mode may take the device anew: it comes before the rights. */
static int give(struct pci_host *p, const struct pci_owner *o,
		const struct pci_config *pci, struct err *e)
{
	struct pci_facts f;

	reset(p, &pci->bdf);
	if (hyp_pci_test(p->hyp, o->target, &pci->bdf, e) < 0 ||
	    set_mode(p, pci, e) < 0 || pci_facts(p->root, &pci->bdf, &f, e) < 0)
		return -1;
	if (give_rights(p, o->stub, &f, e) < 0 ||
	    give_rights(p, o->target, &f, e) < 0)
		return -1;
	return hyp_pci_assign(p->hyp, o->target, &pci->bdf, !pci->rdm_relaxed,
			      e);
}

int pci_give(struct pci_host *p, const struct pci_owner *o,
	     const struct pci_config *pci, struct err *e)
{
	char text[BDF_TEXT];
	struct err ignored;

	bdf_text(&pci->bdf, text);
	if (pci_owner_claim(p->xs, o, e) < 0)
		return -1;
	if (!give(p, o, pci, e))
		return 0;
	pci_revoke(p, o);
	pci_settle(p, &o->bdf, &ignored);
	return strstr(e->msg, text) ? -1 : err_in(e, "PCI device %s", text);
}

/* --- taking --- */

static void complain(struct pci_host *p, const struct bdf *b,
		     const struct err *e)
{
	char text[BDF_TEXT];

	bdf_text(b, text);
	log_msg(p->log, LOG_WARN, "PCI device %s: taking it back: %s", text,
		e->msg);
}

/* In the reverse order of give_rights, and to the end whatever happens. */
static void take_rights(struct pci_host *p, uint32_t domid,
			const struct pci_facts *f)
{
	unsigned int i;
	struct err e;

	if (f->irq && hyp_allow_irq(p->hyp, domid, f->irq, false, &e) < 0)
		complain(p, &f->bdf, &e);
	for (i = f->nr_region; i--;) {
		if (allow_region(p, domid, &f->region[i], false, &e) < 0)
			complain(p, &f->bdf, &e);
	}
}

/* A domid may be another domain's by now. */
static bool is_still(struct pci_host *p, uint32_t domid, const uint8_t uuid[16])
{
	struct hyp_dom d;
	struct err ignored;

	return hyp_dom_get(p->hyp, domid, &d, &ignored) == 1 &&
	       !memcmp(d.uuid, uuid, sizeof(d.uuid));
}

void pci_revoke(struct pci_host *p, const struct pci_owner *o)
{
	bool target = is_still(p, o->target, o->uuid);
	struct pci_facts f;
	struct err e;

	if (target && hyp_pci_deassign(p->hyp, o->target, &o->bdf, &e) < 0)
		complain(p, &o->bdf, &e);
	if (pci_facts(p->root, &o->bdf, &f, &e) < 0) {
		complain(p, &o->bdf, &e);
		return;
	}
	if (target)
		take_rights(p, o->target, &f);
	if (is_still(p, o->stub, o->stub_uuid))
		take_rights(p, o->stub, &f);
}

/*
 * Quarantine comes first, and again at the end: no DMA goes anywhere while the
 * device is reset, nor if that fails.
 */
int pci_settle(struct pci_host *p, const struct bdf *b, struct err *e)
{
	struct err ignored;
	struct pci_facts f;

	if (pci_facts(p->root, b, &f, &ignored) < 0)
		return pci_owner_clear(p->xs, b, e); /* pulled out, say */
	if (hyp_pci_assign(p->hyp, HYP_QUARANTINE, b, false, e) < 0)
		return -1;
	reset(p, b);
	if (pciback_has(p->root, b) &&
	    pciback_permissive(p->root, b, false, &ignored) < 0)
		complain(p, b, &ignored);
	if (hyp_pci_assign(p->hyp, HYP_QUARANTINE, b, false, e) < 0)
		return -1;
	return pci_owner_clear(p->xs, b, e);
}

/* The stub's frontend goes whole; a stub that lives is of no use any more. */
static void drop_frontend(struct pci_host *p, const struct pci_owner *o)
{
	struct xenbus_dev d;
	struct hyp_dom dom;
	struct err e;

	if (hyp_dom_get(p->hyp, o->stub, &dom, &e) == 1 &&
	    memcmp(dom.uuid, o->stub_uuid, sizeof(dom.uuid)))
		return; /* another domain's by now */
	pci_dev(&d, o->stub);
	if (xenbus_remove(p->xs, &d, &e) < 0)
		complain(p, &o->bdf, &e);
}

unsigned int pci_release(struct hyp *h, struct xs *xs, const uint8_t uuid[16])
{
	struct pci_owner list[PCI_OWNED_MAX];
	unsigned int i, failed = 0;
	unsigned int nr = pci_owned(xs, uuid, list, PCI_OWNED_MAX);
	struct pci_host p;
	struct err e;

	if (!nr)
		return 0;
	if (pci_host_open(&p, h, xs, hyp_log(h), &e) < 0)
		return nr;
	for (i = 0; i < nr; i++)
		pci_revoke(&p, &list[i]);
	for (i = 0; i < nr; i++) {
		drop_frontend(&p, &list[i]);
		if (!pci_settle(&p, &list[i].bdf, &e))
			continue;
		complain(&p, &list[i].bdf, &e);
		failed++;
	}
	pci_host_close(&p);
	return failed;
}
