/* SPDX-License-Identifier: MIT */
/* One PV disk that comes while its domain runs. */
#ifndef TOOLS_MTOOL_PVDISK_H
#define TOOLS_MTOOL_PVDISK_H

#include "core/err.h"
#include "core/plan.h"
#include "devices/xenbus.h"
#include "tools/mtool/live.h"

/* The pair of the disk at `place` of l->cfg, in one of the two domains. */
void pvdisk_find(const struct live *l, unsigned int place, enum plan_dom dom,
		 struct xenbus_dev *dev);

/* Whether its backend is in xenstore. */
bool pvdisk_there(const struct live *l, const struct xenbus_dev *dev);

/*
 * Write its nodes, with what vbd_open has made known in *vars, and wait until
 * both ends are connected. EXIT_BUSY if there is such a disk already; on any
 * failure nothing is left of it.
 */
int pvdisk_connect(struct live *l, unsigned int place, enum plan_dom dom,
		   struct plan_vars *vars, unsigned int limit_s, struct err *e);

#endif
