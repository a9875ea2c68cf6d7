/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MTOOL_STALE_H
#define TOOLS_MTOOL_STALE_H

#include "core/log.h"

/*
 * The cheap part of gc: remove what is left of a VM called `name` that was
 * half-built by a process that died, or that has died with nobody watching.
 */
void stale_clear(struct log *log, const char *name);

#endif
