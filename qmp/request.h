/* SPDX-License-Identifier: MIT */
/* A message of a client to the shared socket, and what QEMU says of such. */
#ifndef QMP_REQUEST_H
#define QMP_REQUEST_H

#include <stdbool.h>
#include "qmp/buf.h"
#include "qmp/json.h"

struct qmp_request {
	struct qmp_span execute; /* in quotes, as it stands there */
	struct qmp_span args;	 /* len 0: none */
	struct qmp_span id;	 /* of any type; len 0: none */
	char *command;		 /* the same as text; free it */
};

struct qmp_error {
	const char *class;
	char desc[256];
};

/*
 * The members of `text`, which is an object. 0, or -1 and *error in QEMU's
 * words; r->id is set in both cases.
 */
int qmp_request_parse(struct qmp_request *r, struct qmp_span text,
		      struct qmp_error *error);

/* qmp_capabilities, of which we have none to offer. The same results. */
int qmp_request_capabilities(const struct qmp_request *r, bool done,
			     struct qmp_error *error);

/* Set *error. Always returns -1. */
int qmp_error_set(struct qmp_error *error, const char *class, const char *fmt,
		  ...) __attribute__((format(printf, 3, 4)));

/*
 * Messages to a client, as QEMU writes them; `id` may have length 0. 0, or -1
 * without memory.
 */
int qmp_put_greeting(struct qmp_buf *b, const char *version);
int qmp_put_return(struct qmp_buf *b, struct qmp_span ret, struct qmp_span id);
int qmp_put_error(struct qmp_buf *b, struct qmp_span error, struct qmp_span id);
/* QEMU's error object, made of our own words. */
int qmp_put_own_error(struct qmp_buf *b, const struct qmp_error *error,
		      struct qmp_span id);

#endif
