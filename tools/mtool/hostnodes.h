/* SPDX-License-Identifier: MIT */
/* The nodes by which other programs know dom0. */
#ifndef TOOLS_MTOOL_HOSTNODES_H
#define TOOLS_MTOOL_HOSTNODES_H

#include "core/err.h"
#include "core/xs.h"

/* Write those that are missing, readable to dom0 alone; others stay. */
int host_nodes_write(struct xs *xs, struct err *e);

/* The path of the first that is missing, or NULL. */
const char *host_nodes_missing(struct xs *xs);

#endif
