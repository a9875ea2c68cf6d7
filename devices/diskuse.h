/* SPDX-License-Identifier: MIT */
/*
 * Who uses a disk image besides the VM that is to get it. Claims of the
 * kernel's (devices/medium.h) tell nothing of what other programs attached:
 * loop devices of theirs, and what any domain of this host is served.
 */
#ifndef DEVICES_DISKUSE_H
#define DEVICES_DISKUSE_H

#include <stdbool.h>
#include <sys/types.h>
#include "core/config.h"
#include "core/err.h"
#include "core/xs.h"

/* What is written to when a disk is, whatever path led to it. */
struct disk_id {
	dev_t dev;   /* a block device, else 0 */
	dev_t whole; /* the one it is a partition of, else the same */
	dev_t fs;    /* the file, also behind a loop device; fs 0: none */
	ino_t ino;
};

/* Identify the file or block device `path`. -1 if it is not there. */
int disk_identify(const char *path, struct disk_id *id);

/* Whether writing to one changes the other. */
bool disk_same(const struct disk_id *a, const struct disk_id *b);

/*
 * Refuse a disk of `cfg`, from place `first` on, that another one of them, or
 * anybody on this host, uses in a way that excludes ours: one of both may
 * write. What is not there is for others to complain of. `xs` may be NULL:
 * domains are not asked then. -1 and *e (EXIT_USAGE for two disks of `cfg`,
 * else EXIT_BUSY).
 */
int diskuse_check(struct xs *xs, const struct vm_config *cfg,
		  unsigned int first, struct err *e);

#endif
