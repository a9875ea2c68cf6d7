/* SPDX-License-Identifier: MIT */
#include "core/hyp_pci.h"

#include <errno.h>

enum { RESERVED_MAX = 32 };

static int fail(struct err *e, const char *what, const struct bdf *b)
{
	char text[BDF_TEXT];

	bdf_text(b, text);
	return err_sys(e, EXIT_FAILED, "PCI device %s: %s", text, what);
}

int hyp_pci_test(struct hyp *h, uint32_t domid, const struct bdf *b,
		 struct err *e)
{
	if (!xc_test_assign_device(hyp_xch(h), domid, bdf_number(b)))
		return 0;
	if (errno == EOPNOTSUPP || errno == ENOSYS)
		return fail(e,
			    "Xen keeps no IOMMU tables for the guest; "
			    "passthrough = \"enabled\" in its configuration "
			    "asks for them when it is created",
			    b);
	return fail(e, "Xen cannot give it to the guest", b);
}

static void say(struct hyp *h, const char *what, uint32_t domid,
		const struct bdf *b)
{
	char text[BDF_TEXT];

	bdf_text(b, text);
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: %s PCI device %s, %s %u",
		what, text, domid == HYP_QUARANTINE ? "quarantine" : "domain",
		domid);
}

int hyp_pci_assign(struct hyp *h, uint32_t domid, const struct bdf *b,
		   bool strict, struct err *e)
{
	say(h, "assign", domid, b);
	if (!xc_assign_device(hyp_xch(h), domid, bdf_number(b),
			      strict ? 0 : XEN_DOMCTL_DEV_RDM_RELAXED))
		return 0;
	return fail(e, domid == HYP_QUARANTINE ? "quarantine" : "assign", b);
}

int hyp_pci_deassign(struct hyp *h, uint32_t domid, const struct bdf *b,
		     struct err *e)
{
	say(h, "deassign", domid, b);
	if (!xc_deassign_device(hyp_xch(h), domid, bdf_number(b)))
		return 0;
	if (errno == ESRCH || errno == ENODEV || errno == EINVAL ||
	    errno == EOPNOTSUPP)
		return 1;
	return fail(e, "deassign", b);
}

int hyp_pci_group(struct hyp *h, uint32_t domid, const struct bdf *b,
		  struct bdf *out, unsigned int max)
{
	uint32_t list[RESERVED_MAX], i, nr = 0;

	if (max > RESERVED_MAX)
		max = RESERVED_MAX;
	if (xc_get_device_group(hyp_xch(h), domid, bdf_number(b), max, &nr,
				list) < 0)
		return 0;
	/* here bus and devfn stand a byte higher than in all other calls */
	for (i = 0; i < nr && i < max; i++)
		out[i] = bdf_from((uint32_t)b->seg << 16 | list[i] >> 8);
	return (int)i;
}

/* What cannot be taken from a domain that is gone is taken. */
static bool is_gone(bool allow)
{
	return !allow && (errno == ESRCH || errno == EINVAL);
}

static const char *verb(bool allow)
{
	return allow ? "allow" : "forbid";
}

int hyp_allow_mem(struct hyp *h, uint32_t domid, uint64_t frame, uint64_t nr,
		  bool allow, struct err *e)
{
	log_msg(hyp_log(h), LOG_DETAIL,
		"hypercall: %s domain %u memory %#llx+%#llx pages", verb(allow),
		domid, (unsigned long long)frame, (unsigned long long)nr);
	if (!xc_domain_iomem_permission(hyp_xch(h), domid, frame, nr, allow) ||
	    is_gone(allow))
		return 0;
	return err_sys(e, EXIT_FAILED,
		       "%s domain %u the device's memory at %#llx", verb(allow),
		       domid, (unsigned long long)frame << 12);
}

int hyp_allow_ports(struct hyp *h, uint32_t domid, uint32_t port, uint32_t nr,
		    bool allow, struct err *e)
{
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: %s domain %u ports %#x+%#x",
		verb(allow), domid, port, nr);
	if (!xc_domain_ioport_permission(hyp_xch(h), domid, port, nr, allow) ||
	    is_gone(allow))
		return 0;
	return err_sys(e, EXIT_FAILED, "%s domain %u the device's ports at %#x",
		       verb(allow), domid, port);
}

/*
 * QEMU unmaps the target's itself when it lets go of the device, and not when
 * it dies: so it is done here, and that it was done is no error.
 */
static int forbid_irq(struct hyp *h, uint32_t domid, unsigned int gsi,
		      struct err *e)
{
	if (xc_domain_irq_permission(hyp_xch(h), domid, gsi, false) < 0 &&
	    !is_gone(false))
		return err_sys(e, EXIT_FAILED, "forbid domain %u interrupt %u",
			       domid, gsi);
	if (xc_physdev_unmap_pirq(hyp_xch(h), domid, (int)gsi) < 0 &&
	    !is_gone(false))
		return err_sys(e, EXIT_FAILED, "unmap domain %u's interrupt %u",
			       domid, gsi);
	return 0;
}

int hyp_allow_irq(struct hyp *h, uint32_t domid, unsigned int gsi, bool allow,
		  struct err *e)
{
	int pirq = (int)gsi;

	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: %s domain %u interrupt %u",
		verb(allow), domid, gsi);
	if (!allow)
		return forbid_irq(h, domid, gsi, e);
	if (xc_physdev_map_pirq(hyp_xch(h), domid, (int)gsi, &pirq) < 0)
		return err_sys(e, EXIT_FAILED, "map interrupt %u for domain %u",
			       gsi, domid);
	if (xc_domain_irq_permission(hyp_xch(h), domid, (uint32_t)pirq, true) <
	    0)
		return err_sys(e, EXIT_FAILED, "allow domain %u interrupt %u",
			       domid, gsi);
	return 0;
}

int hyp_pci_reserved(struct hyp *h, const struct bdf *b,
		     struct hyp_reserved *out, unsigned int max, struct err *e)
{
	struct xen_reserved_device_memory list[RESERVED_MAX];
	uint32_t nr = RESERVED_MAX, i;
	uint32_t flags = b ? 0 : XENMEM_RDM_ALL;
	int rc = xc_reserved_device_memory_map(
		hyp_xch(h), flags, b ? b->seg : 0, b ? b->bus : 0,
		b ? (uint8_t)(b->dev << 3 | b->fn) : 0, list, &nr);

	if (rc < 0 && (errno == EOPNOTSUPP || errno == ENOSYS))
		return 0; /* an IOMMU that knows of none */
	if (rc < 0 && errno != ENOBUFS)
		return err_sys(e, EXIT_FAILED, "reserved device memory");
	if (nr > max || rc < 0)
		return err_set(e, EXIT_FAILED,
			       "reserved device memory: %u regions", nr);
	for (i = 0; i < nr; i++) {
		out[i].start = list[i].start_pfn << XC_PAGE_SHIFT;
		out[i].size = list[i].nr_pages << XC_PAGE_SHIFT;
	}
	return (int)nr;
}
