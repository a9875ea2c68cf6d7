/* SPDX-License-Identifier: MIT */
/* The commands on devices of a running VM: what all of them do alike. */
#ifndef TOOLS_MTOOL_LIVECMD_H
#define TOOLS_MTOOL_LIVECMD_H

#include <jansson.h>
#include "core/err.h"
#include "tools/mtool/live.h"
#include "tools/mtool/mtool.h"

/* A change of the VM; `words` are those behind its name. */
typedef int live_change_fn(struct live *l, char **words,
			   const struct live_options *o, struct err *e);
/* Facts about its devices; NULL and *e. They are the caller's to decref. */
typedef json_t *live_list_fn(struct live *l, struct err *e);
/* The same as lines for people, each behind `before`. */
typedef void live_print_fn(const json_t *list, const char *before);

/*
 * Change VM words[0], keeping others off meanwhile. What is wrong is said with
 * the VM's name.
 */
int live_change(struct mtool *m, char **words, const struct live_options *o,
		live_change_fn *fn, struct err *e);

/* A whole command: options `shorts`, then VM and `nr` words for fn. */
int live_command(struct mtool *m, int argc, char **argv, const char *shorts,
		 int nr, live_change_fn *fn, struct err *e);

/* A whole command VM that prints what `list` tells of it. */
int live_show(struct mtool *m, int argc, char **argv, live_list_fn *list,
	      live_print_fn *print, struct err *e);

#endif
