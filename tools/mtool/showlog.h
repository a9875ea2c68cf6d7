/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MTOOL_SHOWLOG_H
#define TOOLS_MTOOL_SHOWLOG_H

#include <stdio.h>

/*
 * Print the last `lines` lines of the file `path`, indented and with what is
 * not text made visible. Prints nothing if it cannot be read.
 */
void show_log_tail(const char *path, unsigned int lines, FILE *out);

#endif
