/* SPDX-License-Identifier: MIT */
/* Loop devices: a file as a block device, set up by ioctl. */
#ifndef DEVICES_LOOPDEV_H
#define DEVICES_LOOPDEV_H

#include <stdbool.h>
#include "core/err.h"

/*
 * Attach the file open as `file_fd` to a free loop device and return the
 * device's descriptor; its number goes to *nr (/dev/loop<nr>). The device
 * clears itself when its last opener closes: the caller must keep the
 * descriptor until a backend has opened the device. -1 and *e on failure.
 */
int loopdev_attach(int file_fd, const char *path, bool readonly,
		   unsigned int *nr, struct err *e);

#endif
