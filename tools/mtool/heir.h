/* SPDX-License-Identifier: MIT */
/*
 * What one supervisor hands to the next by descriptor passing (unix(7),
 * SCM_RIGHTS): the lock, so that there is no moment in which the VM is
 * nobody's; the listening control socket, so that no command is turned away;
 * and the ptys, so that whoever has one open notices nothing.
 */
#ifndef TOOLS_MTOOL_HEIR_H
#define TOOLS_MTOOL_HEIR_H

#include "core/config.h"
#include "core/err.h"

enum { HEIR_PTYS_MAX = VM_SERIALS_MAX + 1 };

struct heir_pty {
	char name[16]; /* of the console */
	int master, slave;
};

struct heir {
	int lock, listen;
	struct heir_pty pty[HEIR_PTYS_MAX];
	unsigned int nr_pty;
};

/* Send it over the stream socket `fd`; the descriptors stay the caller's. */
int heir_send(int fd, const struct heir *h, struct err *e);

/*
 * Receive it, waiting up to `ms` milliseconds. The descriptors are the
 * caller's, close-on-exec. -1 and *e, with nothing to close.
 */
int heir_receive(int fd, int ms, struct heir *h, struct err *e);

void heir_close(struct heir *h);

#endif
