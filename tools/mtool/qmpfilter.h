/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MTOOL_QMPFILTER_H
#define TOOLS_MTOOL_QMPFILTER_H

#include <jansson.h>
#include "core/err.h"

/*
 * Which QMP commands clients of a VM's socket may send: all but those that
 * end or change what mtool itself looks after, or that cannot work from
 * outside the stubdomain. 0, or -1 and *e, which says what to use instead.
 */
int qmp_filter(void *ctx, const char *command, const json_t *args,
	       struct err *e);

#endif
