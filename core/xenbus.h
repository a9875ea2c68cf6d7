/* SPDX-License-Identifier: MIT */
/*
 * A split device's two halves in xenstore, as a plan writes them: the
 * frontend directory is the guest's, the backend directory is dom0's.
 */
#ifndef CORE_XENBUS_H
#define CORE_XENBUS_H

#include <xen/io/xenbus.h>

#include "core/plan.h"

struct xenbus_pair {
	char front[64];		/* /local/domain/<F>/device/<kind>/<id> */
	char back[64];		/* /local/domain/0/backend/<kind>/<F>/<id> */
	const char *front_perm; /* owned by the guest, readable by dom0 */
	const char *back_perm;	/* owned by dom0, readable by the guest */
	const char *fixed_perm; /* for what the guest must not change */
	enum xenbus_state back_state;
};

/*
 * Paths and permissions of device `kind`/`id` of one of the two domains; the
 * backend begins in XenbusStateInitialising.
 */
void xenbus_pair(struct xenbus_pair *x, enum plan_dom dom, const char *kind,
		 unsigned int id);

/*
 * Append what every device has: both directories, each other's paths, online,
 * and the states: the frontend's is XenbusStateInitialising.
 */
void xenbus_nodes(struct plan *p, const struct xenbus_pair *x,
		  enum plan_dom dom);

#endif
