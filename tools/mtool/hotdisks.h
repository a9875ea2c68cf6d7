/* SPDX-License-Identifier: MIT */
/*
 * Disks that were attached while the guest ran, and media that were put into
 * its CD drives: the file `disks` in the run directory, a line of disk text
 * for each. A restart of the guest brings them back. Who changes anything of
 * the VM's disks keeps it locked meanwhile, so that two commands cannot take
 * one number.
 */
#ifndef TOOLS_MTOOL_HOTDISKS_H
#define TOOLS_MTOOL_HOTDISKS_H

#include "core/config.h"
#include "core/err.h"

/*
 * Lock the file of VM `name`, waiting for others. Returns a descriptor, the
 * lock ends when it is closed; -1 and *e (EXIT_BUSY after 60 s).
 */
int hotdisks_lock(const char *name, struct err *e);

/*
 * Append them to cfg's disks, `hotplugged` set, instead of any that are there;
 * what is for a CD drive of the configuration becomes its medium.
 * 0, or -1 and *e if one cannot be read or there is no room.
 */
int hotdisks_load(const char *name, struct vm_config *cfg, struct err *e);

/*
 * Remember a disk's text in place of what there was of its vdev; forget what
 * there is of a vdev. -1 and *e.
 */
int hotdisks_add(const char *name, const char *text, struct err *e);
int hotdisks_del(const char *name, const char *vdev, struct err *e);

#endif
