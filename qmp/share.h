/* SPDX-License-Identifier: MIT */
/*
 * The shared QMP socket: any number of clients on the one connection to QEMU,
 * each of which sees an ordinary QMP server: a greeting, capabilities to
 * negotiate, replies in order to what it asked, and all events.
 */
#ifndef QMP_SHARE_H
#define QMP_SHARE_H

#include "core/loop.h"
#include "qmp/conn.h"

enum {
	QMP_CLIENTS_MAX = 32,
	QMP_REQUEST_MAX = 64 << 10, /* bytes of one command */
	/* What a client has not read: beyond this it is cut off, */
	QMP_BACKLOG_MAX = (4 << 20) + (256 << 10),
	QMP_STALL_MS = 30000, /* or if it has taken nothing for so long. */
	/* A client waits as long as it likes; this is how long we do. */
	QMP_CLIENT_DEADLINE_MS = 3600 * 1000,
};

/*
 * May a client send `command`? `args` is an object or NULL. 0, or -1 and *e,
 * whose text becomes the error that the client gets.
 */
typedef int qmp_filter_fn(void *ctx, const char *command, const json_t *args,
			  struct err *e);

struct qmp_share;

/*
 * Share `conn`, which must outlive the share, on the socket `path` (0600; for
 * root and our own user). NULL and *e on failure.
 */
struct qmp_share *qmp_share_new(struct loop *loop, const char *path,
				struct qmp_conn *conn, qmp_filter_fn *filter,
				void *ctx, struct err *e);
/* The socket is at `path` now, moved with its directory. */
void qmp_share_moved(struct qmp_share *s, const char *path);
/* Hang up on all clients and remove the socket. NULL is allowed. */
void qmp_share_free(struct qmp_share *s);

#endif
