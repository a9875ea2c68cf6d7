/* SPDX-License-Identifier: MIT */
#include "qmp/share.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/listen.h"
#include "core/log.h"
#include "qmp/client.h"

/* A client that is called may be gone afterwards, and no other one. */
static void event(void *ctx, struct qmp_span name, struct qmp_span line)
{
	struct qmp_share *s = ctx;
	struct qmp_client *c, *next;

	(void)name;
	for (c = s->clients; c; c = next) {
		next = qmp_client_next(c);
		qmp_client_event(c, line);
	}
}

static void state(void *ctx, enum qmp_state state, const struct err *why)
{
	struct qmp_share *s = ctx;
	struct qmp_client *c, *next;

	(void)why;
	if (state != QMP_READY || !qmp_version(s->conn))
		return;
	for (c = s->clients; c; c = next) {
		next = qmp_client_next(c);
		qmp_client_greet(c);
	}
}

static void sweep(void *ctx)
{
	struct qmp_share *s = ctx;
	struct qmp_client *c, *next;
	uint64_t now = clock_ms();

	s->sweeping = false;
	for (c = s->clients; c; c = next) {
		next = qmp_client_next(c);
		qmp_client_sweep(c, now);
	}
}

/* Where a greeting is expected. */
static void refuse(int fd)
{
	static const char busy[] = "{\"error\": {\"class\": \"GenericError\", "
				   "\"desc\": \"too many clients\"}}\r\n";

	send(fd, busy, strlen(busy), MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void connected(void *ctx, int fd)
{
	struct qmp_share *s = ctx;
	struct qmp_client *c;

	if (s->nr >= QMP_CLIENTS_MAX) {
		refuse(fd);
		return;
	}
	c = qmp_client_new(s, fd);
	if (!c) {
		close(fd);
		return;
	}
	if (qmp_version(s->conn))
		qmp_client_greet(c);
}

struct qmp_share *qmp_share_new(struct loop *loop, const char *path,
				struct qmp_conn *conn, qmp_filter_fn *filter,
				void *ctx, struct err *e)
{
	struct qmp_share *s = calloc(1, sizeof(*s));

	if (!s) {
		err_sys(e, EXIT_FAILED, "%s", path);
		return NULL;
	}
	s->loop = loop;
	s->conn = conn;
	s->filter = filter;
	s->ctx = ctx;
	s->ear.event = event;
	s->ear.state = state;
	s->ear.ctx = s;
	qmp_listen(conn, &s->ear);
	s->sweep = loop_timer_new(loop, sweep, s);
	if (!s->sweep)
		err_sys(e, EXIT_FAILED, "%s", path);
	else
		s->listener = listener_new(loop, path, -1, connected, s, e);
	if (!s->listener) {
		qmp_share_free(s);
		return NULL;
	}
	return s;
}

void qmp_share_moved(struct qmp_share *s, const char *path)
{
	listener_moved(s->listener, path);
}

void qmp_share_free(struct qmp_share *s)
{
	if (!s)
		return;
	listener_free(s->listener);
	while (s->clients)
		qmp_client_free(s->clients);
	qmp_unlisten(s->conn, &s->ear);
	loop_timer_del(s->sweep);
	free(s);
}
