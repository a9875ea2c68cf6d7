/* SPDX-License-Identifier: MIT */
/* The nics of a VM, for people and for programs. */
#ifndef TOOLS_MTOOL_SHOWNICS_H
#define TOOLS_MTOOL_SHOWNICS_H

#include <jansson.h>
#include "core/err.h"
#include "core/xs.h"
#include "devices/viflist.h"
#include "tools/mtool/rundir.h"

/*
 * An array of objects: id, mac, bridge, interface, model (null: PV only) and
 * the PV side's state. NULL and *e if xenstore cannot be asked.
 */
json_t *nics_json(struct xs *xs, const struct vm_record *r, struct err *e);

/* One line for each, behind "nicN". */
void nics_print(const json_t *nics);

#endif
