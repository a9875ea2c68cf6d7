/* SPDX-License-Identifier: MIT */
/*
 * Asking a guest's PV drivers for something: the nodes below control/ of
 * xenstore-paths.pandoc. The guest owns them; what it writes there decides
 * nothing but whether it has answered.
 */
#ifndef TOOLS_MTOOL_GUESTCTL_H
#define TOOLS_MTOOL_GUESTCTL_H

#include "core/err.h"
#include "core/xs.h"

/* Write `word` ("poweroff", "reboot") into control/shutdown of the guest. */
int guest_ask(struct xs *xs, uint32_t domid, const char *word, struct err *e);

/*
 * 1 if the request is gone from the node, which is the guest's answer; 0 not
 * yet; -1 and *e if that cannot be known.
 */
int guest_answered(struct xs *xs, uint32_t domid, const char *word,
		   struct err *e);

/*
 * Take the request back, unless it has been answered meanwhile. Returns 1 if
 * it is taken back, 0 if it was too late, -1 and *e.
 */
int guest_withdraw(struct xs *xs, uint32_t domid, const char *word,
		   struct err *e);

/* Have the guest's kernel handle the magic SysRq `letter`. */
int guest_sysrq(struct xs *xs, uint32_t domid, char letter, struct err *e);

#endif
