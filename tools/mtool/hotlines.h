/* SPDX-License-Identifier: MIT */
/*
 * What was attached to a VM while it ran, as lines of a file in its run
 * directory: a restart of the guest brings it back.
 */
#ifndef TOOLS_MTOOL_HOTLINES_H
#define TOOLS_MTOOL_HOTLINES_H

#include <stdbool.h>
#include "core/err.h"

enum { HOTLINE_MAX = 2048 }; /* bytes of one, with its NUL */

/*
 * The whole of `file`, to be freed; NULL if there is none, for then nothing
 * is remembered.
 */
char *hotlines_read(const char *vm, const char *file);

/*
 * Write the file anew, without the lines that drop(line, what) tells, and with
 * `add`, unless that is NULL, at its end. -1 and *e.
 */
typedef bool hotline_fn(const char *line, const char *what);
int hotlines_rewrite(const char *vm, const char *file, hotline_fn *drop,
		     const char *what, const char *add, struct err *e);

#endif
