/* SPDX-License-Identifier: MIT */
/* What a disk is made of: a file or block device of the host. */
#ifndef DEVICES_MEDIUM_H
#define DEVICES_MEDIUM_H

#include "core/config.h"
#include "core/err.h"

/*
 * Open what `d` names as it asks, and set d->kind to what it is. Refused is
 * what is neither file nor block device, has no size, is an image of a format
 * that the kernel does not know (unless d->raw), or is in use by this host or
 * another VM in a way that excludes ours.
 *
 * While the descriptor, or a loop device made from it, is open, the kernel
 * keeps a claim on the medium: a writer excludes everybody, readers exclude
 * writers. Returns the descriptor, or -1 and *e (EXIT_FAILED, EXIT_BUSY).
 */
int medium_open(struct disk_config *d, struct err *e);

#endif
