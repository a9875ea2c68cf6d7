/* SPDX-License-Identifier: MIT */
/*
 * The text of one disk, as in xl-disk-configuration(5):
 *
 *	[KEY=VALUE|FLAG,]* [TARGET,[FORMAT,[VDEV,[ACCESS]]]] [,target=TARGET]
 *
 * and its deprecated forms. What mtool's backend, the kernel's blkback, cannot
 * do is refused by name.
 */
#ifndef CORE_DISKSPEC_H
#define CORE_DISKSPEC_H

#include "core/config.h"
#include "core/err.h"

enum { DISK_PATH_MAX = 1024 }; /* bytes; xenstore carries 2048 in a value */

/*
 * Returns 0 and fills *out, to be freed with diskspec_free; or -1 and *e
 * (EXIT_USAGE), with nothing to free. As in xl, a TARGET that does not start
 * with / is below /dev, and a CD-ROM drive is always read-only.
 */
int diskspec_parse(const char *text, struct disk_config *out, struct err *e);

void diskspec_free(struct disk_config *d);

#endif
