/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MTOOL_STALE_H
#define TOOLS_MTOOL_STALE_H

#include "core/log.h"

/*
 * Remove what is left of a VM called `name` whose owner and domains are all
 * dead (its supervisor was killed, say). Does nothing if anything lives.
 */
void stale_clear(struct log *log, const char *name);

#endif
