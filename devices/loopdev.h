/* SPDX-License-Identifier: MIT */
/* Loop devices: a file as a block device, set up by ioctl. */
#ifndef DEVICES_LOOPDEV_H
#define DEVICES_LOOPDEV_H

#include <stdbool.h>
#include "core/err.h"

/*
 * Attach the file open as `file_fd` to a free loop device and return the
 * device's descriptor; its number goes to *nr (/dev/loop<nr>). It reads and
 * writes past the host's page cache where the file system can. The device
 * clears itself when its last opener closes: the caller must keep the
 * descriptor until a backend has opened the device. -1 and *e on failure.
 */
int loopdev_attach(int file_fd, const char *path, bool readonly,
		   unsigned int *nr, struct err *e);

/* Some loop devices, by number. */
enum {
	LOOP_LIST_MAX = 192,
	LOOP_CLEAR_MS = 5000, /* dom0's driver needs a moment, no more */
};
struct loop_list {
	unsigned int nr, loop[LOOP_LIST_MAX];
};

/* Add the one whose device is `path`, if it is a loop device, once. */
void loopdev_note(struct loop_list *l, const char *path);

/*
 * Wait until none of them has a file any more: a backend lets go of its device
 * a moment after its domain is gone. At most LOOP_CLEAR_MS; -1 then.
 */
int loopdev_wait_clear(const struct loop_list *l);

#endif
