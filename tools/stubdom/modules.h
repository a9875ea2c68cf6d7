/* SPDX-License-Identifier: MIT */
/* Loading the kernel's modules without modprobe. */
#ifndef STUBDOM_MODULES_H
#define STUBDOM_MODULES_H

/*
 * Load what /modules/list names, in its order, from there.
 *
 * Nothing here is fatal, for a kernel may have any of it built in: a module
 * that is not there or does not load is told and skipped. What is truly
 * missing shows in the first step that needs it.
 */
void modules_load(void);

#endif
