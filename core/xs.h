/* SPDX-License-Identifier: MIT */
/*
 * Xenstore: one connection, bounded reads, transactions with bounded
 * retries, and watches that sit in the event loop.
 */
#ifndef CORE_XS_H
#define CORE_XS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/err.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/xsreq.h"

enum {
	XS_PATH_MAX = 256,   /* every path that mtool itself builds */
	XS_VALUE_MAX = 4096, /* the wire's limit for one payload */
	XS_RETRIES = 16,     /* of one transaction, before giving up */
};

struct xs;
struct xs_watcher;

/*
 * Connect, in dom0. NULL and *e on failure: EXIT_HOST if there is no xenstored,
 * which is known within a second.
 */
struct xs *xs_connect(struct log *log, struct err *e);
/* Connect to a socket or device, which may not answer the first request. */
struct xs *xs_connect_at(const char *path, struct log *log, struct err *e);
/* NULL is allowed. Sends nothing: a child may leave what it has inherited. */
void xs_disconnect(struct xs *xs);

/*
 * An error like err_sys's, for a call that has just failed; EXIT_HOST if
 * xenstored is gone or does not answer, or EXIT_FAILED. Always returns -1.
 */
int xs_fail(struct xs *xs, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Read `path` into buf, NUL-terminated. Returns the length; -1 with errno
 * ENOENT, … if it cannot be read, E2BIG if the value is longer than size - 1
 * or holds a NUL (such a value is never cut).
 */
int xs_read_str(struct xs *xs, xs_transaction_t t, const char *path, char *buf,
		size_t size);
/* Read a decimal or 0x number in min..max; -1 with errno, ERANGE if not one. */
int xs_read_num(struct xs *xs, xs_transaction_t t, const char *path,
		uint64_t min, uint64_t max, uint64_t *out);

/* 1 if there is such a node, 0, or -1 with errno. */
int xs_exists(struct xs *xs, xs_transaction_t t, const char *path);
/* The names in a directory, one block to be freed; NULL with errno. */
char **xs_list(struct xs *xs, xs_transaction_t t, const char *path,
	       unsigned int *nr);

/*
 * Writes outside or inside a transaction, logged at LOG_DETAIL. 0, or -1
 * with errno.
 */
int xs_put(struct xs *xs, xs_transaction_t t, const char *path,
	   const char *value);
int xs_del(struct xs *xs, xs_transaction_t t, const char *path);
/* The same; what is not there needs no removing. 0, or -1 and *e. */
int xs_del_any(struct xs *xs, xs_transaction_t t, const char *path,
	       struct err *e);
/*
 * Remove a directory with nothing in it. 1: it is not there (any more); 0:
 * something is in it; -1 and *e. In a transaction, or it may fill meanwhile.
 */
int xs_del_empty(struct xs *xs, xs_transaction_t t, const char *path,
		 struct err *e);
/* `nr` permissions, the first one's id is the owner. */
int xs_perms(struct xs *xs, xs_transaction_t t, const char *path,
	     struct xs_permissions *p, unsigned int nr);

/*
 * From xs_ahead on, writes, removals and permissions return 0 once they are
 * sent. xs_settle ends that and waits for all of them; -1 with errno of the
 * first that was refused; what is not there needs no removing.
 */
void xs_ahead(struct xs *xs);
int xs_settle(struct xs *xs);

/*
 * Make a domain known by the frame and port of its ring, and let `stub` act for
 * `target`. 0, or -1 with errno.
 */
int xs_introduce(struct xs *xs, uint32_t domid, unsigned long frame,
		 unsigned int port);
int xs_target(struct xs *xs, uint32_t stub, uint32_t target);
/* A domain that was gone goes on. 0, or -1 with errno. */
int xs_resume(struct xs *xs, uint32_t domid);

/*
 * Run fn(ctx, t) inside a transaction until it commits, at most XS_RETRIES
 * times. fn must be repeatable and returns 0, or -1 with *e filled, which
 * aborts. Returns 0, or -1 and *e. `what` names it in messages.
 */
typedef int xs_txn_fn(void *ctx, xs_transaction_t t, struct err *e);
int xs_transact(struct xs *xs, const char *what, xs_txn_fn *fn, void *ctx,
		struct err *e);

/*
 * Watches in an event loop. xs_attach once; then the loop calls fn(ctx, path)
 * for changes at or below `path`, and once at registration: at least once
 * after the last change of each node, not once for each change. If there are
 * more changed nodes than are kept it is told `path` itself, as at
 * registration: anything below may have changed.
 */
int xs_attach(struct xs *xs, struct loop *loop, struct err *e);
/* Leave the loop, before it is freed. No watch may be left. */
void xs_detach(struct xs *xs);
/*
 * Have the loop call fn(ctx) once when xenstored is gone, or has not answered:
 * then no watch fires any more, and all calls fail at once. NULL: call
 * nothing.
 */
typedef void xs_gone_fn(void *ctx);
void xs_on_gone(struct xs *xs, xs_gone_fn *fn, void *ctx);
typedef void xs_watch_fn(void *ctx, const char *path);
struct xs_watcher *xs_watch_add(struct xs *xs, const char *path,
				xs_watch_fn *fn, void *ctx, struct err *e);
/* NULL is allowed. Safe inside callbacks. */
void xs_watch_del(struct xs_watcher *w);

#endif
