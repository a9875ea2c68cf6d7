/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MTOOL_QMPTALK_H
#define TOOLS_MTOOL_QMPTALK_H

#include <stdio.h>
#include "tools/mtool/qmpclient.h"

/* A message in a line of its own. */
void qmp_print(struct qmp_span text, FILE *to);

/*
 * A conversation: each line that is read from `from` is a command, in JSON or
 * as words, that is sent when the one before is answered; replies and events
 * go to `to`. Ends with the last reply behind the end of `from`. -1 and *e:
 * EXIT_TIMEOUT if a reply takes longer than `timeout_s`.
 */
int qmp_talk(struct qmp_caller *c, int from, FILE *to, unsigned int timeout_s,
	     struct err *e);

#endif
