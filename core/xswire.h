/* SPDX-License-Identifier: MIT */
/*
 * Xenstore's wire (xen/io/xs_wire.h), which is the same at the daemon's socket
 * and at /dev/xen/xenbus: requests one at a time or a few ahead, none without a
 * time limit, and the watch events that come between request and reply.
 *
 * A connection breaks once and for good: when the other side is gone, has not
 * answered in time, or says what it must not. All later calls fail at once
 * with the errno of that.
 */
#ifndef CORE_XSWIRE_H
#define CORE_XSWIRE_H

#include <stdint.h>
#include <sys/uio.h>

struct xswire;

enum { XSWIRE_LIMIT_MS = 20000 };

/*
 * Connect to a socket, or open a device. NULL and errno on failure; waits at
 * most XSWIRE_LIMIT_MS for a daemon that does not accept (ETIMEDOUT).
 */
struct xswire *xswire_open(const char *path);
/* The same over `fd`, which is closed with it, and at once on failure. */
struct xswire *xswire_new(int fd);
/* NULL is allowed. Sends nothing: a forked child may close its copy. */
void xswire_close(struct xswire *w);

/* Another limit for each request than XSWIRE_LIMIT_MS. */
void xswire_limit(struct xswire *w, unsigned int ms);

/*
 * Call fn for each watch event, and once with NULL for both strings when the
 * connection breaks. It is called from within xswire_request and
 * xswire_receive, and may call neither.
 */
typedef void xswire_event_fn(void *ctx, const char *path, const char *token);
void xswire_on_event(struct xswire *w, xswire_event_fn *fn, void *ctx);

/*
 * Send a request (enum xsd_sockmsg_type) whose payload are these parts, and
 * wait for its reply. Returns the length of that; *reply, if not NULL, is NUL-
 * terminated and lasts until the next request. -1 with errno: what the daemon
 * has refused it with, E2BIG for a payload that no message holds, or why the
 * connection is broken.
 */
int xswire_request(struct xswire *w, uint32_t type, uint32_t tx,
		   const struct iovec *part, unsigned int nr,
		   const char **reply);

/*
 * From here on, until xswire_settle, a request with `reply` NULL at a socket
 * returns 0 when it is sent: the daemon answers in order, and each is a round
 * trip less to wait for. Any other request waits for those before it.
 * xswire_settle waits for all; -1 with the errno of the first that was refused,
 * or of what has broken the connection. To remove what is not there is no error
 * here.
 */
void xswire_ahead(struct xswire *w);
int xswire_settle(struct xswire *w);

/* The errno of the latest refusal since the last call of this, or 0. */
int xswire_refusal(struct xswire *w);

/* To wait for, until it is readable. */
int xswire_fd(const struct xswire *w);
/* Take what has arrived, without waiting. 0, or -1 if it is broken. */
int xswire_receive(struct xswire *w);

/* "xenstored is gone", …: why it is broken, or NULL. */
const char *xswire_why(const struct xswire *w);

#endif
