/* SPDX-License-Identifier: MIT */
/* One client of the shared socket; inside qmp/ only. */
#ifndef QMP_CLIENT_H
#define QMP_CLIENT_H

#include "qmp/share.h"

struct qmp_client;

/* What the clients of a share have in common. */
struct qmp_share {
	struct loop *loop;
	struct qmp_conn *conn;
	qmp_filter_fn *filter;
	void *ctx;
	struct listener *listener;
	struct qmp_ear ear;
	struct loop_timer *sweep; /* while somebody has something to read */
	bool sweeping;		  /* it is set */
	struct qmp_client *clients;
	unsigned int nr;
};

/* A client on `fd`, which is taken over. NULL without memory. */
struct qmp_client *qmp_client_new(struct qmp_share *s, int fd);
/* Hang up. */
void qmp_client_free(struct qmp_client *c);
struct qmp_client *qmp_client_next(const struct qmp_client *c);

/* Each of these may end with the client's being freed. */

/* The version is known now: greet, if that was not done. */
void qmp_client_greet(struct qmp_client *c);
/* Send `line`, an event. */
void qmp_client_event(struct qmp_client *c, struct qmp_span line);
/* Cut it off if it has stalled. */
void qmp_client_sweep(struct qmp_client *c, uint64_t now);

#endif
