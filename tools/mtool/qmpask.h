/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MTOOL_QMPASK_H
#define TOOLS_MTOOL_QMPASK_H

#include <jansson.h>
#include "tools/mtool/qmpclient.h"

/*
 * Send `command` with `args`, an object that is consumed, or NULL, and wait
 * for its reply. With `ret` not NULL, *ret becomes what it returned
 * (json_decref it). -1 and *e as qmp_caller_ask.
 */
int qmp_ask(struct qmp_caller *c, const char *command, json_t *args,
	    json_t **ret, uint64_t end_ms, struct err *e);

#endif
