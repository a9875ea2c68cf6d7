/* SPDX-License-Identifier: MIT */
/* The stubdomain's consoles: 0 the log, 1 the save, 2 the restore stream. */
#ifndef STUBDOM_CONSOLE_H
#define STUBDOM_CONSOLE_H

#include "core/err.h"

/* Let stdout and stderr be console 0, and stdin nothing. 0, or -1 and *e. */
int console_log_open(struct err *e);

/* Wait until console 0's backend has been given all that was written. */
void console_log_flush(void);

/*
 * Open console `nr` with `mode` (O_RDONLY or O_WRONLY) and make it raw. The
 * descriptor is closed on exec and above those QEMU is to inherit. Keep it
 * open: the last close puts the tty back into cooked mode. Returns the
 * descriptor, or -1 and fills *e.
 */
int console_raw_open(unsigned int nr, int mode, struct err *e);

#endif
