/* SPDX-License-Identifier: MIT */
/*
 * Xenstore's requests, those that mtool makes: one call each. They return 0
 * or what is said here, or -1 (NULL, XBT_NULL) with errno, as xswire_request
 * does.
 */
#ifndef CORE_XSREQ_H
#define CORE_XSREQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/xswire.h"

/* A transaction's number; XBT_NULL is none. */
typedef uint32_t xs_transaction_t;
#define XBT_NULL ((xs_transaction_t)0)

enum xs_perm_type {
	XS_PERM_NONE = 0,
	XS_PERM_READ = 1,
	XS_PERM_WRITE = 2,
};

/* What domain `id` may do, an OR of enum xs_perm_type. */
struct xs_permissions {
	unsigned int id;
	unsigned int perms;
};

/* The length of *value, which lasts until the next request. */
int xsreq_read(struct xswire *w, xs_transaction_t t, const char *path,
	       const char **value);
int xsreq_write(struct xswire *w, xs_transaction_t t, const char *path,
		const void *value, size_t len);
int xsreq_rm(struct xswire *w, xs_transaction_t t, const char *path);
/*
 * The names in a directory: one block, to be freed. E2BIG for more than
 * XSREQ_LIST_MAX bytes of them, each with its NUL, or if they take more than
 * one message and the daemon knows none for that.
 */
enum { XSREQ_LIST_MAX = 1024 * 1024 };
char **xsreq_directory(struct xswire *w, xs_transaction_t t, const char *path,
		       unsigned int *nr);
int xsreq_set_perms(struct xswire *w, xs_transaction_t t, const char *path,
		    const struct xs_permissions *p, unsigned int nr);

xs_transaction_t xsreq_begin(struct xswire *w);
/* EAGAIN: somebody else was faster; begin anew. */
int xsreq_end(struct xswire *w, xs_transaction_t t, bool commit);

int xsreq_introduce(struct xswire *w, uint32_t domid, unsigned long frame,
		    unsigned int port);
int xsreq_set_target(struct xswire *w, uint32_t stub, uint32_t target);
int xsreq_resume(struct xswire *w, uint32_t domid);

int xsreq_watch(struct xswire *w, const char *path, const char *token);
int xsreq_unwatch(struct xswire *w, const char *path, const char *token);

#endif
