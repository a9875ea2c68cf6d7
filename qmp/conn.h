/* SPDX-License-Identifier: MIT */
/*
 * The one QMP connection of a VM, kept for the VM's whole life, and its many
 * users: their commands go to QEMU one at a time, in the order they came; its
 * events go to everyone. A connection that is lost is made anew, with growing
 * pauses.
 */
#ifndef QMP_CONN_H
#define QMP_CONN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/loop.h"
#include "qmp/json.h"
#include "qmp/link.h"

enum {
	QMP_RETRY_MIN_MS = 200, /* a server needs time to see us go */
	QMP_RETRY_MAX_MS = 2000,
	QMP_PATIENCE_MS = 20000,  /* a lost connection: then commands fail */
	QMP_FORGOTTEN_MS = 10000, /* the others wait for nobody's command */
	QMP_QUEUE_MAX = 256,	  /* commands */
	QMP_VERSION_MAX = 4096,	  /* what query-version may say */
};

struct qmp_conn;
struct qmp_cmd;

/*
 * What became of a command. Spans and texts are gone after the call.
 *   ret.len > 0: QMP's "return", as it stood there
 *   else         err tells why there is none; if QEMU said so, `error` is its
 *                error object, `class` its class, and the text its "desc"
 */
struct qmp_result {
	struct qmp_span ret, error;
	char class[32];
	struct err err;
};

/* Called once for a command. May send others, and must not free the conn. */
typedef void qmp_result_fn(void *ctx, const struct qmp_result *r);

enum qmp_state {
	QMP_DOWN,    /* not connected */
	QMP_OPENING, /* connected, and not negotiated yet */
	QMP_READY,   /* commands go through */
};

/* Who wants to hear what happens; the functions may be NULL. */
struct qmp_ear {
	/* `name` is in quotes; `line` is the whole message */
	void (*event)(void *ctx, struct qmp_span name, struct qmp_span line);
	/*
	 * `why` is NULL, or why it is down: EXIT_DIED if QEMU's side left.
	 * QMP_READY comes again when the version is known, QMP_DOWN with
	 * every attempt that fails.
	 */
	void (*state)(void *ctx, enum qmp_state state, const struct err *why);
	void *ctx;
	struct qmp_ear *next;
};

/*
 * Connect through `link`, which becomes the conn's, as soon as there is a
 * server, and again whenever that is lost. `marker`: begin with a marker byte
 * (see qmp/session.h). NULL and *e on failure; then `link` is freed, too.
 */
struct qmp_conn *qmp_conn_new(struct loop *loop, struct qmp_link *link,
			      bool marker, struct err *e);
/* What is still to be answered gets an error. NULL is allowed. */
void qmp_conn_free(struct qmp_conn *q);

/* `ear` stays the caller's, and where it is, until it is taken off. */
void qmp_listen(struct qmp_conn *q, struct qmp_ear *ear);
void qmp_unlisten(struct qmp_conn *q, struct qmp_ear *ear);

enum qmp_state qmp_state(const struct qmp_conn *q);

/*
 * What query-version returned, as JSON text, on this connection or the one
 * before; NULL if there was none yet.
 */
const char *qmp_version(const struct qmp_conn *q);

/*
 * Queue `command` with `args` (an object, or NULL; stays the caller's). It
 * fails if there is no reply within `deadline_ms`; waiting for a connection
 * counts. fn is called later, never from within. Returns NULL and *e if it
 * cannot be queued: QEMU has been away for too long (EXIT_DIED), or there are
 * too many (EXIT_BUSY).
 */
struct qmp_cmd *qmp_command(struct qmp_conn *q, const char *command,
			    const json_t *args, uint64_t deadline_ms,
			    qmp_result_fn *fn, void *ctx, struct err *e);

/* The same for members that are JSON already; `args` may have length 0. */
struct qmp_cmd *qmp_command_text(struct qmp_conn *q, struct qmp_span command,
				 struct qmp_span args, uint64_t deadline_ms,
				 qmp_result_fn *fn, void *ctx, struct err *e);

/*
 * Its result is of no interest any more: fn will not be called. What QEMU is
 * at already it will finish.
 */
void qmp_forget(struct qmp_conn *q, struct qmp_cmd *c);

#endif
