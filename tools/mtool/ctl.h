/* SPDX-License-Identifier: MIT */
/*
 * The control socket of a supervisor: how other mtool processes ask it things.
 *
 * A request is one line of JSON, an object with a member "cmd" and what that
 * command needs, at most CTL_LINE_MAX bytes; the answer is one line, either
 * {"ok":true,...} or {"ok":false,"error":"...","code":N} with an exit code of
 * mtool. One request for a connection. A command may keep the connection:
 * behind its answer the socket is then a raw stream of bytes.
 */
#ifndef TOOLS_MTOOL_CTL_H
#define TOOLS_MTOOL_CTL_H

#include <jansson.h>
#include <stdbool.h>
#include "core/err.h"
#include "core/loop.h"

enum {
	CTL_LINE_MAX = 4096,	  /* a request, with its newline */
	CTL_ANSWER_MAX = 1 << 20, /* an answer, with its newline */
	CTL_CONNECTIONS = 32,
	CTL_DEADLINE_MS = 5000, /* for the request, and for taking the answer */
};

/* --- the supervisor's side --- */

struct ctl_server;
struct ctl_conn;

/* What a handler returns, beside -1 and *e. */
enum ctl_result {
	CTL_DONE = 0, /* answer now */
	CTL_LATER,    /* ctl_answer will be called */
	CTL_TAKEN,    /* ctl_dup was called, and the answer is sent */
};

/*
 * Handle a request. `answer` is an object, {"ok":true}, to add to. Returns
 * enum ctl_result, or -1 and *e, which becomes the answer.
 */
typedef int ctl_fn(void *ctx, struct ctl_conn *c, const json_t *request,
		   json_t *answer, struct err *e);

struct ctl_command {
	const char *cmd; /* NULL ends the table */
	ctl_fn *fn;
};

/*
 * Listen on `path` (0600; what was there is removed) and answer from `table`,
 * which must outlive the server, with `ctx`. Only processes of root, or of
 * our own user, are heard. `fd` is a socket of ctl_fd, which listens on `path`
 * already and is taken over, or -1. NULL and *e on failure.
 */
struct ctl_server *ctl_listen(struct loop *loop, const char *path, int fd,
			      const struct ctl_command *table, void *ctx,
			      struct err *e);
/* The listening socket, to be handed to another process; stays the server's. */
int ctl_fd(const struct ctl_server *s);
/*
 * Close all connections, with what is still to be answered, and remove the
 * socket. NULL is allowed.
 */
void ctl_close(struct ctl_server *s);
/* The socket is at `path` now, moved with its directory. */
void ctl_moved(struct ctl_server *s, const char *path);

/*
 * For a handler that returned CTL_LATER, once: answer {"ok":true} and the
 * members of `answer` (may be NULL; stays the caller's), or `e` if not NULL.
 * Allowed, and needed, even if the client has left meanwhile.
 */
void ctl_answer(struct ctl_conn *c, json_t *answer, const struct err *e);

/*
 * For a handler that keeps the connection: a new descriptor of it, the
 * caller's, or -1 and *e. The handler sends the answer line itself when
 * nothing can fail any more, and returns CTL_TAKEN. What the client sent
 * behind its request is still unread.
 */
int ctl_dup(const struct ctl_conn *c, struct err *e);

/*
 * Members of a request. 0, or -1 and *e (EXIT_USAGE) if it has another type,
 * or is missing and there is no default (`def` NULL, or < 0).
 */
int ctl_get_str(const json_t *request, const char *name, const char *def,
		const char **out, struct err *e);
int ctl_get_int(const json_t *request, const char *name, json_int_t def,
		json_int_t *out, struct err *e);
/* false if it is missing or no boolean. */
bool ctl_get_bool(const json_t *request, const char *name);

/* --- the clients' side --- */

/*
 * Send `request` (stays the caller's) and wait up to `timeout_ms` in all.
 * Returns 0 and, if `answer` is not NULL, *answer (json_decref it); -1 and *e
 * if there is no supervisor (EXIT_NO_VM), no answer (EXIT_TIMEOUT), or what
 * the supervisor answered.
 */
int ctl_call(const char *path, const json_t *request, json_t **answer,
	     int timeout_ms, struct err *e);
/* The same on a connection that is kept for more than one request. */
int ctl_talk(int fd, const json_t *request, json_t **answer, int timeout_ms,
	     struct err *e);
/* The same, but returns the descriptor of what is a raw stream now, or -1. */
int ctl_attach(const char *path, const json_t *request, json_t **answer,
	       int timeout_ms, struct err *e);

/*
 * Whether the VM of the control socket `path` is gone: its run directory is
 * removed last of all.
 */
bool ctl_vm_gone(const char *path);

#endif
