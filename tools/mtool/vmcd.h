/* SPDX-License-Identifier: MIT */
/*
 * Media of CD drives. QEMU takes the old one out, the stubdomain loses its
 * disk and gets that of the new one, and QEMU puts it in.
 */
#ifndef TOOLS_MTOOL_VMCD_H
#define TOOLS_MTOOL_VMCD_H

#include "core/err.h"
#include "tools/mtool/live.h"

/*
 * Put the image or device `file` into the drive `vdev`, whatever is in there.
 * All that can be found wrong with it is found before the old medium is
 * touched. EXIT_FAILED: no such drive; EXIT_BUSY: the guest keeps the tray
 * locked.
 */
int cd_insert(struct live *l, const char *vdev, const char *file,
	      unsigned int limit_s, struct err *e);

/* Take out what is in there, if anything. */
int cd_eject(struct live *l, const char *vdev, unsigned int limit_s,
	     struct err *e);

#endif
