/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MTOOL_HOLDERS_H
#define TOOLS_MTOOL_HOLDERS_H

#include <stddef.h>

/*
 * The processes of this host, other than ourselves, that have memory of
 * domains mapped: "name (pid), name (pid)", or "none". Which domain's it is
 * the kernel does not tell. The list ends early if it does not fit.
 */
void holders_text(char *buf, size_t size);

#endif
