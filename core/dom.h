/* SPDX-License-Identifier: MIT */
/*
 * The two domains of a VM as numbers: what is asked of Xen for the HVM target
 * and for its PV stubdomain. Pure: derived from the configuration alone.
 */
#ifndef CORE_DOM_H
#define CORE_DOM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "core/config.h"
#include "core/plan.h"
#include "core/uuid.h"

struct dom_params {
	bool hvm;
	bool iommu; /* IOMMU tables are kept: fixed for its life */
	char name[VM_NAME_MAX + 4]; /* the stub's is the target's and -dm */
	uint8_t uuid[16];
	unsigned int vcpus, max_vcpus; /* online; maximum */
	uint64_t max_kb, target_kb;    /* memory, both with video_kb in them */
	uint64_t video_kb;
	uint64_t paging_kb;	     /* HAP or shadow pool; HVM only */
	int max_grant_frames;	     /* -1: the hypervisor's default */
	const char *kernel;	     /* hvmloader, or the stub's kernel */
	const char *ramdisk;	     /* the stub's initrd */
	const char *cmdline;	     /* of the stub's kernel */
	const char *bios;	     /* system firmware behind hvmloader */
	const struct vm_config *cfg; /* HVM parameters are read from here */
};

/* Memory that Xen lets the domain have beyond its size, for special pages. */
enum { DOM_SLACK_KB = 1024 };

/* The target's parameters; strings of `cfg` are shared, not copied. */
void dom_target(struct dom_params *d, const struct vm_config *cfg,
		const char *hvmloader, const char *bios);
/* The stub's; `uuid` is its own. `cmdline` must outlive d. */
void dom_stub(struct dom_params *d, const struct vm_config *cfg,
	      const uint8_t uuid[16], const char *kernel, const char *ramdisk,
	      const char *cmdline);

/*
 * The CPUs that vcpu `i` is to run on, in cpuset_parse's form (checked), or
 * NULL: any. A list has one for each vcpu; those behind its end run anywhere.
 */
const char *dom_cpus(const struct dom_params *d, unsigned int i);

/* Memory in KB that building `d` takes from the host, tables included. */
uint64_t dom_need_kb(const struct dom_params *d);

/*
 * Append the nodes a domain has whatever its devices are: the skeleton,
 * memory, vcpus, /vm/<uuid>. For the step last added.
 */
void dom_nodes(struct plan *p, const struct dom_params *d);
/* And those of the store's ring, whose place is known with its memory. */
void dom_ring_nodes(struct plan *p, const struct dom_params *d);

#endif
