/* SPDX-License-Identifier: MIT */
/* `mtool console` and `mtool log`, but for their command lines. */
#ifndef TOOLS_MTOOL_CONSOLECLI_H
#define TOOLS_MTOOL_CONSOLECLI_H

#include <stdbool.h>
#include "core/err.h"

/*
 * Connect standard input and output with a console of the VM whose control
 * socket is `ctl_path`. `name` is "serialN", "pv" or "stubN"; the supervisor
 * answers for it. Without `input` nothing is sent to the guest.
 *
 * On a terminal: raw, ^] leaves, and the terminal is as before when this
 * returns or a signal ends it. In a pipe: standard input goes to the guest
 * up to its end, output is copied until the VM ends.
 *
 * If the supervisor goes and the VM does not (it is replaced, or the VM
 * restarts), this waits and goes on where it was. Returns 0 when the user
 * leaves, the VM ends or nobody reads our output any more; -1 and *e.
 */
int console_attach(const char *ctl_path, const char *name, bool input,
		   struct err *e);

/*
 * Write the log `path`, `path`.1 before it, to standard output; what is not
 * text is made visible, for a pipe may lead to a terminal. With `follow` go on
 * as it grows, across rotations, until the VM has ended: until the directory
 * of its control socket is gone. -1 and *e, EXIT_FAILED, if there is no log.
 */
int log_show(const char *path, bool follow, const char *ctl_path,
	     struct err *e);

#endif
