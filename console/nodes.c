/* SPDX-License-Identifier: MIT */
#include "console/nodes.h"

#include <stdio.h>

#include "core/xenbus.h"

#define CONSOLE_TYPE "mtool"

void console_nodes_first(struct plan *p, enum plan_dom dom)
{
	bool t = dom == DOM_TARGET;
	struct xenbus_pair x;
	const char *dir;

	xenbus_pair(&x, dom, "console", 0);
	dir = t ? "/local/domain/" PLAN_T "/console"
		: "/local/domain/" PLAN_S "/console";
	plan_node(p, NULL, dir, "backend", "%s", x.back);
	plan_node(p, NULL, dir, "type", CONSOLE_TYPE);
	plan_node(p, NULL, dir, "tty", "%s", "");
	plan_node(p, NULL, dir, "port", "%s",
		  t ? PLAN_VAR("T.console-port") : PLAN_VAR("S.console-port"));
	plan_node(p, NULL, dir, "ring-ref", "%s",
		  t ? PLAN_VAR("T.console-frame")
		    : PLAN_VAR("S.console-frame"));
}

/*
 * The supervisor, who is the backend, is there before the frontend is, and has
 * nothing to prepare: so its half is written as one that waits.
 *
 * `tty` and `type` are ours: a guest that could write them would choose files
 * that tools in dom0 open (XSA-57).
 */
void console_nodes_stub(struct plan *p, unsigned int index)
{
	struct xenbus_pair x;

	xenbus_pair(&x, DOM_STUB, "console", index);
	x.back_state = XenbusStateInitWait;
	xenbus_nodes(p, &x, DOM_STUB);
	plan_node(p, NULL, x.front, "protocol", "vt100");
	plan_node(p, x.fixed_perm, x.front, "type", CONSOLE_TYPE);
	plan_node(p, x.fixed_perm, x.front, "tty", "%s", "");
	plan_node(p, NULL, x.back, "hotplug-status", "connected");
	plan_node(p, NULL, x.back, "protocol", "vt100");
}
