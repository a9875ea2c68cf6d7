/* SPDX-License-Identifier: MIT */
/* A domain from nothing: its limits, HVM parameters, pools and ports. */
#include <string.h>
#include <time.h>

#include "core/hyp.h"

#include <xen/hvm/params.h>

enum { EVTCHN_PORT_MAX = 1023 }; /* event channels a guest may have */

static int make_domain(struct hyp *h, const struct dom_params *d,
		       const struct hyp_host *host, uint32_t *domid,
		       struct err *e)
{
	struct xen_domctl_createdomain c = {
		.max_vcpus = d->max_vcpus,
		.max_evtchn_port = EVTCHN_PORT_MAX,
		.max_grant_frames = d->max_grant_frames,
		.max_maptrack_frames = -1,
		.grant_opts = XEN_DOMCTL_GRANT_version(host->gnttab_v2 ? 2 : 1),
	};

	memcpy(c.handle, d->uuid, sizeof(c.handle));
	if (d->hvm) {
		c.flags = XEN_DOMCTL_CDF_hvm;
		if (host->hap)
			c.flags |= XEN_DOMCTL_CDF_hap;
		if (d->iommu)
			c.flags |= XEN_DOMCTL_CDF_iommu;
		/* Xen accepts no other set for a guest with a full PC. */
		c.arch.emulation_flags = XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI;
	}
	*domid = 0; /* let Xen pick a free one */
	if (xc_domain_create(hyp_xch(h), domid, &c) < 0)
		return err_sys(e, EXIT_FAILED, "create domain");
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: created domain %u", *domid);
	return 0;
}

struct hvm_param {
	const char *name;
	uint32_t index;
	uint64_t value;
};

/*
 * The base set that Windows guests want: the groups that xl's viridian=1
 * turns on. Base frequency must be among them.
 */
static uint64_t viridian_mask(void)
{
	return HVMPV_base_freq | HVMPV_time_ref_count | HVMPV_apic_assist |
	       HVMPV_crash_ctl | HVMPV_no_vp_limit | HVMPV_cpu_hotplug;
}

static int set_hvm_params(struct hyp *h, const struct dom_params *d,
			  uint32_t domid, struct err *e)
{
	const struct vm_config *c = d->cfg;
	const struct hvm_param param[] = {
		{"HPET_ENABLED", HVM_PARAM_HPET_ENABLED, c->hpet},
		{"VPT_ALIGN", HVM_PARAM_VPT_ALIGN, 1},
		{"TIMER_MODE", HVM_PARAM_TIMER_MODE, c->timer_mode},
		/* of a saved guest it is in the stream, and never changes */
		{"VIRIDIAN", HVM_PARAM_VIRIDIAN,
		 c->viridian && !c->incoming ? viridian_mask() : 0},
	};
	unsigned int i;

	for (i = 0; i < sizeof(param) / sizeof(*param); i++) {
		if (!param[i].value)
			continue; /* zero is how the domain was born */
		log_msg(hyp_log(h), LOG_DETAIL,
			"hypercall: HVM parameter %s = %#llx", param[i].name,
			(unsigned long long)param[i].value);
		if (xc_hvm_param_set(hyp_xch(h), domid, param[i].index,
				     param[i].value) < 0)
			return err_sys(e, EXIT_FAILED, "HVM parameter %s",
				       param[i].name);
	}
	return 0;
}

static int32_t time_offset(const struct vm_config *c)
{
	time_t now = time(NULL);
	struct tm tm;

	if (!c->localtime || !localtime_r(&now, &tm))
		return c->rtc_timeoffset;
	return c->rtc_timeoffset + (int32_t)tm.tm_gmtoff;
}

static int set_time_offset(struct hyp *h, uint32_t domid, int32_t offset,
			   struct err *e)
{
	if (!offset)
		return 0;
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: time offset of %d s",
		offset);
	if (xc_domain_set_time_offset(hyp_xch(h), domid, offset) < 0)
		return err_sys(e, EXIT_FAILED, "time offset");
	return 0;
}

static int set_hvm_limits(struct hyp *h, const struct dom_params *d,
			  uint32_t domid, struct err *e)
{
	if (set_hvm_params(h, d, domid, e) < 0)
		return -1;
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: TSC mode %u",
		d->cfg->tsc_mode);
	if (xc_domain_set_tsc_info(hyp_xch(h), domid, d->cfg->tsc_mode, 0, 0,
				   0) < 0)
		return err_sys(e, EXIT_FAILED, "TSC mode");
	if (set_time_offset(h, domid, time_offset(d->cfg), e) < 0)
		return -1;
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: paging pool of %llu KiB",
		(unsigned long long)d->paging_kb);
	if (xc_set_paging_mempool_size(hyp_xch(h), domid, d->paging_kb * 1024) <
	    0)
		return err_sys(e, EXIT_FAILED, "paging pool of %llu KiB",
			       (unsigned long long)d->paging_kb);
	return 0;
}

static int set_pv_limits(struct hyp *h, const struct dom_params *d,
			 uint32_t domid, struct err *e)
{
	log_msg(hyp_log(h), LOG_DETAIL,
		"hypercall: memory map limit of %llu KiB",
		(unsigned long long)d->max_kb);
	if (xc_domain_set_memmap_limit(hyp_xch(h), domid,
				       (unsigned long)d->max_kb) < 0)
		return err_sys(e, EXIT_FAILED, "memory map limit");
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: TSC mode %u", TSC_DEFAULT);
	if (xc_domain_set_tsc_info(hyp_xch(h), domid, TSC_DEFAULT, 0, 0, 0) < 0)
		return err_sys(e, EXIT_FAILED, "TSC mode");
	return 0;
}

static int alloc_port(struct hyp *h, uint32_t domid, unsigned int *port,
		      const char *what, struct err *e)
{
	int p = xc_evtchn_alloc_unbound(hyp_xch(h), domid, 0);

	if (p < 0)
		return err_sys(e, EXIT_FAILED, "event channel for %s", what);
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: event channel %d for %s", p,
		what);
	*port = (unsigned int)p;
	return 0;
}

/* Each vcpu's own CPUs, or those that are given for all. */
static int set_schedule(struct hyp *h, const struct dom_params *d,
			uint32_t domid, struct err *e)
{
	struct cpuset set;
	unsigned int i;

	for (i = 0; i < d->max_vcpus; i++) {
		const char *cpus = dom_cpus(d, i);

		if (cpus && (cpuset_parse(cpus, &set, e) < 0 ||
			     hyp_vcpu_pin(h, domid, i, &set, e) < 0))
			return err_in(e, "cpus");
	}
	if (d->hvm && d->cfg->cpu_weight)
		return hyp_dom_weight(h, domid, d->cfg->cpu_weight, e);
	return 0;
}

static int set_limits(struct hyp *h, const struct dom_params *d, uint32_t domid,
		      struct hyp_ports *ports, struct err *e)
{
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: %u vcpus", d->max_vcpus);
	if (xc_domain_max_vcpus(hyp_xch(h), domid, d->max_vcpus) < 0)
		return err_sys(e, EXIT_FAILED, "%u vcpus", d->max_vcpus);
	/* A guest that grows beyond its target must be allowed to first. */
	if (hyp_dom_max_mem(h, domid, d->target_kb + DOM_SLACK_KB, e) < 0 ||
	    set_schedule(h, d, domid, e) < 0)
		return -1;
	if (alloc_port(h, domid, &ports->store, "xenstore", e) < 0 ||
	    alloc_port(h, domid, &ports->console, "console 0", e) < 0)
		return -1;
	if (d->hvm ? set_hvm_limits(h, d, domid, e)
		   : set_pv_limits(h, d, domid, e))
		return -1;
	if (d->hvm && d->cfg->incoming)
		return 0; /* the policy is in the stream */
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: CPUID policy");
	if (xc_cpuid_apply_policy(hyp_xch(h), domid, false, NULL, 0,
				  d->hvm ? d->cfg->pae : true, false, false,
				  NULL, NULL) < 0)
		return err_sys(e, EXIT_FAILED, "CPUID policy");
	return 0;
}

int hyp_dom_create(struct hyp *h, const struct dom_params *d,
		   const struct hyp_host *host, uint32_t *domid,
		   struct hyp_ports *ports, struct err *e)
{
	struct err ignored;

	if (make_domain(h, d, host, domid, e) < 0)
		return -1;
	if (set_limits(h, d, *domid, ports, e) < 0) {
		hyp_dom_destroy(h, *domid, &ignored);
		return -1;
	}
	return 0;
}
