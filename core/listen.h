/* SPDX-License-Identifier: MIT */
/* A listening socket in the file system, for root and our own user only. */
#ifndef CORE_LISTEN_H
#define CORE_LISTEN_H

#include "core/err.h"
#include "core/loop.h"

struct listener;

/* A peer has connected; `fd`, which does not block, is the callee's. */
typedef void listen_fn(void *ctx, int fd);

/*
 * Listen on `path` (0600; what was there is removed) and call fn(ctx, fd) for
 * every peer that is root or our own user; others are hung up on. `fd` is such
 * a socket of another process that listens there already and is taken over, or
 * -1. NULL and *e on failure.
 */
struct listener *listener_new(struct loop *loop, const char *path, int fd,
			      listen_fn *fn, void *ctx, struct err *e);
/* The listening socket itself; stays the listener's. */
int listener_fd(const struct listener *l);
/* The socket is at `path` now, moved with its directory. */
void listener_moved(struct listener *l, const char *path);
/* Remove the socket, too. NULL is allowed. */
void listener_free(struct listener *l);

#endif
