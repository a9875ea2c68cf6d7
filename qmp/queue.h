/* SPDX-License-Identifier: MIT */
/* Commands that wait for QEMU, and those that QEMU is at; inside qmp/ only. */
#ifndef QMP_QUEUE_H
#define QMP_QUEUE_H

#include "qmp/conn.h"

struct qmp_cmd {
	struct qmp_cmd *next;
	char *body; /* the members of the message but "id" */
	size_t len;
	uint64_t deadline_ms, due;
	uint64_t nr;	   /* the session's; 0: not sent */
	qmp_result_fn *fn; /* NULL: forgotten */
	void *ctx;
};

/* All zero is an empty one. */
struct qmp_queue {
	struct qmp_cmd *first; /* oldest first */
	unsigned int nr;
};

/*
 * Add a command, in JSON, that fails `deadline_ms` from now. NULL and *e if
 * there are QMP_QUEUE_MAX already, or without memory.
 */
struct qmp_cmd *qmp_queue_add(struct qmp_queue *q, struct qmp_span command,
			      struct qmp_span args, uint64_t deadline_ms,
			      qmp_result_fn *fn, void *ctx, struct err *e);
/* It goes before those that wait. */
void qmp_queue_hurry(struct qmp_queue *q, struct qmp_cmd *c);

/* What to send: nothing while QEMU is at one. NULL if there is nothing. */
struct qmp_cmd *qmp_queue_next(const struct qmp_queue *q);
/* The one that was sent as `nr`, or NULL. */
struct qmp_cmd *qmp_queue_find(const struct qmp_queue *q, uint64_t nr);
/* When the first of them fails; UINT64_MAX if there are none. */
uint64_t qmp_queue_due(const struct qmp_queue *q);

/* These end a command, or several, whose callbacks may add others. */
void qmp_queue_finish(struct qmp_queue *q, struct qmp_cmd *c,
		      const struct qmp_result *r);
void qmp_queue_expire(struct qmp_queue *q, uint64_t now);
/* Those that were sent, or all. */
void qmp_queue_fail(struct qmp_queue *q, bool sent_only, const struct err *why);

/*
 * Nobody waits for it: it goes, or, when it was sent, is waited for a while.
 */
void qmp_queue_forget(struct qmp_queue *q, struct qmp_cmd *c);

#endif
