/* SPDX-License-Identifier: MIT */
/*
 * One connection to a QMP server, from its first byte to its last. Pure: who
 * moves the bytes and knows the time is qmp/conn.c.
 *
 * A new connection is not always a clean one. A stubdomain may serve several
 * clients, one after the other, through one QEMU socket and rings it never
 * empties: first come up to 2048 bytes that were meant for the client before,
 * which may end in the middle of a line, with the greeting on the same line
 * behind them, or no greeting at all; and QEMU answers a command of a client
 * that has left into the next connection. So:
 *
 *  - the first byte sent is a marker, 0x01. A server that knows it begins
 *    anew; for QEMU it is a parser reset that makes it send an error.
 *  - the greeting, or that error, or a while without either, is answered with
 *    qmp_capabilities; that it is refused because it was done is success.
 *  - ids hold a random number of this connection: an answer to somebody
 *    else's command can never be taken for one of ours.
 *  - until then what makes no sense is dropped, and from then on it is an
 *    error that ends the connection.
 */
#ifndef QMP_SESSION_H
#define QMP_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include "core/err.h"
#include "qmp/buf.h"
#include "qmp/json.h"

enum {
	QMP_LINE_MAX = 4 << 20,	  /* what a server may say in one line */
	QMP_EVENT_MAX = 64 << 10, /* an event may be this long */
	QMP_IN_FLIGHT = 8,	  /* commands; QEMU, too, queues so many */
	QMP_MARKER = 0x01,	  /* "I am new" */
	QMP_UNASKED_MS = 1000,	  /* without a word: then ask */
	QMP_OPEN_MS = 5000,	  /* to get ready */
	QMP_GREETINGS_MAX = 16,	  /* before it is ready */
};

/* One of the two is there: QMP's "return" and "error" as they stand. */
struct qmp_reply {
	struct qmp_span ret, error;
};

/* Called while bytes are taken; what spans point to is gone afterwards. */
struct qmp_session_user {
	void (*ready)(void *ctx);
	void (*reply)(void *ctx, uint64_t nr, const struct qmp_reply *r);
	/* `name` is in quotes; `line` is the whole message */
	void (*event)(void *ctx, struct qmp_span name, struct qmp_span line);
};

struct qmp_session {
	bool ready;
	bool asked; /* qmp_capabilities was sent */
	unsigned int greetings;
	uint64_t ask_at, open_by; /* clock_ms */
	uint64_t prefix;	  /* of our ids */
	uint64_t next;		  /* id */
	uint64_t pending[QMP_IN_FLIGHT];
	unsigned int nr_pending;
	struct qmp_buf in; /* up to `seen` there is no end of line */
	size_t seen;
	struct qmp_buf out;
	const struct qmp_session_user *user;
	void *ctx;
};

/*
 * A connection was made at `now` (clock_ms). `prefix` is a random number.
 * `marker`: whether to send one. *s is all zero or was ended.
 */
void qmp_session_start(struct qmp_session *s, bool marker, uint64_t prefix,
		       uint64_t now, const struct qmp_session_user *user,
		       void *ctx);
/* Free what it has. May be called again. */
void qmp_session_end(struct qmp_session *s);

/*
 * Take what the server sent, at `now`. -1 and *e if the connection is no good
 * any more: it is to be closed.
 */
int qmp_session_feed(struct qmp_session *s, const char *data, size_t len,
		     struct err *e);

/* What is to be sent to it is in s->out: drop what was. */

/*
 * Send a command if it is ready and QMP_IN_FLIGHT are not out yet. `body` is
 * the members of the message but "id". Returns the command's number, never 0,
 * by which its reply will be known; 0 if it cannot be sent now.
 */
uint64_t qmp_session_send(struct qmp_session *s, struct qmp_span body);

/* When qmp_session_tick wants to be called; 0: never. */
uint64_t qmp_session_due(const struct qmp_session *s);
/* Time passes. -1 and *e (EXIT_TIMEOUT) if it did not get ready. */
int qmp_session_tick(struct qmp_session *s, uint64_t now, struct err *e);

#endif
