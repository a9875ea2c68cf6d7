/* SPDX-License-Identifier: MIT */
/* What can be done to a running guest from outside. */
#include <errno.h>

#include "core/hyp.h"

#include <xenguest.h>
#include <xen/hvm/params.h>

/*
 * Xen has a reset trigger for other machines; on x86 the button is what QEMU
 * makes of a write to the reset port, too.
 */
static int reset(struct hyp *h, uint32_t domid)
{
	return xc_domain_shutdown(hyp_xch(h), (int)domid, SHUTDOWN_reboot);
}

static int send_trigger(struct hyp *h, uint32_t domid, enum hyp_trigger what,
			unsigned int vcpu)
{
	static const uint32_t number[] = {
		[TRIGGER_POWER] = XEN_DOMCTL_SENDTRIGGER_POWER,
		[TRIGGER_SLEEP] = XEN_DOMCTL_SENDTRIGGER_SLEEP,
		[TRIGGER_NMI] = XEN_DOMCTL_SENDTRIGGER_NMI,
		[TRIGGER_INIT] = XEN_DOMCTL_SENDTRIGGER_INIT,
	};

	return xc_domain_send_trigger(hyp_xch(h), domid, number[what], vcpu);
}

int hyp_dom_trigger(struct hyp *h, uint32_t domid, enum hyp_trigger what,
		    unsigned int vcpu, struct err *e)
{
	int rc = what == TRIGGER_RESET ? reset(h, domid)
				       : send_trigger(h, domid, what, vcpu);

	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: trigger %d, domain %u",
		what, domid);
	if (!rc)
		return 0;
	if (errno == ENOSYS || errno == EOPNOTSUPP)
		return err_set(e, EXIT_HOST, "this Xen has no such trigger");
	return err_sys(e, EXIT_FAILED, "trigger");
}

int hyp_dom_suspend(struct hyp *h, uint32_t domid, struct err *e)
{
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: suspend domain %u", domid);
	if (xc_domain_shutdown(hyp_xch(h), (int)domid, SHUTDOWN_suspend) < 0)
		return err_sys(e, EXIT_FAILED, "suspend domain %u", domid);
	return 0;
}

int hyp_dom_resume(struct hyp *h, uint32_t domid, struct err *e)
{
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: resume domain %u", domid);
	if (xc_domain_resume(hyp_xch(h), domid, 1) < 0)
		return err_sys(e, EXIT_FAILED, "resume domain %u", domid);
	return 0;
}

int hyp_dom_has_pv(struct hyp *h, uint32_t domid, struct err *e)
{
	uint64_t value = 0;

	if (xc_hvm_param_get(hyp_xch(h), domid, HVM_PARAM_CALLBACK_IRQ,
			     &value) < 0)
		return err_sys(e, EXIT_FAILED, "HVM parameter CALLBACK_IRQ");
	return value != 0;
}

int hyp_dom_max_mem(struct hyp *h, uint32_t domid, uint64_t kb, struct err *e)
{
	log_msg(hyp_log(h), LOG_DETAIL,
		"hypercall: memory of domain %u is %llu KiB at most", domid,
		(unsigned long long)kb);
	if (xc_domain_setmaxmem(hyp_xch(h), domid, kb) < 0)
		return err_sys(e, EXIT_FAILED, "memory limit");
	return 0;
}

int hyp_dom_pod_target(struct hyp *h, uint32_t domid, uint64_t kb,
		       struct err *e)
{
	uint64_t pages = kb / (XC_PAGE_SIZE / 1024);

	log_msg(hyp_log(h), LOG_DETAIL,
		"hypercall: populate-on-demand target of domain %u: %llu KiB",
		domid, (unsigned long long)kb);
	if (xc_domain_set_pod_target(hyp_xch(h), domid, pages, NULL, NULL,
				     NULL) < 0)
		return err_sys(e, EXIT_FAILED, "populate-on-demand target");
	return 0;
}

int hyp_dom_set_uuid(struct hyp *h, uint32_t domid, uint8_t uuid[16],
		     struct err *e)
{
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: set uuid, domain %u",
		domid);
	if (!xc_domain_sethandle(hyp_xch(h), domid, uuid))
		return 0;
	return err_sys(e, EXIT_FAILED, "uuid of domain %u", domid);
}
