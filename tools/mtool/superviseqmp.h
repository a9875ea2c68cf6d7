/* SPDX-License-Identifier: MIT */
/* The supervisor's QMP: the one connection, its socket, and what QEMU says. */
#ifndef TOOLS_MTOOL_SUPERVISEQMP_H
#define TOOLS_MTOOL_SUPERVISEQMP_H

#include <stddef.h>
#include "core/err.h"

struct supervise;
struct qmp_conn;
struct ctl_conn;

enum { LAST_WORDS_MAX = 400 };

/*
 * Connect to QEMU as soon as it can be, and share that on qmp.sock. -1 and *e
 * if the socket cannot be made.
 */
int supervise_qmp_open(struct supervise *s, struct err *e);

/*
 * Hang up on everyone, and let the stubdomain's page go, which would keep it
 * from ending. May be called again.
 */
void supervise_qmp_close(struct supervise *s);

/*
 * Call `then` when QEMU has answered, or does not within two seconds, or is
 * not connected. If it turns out that QEMU has gone, that is dealt with
 * instead: a guest whose device model dies does what looks like a reboot.
 */
void supervise_qmp_alive(struct supervise *s,
			 void (*then)(struct supervise *s));

/* For commands of the supervisor's own. NULL when closed. */
struct qmp_conn *supervise_qmp(struct supervise *s);

/*
 * Answer a request of the control socket later, with what `info` shows of the
 * device model: CTL_LATER, or -1 and *e.
 */
int supervise_qmp_info(struct supervise *s, struct ctl_conn *conn,
		       struct err *e);

/*
 * Ask the guest to let go of a PCI device of the host, which clients of
 * qmp.sock cannot: the answer comes when QEMU has asked it. CTL_LATER, or -1
 * and *e.
 */
int supervise_qmp_unplug(struct supervise *s, struct ctl_conn *conn,
			 const char *id, struct err *e);

/* The run directory has a new name. */
void supervise_qmp_moved(struct supervise *s);

/*
 * What the stubdomain said last on its console, in one line: QEMU's reason
 * for dying, as a rule.
 */
void supervise_last_words(struct supervise *s, char *buf, size_t size);

#endif
