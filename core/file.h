/* SPDX-License-Identifier: MIT */
/* Files of the host, read and checked. */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include "core/err.h"

/*
 * The whole of `path`, at most `max` bytes, NUL-terminated behind them. The
 * caller frees it. NULL and *e (EXIT_FAILED) if it cannot be read, is empty or
 * too large.
 */
void *file_read(const char *path, size_t max, size_t *len, struct err *e);

/* Whether `path` is a readable regular file that is not empty; -1 and *e. */
int file_check(const char *path, enum exit_code code, struct err *e);

/*
 * Make `text` what is in `path`: a reader, and a crash, see the old or the new
 * whole. -1 and *e.
 */
int file_write(const char *path, const char *text, struct err *e);

#endif
