/* SPDX-License-Identifier: MIT */
#include "core/hyp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIST_CHUNK = 64 };

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

static int host_scheduler(struct hyp *h, struct hyp_host *out, struct err *e)
{
	static const char *const names[] = {
		[XEN_SCHEDULER_CREDIT] = "credit",
		[XEN_SCHEDULER_CREDIT2] = "credit2",
		[XEN_SCHEDULER_ARINC653] = "arinc653",
		[XEN_SCHEDULER_RTDS] = "rtds",
		[XEN_SCHEDULER_NULL] = "null",
	};
	int id;

	if (xc_sched_id(h->xch, &id) < 0)
		return err_sys(e, EXIT_HOST, "hypervisor: scheduler");
	out->scheduler = "unknown";
	if (id >= 0 && id < (int)(sizeof(names) / sizeof(*names)) && names[id])
		out->scheduler = names[id];
	out->weights =
		id == XEN_SCHEDULER_CREDIT || id == XEN_SCHEDULER_CREDIT2;
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
	out->max_cpu = info.max_cpu_id + 1;
	out->nodes = info.nr_nodes;
	out->cores_per_socket = info.cores_per_socket;
	out->threads_per_core = info.threads_per_core;
	out->cpu_mhz = info.cpu_khz / 1000;
	out->hvm = info.capabilities & XEN_SYSCTL_PHYSCAP_hvm;
	out->pv = info.capabilities & XEN_SYSCTL_PHYSCAP_pv;
	out->hap = info.capabilities & XEN_SYSCTL_PHYSCAP_hap;
	out->directio = info.capabilities & XEN_SYSCTL_PHYSCAP_directio;
	out->gnttab_v2 = info.capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v2;
	return host_scheduler(h, out, e);
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
	out->max_vcpus = in->max_vcpu_id + 1;
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
