/* SPDX-License-Identifier: MIT */
/*
 * One instance of a vchan server: one client, once. libxenvchan with its
 * traps taken out.
 */
#ifndef STUBDOM_VCHAN_H
#define STUBDOM_VCHAN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "core/xs.h"

enum vchan_state {
	VCHAN_WAITING, /* no client has come yet */
	VCHAN_ATTACHED,
	VCHAN_LEFT, /* the client has gone; nobody can come any more */
};

struct vchan;

/*
 * Publish a server below `path`, relative to this domain, for a client in
 * dom0 (the protocol's toolstack domain). Returns NULL and fills *e.
 */
struct vchan *vchan_open(struct xs *xs, const char *path, struct err *e);

/*
 * Take the nodes away, so that no second client finds this instance. The
 * directory stays: a toolstack may be watching it. May be called again.
 */
void vchan_unpublish(struct vchan *v);

/* Close it; the client sees that. NULL is allowed. */
void vchan_close(struct vchan *v);

/* Readable when something has changed: call vchan_ack, then look. */
int vchan_fd(struct vchan *v);
void vchan_ack(struct vchan *v);

enum vchan_state vchan_state(struct vchan *v);

/*
 * Never block. Return the number of bytes moved, 0 if none can be (vchan_fd
 * tells when it is worth another try, provided that all there was has been
 * read or that less than all was written), or -1 if the client has gone.
 */
ssize_t vchan_read(struct vchan *v, char *data, size_t len);
ssize_t vchan_write(struct vchan *v, const char *data, size_t len);

#endif
