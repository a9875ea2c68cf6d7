/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MTOOL_LASTWORDS_H
#define TOOLS_MTOOL_LASTWORDS_H

#include <stddef.h>

/*
 * The last line of a VM's log that is neither mtool's nor the stubdomain's
 * kernel's, with one of QEMU's before it if that stands there: in one line,
 * printable. "nothing" if there is none.
 */
void last_words(const char *log_path, char *buf, size_t size);

#endif
