/* SPDX-License-Identifier: MIT */
/* QMP commands as people type them. */
#ifndef TOOLS_MTOOL_QMPARGS_H
#define TOOLS_MTOOL_QMPARGS_H

#include <jansson.h>
#include "core/err.h"

/*
 * Add what `word` says to the object `args`: KEY=VALUE, where a dot in KEY
 * leads into an object and VALUE is JSON (a number, true, false, null, or text
 * that begins with {, [ or ") or else a string; or a whole JSON object. -1 and
 * *e (EXIT_USAGE) if it says nothing, or something that was said already.
 */
int qmp_args_add(json_t *args, const char *word, struct err *e);

/*
 * The line that sends `command` with these words, and an id if that is not
 * NULL; the caller frees it. A single word that is JSON goes as it is. NULL
 * and *e (EXIT_USAGE).
 */
char *qmp_args_line(const char *command, char *const *words, unsigned int nr,
		    const char *id, struct err *e);

/*
 * Split `line` at blanks, in place; quotes, single or double, hold a word
 * together and are taken off. Returns how many there are, up to `max`; -1 and
 * *e for an open quote or too many.
 */
int qmp_args_split(char *line, char **words, int max, struct err *e);

#endif
