/* SPDX-License-Identifier: MIT */
/* The file systems QEMU and its libraries expect. */
#ifndef STUBDOM_MOUNT_H
#define STUBDOM_MOUNT_H

#include "core/err.h"

/* /dev, /proc, /sys, /tmp and /run. Returns 0, or -1 and fills *e. */
int mount_basics(struct err *e);

/* /proc/xen; needs the module xenfs. Returns 0, or -1 and fills *e. */
int mount_xenfs(struct err *e);

/*
 * The squashfs image `file` on /usr, read-only, by the first loop device.
 * Returns 0, or -1 and fills *e.
 */
int mount_usr(const char *file, struct err *e);

/* Write `value` into a file of /proc or /sys. Returns 0, or -1 and *e. */
int knob_set(const char *path, const char *value, struct err *e);

#endif
