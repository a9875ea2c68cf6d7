/* SPDX-License-Identifier: MIT */
/* Virtual CPUs: what they do, where they may run, and whose turn it is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hyp.h"

/* Xen's maps have as many bits as the host may have CPUs. */
static unsigned int map_bytes(struct hyp *h)
{
	int n = xc_get_cpumap_size(hyp_xch(h));
	unsigned int most = CPUSET_MAX / 8;

	return n < 0 ? 0 : (unsigned int)n < most ? (unsigned int)n : most;
}

static int get_affinity(struct hyp *h, uint32_t domid, unsigned int vcpu,
			struct hyp_vcpu *out, struct err *e)
{
	xc_cpumap_t hard = xc_cpumap_alloc(hyp_xch(h));
	xc_cpumap_t soft = xc_cpumap_alloc(hyp_xch(h));
	int rc = -1;

	if (!hard || !soft)
		err_sys(e, EXIT_FAILED, "affinity");
	else if (xc_vcpu_getaffinity(hyp_xch(h), domid, (int)vcpu, hard, soft,
				     XEN_VCPUAFFINITY_HARD |
					     XEN_VCPUAFFINITY_SOFT) < 0)
		err_sys(e, EXIT_FAILED, "affinity of vcpu %u", vcpu);
	else
		rc = 0;
	if (!rc) {
		memcpy(out->hard.bits, hard, map_bytes(h));
		memcpy(out->soft.bits, soft, map_bytes(h));
	}
	free(hard);
	free(soft);
	return rc;
}

int hyp_vcpu_get(struct hyp *h, uint32_t domid, unsigned int vcpu,
		 struct hyp_vcpu *out, struct err *e)
{
	xc_vcpuinfo_t info = {0};

	memset(out, 0, sizeof(*out));
	if (xc_vcpu_getinfo(hyp_xch(h), domid, vcpu, &info) < 0)
		return err_sys(e, EXIT_FAILED, "vcpu %u", vcpu);
	out->online = info.online;
	out->blocked = info.blocked;
	out->running = info.running;
	out->cpu = info.cpu;
	out->cpu_ns = info.cpu_time;
	return get_affinity(h, domid, vcpu, out, e);
}

int hyp_vcpu_pin(struct hyp *h, uint32_t domid, unsigned int vcpu,
		 const struct cpuset *cpus, struct err *e)
{
	xc_cpumap_t map = xc_cpumap_alloc(hyp_xch(h));
	int rc;

	if (!map)
		return err_sys(e, EXIT_FAILED, "affinity");
	memcpy(map, cpus->bits, map_bytes(h));
	log_msg(hyp_log(h), LOG_DETAIL,
		"hypercall: affinity of domain %u, vcpu %u", domid, vcpu);
	rc = xc_vcpu_setaffinity(hyp_xch(h), domid, (int)vcpu, map, NULL,
				 XEN_VCPUAFFINITY_HARD);
	if (rc < 0 && errno == EINVAL)
		err_set(e, EXIT_USAGE, "this host has none of these CPUs");
	else if (rc < 0)
		err_sys(e, EXIT_FAILED, "affinity of vcpu %u", vcpu);
	free(map);
	return rc < 0 ? -1 : 0;
}

static int credit_weight(struct hyp *h, uint32_t domid, unsigned int weight)
{
	struct xen_domctl_sched_credit s;

	if (xc_sched_credit_domain_get(hyp_xch(h), domid, &s) < 0)
		return -1;
	s.weight = (uint16_t)weight;
	return xc_sched_credit_domain_set(hyp_xch(h), domid, &s);
}

static int credit2_weight(struct hyp *h, uint32_t domid, unsigned int weight)
{
	struct xen_domctl_sched_credit2 s;

	if (xc_sched_credit2_domain_get(hyp_xch(h), domid, &s) < 0)
		return -1;
	s.weight = (uint16_t)weight;
	return xc_sched_credit2_domain_set(hyp_xch(h), domid, &s);
}

int hyp_dom_weight(struct hyp *h, uint32_t domid, unsigned int weight,
		   struct err *e)
{
	int rc, id;

	if (xc_sched_id(hyp_xch(h), &id) < 0)
		return err_sys(e, EXIT_FAILED, "scheduler");
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: weight %u for domain %u",
		weight, domid);
	if (id == XEN_SCHEDULER_CREDIT2)
		rc = credit2_weight(h, domid, weight);
	else if (id == XEN_SCHEDULER_CREDIT)
		rc = credit_weight(h, domid, weight);
	else
		return err_set(e, EXIT_HOST,
			       "this Xen's scheduler knows no weights");
	return rc < 0 ? err_sys(e, EXIT_FAILED, "weight %u", weight) : 0;
}
