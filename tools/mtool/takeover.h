/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MTOOL_TAKEOVER_H
#define TOOLS_MTOOL_TAKEOVER_H

#include <stdbool.h>
#include "core/err.h"
#include "core/log.h"
#include "tools/mtool/rundir.h"

/*
 * Whether a process holds the lock of `name` that is here to stay: a supervisor
 * that answers, or whoever is at work on the VM. One that was killed this
 * instant holds its lock for a moment more; this waits for its end (10 s).
 */
bool vm_served(const char *name);

/*
 * Start a new supervisor for the running VM `r`, whose own has died: it goes
 * on where the consoles' rings and histories stand. If a domain of it is dead
 * the rest is removed: EXIT_DIED. EXIT_BUSY if somebody is at work on it, or
 * if it never was complete. Must be called before this
 * process sets a xenstore watch.
 */
int vm_take_over(struct log *log, const struct vm_record *r, struct err *e);

/*
 * Start a new supervisor in the place of the one that runs: consoles, ptys and
 * their readers, lock and control socket are handed over. If the new one does
 * not come up, the old one goes on. Same errors.
 */
int vm_replace(struct log *log, const struct vm_record *r, struct err *e);

#endif
