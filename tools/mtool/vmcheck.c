/* SPDX-License-Identifier: MIT */
/* Everything that can be found wrong before the first domain is made. */
#include <stdio.h>
#include <unistd.h>

#include "core/build.h"
#include "core/file.h"
#include "devices/vbd.h"
#include "devices/vif.h"
#include "tools/mtool/vm.h"
#include "tools/mtool/vmpci.h"

static int check_files(const struct vm_paths *paths, struct err *e)
{
	if (file_check(paths->hvmloader, EXIT_HOST, e) < 0)
		return err_in(e, "hvmloader");
	if (file_check(paths->bios, EXIT_HOST, e) < 0)
		return err_in(e, "BIOS");
	if (file_check(paths->kernel, EXIT_HOST, e) < 0)
		return err_in(e, "stubdomain kernel");
	if (file_check(paths->ramdisk, EXIT_HOST, e) < 0)
		return err_in(e, "stubdomain initrd");
	return 0;
}

static int check_stub_memory(const struct vm_config *cfg,
			     const struct vm_paths *paths, struct err *e)
{
	uint64_t kb, have = (uint64_t)cfg->stub_memory_mb * 1024;

	if (build_pv_minimum(paths->kernel, paths->ramdisk, &kb, e) < 0)
		return -1;
	if (have < kb)
		return err_set(e, EXIT_USAGE,
			       "stubdomain_memory: %u MiB, but its kernel and "
			       "initrd need %llu MiB",
			       cfg->stub_memory_mb,
			       (unsigned long long)(kb + 1023) / 1024);
	return 0;
}

static int check_host_memory(const struct vm_config *cfg,
			     const struct vm_paths *paths,
			     const struct hyp_host *host, struct err *e)
{
	static const uint8_t no_uuid[16];
	struct dom_params t, s;
	uint64_t need;

	dom_target(&t, cfg, paths->hvmloader, paths->bios);
	dom_stub(&s, cfg, no_uuid, paths->kernel, paths->ramdisk, "");
	need = dom_need_kb(&t) + dom_need_kb(&s);
	if (need > host->free_kb)
		return err_set(e, EXIT_FAILED,
			       "memory: %llu MiB needed for the guest and its "
			       "stubdomain, %llu MiB free on this host",
			       (unsigned long long)(need + 1023) / 1024,
			       (unsigned long long)host->free_kb / 1024);
	return 0;
}

/* Whether the host has any of the CPUs that vcpu `i` may run on. */
static int check_cpus(const struct dom_params *d, unsigned int i,
		      const struct hyp_host *host, struct err *e)
{
	const char *cpus = dom_cpus(d, i);
	struct cpuset set;
	unsigned int cpu;

	if (!cpus)
		return 0;
	if (cpuset_parse(cpus, &set, e) < 0)
		return -1;
	for (cpu = 0; cpu < host->max_cpu; cpu++) {
		if (cpuset_has(&set, cpu))
			return 0;
	}
	return err_set(e, EXIT_HOST, "cpus: %s: this host has CPUs 0-%u", cpus,
		       host->max_cpu - 1);
}

static int check_schedule(const struct vm_config *cfg,
			  const struct hyp_host *host, struct err *e)
{
	struct dom_params t;
	unsigned int i;

	dom_target(&t, cfg, NULL, NULL);
	for (i = 0; i < t.max_vcpus; i++) {
		if (check_cpus(&t, i, host, e) < 0)
			return -1;
	}
	if (cfg->cpu_weight && !host->weights)
		return err_set(e, EXIT_HOST,
			       "cpu_weight: this Xen's scheduler, %s, knows "
			       "no weights",
			       host->scheduler);
	return 0;
}

int vm_check(struct hyp *h, struct xs *xs, struct vm_config *cfg,
	     const struct vm_paths *paths, struct err *e)
{
	struct hyp_host host;

	if (check_files(paths, e) < 0 || vbd_check(xs, cfg, 0, e) < 0 ||
	    vif_check(xs, cfg, 0, e) < 0 ||
	    check_stub_memory(cfg, paths, e) < 0 ||
	    hyp_host_info(h, &host, e) < 0)
		return -1;
	if (!host.hvm)
		return err_set(e, EXIT_HOST,
			       "this host's Xen cannot run HVM "
			       "guests (no VT-x or SVM)");
	if (!host.pv)
		return err_set(e, EXIT_HOST,
			       "this host's Xen cannot run PV domains, which "
			       "the stubdomain is");
	if (check_schedule(cfg, &host, e) < 0 ||
	    vm_pci_check(h, xs, cfg, e) < 0)
		return -1;
	return check_host_memory(cfg, paths, &host, e);
}

void vm_close_disks(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < VM_DISKS_MAX; i++) {
		if (vm->disk_fd[i] >= 0)
			close(vm->disk_fd[i]);
		vm->disk_fd[i] = -1;
	}
}
