/* SPDX-License-Identifier: MIT */
#include "core/hyp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xen/hvm/params.h>

enum {
	EVTCHN_PORT_MAX = 1023, /* event channels a guest may have */
	LIST_CHUNK = 64,
};

struct hyp {
	xc_interface *xch;
	struct log *log;
};

struct hyp *hyp_open(struct log *log, struct err *e)
{
	struct hyp *h = calloc(1, sizeof(*h));

	if (!h) {
		err_sys(e, EXIT_FAILED, "hypervisor");
		return NULL;
	}
	h->log = log;
	h->xch = xc_interface_open(&log->xtl, &log->xtl, 0);
	if (!h->xch) {
		err_sys(e, EXIT_HOST,
			geteuid() ? "hypervisor: not root"
				  : "hypervisor: no Xen here, or no "
				    "/dev/xen/privcmd");
		free(h);
		return NULL;
	}
	return h;
}

void hyp_close(struct hyp *h)
{
	if (!h)
		return;
	xc_interface_close(h->xch);
	free(h);
}

xc_interface *hyp_xch(struct hyp *h)
{
	return h->xch;
}

struct log *hyp_log(struct hyp *h)
{
	return h->log;
}

static int host_version(struct hyp *h, char *text, size_t size)
{
	xen_extraversion_t extra = {0};
	int v = xc_version(h->xch, XENVER_version, NULL);

	if (v < 0 || xc_version(h->xch, XENVER_extraversion, &extra) < 0)
		return -1;
	snprintf(text, size, "%d.%d%.*s", v >> 16, v & 0xffff,
		 (int)sizeof(extra), extra);
	return 0;
}

int hyp_host_info(struct hyp *h, struct hyp_host *out, struct err *e)
{
	xc_physinfo_t info = {0};
	uint64_t page_kb = XC_PAGE_SIZE / 1024;

	memset(out, 0, sizeof(*out));
	if (xc_physinfo(h->xch, &info) < 0 ||
	    host_version(h, out->version, sizeof(out->version)) < 0)
		return err_sys(e, EXIT_HOST, "hypervisor: host information");
	out->total_kb = info.total_pages * page_kb;
	out->free_kb = (info.free_pages + info.scrub_pages) * page_kb;
	out->cpus = info.nr_cpus;
	out->hvm = info.capabilities & XEN_SYSCTL_PHYSCAP_hvm;
	out->pv = info.capabilities & XEN_SYSCTL_PHYSCAP_pv;
	out->hap = info.capabilities & XEN_SYSCTL_PHYSCAP_hap;
	out->directio = info.capabilities & XEN_SYSCTL_PHYSCAP_directio;
	out->gnttab_v2 = info.capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v2;
	return 0;
}

static void fill_dom(struct hyp_dom *out, const xc_domaininfo_t *in)
{
	memset(out, 0, sizeof(*out));
	out->domid = in->domain;
	memcpy(out->uuid, in->handle, sizeof(out->uuid));
	out->hvm = in->flags & XEN_DOMINF_hvm_guest;
	out->dying = in->flags & XEN_DOMINF_dying;
	out->shutdown = in->flags & XEN_DOMINF_shutdown;
	out->paused = in->flags & XEN_DOMINF_paused;
	out->blocked = in->flags & XEN_DOMINF_blocked;
	out->running = in->flags & XEN_DOMINF_running;
	out->reason = (in->flags >> XEN_DOMINF_shutdownshift) &
		      XEN_DOMINF_shutdownmask;
	out->mem_kb = in->tot_pages * (XC_PAGE_SIZE / 1024);
	out->max_kb = in->max_pages * (XC_PAGE_SIZE / 1024);
	out->vcpus = in->nr_online_vcpus;
	out->cpu_ns = in->cpu_time;
}

int hyp_dom_list(struct hyp *h, uint32_t first, struct hyp_dom *out,
		 unsigned int max, struct err *e)
{
	xc_domaininfo_t info[LIST_CHUNK];
	unsigned int nr = 0;
	int i, got;

	while (nr < max) {
		unsigned int want =
			max - nr < LIST_CHUNK ? max - nr : LIST_CHUNK;

		got = xc_domain_getinfolist(h->xch, first, want, info);
		if (got < 0)
			return err_sys(e, EXIT_FAILED, "list of domains");
		for (i = 0; i < got; i++)
			fill_dom(&out[nr++], &info[i]);
		if ((unsigned int)got < want)
			break;
		first = info[got - 1].domain + 1;
	}
	return (int)nr;
}

int hyp_dom_get(struct hyp *h, uint32_t domid, struct hyp_dom *out,
		struct err *e)
{
	int got = hyp_dom_list(h, domid, out, 1, e);

	if (got < 0)
		return -1;
	return got == 1 && out->domid == domid;
}

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
		/* Xen accepts no other set for a guest with a full PC. */
		c.arch.emulation_flags = XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI;
	}
	*domid = 0; /* let Xen pick a free one */
	if (xc_domain_create(h->xch, domid, &c) < 0)
		return err_sys(e, EXIT_FAILED, "create domain");
	log_msg(h->log, LOG_DETAIL, "hypercall: created domain %u", *domid);
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
		{"VIRIDIAN", HVM_PARAM_VIRIDIAN,
		 c->viridian ? viridian_mask() : 0},
	};
	unsigned int i;

	for (i = 0; i < sizeof(param) / sizeof(*param); i++) {
		if (!param[i].value)
			continue; /* zero is how the domain was born */
		log_msg(h->log, LOG_DETAIL,
			"hypercall: HVM parameter %s = %#llx", param[i].name,
			(unsigned long long)param[i].value);
		if (xc_hvm_param_set(h->xch, domid, param[i].index,
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

static int set_hvm_limits(struct hyp *h, const struct dom_params *d,
			  uint32_t domid, struct err *e)
{
	int32_t offset = time_offset(d->cfg);

	if (set_hvm_params(h, d, domid, e) < 0)
		return -1;
	if (xc_domain_set_tsc_info(h->xch, domid, d->cfg->tsc_mode, 0, 0, 0) <
	    0)
		return err_sys(e, EXIT_FAILED, "TSC mode");
	if (offset && xc_domain_set_time_offset(h->xch, domid, offset) < 0)
		return err_sys(e, EXIT_FAILED, "time offset");
	log_msg(h->log, LOG_DETAIL, "hypercall: paging pool of %llu KiB",
		(unsigned long long)d->paging_kb);
	if (xc_set_paging_mempool_size(h->xch, domid, d->paging_kb * 1024) < 0)
		return err_sys(e, EXIT_FAILED, "paging pool of %llu KiB",
			       (unsigned long long)d->paging_kb);
	return 0;
}

static int set_pv_limits(struct hyp *h, const struct dom_params *d,
			 uint32_t domid, struct err *e)
{
	if (xc_domain_set_memmap_limit(h->xch, domid,
				       (unsigned long)d->max_kb) < 0)
		return err_sys(e, EXIT_FAILED, "memory map limit");
	if (xc_domain_set_tsc_info(h->xch, domid, TSC_DEFAULT, 0, 0, 0) < 0)
		return err_sys(e, EXIT_FAILED, "TSC mode");
	return 0;
}

static int alloc_port(struct hyp *h, uint32_t domid, unsigned int *port,
		      const char *what, struct err *e)
{
	int p = xc_evtchn_alloc_unbound(h->xch, domid, 0);

	if (p < 0)
		return err_sys(e, EXIT_FAILED, "event channel for %s", what);
	*port = (unsigned int)p;
	return 0;
}

static int set_limits(struct hyp *h, const struct dom_params *d, uint32_t domid,
		      struct hyp_ports *ports, struct err *e)
{
	if (xc_domain_max_vcpus(h->xch, domid, d->max_vcpus) < 0)
		return err_sys(e, EXIT_FAILED, "%u vcpus", d->max_vcpus);
	if (xc_domain_setmaxmem(h->xch, domid, d->max_kb + DOM_SLACK_KB) < 0)
		return err_sys(e, EXIT_FAILED, "memory limit");
	if (alloc_port(h, domid, &ports->store, "xenstore", e) < 0 ||
	    alloc_port(h, domid, &ports->console, "console 0", e) < 0)
		return -1;
	if (d->hvm ? set_hvm_limits(h, d, domid, e)
		   : set_pv_limits(h, d, domid, e))
		return -1;
	if (xc_cpuid_apply_policy(h->xch, domid, false, NULL, 0,
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

int hyp_dom_pause(struct hyp *h, uint32_t domid, struct err *e)
{
	log_msg(h->log, LOG_DETAIL, "hypercall: pause domain %u", domid);
	if (xc_domain_pause(h->xch, domid) < 0)
		return err_sys(e, EXIT_FAILED, "pause domain %u", domid);
	return 0;
}

int hyp_dom_unpause(struct hyp *h, uint32_t domid, struct err *e)
{
	log_msg(h->log, LOG_DETAIL, "hypercall: unpause domain %u", domid);
	if (xc_domain_unpause(h->xch, domid) < 0)
		return err_sys(e, EXIT_FAILED, "unpause domain %u", domid);
	return 0;
}

int hyp_dom_destroy(struct hyp *h, uint32_t domid, struct err *e)
{
	log_msg(h->log, LOG_DETAIL, "hypercall: destroy domain %u", domid);
	if (xc_domain_destroy(h->xch, domid) < 0 && errno != ESRCH)
		return err_sys(e, EXIT_FAILED, "destroy domain %u", domid);
	return 0;
}

int hyp_set_target(struct hyp *h, uint32_t stub, uint32_t target, struct err *e)
{
	log_msg(h->log, LOG_DETAIL, "hypercall: target of domain %u is %u",
		stub, target);
	if (xc_domain_set_target(h->xch, stub, target) < 0)
		return err_sys(e, EXIT_FAILED, "set target");
	return 0;
}
