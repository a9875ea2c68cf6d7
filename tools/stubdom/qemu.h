/* SPDX-License-Identifier: MIT */
/* The device model's process. */
#ifndef STUBDOM_QEMU_H
#define STUBDOM_QEMU_H

#include <stddef.h>
#include <sys/types.h>
#include "tools/stubdom/args.h"

/*
 * Start it with save_fd and restore_fd (-1: none) as FD_SAVE and FD_RESTORE;
 * no other descriptor but 0 to 2 is passed on. Signals blocked in init are
 * not in QEMU. Returns its pid, or -1 and fills *e.
 */
pid_t qemu_start(const struct argv *argv, int save_fd, int restore_fd,
		 struct err *e);

/* Say in words how a process ended, from waitpid's status. */
void qemu_death(int status, char *text, size_t size);

#endif
