/* SPDX-License-Identifier: MIT */
#include "qmp/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "qmp/buf.h"
#include "qmp/request.h"

enum {
	CHUNK = 4096,
	/* With so much to read it is not listened to. */
	UNREAD_MAX = 64 << 10,
	SWEEP_MS = 5000,
};

struct qmp_client {
	struct qmp_share *share;
	struct qmp_client *next;
	int fd;
	struct loop_io *io;
	struct qmp_buf in; /* `scanned` bytes of it are the begin of one */
	size_t scanned;
	struct qmp_scan scan;
	bool skipping; /* up to the end of the line: it was bad */
	struct qmp_buf out;
	bool behind;	     /* there is something it has not taken, */
	uint64_t took;	     /* and when it last took anything (clock_ms) */
	struct qmp_cmd *cmd; /* at QEMU, or on the way there */
	char *id;	     /* of that; NULL: it has none */
	bool greeted, negotiated;
	bool eof;    /* it will send nothing more */
	bool broken; /* to be hung up on */
};

static bool handle_input(struct qmp_client *c);

/* --- what it is sent --- */

static void check_put(struct qmp_client *c, int rc)
{
	if (rc < 0 || c->out.len > QMP_BACKLOG_MAX)
		c->broken = true;
}

static void refuse(struct qmp_client *c, const struct qmp_error *error,
		   struct qmp_span id)
{
	check_put(c, qmp_put_own_error(&c->out, error, id));
}

static void flush(struct qmp_client *c)
{
	ssize_t n;

	while (c->out.len && !c->broken) {
		n = send(c->fd, qmp_buf_at(&c->out), c->out.len,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			c->broken = true;
			return;
		}
		qmp_buf_drop(&c->out, (size_t)n);
		c->took = clock_ms();
	}
}

static bool wants_input(const struct qmp_client *c)
{
	return c->greeted && !c->cmd && !c->eof && c->out.len < UNREAD_MAX;
}

/*
 * The end of every call from outside: send what there is, which may make room
 * for the answers to what has been read already, and hang up, or wait for what
 * can go on. A hang-up of the peer is told in any case.
 */
static void settle(struct qmp_client *c)
{
	do
		flush(c);
	while (handle_input(c));
	if (c->broken || (c->eof && !c->cmd && !c->out.len)) {
		qmp_client_free(c);
		return;
	}
	loop_mod(c->io, (wants_input(c) ? EPOLLIN : 0u) |
				(c->out.len ? EPOLLOUT : 0u));
	if (c->out.len && !c->behind)
		c->took = clock_ms();
	c->behind = c->out.len > 0;
	if (c->behind && !c->share->sweeping) {
		c->share->sweeping = true;
		loop_timer_set(c->share->sweep, SWEEP_MS);
	}
}

/* --- what it asks --- */

static struct qmp_span id_of(const struct qmp_client *c)
{
	return (struct qmp_span){c->id, c->id ? strlen(c->id) : 0};
}

static void answered(void *ctx, const struct qmp_result *r)
{
	struct qmp_client *c = ctx;
	struct qmp_error error;
	int rc;

	if (r->ret.len) {
		rc = qmp_put_return(&c->out, r->ret, id_of(c));
	} else if (r->error.len) {
		rc = qmp_put_error(&c->out, r->error, id_of(c));
	} else {
		qmp_error_set(&error, "GenericError", "%s", r->err.msg);
		rc = qmp_put_own_error(&c->out, &error, id_of(c));
	}
	check_put(c, rc);
	c->cmd = NULL;
	free(c->id);
	c->id = NULL;
	settle(c);
}

static int allowed(struct qmp_client *c, const struct qmp_request *r,
		   struct qmp_error *error)
{
	json_t *args = NULL;
	json_error_t je;
	struct err e;
	int rc;

	/* no filter looks at numbers: they may be larger than jansson's */
	if (r->args.len)
		args = json_loadb(
			r->args.at, r->args.len,
			JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &je);
	/* what cannot be read cannot be judged */
	if (r->args.len && !args)
		return qmp_error_set(error, "GenericError",
				     "JSON parse error, %s", je.text);
	rc = c->share->filter(c->share->ctx, r->command, args, &e);
	json_decref(args);
	return rc < 0 ? qmp_error_set(error, "GenericError", "%s", e.msg) : 0;
}

static int pass_on(struct qmp_client *c, const struct qmp_request *r,
		   struct qmp_error *error)
{
	struct err e;

	if (allowed(c, r, error) < 0)
		return -1;
	if (r->id.len && !(c->id = strndup(r->id.at, r->id.len))) {
		c->broken = true;
		return 0;
	}
	c->cmd = qmp_command_text(c->share->conn, r->execute, r->args,
				  QMP_CLIENT_DEADLINE_MS, answered, c, &e);
	if (c->cmd)
		return 0;
	free(c->id);
	c->id = NULL;
	return qmp_error_set(error, "GenericError", "%s", e.msg);
}

static void handle_request(struct qmp_client *c, struct qmp_span text)
{
	static const struct qmp_span empty = {"{}", 2};
	struct qmp_request r;
	struct qmp_error error;
	int rc = qmp_request_parse(&r, text, &error);

	if (!rc)
		rc = qmp_request_capabilities(&r, c->negotiated, &error);
	if (!rc && !c->negotiated) {
		c->negotiated = true;
		check_put(c, qmp_put_return(&c->out, empty, r.id));
	} else if (!rc) {
		rc = pass_on(c, &r, &error);
	}
	if (rc < 0)
		refuse(c, &error, r.id);
	free(r.command);
}

/* --- its bytes --- */

static void consume(struct qmp_client *c, size_t n)
{
	qmp_buf_drop(&c->in, n);
	c->scanned = 0;
	memset(&c->scan, 0, sizeof(c->scan));
}

/*
 * After a mistake the rest of the line is dropped. Control characters and
 * 0xff end it as well: for QEMU they mean "begin anew".
 */
static bool ends_skipping(uint8_t byte)
{
	return (byte < 0x20 && byte != '\t' && byte != '\r') || byte == 0xff;
}

static void skip_line(struct qmp_client *c)
{
	const char *p = qmp_buf_at(&c->in);
	size_t i = 0;

	while (i < c->in.len && c->skipping)
		c->skipping = !ends_skipping((uint8_t)p[i++]);
	qmp_buf_drop(&c->in, i);
}

static void mistake(struct qmp_client *c, const char *why)
{
	static const struct qmp_span no_id = {NULL, 0};
	struct qmp_error error;

	qmp_error_set(&error, "GenericError", "%s", why);
	refuse(c, &error, no_id);
	c->skipping = true;
}

/* Between commands nothing has to be kept. */
static void skip_space(struct qmp_client *c)
{
	const char *p = qmp_buf_at(&c->in);
	size_t i = 0;

	/* NOLINTNEXTLINE(bugprone-not-null-*): a NUL is no space */
	while (i < c->in.len && memchr(" \t\r\n", p[i], 4))
		i++;
	qmp_buf_drop(&c->in, i);
}

/* Go on with what is in c->in; false if there is nothing to go on with. */
static bool handle_some(struct qmp_client *c)
{
	struct qmp_span text;
	size_t taken;

	if (c->skipping)
		skip_line(c);
	if (!c->scanned)
		skip_space(c);
	if (c->scanned == c->in.len)
		return false;
	text.at = qmp_buf_at(&c->in);
	switch (qmp_scan(&c->scan, text.at + c->scanned, c->in.len - c->scanned,
			 &taken)) {
	case QMP_SCAN_BAD:
		mistake(c, c->scan.why);
		consume(c, c->scanned + taken);
		return true;
	case QMP_SCAN_DONE:
		text.len = c->scanned + taken;
		handle_request(c, text);
		consume(c, text.len);
		return true;
	default:
		c->scanned += taken;
	}
	if (c->scanned <= QMP_REQUEST_MAX)
		return false;
	mistake(c, "JSON token size limit exceeded");
	consume(c, c->scanned);
	return true;
}

/* Whether there was something to go on with. */
static bool handle_input(struct qmp_client *c)
{
	bool any = false;

	while (!c->broken && !c->cmd && c->out.len < UNREAD_MAX &&
	       handle_some(c))
		any = true;
	return any;
}

static void receive(struct qmp_client *c)
{
	char data[CHUNK];
	ssize_t n = recv(c->fd, data, sizeof(data), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 || qmp_buf_put(&c->in, data, (size_t)n) < 0)
		c->broken = true;
	else if (n == 0)
		c->eof = true;
}

static void client_ready(void *ctx, uint32_t events)
{
	struct qmp_client *c = ctx;

	if ((events & EPOLLIN) && wants_input(c))
		receive(c);
	else if (events & (EPOLLHUP | EPOLLERR))
		c->broken = true;
	settle(c);
}

/* --- its life --- */

struct qmp_client *qmp_client_new(struct qmp_share *s, int fd)
{
	struct qmp_client *c = calloc(1, sizeof(*c));
	struct err e;

	if (!c)
		return NULL;
	c->share = s;
	c->fd = fd;
	c->io = loop_add(s->loop, fd, 0, client_ready, c, &e);
	if (!c->io) {
		free(c);
		return NULL;
	}
	c->next = s->clients;
	s->clients = c;
	s->nr++;
	return c;
}

void qmp_client_free(struct qmp_client *c)
{
	struct qmp_client **p;

	for (p = &c->share->clients; *p != c; p = &(*p)->next)
		;
	*p = c->next;
	c->share->nr--;
	if (c->cmd)
		qmp_forget(c->share->conn, c->cmd);
	loop_del(c->io);
	close(c->fd);
	qmp_buf_free(&c->in);
	qmp_buf_free(&c->out);
	free(c->id);
	free(c);
}

struct qmp_client *qmp_client_next(const struct qmp_client *c)
{
	return c->next;
}

void qmp_client_greet(struct qmp_client *c)
{
	if (c->greeted)
		return;
	c->greeted = true;
	check_put(c, qmp_put_greeting(&c->out, qmp_version(c->share->conn)));
	settle(c);
}

void qmp_client_event(struct qmp_client *c, struct qmp_span line)
{
	static const char end[] = "\r\n";

	if (!c->negotiated)
		return;
	check_put(c, qmp_buf_put(&c->out, line.at, line.len));
	check_put(c, qmp_buf_puts(&c->out, end));
	settle(c);
}

void qmp_client_sweep(struct qmp_client *c, uint64_t now)
{
	if (c->out.len && now - c->took > QMP_STALL_MS)
		c->broken = true;
	settle(c);
}
