/* SPDX-License-Identifier: MIT */
#include "core/build.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenforeignmemory.h>
#include <xenguest.h>
#include <xen/hvm/hvm_info_table.h>

#include "core/file.h"
#include "core/hyp_pci.h"
#include "core/memmap.h"

#define GIB4 (1ull << 32)

enum {
	MMIO_DEFAULT_MB = 256, /* HVM_BELOW_4G_MMIO_LENGTH */
	VGA_HOLE_PAGES = 0x20, /* 0xa0000-0xbffff */
	BIOS_MAX_BYTES = 16 << 20,
	INFO_GFN = HVM_INFO_PADDR >> XC_PAGE_SHIFT,
	RESERVED_MAX = MEMMAP_MAX - 2, /* beside RAM below and above 4 GiB */
};

/* The builder's own words are better than an errno that it seldom sets. */
static int builder_error(struct hyp *h, const char *step, struct err *e)
{
	const char *xen = hyp_log(h)->xen_last;
	const xc_error *last = xc_get_last_error(hyp_xch(h));

	if (last && last->code != XC_ERROR_NONE && *last->message)
		return err_set(e, EXIT_FAILED, "%s: %s", step, last->message);
	if (*xen)
		return err_set(e, EXIT_FAILED, "%s: %s", step, xen);
	return err_sys(e, EXIT_FAILED, "%s", step);
}

static struct xc_dom_image *image_new(struct hyp *h, const struct dom_params *d,
				      const struct hyp_ports *ports,
				      struct err *e)
{
	struct xc_dom_image *dom;

	hyp_log(h)->xen_last[0] = '\0';
	xc_clear_last_error(hyp_xch(h));
	xc_dom_loginit(hyp_xch(h));
	dom = xc_dom_allocate(hyp_xch(h), d->cmdline, NULL);
	if (!dom) {
		builder_error(h, "domain builder", e);
		return NULL;
	}
	dom->container_type =
		d->hvm ? XC_DOM_HVM_CONTAINER : XC_DOM_PV_CONTAINER;
	dom->max_vcpus = d->max_vcpus;
	dom->console_evtchn = ports->console;
	dom->xenstore_evtchn = ports->store;
	return dom;
}

/* Guest-physical layout: RAM up to the MMIO hole, the rest above 4 GiB. */
static void layout(struct xc_dom_image *dom, const struct dom_params *d)
{
	uint64_t hole =
		d->cfg->mmio_hole_mb ? d->cfg->mmio_hole_mb : MMIO_DEFAULT_MB;
	uint64_t mem = (d->max_kb - d->video_kb) * 1024;

	dom->target_pages = (d->target_kb - d->video_kb) / 4;
	dom->mmio_size = hole << 20;
	dom->mmio_start = GIB4 - dom->mmio_size;
	dom->lowmem_end = mem < dom->mmio_start ? mem : dom->mmio_start;
	dom->highmem_end =
		mem > dom->mmio_start ? GIB4 + (mem - dom->mmio_start) : 0;
	dom->vga_hole_size = VGA_HOLE_PAGES;
	dom->device_model = true;
}

/* What firmware has reserved for the DMA of devices that the guest is given. */
static int reserved(struct hyp *h, const struct vm_config *cfg,
		    struct memmap_hole out[RESERVED_MAX], struct err *e)
{
	struct hyp_reserved r[RESERVED_MAX];
	unsigned int i, nr = 0, devices = cfg->rdm_host ? 1 : cfg->nr_pci;
	int j, got;

	for (i = 0; i < devices; i++) {
		got = hyp_pci_reserved(h,
				       cfg->rdm_host ? NULL : &cfg->pci[i].bdf,
				       r, RESERVED_MAX - nr, e);
		if (got < 0)
			return -1;
		for (j = 0; j < got; j++) {
			out[nr].start = r[j].start;
			out[nr].size = r[j].size;
			out[nr++].relaxed =
				cfg->rdm_host ? cfg->pci_default.rdm_relaxed
					      : cfg->pci[i].rdm_relaxed;
		}
	}
	return (int)nr;
}

static int memory_map(struct hyp *h, struct xc_dom_image *dom,
		      const struct dom_params *d, uint32_t domid,
		      struct e820entry *map, struct err *e)
{
	struct memmap_hole hole[RESERVED_MAX];
	int nr = d->iommu ? reserved(h, d->cfg, hole, e) : 0;

	if (nr >= 0)
		nr = memmap_make(dom->lowmem_end, dom->highmem_end, hole,
				 (unsigned int)nr, map, e);
	if (nr < 0)
		return -1;
	dom->e820 = map;
	dom->e820_entries = (unsigned int)nr;
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: memory map, %d ranges", nr);
	if (xc_domain_set_memory_map(hyp_xch(h), domid, map, (uint32_t)nr) < 0)
		return err_sys(e, EXIT_FAILED, "memory map");
	return 0;
}

/* What hvmloader reads about vcpus; libxenguest has filled in the rest. */
static void fill_info(struct hvm_info_table *t, const struct dom_params *d)
{
	uint8_t *byte = (uint8_t *)t, sum = 0;
	unsigned int i;

	t->apic_mode = d->cfg->apic;
	t->nr_vcpus = d->max_vcpus;
	memset(t->vcpu_online, 0, sizeof(t->vcpu_online));
	for (i = 0; i < d->vcpus; i++)
		t->vcpu_online[i / 8] |= (uint8_t)(1u << (i % 8));
	t->checksum = 0;
	for (i = 0; i < t->length && i < sizeof(*t); i++)
		sum += byte[i];
	t->checksum = (uint8_t)-sum;
}

static int info_table(struct hyp *h, const struct dom_params *d, uint32_t domid,
		      struct err *e)
{
	xenforeignmemory_handle *fm;
	const xen_pfn_t gfn = INFO_GFN;
	uint8_t *page = NULL;

	fm = xenforeignmemory_open(&hyp_log(h)->xtl, 0);
	if (fm)
		page = xenforeignmemory_map(fm, domid, PROT_READ | PROT_WRITE,
					    1, &gfn, NULL);
	if (page) {
		fill_info((struct hvm_info_table *)(page + HVM_INFO_OFFSET), d);
		xenforeignmemory_unmap(fm, page, 1);
	} else {
		err_sys(e, EXIT_FAILED, "map hvm_info_table");
	}
	xenforeignmemory_close(fm);
	return page ? 0 : -1;
}

/* The steps that both kinds of domain share up to their memory. */
static int boot_memory(struct hyp *h, struct xc_dom_image *dom, uint32_t domid,
		       uint64_t mem_kb, struct err *e)
{
	if (xc_dom_boot_xen_init(dom, hyp_xch(h), domid))
		return builder_error(h, "domain builder", e);
	if (xc_dom_parse_image(dom))
		return builder_error(h, "parse image", e);
	if (xc_dom_mem_init(dom, (unsigned int)(mem_kb / 1024)))
		return builder_error(h, "memory layout", e);
	if (xc_dom_boot_mem_init(dom))
		return builder_error(h, "allocate memory", e);
	return 0;
}

static int boot_image(struct hyp *h, struct xc_dom_image *dom, struct err *e)
{
	if (xc_dom_build_image(dom))
		return builder_error(h, "load image", e);
	if (xc_dom_boot_image(dom))
		return builder_error(h, "start image", e);
	/* C xenstored and our console find the rings by reserved grants. */
	if (xc_dom_gnttab_init(dom))
		return builder_error(h, "seed grant table", e);
	return 0;
}

static int hvm_image(struct hyp *h, struct xc_dom_image *dom,
		     const struct dom_params *d, uint32_t domid, void *bios,
		     size_t bios_len, struct err *e)
{
	struct e820entry map[MEMMAP_MAX];

	layout(dom, d);
	if (xc_dom_kernel_file(dom, d->kernel))
		return builder_error(h, d->kernel, e);
	dom->system_firmware_module.data = bios;
	dom->system_firmware_module.length = (uint32_t)bios_len;
	if (boot_memory(h, dom, domid, d->max_kb - d->video_kb, e) < 0 ||
	    memory_map(h, dom, d, domid, map, e) < 0 ||
	    boot_image(h, dom, e) < 0)
		return -1;
	return info_table(h, d, domid, e);
}

int build_hvm(struct hyp *h, const struct dom_params *d, uint32_t domid,
	      const struct hyp_ports *ports, struct build_frames *out,
	      struct err *e)
{
	struct xc_dom_image *dom;
	size_t bios_len;
	void *bios;
	int rc;

	bios = file_read(d->bios, BIOS_MAX_BYTES, &bios_len, e);
	if (!bios)
		return -1;
	dom = image_new(h, d, ports, e);
	if (!dom) {
		free(bios);
		return -1;
	}
	rc = hvm_image(h, dom, d, domid, bios, bios_len, e);
	out->store = dom->xenstore_pfn;
	out->console = dom->console_pfn;
	xc_dom_release(dom);
	free(bios);
	return rc;
}

static int pv_image(struct hyp *h, struct xc_dom_image *dom,
		    const struct dom_params *d, uint32_t domid, struct err *e)
{
	if (xc_dom_kernel_file(dom, d->kernel))
		return builder_error(h, d->kernel, e);
	if (d->ramdisk && xc_dom_module_file(dom, d->ramdisk, NULL))
		return builder_error(h, d->ramdisk, e);
	if (boot_memory(h, dom, domid, d->target_kb, e) < 0)
		return -1;
	return boot_image(h, dom, e);
}

int build_pv(struct hyp *h, const struct dom_params *d, uint32_t domid,
	     const struct hyp_ports *ports, struct build_frames *out,
	     struct err *e)
{
	struct xc_dom_image *dom = image_new(h, d, ports, e);
	int rc;

	if (!dom)
		return -1;
	rc = pv_image(h, dom, d, domid, e);
	if (!rc) {
		out->store = xc_dom_p2m(dom, dom->xenstore_pfn);
		out->console = xc_dom_p2m(dom, dom->console_pfn);
	}
	xc_dom_release(dom);
	return rc;
}
