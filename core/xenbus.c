/* SPDX-License-Identifier: MIT */
#include "core/xenbus.h"

#include <stdio.h>

void xenbus_pair(struct xenbus_pair *x, enum plan_dom dom, const char *kind,
		 unsigned int id)
{
	const char *domid = dom == DOM_TARGET ? PLAN_T : PLAN_S;

	snprintf(x->front, sizeof(x->front), "/local/domain/%s/device/%s/%u",
		 domid, kind, id);
	snprintf(x->back, sizeof(x->back), "/local/domain/0/backend/%s/%s/%u",
		 kind, domid, id);
	x->front_perm = dom == DOM_TARGET ? "T0" : "S0";
	x->back_perm = x->fixed_perm = dom == DOM_TARGET ? "0T" : "0S";
	x->back_state = XenbusStateInitialising;
}

void xenbus_nodes(struct plan *p, const struct xenbus_pair *x,
		  enum plan_dom dom)
{
	plan_node(p, x->front_perm, x->front, "", "%s", "");
	plan_node(p, NULL, x->front, "backend", "%s", x->back);
	plan_node(p, NULL, x->front, "backend-id", "0");
	plan_node(p, NULL, x->front, "state", "%d", XenbusStateInitialising);
	plan_node(p, x->back_perm, x->back, "", "%s", "");
	plan_node(p, NULL, x->back, "frontend", "%s", x->front);
	plan_node(p, NULL, x->back, "frontend-id", "%s",
		  dom == DOM_TARGET ? PLAN_T : PLAN_S);
	plan_node(p, NULL, x->back, "online", "1");
	plan_node(p, NULL, x->back, "state", "%d", x->back_state);
}
