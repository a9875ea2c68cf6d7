/* SPDX-License-Identifier: MIT */
#include "core/qemuargs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/diskplace.h"
#include "core/plan.h"
#include "core/vdev.h"
#include "core/vifspec.h"

enum { FIRST_SERIAL_CONSOLE = 3 };

__attribute__((format(printf, 2, 3))) static void add(struct qemu_args *a,
						      const char *fmt, ...)
{
	va_list ap;
	char *arg;

	va_start(ap, fmt);
	if (vasprintf(&arg, fmt, ap) < 0)
		arg = NULL;
	va_end(ap);
	if (!arg || a->nr == QEMU_ARGS_MAX) {
		free(arg);
		a->failed = true;
		return;
	}
	a->arg[a->nr++] = arg;
}

/* The format is always given: QEMU must never guess it (XSA-258). */
static void add_cdrom(struct qemu_args *a, const struct disk_config *d,
		      const char *dev)
{
	char file[64] = "";

	if (d->path)
		snprintf(file, sizeof(file), ",file=/dev/%s,format=host_device",
			 dev);
	add(a, "-drive");
	add(a, "if=none,readonly=on,id=ide-%u%s", d->devid, file);
	add(a, "-device");
	add(a, "ide-cd,id=ide-%u,drive=ide-%u,bus=ide.%u,unit=%u", d->devid,
	    d->devid, d->index / 2, d->index % 2);
}

static void add_scsi(struct qemu_args *a, const struct disk_config *d,
		     const char *dev)
{
	add(a, "-drive");
	add(a,
	    "file=/dev/%s,id=scsi0-hd%u,format=host_device,if=none,"
	    "readonly=%s,cache=writeback",
	    dev, d->index, d->readonly ? "on" : "off");
	add(a, "-device");
	add(a, "scsi-hd,drive=scsi0-hd%u,scsi-id=%u", d->index, d->index);
}

static void add_ahci(struct qemu_args *a, const struct disk_config *d,
		     const char *dev)
{
	add(a, "-drive");
	add(a,
	    "file=/dev/%s,if=none,id=ahcidisk-%u,format=host_device,"
	    "cache=writeback",
	    dev, d->index);
	add(a, "-device");
	add(a, "ide-hd,bus=ahci0.%u,unit=0,drive=ahcidisk-%u", d->index,
	    d->index);
}

static void add_ide(struct qemu_args *a, const struct disk_config *d,
		    const char *dev)
{
	add(a, "-drive");
	add(a,
	    "file=/dev/%s,if=ide,index=%u,media=disk,format=host_device,"
	    "cache=writeback",
	    dev, d->index);
}

static void add_disk(struct qemu_args *a, const struct vm_config *cfg,
		     unsigned int place)
{
	const struct disk_config *d = &cfg->disk[place];
	char dev[16];

	vdev_linux_name(disk_stub_number(cfg, place), dev, sizeof(dev));
	switch (disk_emulation(cfg, place)) {
	case EMUL_NONE:
		break;
	case EMUL_CDROM:
		add_cdrom(a, d, dev);
		break;
	case EMUL_SCSI:
		add_scsi(a, d, dev);
		break;
	case EMUL_AHCI:
		add_ahci(a, d, dev);
		break;
	case EMUL_IDE:
		add_ide(a, d, dev);
		break;
	}
}

static bool any_disk(const struct vm_config *cfg, enum disk_emulation kind)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_disk; i++) {
		if (disk_emulation(cfg, i) == kind)
			return true;
	}
	return false;
}

/* -no-shutdown: QEMU outlives the guest, so that nobody waits for it. */
static void add_basics(struct qemu_args *a, const struct vm_config *cfg)
{
	unsigned int i;

	add(a, "-xen-domid");
	add(a, PLAN_T);
	add(a, "-no-shutdown");
	add(a, "-nodefaults");
	add(a, "-no-user-config");
	add(a, "-name");
	add(a, "%s", cfg->name);
	add(a, "-display");
	add(a, "none");
	if (any_disk(cfg, EMUL_SCSI)) {
		add(a, "-device");
		add(a, "lsi53c895a");
	}
	for (i = 0; i < cfg->nr_serial; i++) {
		add(a, "-serial");
		add(a, "/dev/hvc%u", FIRST_SERIAL_CONSOLE + i);
	}
}

static void add_vga(struct qemu_args *a, const struct vm_config *cfg)
{
	static const char *const device[] = {
		[VGA_CIRRUS] = "cirrus-vga,vgamem_mb=%u",
		[VGA_STD] = "VGA,vgamem_mb=%u",
		[VGA_QXL] = "qxl-vga,vram_size_mb=%u,ram_size_mb=%u",
	};
	unsigned int mb = cfg->videoram_mb;
	char text[64];

	switch (cfg->vga) {
	case VGA_NONE:
		return;
	case VGA_CIRRUS:
		snprintf(text, sizeof(text), device[VGA_CIRRUS], mb);
		break;
	case VGA_STD:
		snprintf(text, sizeof(text), device[VGA_STD], mb);
		break;
	case VGA_QXL: /* its memory is two equal halves */
		snprintf(text, sizeof(text), device[VGA_QXL], mb / 2, mb / 2);
		break;
	}
	add(a, "-device");
	add(a, "%s", text);
}

static void add_boot(struct qemu_args *a, const struct vm_config *cfg)
{
	unsigned int i;

	if (*cfg->boot) {
		add(a, "-boot");
		add(a, "order=%s", cfg->boot);
	}
	if (cfg->usb || cfg->nr_usbdevice)
		add(a, "-usb");
	for (i = 0; i < cfg->nr_usbdevice; i++) {
		add(a, "-usbdevice");
		add(a, "%s", cfg->usbdevice[i]);
	}
	if (cfg->soundhw) {
		add(a, "-device");
		add(a, "%s", cfg->soundhw);
		if (!strcmp(cfg->soundhw, "intel-hda")) {
			add(a, "-device"); /* its codec */
			add(a, "hda-duplex");
		}
	}
	if (!cfg->acpi)
		add(a, "-no-acpi");
	if (cfg->maxvcpus > 1) {
		add(a, "-smp");
		add(a, "%u,maxcpus=%u", cfg->vcpus, cfg->maxvcpus);
	}
}

/*
 * suppress-vmdesc: a saved state comes back over a console, which has no end
 * of file; QEMU would wait for a description section for ever.
 */
static void add_machine(struct qemu_args *a, const struct vm_config *cfg)
{
	char hole[48] = "";

	if (cfg->mmio_hole_mb)
		snprintf(hole, sizeof(hole), ",max-ram-below-4g=%llu",
			 (1ull << 32) -
				 ((unsigned long long)cfg->mmio_hole_mb << 20));
	add(a, "-machine");
	add(a, "%s,suppress-vmdesc=on%s",
	    cfg->xen_platform_pci ? "xenfv" : "pc,accel=xen", hole);
	add(a, "-m");
	add(a, "%u", cfg->maxmem_mb - cfg->videoram_mb);
}

/*
 * The guest's nic `place` as the `nr`th emulated one: the tap, which QEMU makes
 * in the stub, joins the stub's PV nic of that number. Without its option ROM
 * a card cannot boot, but takes no page of the guest's memory either, where
 * the ROMs of four would be all that is spare: only the first has it, and only
 * if it is to boot.
 */
static void add_nic(struct qemu_args *a, const struct vm_config *cfg,
		    unsigned int place, unsigned int nr)
{
	const struct nic_config *n = &cfg->nic[place];
	bool boots = !nr && strchr(cfg->boot, 'n');
	char mac[NIC_MAC_TEXT];

	vifspec_mac(n, place, mac);
	add(a, "-device");
	add(a, "%s,id=nic%u,netdev=net%u,mac=%s%s", n->model, place, nr, mac,
	    boots ? "" : ",romfile=");
	add(a, "-netdev");
	add(a,
	    "type=tap,id=net%u,ifname=vif" PLAN_T ".%u-emu,br=%s,script=no,"
	    "downscript=no",
	    nr, nr, n->bridge);
}

static void add_nics(struct qemu_args *a, const struct vm_config *cfg)
{
	unsigned int i, nr = 0;

	for (i = 0; i < cfg->nr_nic; i++) {
		if (cfg->nic[i].emulated)
			add_nic(a, cfg, i, nr++);
	}
	if (!nr) {
		add(a, "-net");
		add(a, "none");
	}
}

static int check_args(const struct qemu_args *a, struct err *e)
{
	unsigned int i;

	if (a->failed)
		return err_set(e, EXIT_USAGE,
			       "QEMU arguments: more than %u, or no memory",
			       QEMU_ARGS_MAX);
	for (i = 0; i < a->nr; i++) {
		if (strlen(a->arg[i]) >= QEMU_ARG_BYTES)
			return err_set(e, EXIT_USAGE,
				       "QEMU argument %u: %zu bytes, at most "
				       "%u fit the protocol",
				       i + 1, strlen(a->arg[i]),
				       QEMU_ARG_BYTES - 1);
	}
	return 0;
}

int qemu_args_make(struct qemu_args *a, const struct vm_config *cfg,
		   struct err *e)
{
	unsigned int i;

	memset(a, 0, sizeof(*a));
	add_basics(a, cfg);
	add_vga(a, cfg);
	add_boot(a, cfg);
	add_nics(a, cfg);
	for (i = 0; i < cfg->nr_dm_args; i++)
		add(a, "%s", cfg->dm_args[i]);
	add_machine(a, cfg);
	if (any_disk(cfg, EMUL_AHCI)) {
		add(a, "-device");
		add(a, "ahci,id=ahci0");
	}
	for (i = 0; i < cfg->nr_disk; i++)
		add_disk(a, cfg, i);
	if (cfg->incoming) {
		add(a, "-incoming");
		add(a, QEMU_INCOMING);
	}
	return check_args(a, e);
}

void qemu_args_free(struct qemu_args *a)
{
	while (a->nr)
		free(a->arg[--a->nr]);
}
