/* SPDX-License-Identifier: MIT */
/*
 * By which ways a disk reaches the guest. Two at once must never be open to
 * one image: an emulated disk stands beside a PV one only where QEMU takes it
 * away as soon as the guest's PV drivers ask for that.
 */
#ifndef CORE_DISKPLACE_H
#define CORE_DISKPLACE_H

#include <stdbool.h>
#include "core/config.h"

/* The device that QEMU makes of a disk. */
enum disk_emulation { EMUL_NONE, EMUL_IDE, EMUL_AHCI, EMUL_SCSI, EMUL_CDROM };

/*
 * Which emulated device, if any, the disk at `place` in the configuration
 * gets. EMUL_NONE: the guest sees it as a PV disk only: beyond the emulated
 * slots, or read-only where the emulated device could not keep it so (XSA-142).
 */
enum disk_emulation disk_emulation(const struct vm_config *cfg,
				   unsigned int place);

/*
 * Whether the disk is a PV disk of the guest, and of the stubdomain. A drive
 * without a medium is neither: its backend would never connect, and a Linux
 * stub waits for every frontend it has.
 */
bool disk_in_target(const struct vm_config *cfg, unsigned int place);
bool disk_in_stub(const struct vm_config *cfg, unsigned int place);

/*
 * The disk number under which the stub has it: 0 is its /dev/xvda. "PV disks
 * ... according to configuration order, starting with xvda"; libxl, and so
 * stubs that know only the merged protocol, go by the vdev.
 */
unsigned int disk_stub_number(const struct vm_config *cfg, unsigned int place);

/* How the guest sees it, in words for people. */
const char *disk_way(const struct vm_config *cfg, unsigned int place);

#endif
