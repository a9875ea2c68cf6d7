/* SPDX-License-Identifier: MIT */
#ifndef STUBDOM_CMDLINE_H
#define STUBDOM_CMDLINE_H

#include <stdbool.h>

/* Is `word` one of the kernel's command line? */
bool cmdline_has(const char *word);

#endif
