/* SPDX-License-Identifier: MIT */
/*
 * Where the bytes of a QMP connection go: a stream to a server that comes and
 * goes. qmp/vchan.c is one; the tests have others.
 */
#ifndef QMP_LINK_H
#define QMP_LINK_H

#include <stddef.h>
#include <sys/types.h>
#include "core/err.h"

struct qmp_link;

struct qmp_link_ops {
	/*
	 * Connect, without waiting. 1: done; 0: there is no server now, a
	 * wake will follow when that may have changed; -1 and *e: it failed.
	 */
	int (*connect)(struct qmp_link *l, struct err *e);
	/*
	 * Never block. The number of bytes moved; 0 if none can be, then a
	 * wake follows when it is worth another try; -1 and *e if the server
	 * has gone, all it sent being read.
	 */
	ssize_t (*read)(struct qmp_link *l, char *data, size_t len,
			struct err *e);
	ssize_t (*write)(struct qmp_link *l, const char *data, size_t len,
			 struct err *e);
	/* Of a connection; the server sees it. */
	void (*close)(struct qmp_link *l);
	/* Free it. */
	void (*free)(struct qmp_link *l);
};

/* The first member of each kind of link. */
struct qmp_link {
	const struct qmp_link_ops *ops;
	void (*wake)(void *ctx); /* set by who uses it */
	void *ctx;
};

#endif
