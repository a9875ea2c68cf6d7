/* SPDX-License-Identifier: MIT */
/*
 * Disks. The kernel's blkback serves them for both domains of a VM: the
 * guest's PV driver and the stubdomain, whose QEMU emulates the same disk,
 * share one block device.
 */
#ifndef DEVICES_VBD_H
#define DEVICES_VBD_H

#include "core/config.h"
#include "core/err.h"
#include "core/log.h"
#include "core/plan.h"
#include "core/xs.h"
#include "devices/loopdev.h"

/*
 * Check the media of the disks from place `first` on: each can be opened as
 * its configuration asks, and nobody uses it in a way that excludes this.
 * Finds out what plain paths are (DISK_AUTO); changes only cfg's `kind`s.
 * `xs` as for diskuse_check. -1 and *e naming the disk.
 */
int vbd_check(struct xs *xs, struct vm_config *cfg, unsigned int first,
	      struct err *e);

/*
 * Without looking at any file: what a plain path has to be, by its name
 * (/dev/… is a device). For plans made on another machine.
 */
void vbd_guess(struct vm_config *cfg);

/* The steps before nodes can be written: a loop device for each file. */
void vbd_plan_host(struct plan *p, const struct vm_config *cfg);

/* Append the nodes of all PV disks of one of the two domains. */
void vbd_plan_nodes(struct plan *p, const struct vm_config *cfg,
		    enum plan_dom dom);
/* Of one disk, wherever it is to be seen. */
void vbd_plan_disk(struct plan *p, const struct vm_config *cfg,
		   unsigned int place, enum plan_dom dom);

/* The device number under which disk `place` is known in `dom`. */
unsigned int vbd_devid(const struct vm_config *cfg, unsigned int place,
		       enum plan_dom dom);

/*
 * Make the block device of disk `place` known as the plan's variables
 * disk<place>.dev and disk<place>.path, attaching a loop device if it is a
 * file. Returns the descriptor to keep, for while it is open the kernel keeps
 * others off (devices/medium.h); -1 and *e.
 */
int vbd_open(const struct vm_config *cfg, unsigned int place,
	     struct plan_vars *vars, struct log *log, struct err *e);

/*
 * Note the loop device that vbd_open made for the disk whose backend directory
 * is `back`; none if its image was a block device already.
 */
void vbd_note_loop(struct xs *xs, const char *back, struct loop_list *loops);

#endif
