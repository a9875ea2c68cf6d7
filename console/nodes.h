/* SPDX-License-Identifier: MIT */
/* The xenstore nodes of consoles, as a plan writes them. */
#ifndef CONSOLE_NODES_H
#define CONSOLE_NODES_H

#include "core/plan.h"

/* What each console of the stub is for (protocol, "Setup"). */
enum {
	STUB_CONSOLE_LOG = 0,
	STUB_CONSOLE_SAVE = 1,
	STUB_CONSOLE_RESTORE = 2,
	STUB_CONSOLE_SERIAL = 3, /* and up, one for each serial of the guest */
};

/*
 * Console 0, whose ring the domain builder made. Its type keeps xenconsoled
 * off: it takes any domain whose type is "xenconsoled" or missing.
 */
void console_nodes_first(struct plan *p, enum plan_dom dom);

/* Console `index` >= 1 of the stub: a xenbus device that its kernel connects */
void console_nodes_stub(struct plan *p, unsigned int index);

#endif
