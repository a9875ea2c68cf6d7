/* SPDX-License-Identifier: MIT */
/* A client of a VM's qmp.sock, for commands that wait for an answer. */
#ifndef TOOLS_MTOOL_QMPCLIENT_H
#define TOOLS_MTOOL_QMPCLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include "core/err.h"
#include "qmp/buf.h"
#include "qmp/json.h"

struct qmp_caller {
	int fd;
	struct qmp_buf in; /* what the last line was taken from */
	size_t taken;	   /* of it, by that line */
	size_t seen;	   /* up to here there is no end of line */
};

/*
 * Connect to the socket `path`, and negotiate. -1 and *e: EXIT_NO_VM if
 * nobody listens there, EXIT_TIMEOUT when `end_ms` (clock_ms) has come,
 * EXIT_DIED if it hangs up.
 */
int qmp_caller_open(struct qmp_caller *c, const char *path, uint64_t end_ms,
		    struct err *e);
void qmp_caller_close(struct qmp_caller *c);

/* Send `text`. -1 and *e as above. */
int qmp_caller_send(struct qmp_caller *c, const char *text, uint64_t end_ms,
		    struct err *e);

/*
 * The next message, without its end of line; what the one before pointed to
 * is gone. -1 and *e as above.
 */
int qmp_caller_line(struct qmp_caller *c, struct qmp_span *line,
		    uint64_t end_ms, struct err *e);

/*
 * The same without waiting, after poll() has found c->fd readable: 0 if there
 * is no whole message yet, 1 if there is. Call it until it returns 0.
 */
int qmp_caller_poll(struct qmp_caller *c, struct qmp_span *line, struct err *e);

/*
 * Send `line`, a command with the id "ID", and wait for its reply. 0 and
 * *ret, valid until the next call; -1 and *e, EXIT_FAILED with QEMU's text if
 * it refuses.
 */
int qmp_caller_ask(struct qmp_caller *c, const char *line, const char *id,
		   struct qmp_span *ret, uint64_t end_ms, struct err *e);

#endif
