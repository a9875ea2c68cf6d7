/* SPDX-License-Identifier: MIT */
#include "core/diskplace.h"

#include <string.h>

enum {
	IDE_SLOTS = 4,
	AHCI_SLOTS = 6,
	SCSI_SLOTS = 7,	 /* id 7 is the controller's own */
	STUB_DISKS = 26, /* protocol: /dev/xvd[a-z] */
};

unsigned int disk_stub_number(const struct vm_config *cfg, unsigned int place)
{
	return cfg->protocol == PROTOCOL_MERGED ? cfg->disk[place].index
						: place;
}

/* The device model knows no more than one letter. */
static bool has_letter(const struct vm_config *cfg, unsigned int place)
{
	return !cfg->disk[place].hotplugged &&
	       disk_stub_number(cfg, place) < STUB_DISKS;
}

static enum disk_emulation hard_disk(const struct vm_config *cfg,
				     const struct disk_config *d)
{
	if (!strncmp(d->vdev, "sd", 2))
		return d->index < SCSI_SLOTS ? EMUL_SCSI : EMUL_NONE;
	if (d->readonly)
		return EMUL_NONE; /* QEMU's ide-hd is always writable */
	if (cfg->hdtype == HDTYPE_AHCI)
		return d->index < AHCI_SLOTS ? EMUL_AHCI : EMUL_NONE;
	return d->index < IDE_SLOTS ? EMUL_IDE : EMUL_NONE;
}

enum disk_emulation disk_emulation(const struct vm_config *cfg,
				   unsigned int place)
{
	const struct disk_config *d = &cfg->disk[place];

	if (!has_letter(cfg, place))
		return EMUL_NONE;
	if (d->cdrom)
		return d->index < IDE_SLOTS ? EMUL_CDROM : EMUL_NONE;
	return hard_disk(cfg, d);
}

/*
 * QEMU takes IDE and SCSI disks away when PV drivers ask (hvm-emulated-unplug),
 * but never what is on AHCI. A CD's medium is changed in QEMU, where a PV disk
 * would go on showing the old one.
 */
bool disk_in_target(const struct vm_config *cfg, unsigned int place)
{
	enum disk_emulation kind = disk_emulation(cfg, place);

	return cfg->disk[place].path && kind != EMUL_AHCI && kind != EMUL_CDROM;
}

bool disk_in_stub(const struct vm_config *cfg, unsigned int place)
{
	return cfg->disk[place].path && has_letter(cfg, place);
}

static const char *why_pv_only(const struct vm_config *cfg, unsigned int place)
{
	const struct disk_config *d = &cfg->disk[place];

	if (d->hotplugged)
		return "PV only: attached while the guest ran";
	if (!has_letter(cfg, place))
		return "PV only: beyond the device model's 26 disks";
	if (d->readonly && !d->cdrom && strncmp(d->vdev, "sd", 2))
		return "PV only: no emulated hd can be kept read-only";
	return "PV only: beyond the emulated slots";
}

const char *disk_way(const struct vm_config *cfg, unsigned int place)
{
	switch (disk_emulation(cfg, place)) {
	case EMUL_IDE:
		return "IDE, or PV once the guest's PV drivers take it";
	case EMUL_SCSI:
		return "SCSI, or PV once the guest's PV drivers take it";
	case EMUL_AHCI:
		return "AHCI only: it would stay beside a PV disk, two ways "
		       "to one image";
	case EMUL_CDROM:
		return "IDE CD drive";
	default:
		return why_pv_only(cfg, place);
	}
}
