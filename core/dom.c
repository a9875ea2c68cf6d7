/* SPDX-License-Identifier: MIT */
#include "core/dom.h"

#include <stdio.h>
#include <string.h>

enum { PAGE_KB = 4, BUILD_EXTRA_KB = 2048, ROUND_KB = 2048 };

/*
 * The paging pool that a domain needs: 1 MB per vcpu and a page per MB of
 * memory. Without it a HAP domain has 256 pages only and large guests fail.
 */
static uint64_t paging_pool_kb(const struct vm_config *cfg)
{
	if (cfg->shadow_mb)
		return (uint64_t)cfg->shadow_mb * 1024;
	return PAGE_KB * (256ull * cfg->maxvcpus + cfg->maxmem_mb);
}

void dom_target(struct dom_params *d, const struct vm_config *cfg,
		const char *hvmloader, const char *bios)
{
	memset(d, 0, sizeof(*d));
	d->hvm = true;
	strcpy(d->name, cfg->name);
	memcpy(d->uuid, cfg->uuid, sizeof(d->uuid));
	d->vcpus = cfg->vcpus;
	d->max_vcpus = cfg->maxvcpus;
	d->max_kb = (uint64_t)cfg->maxmem_mb * 1024;
	d->target_kb = (uint64_t)cfg->memory_mb * 1024;
	d->video_kb = (uint64_t)cfg->videoram_mb * 1024;
	d->paging_kb = paging_pool_kb(cfg);
	d->iommu = cfg->nr_pci || cfg->passthrough == PASSTHROUGH_ENABLED;
	d->max_grant_frames = cfg->max_grant_frames;
	d->kernel = hvmloader;
	d->bios = bios;
	d->cfg = cfg;
}

/* On top of what is configured, the size of the video memory, as xl does. */
void dom_stub(struct dom_params *d, const struct vm_config *cfg,
	      const uint8_t uuid[16], const char *kernel, const char *ramdisk,
	      const char *cmdline)
{
	memset(d, 0, sizeof(*d));
	snprintf(d->name, sizeof(d->name), "%s-dm", cfg->name);
	memcpy(d->uuid, uuid, sizeof(d->uuid));
	d->vcpus = d->max_vcpus = 1;
	d->max_kb = (uint64_t)(cfg->stub_memory_mb + cfg->videoram_mb) * 1024;
	d->target_kb = d->max_kb;
	d->max_grant_frames = cfg->max_grant_frames;
	d->kernel = kernel;
	d->ramdisk = ramdisk;
	d->cmdline = cmdline;
	d->cfg = cfg;
}

const char *dom_cpus(const struct dom_params *d, unsigned int i)
{
	const struct vm_config *c = d->cfg;

	if (!d->hvm)
		return NULL;
	if (!c->cpus_each)
		i = 0;
	return i < c->nr_cpus ? c->cpus[i] : NULL;
}

uint64_t dom_need_kb(const struct dom_params *d)
{
	uint64_t kb = d->target_kb + d->paging_kb + BUILD_EXTRA_KB;

	if (d->iommu) /* whose tables are like the processor's */
		kb += d->paging_kb;
	return (kb + ROUND_KB - 1) / ROUND_KB * ROUND_KB;
}
