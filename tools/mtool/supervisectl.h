/* SPDX-License-Identifier: MIT */
/* What other mtool processes can ask of a VM's supervisor. */
#ifndef TOOLS_MTOOL_SUPERVISECTL_H
#define TOOLS_MTOOL_SUPERVISECTL_H

#include "core/err.h"

struct supervise;

/* Listen on /run/mtool/NAME/ctl.sock. */
int supervise_ctl_open(struct supervise *s, struct err *e);
/* The listening socket, for a successor. */
int supervise_ctl_fd(const struct supervise *s);
void supervise_ctl_close(struct supervise *s);

#endif
