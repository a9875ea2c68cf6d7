/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor: every hypercall that mtool makes, except those inside the
 * domain builder (core/build.h). What differs between Xen versions is in
 * hyp*.c and nowhere else.
 */
#ifndef CORE_HYP_H
#define CORE_HYP_H

#include <stdbool.h>
#include <stdint.h>
#include <xenctrl.h>
#include "core/cpuset.h"
#include "core/dom.h"
#include "core/err.h"
#include "core/log.h"

struct hyp;

/* EXIT_HOST if there is no Xen below or no privilege. NULL and *e then. */
struct hyp *hyp_open(struct log *log, struct err *e);
void hyp_close(struct hyp *h);
xc_interface *hyp_xch(struct hyp *h);
struct log *hyp_log(struct hyp *h);

struct hyp_host {
	uint64_t total_kb, free_kb;
	bool hvm, pv, hap, directio;
	bool gnttab_v2;
	unsigned int cpus, cores_per_socket, threads_per_core, nodes;
	unsigned int max_cpu; /* highest number a CPU may have, plus 1 */
	unsigned int cpu_mhz;
	const char *scheduler; /* as Xen's sched= calls it */
	bool weights;	       /* that scheduler knows them */
	char version[64];      /* "4.17.7" */
};
int hyp_host_info(struct hyp *h, struct hyp_host *out, struct err *e);

struct hyp_dom {
	uint32_t domid;
	uint8_t uuid[16];
	bool hvm, dying, shutdown, paused, blocked, running;
	unsigned int reason; /* SHUTDOWN_*, if shutdown */
	uint64_t mem_kb, max_kb;
	unsigned int vcpus, max_vcpus; /* online; all there are */
	uint64_t cpu_ns;
};

/* 1 and *out: there; 0: no such domain; -1 and *e: cannot tell. */
int hyp_dom_get(struct hyp *h, uint32_t domid, struct hyp_dom *out,
		struct err *e);
/*
 * Up to `max` domains with ids from `first` on, ascending. Returns how many,
 * or -1 and *e.
 */
int hyp_dom_list(struct hyp *h, uint32_t first, struct hyp_dom *out,
		 unsigned int max, struct err *e);

/* The ports that xenstored and the console's backend bind to, in dom0. */
struct hyp_ports {
	unsigned int store, console;
};

/*
 * Make an empty, paused domain with its limits, HVM parameters, pools, CPUID
 * policy and ports. On failure nothing is left and *e is set.
 */
int hyp_dom_create(struct hyp *h, const struct dom_params *d,
		   const struct hyp_host *host, uint32_t *domid,
		   struct hyp_ports *ports, struct err *e);

/* Xen counts pauses; a domain is created with one. */
int hyp_dom_pause(struct hyp *h, uint32_t domid, struct err *e);
int hyp_dom_unpause(struct hyp *h, uint32_t domid, struct err *e);
/* Succeeds if the domain is gone already. Its id may linger while it dies. */
int hyp_dom_destroy(struct hyp *h, uint32_t domid, struct err *e);
/* Let `stub` act for `target`. Holds a reference on target until stub dies. */
int hyp_set_target(struct hyp *h, uint32_t stub, uint32_t target,
		   struct err *e);

/* What can be done to a running guest from outside: hyp_guest.c. */

enum hyp_trigger {
	TRIGGER_POWER, /* ACPI power button */
	TRIGGER_SLEEP, /* ACPI sleep button */
	TRIGGER_NMI,
	TRIGGER_RESET, /* reset button */
	TRIGGER_INIT,
};
/* EXIT_HOST if this Xen cannot. `vcpu` is whom an NMI or INIT goes to. */
int hyp_dom_trigger(struct hyp *h, uint32_t domid, enum hyp_trigger what,
		    unsigned int vcpu, struct err *e);

/* Stop it as if it had suspended itself; for one without PV drivers. */
int hyp_dom_suspend(struct hyp *h, uint32_t domid, struct err *e);
/*
 * A suspended guest goes on as if it had not been: with PV drivers, it sees
 * that its suspending was called off.
 */
int hyp_dom_resume(struct hyp *h, uint32_t domid, struct err *e);

/*
 * 1 if the guest has PV drivers: it has told Xen how events shall reach it.
 * 0 if not; -1 and *e.
 */
int hyp_dom_has_pv(struct hyp *h, uint32_t domid, struct err *e);

/* Let it be known by another uuid. */
int hyp_dom_set_uuid(struct hyp *h, uint32_t domid, uint8_t uuid[16],
		     struct err *e);

/* What the domain may have at most, slack included. */
int hyp_dom_max_mem(struct hyp *h, uint32_t domid, uint64_t kb, struct err *e);
/*
 * What a guest that populates on demand shall have at last, slack included:
 * its cache takes or gives the difference. No harm to others.
 */
int hyp_dom_pod_target(struct hyp *h, uint32_t domid, uint64_t kb,
		       struct err *e);

/* Virtual CPUs: hyp_vcpu.c. */

struct hyp_vcpu {
	bool online, blocked, running;
	unsigned int cpu; /* where it runs or ran */
	uint64_t cpu_ns;
	struct cpuset hard, soft; /* where it may run, where it should */
};
int hyp_vcpu_get(struct hyp *h, uint32_t domid, unsigned int vcpu,
		 struct hyp_vcpu *out, struct err *e);
/* Let it run on these only. EXIT_USAGE if the host has none of them. */
int hyp_vcpu_pin(struct hyp *h, uint32_t domid, unsigned int vcpu,
		 const struct cpuset *cpus, struct err *e);
/* Its share of the host beside others. EXIT_HOST if !weights. */
int hyp_dom_weight(struct hyp *h, uint32_t domid, unsigned int weight,
		   struct err *e);

#endif
