/* SPDX-License-Identifier: MIT */
/*
 * A save, as the supervisor sees it. Who streams the guest's memory is a
 * command, and may be killed at any moment; whether the guest runs, is held
 * or has been saved is the supervisor's to know, and stands in the file
 * `saving` of the run directory, by which its successor knows it, too.
 *
 * The command asks {"cmd":"save","tmp":PATH,"file":PATH} ("" for a stream that
 * is no file) and keeps the connection. On it, one at a time, it asks for
 *
 *	{"do":"dirty","on":BOOL}	the device model tells what it writes to
 *	{"do":"suspend"}		the guest stops; its device state is in
 *					the run directory's file `state`
 *	{"do":"resume","paused":BOOL}	the guest runs on, or is paused
 *	{"do":"finish","destroy":BOOL}	`tmp` is whole: it becomes `file`, and
 *					the VM ends unless it was resumed
 *
 * and is answered as on any control connection. If the connection ends before
 * "finish" is answered, the guest runs on as before, and `tmp` is removed.
 */
#ifndef TOOLS_MTOOL_SUPERVISESAVE_H
#define TOOLS_MTOOL_SUPERVISESAVE_H

#include <stdbool.h>
#include "tools/mtool/ctl.h"

#define SAVE_STATE "state" /* file of the run directory: device state */
#define SAVE_NOTE "saving" /* and what is to be done if we are killed */

struct supervise;

/* The control command "save". EXIT_BUSY if one is going on. */
ctl_fn supervise_save;

/* True while one is going on. */
bool supervise_saving(const struct supervise *s);

/*
 * The guest has shut down for this reason: true if that is part of a save, and
 * nobody else's business. A save is told, and ends if it is not.
 */
bool supervise_save_shutdown(struct supervise *s, unsigned int reason);

/*
 * The device model has died: true if that can wait, for the guest is held and
 * its state complete. If it runs on, sup_dm_died is called again.
 */
bool supervise_save_dm_died(struct supervise *s, const char *what);

/* The VM ends: hang up, and remove what is not whole. */
void supervise_save_close(struct supervise *s);

/*
 * A supervisor before us may have been killed during a save: the guest gets to
 * run on, or what was finished is finished.
 */
void supervise_save_recover(struct supervise *s);

#endif
