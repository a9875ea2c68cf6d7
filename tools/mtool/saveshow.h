/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MTOOL_SAVESHOW_H
#define TOOLS_MTOOL_SAVESHOW_H

#include "tools/mtool/mtool.h"

/*
 * Print what is in a save file, and check all of it: -1 and *e, with nothing
 * printed, if it is not whole.
 */
int savefile_show(struct mtool *m, const char *file, struct err *e);

#endif
