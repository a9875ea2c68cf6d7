/* SPDX-License-Identifier: MIT */
/* The supervisor's side of the control socket. */
#include "tools/mtool/ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/listen.h"

struct ctl_conn {
	struct ctl_server *server; /* NULL: it has closed */
	struct ctl_conn *next;
	int fd; /* -1: the client has left, an answer is awaited */
	struct loop_io *io;
	struct loop_timer *deadline;
	bool waiting; /* for ctl_answer */
	char *answer; /* being sent */
	size_t len, off;
};

struct ctl_server {
	struct loop *loop;
	struct listener *listener;
	const struct ctl_command *table;
	void *ctx;
	struct ctl_conn *conns;
	unsigned int nr;
};

static void conn_free(struct ctl_conn *c)
{
	struct ctl_conn **p;

	if (c->server) {
		for (p = &c->server->conns; *p != c; p = &(*p)->next)
			;
		*p = c->next;
		c->server->nr--;
	}
	free(c->answer);
	free(c);
}

/* Hang up. A connection whose answer is awaited stays, without a client. */
static void conn_close(struct ctl_conn *c)
{
	loop_timer_del(c->deadline);
	loop_del(c->io);
	c->deadline = NULL;
	c->io = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	if (!c->waiting)
		conn_free(c);
}

static void conn_late(void *ctx)
{
	conn_close(ctx);
}

/* As much of the answer as it takes; closes when that is all, or it fails. */
static void conn_send(struct ctl_conn *c)
{
	ssize_t r = send(c->fd, c->answer + c->off, c->len - c->off,
			 MSG_NOSIGNAL | MSG_DONTWAIT);

	if (r < 0 && (errno == EAGAIN || errno == EINTR)) {
		loop_mod(c->io, EPOLLOUT);
		return;
	}
	if (r > 0)
		c->off += (size_t)r;
	if (r > 0 && c->off < c->len) {
		loop_mod(c->io, EPOLLOUT);
		return;
	}
	conn_close(c);
}

/* JSON is UTF-8, and a message may quote bytes that are not. */
static json_t *error_answer(const struct err *e)
{
	char text[sizeof(e->msg)], *p;

	memcpy(text, e->msg, sizeof(text));
	for (p = text; *p; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	return json_pack("{s:b,s:s,s:i}", "ok", 0, "error", text, "code",
			 (int)e->code);
}

/* Consumes `answer`; NULL is what a lack of memory makes of it. */
static void conn_answer(struct ctl_conn *c, json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT);

	json_decref(answer);
	if (c->fd < 0 || !text) {
		free(text);
		conn_close(c);
		return;
	}
	c->len = strlen(text);
	text[c->len++] = '\n'; /* in place of the NUL: it is sent by length */
	c->answer = text;
	loop_timer_set(c->deadline, CTL_DEADLINE_MS);
	conn_send(c);
}

static void conn_fail(struct ctl_conn *c, const struct err *e)
{
	conn_answer(c, error_answer(e));
}

static ctl_fn *find_command(const struct ctl_server *s, const char *cmd)
{
	const struct ctl_command *t;

	for (t = s->table; t->cmd; t++) {
		if (!strcmp(t->cmd, cmd))
			return t->fn;
	}
	return NULL;
}

static void conn_request(struct ctl_conn *c, const json_t *request)
{
	struct ctl_server *s = c->server;
	json_t *answer = json_pack("{s:b}", "ok", 1);
	const char *cmd;
	struct err e;
	ctl_fn *fn;
	int r = -1;

	if (ctl_get_str(request, "cmd", NULL, &cmd, &e) == 0) {
		fn = find_command(s, cmd);
		if (fn)
			r = fn(s->ctx, c, request, answer, &e);
		else
			err_set(&e, EXIT_USAGE, "unknown command");
	}
	if (r == CTL_DONE) {
		conn_answer(c, answer);
		return;
	}
	json_decref(answer);
	if (r < 0) {
		conn_fail(c, &e);
		return;
	}
	/* Now only its hanging up is of interest, which is always told. */
	if (r == CTL_LATER) {
		c->waiting = true;
		loop_timer_stop(c->deadline);
		loop_mod(c->io, 0);
	} else {
		conn_close(c);
	}
}

static void conn_parse(struct ctl_conn *c, const char *line, size_t n)
{
	json_error_t je;
	json_t *request = json_loadb(line, n, JSON_REJECT_DUPLICATES, &je);
	struct err e;

	if (json_is_object(request)) {
		conn_request(c, request);
	} else {
		err_set(&e, EXIT_USAGE, "not a JSON object: %s",
			request ? "something else" : je.text);
		conn_fail(c, &e);
	}
	json_decref(request);
}

/*
 * The line is looked at in the socket and taken only when it is whole: what
 * follows it may belong to who takes the connection over. Edge-triggered, or
 * half a line would keep us busy.
 */
static void conn_readable(struct ctl_conn *c, bool hung_up)
{
	char line[CTL_LINE_MAX];
	ssize_t n = recv(c->fd, line, sizeof(line), MSG_PEEK | MSG_DONTWAIT);
	char *nl = n > 0 ? memchr(line, '\n', (size_t)n) : NULL;
	struct err e;

	if (nl) {
		n = nl - line + 1;
		if (recv(c->fd, line, (size_t)n, MSG_DONTWAIT) == n)
			conn_parse(c, line, (size_t)n);
		else
			conn_close(c);
	} else if (n == sizeof(line)) {
		err_set(&e, EXIT_USAGE, "request longer than %d bytes",
			CTL_LINE_MAX);
		conn_fail(c, &e);
	} else if (n == 0 || hung_up ||
		   (n < 0 && errno != EAGAIN && errno != EINTR)) {
		conn_close(c);
	}
}

static void conn_ready(void *ctx, uint32_t events)
{
	struct ctl_conn *c = ctx;
	bool hung_up = events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP);

	if (c->waiting)
		conn_close(c);
	else if (c->answer)
		conn_send(c);
	else
		conn_readable(c, hung_up);
}

static struct ctl_conn *conn_new(struct ctl_server *s, int fd)
{
	struct ctl_conn *c = calloc(1, sizeof(*c));
	struct err e;

	if (!c)
		return NULL;
	c->fd = fd;
	c->deadline = loop_timer_new(s->loop, conn_late, c);
	c->io = loop_add(s->loop, fd, EPOLLIN | EPOLLRDHUP | EPOLLET,
			 conn_ready, c, &e);
	if (!c->deadline || !c->io) {
		loop_timer_del(c->deadline);
		loop_del(c->io);
		free(c);
		return NULL;
	}
	loop_timer_set(c->deadline, CTL_DEADLINE_MS);
	c->server = s;
	c->next = s->conns;
	s->conns = c;
	s->nr++;
	return c;
}

static void server_connected(void *ctx, int fd)
{
	struct ctl_server *s = ctx;
	struct ctl_conn *c = conn_new(s, fd);
	struct err e;

	if (!c) {
		close(fd);
	} else if (s->nr > CTL_CONNECTIONS) {
		err_set(&e, EXIT_BUSY, "too many connections");
		conn_fail(c, &e);
	}
}

int ctl_fd(const struct ctl_server *s)
{
	return listener_fd(s->listener);
}

struct ctl_server *ctl_listen(struct loop *loop, const char *path, int fd,
			      const struct ctl_command *table, void *ctx,
			      struct err *e)
{
	struct ctl_server *s = calloc(1, sizeof(*s));

	if (!s) {
		err_sys(e, EXIT_FAILED, "%s", path);
		return NULL;
	}
	s->loop = loop;
	s->table = table;
	s->ctx = ctx;
	s->listener = listener_new(loop, path, fd, server_connected, s, e);
	if (!s->listener) {
		free(s);
		return NULL;
	}
	return s;
}

void ctl_close(struct ctl_server *s)
{
	if (!s)
		return;
	while (s->conns) {
		struct ctl_conn *c = s->conns;

		s->conns = c->next;
		c->server = NULL;
		conn_close(c);
	}
	listener_free(s->listener);
	free(s);
}

void ctl_moved(struct ctl_server *s, const char *path)
{
	listener_moved(s->listener, path);
}

void ctl_answer(struct ctl_conn *c, json_t *answer, const struct err *e)
{
	json_t *ok = e ? NULL : json_pack("{s:b}", "ok", 1);

	c->waiting = false;
	if (c->fd < 0) {
		json_decref(ok);
		conn_free(c);
	} else if (e) {
		conn_fail(c, e);
	} else {
		if (answer)
			json_object_update_missing(ok, answer);
		conn_answer(c, ok);
	}
}

int ctl_dup(const struct ctl_conn *c, struct err *e)
{
	int fd = fcntl(c->fd, F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? err_sys(e, EXIT_FAILED, "control socket") : fd;
}
