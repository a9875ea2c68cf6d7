/* SPDX-License-Identifier: MIT */
#include "tools/mtool/qmpclient.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/dial.h"
#include "qmp/session.h"

enum { CHUNK = 4096 };

static const char device_model[] = "the device model";

void qmp_caller_close(struct qmp_caller *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	qmp_buf_free(&c->in);
}

int qmp_caller_send(struct qmp_caller *c, const char *text, uint64_t end_ms,
		    struct err *e)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = send(c->fd, text, left, MSG_NOSIGNAL);

		if (n > 0) {
			text += n;
			left -= (size_t)n;
		} else if (errno != EAGAIN && errno != EINTR) {
			return err_sys(e, EXIT_DIED, "qmp.sock");
		} else if (dial_await(c->fd, POLLOUT, end_ms, device_model, e) <
			   0) {
			return -1;
		}
	}
	return 0;
}

/* A line that is in c->in already. */
static bool find_line(struct qmp_caller *c, struct qmp_span *line)
{
	const char *from = qmp_buf_at(&c->in), *nl = NULL;

	if (c->in.len > c->seen)
		nl = memchr(from + c->seen, '\n', c->in.len - c->seen);
	if (!nl) {
		c->seen = c->in.len;
		return false;
	}
	line->at = from;
	line->len = (size_t)(nl - from);
	c->taken = line->len + 1;
	if (line->len && nl[-1] == '\r')
		line->len--;
	return true;
}

static int receive(struct qmp_caller *c, struct err *e)
{
	char data[CHUNK];
	ssize_t n = recv(c->fd, data, sizeof(data), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return err_set(e, EXIT_DIED, "the supervisor hung up");
	if (c->in.len > 2 * QMP_LINE_MAX)
		return err_set(e, EXIT_FAILED, "a reply without end");
	if (qmp_buf_put(&c->in, data, (size_t)n) < 0)
		return err_sys(e, EXIT_FAILED, "qmp.sock");
	return 1;
}

int qmp_caller_poll(struct qmp_caller *c, struct qmp_span *line, struct err *e)
{
	int r;

	qmp_buf_drop(&c->in, c->taken);
	if (c->taken)
		c->seen = 0;
	c->taken = 0;
	for (;;) {
		if (find_line(c, line))
			return 1;
		r = receive(c, e);
		if (r <= 0)
			return r;
	}
}

int qmp_caller_line(struct qmp_caller *c, struct qmp_span *line,
		    uint64_t end_ms, struct err *e)
{
	int r;

	while (!(r = qmp_caller_poll(c, line, e))) {
		if (dial_await(c->fd, POLLIN, end_ms, device_model, e) < 0)
			return -1;
	}
	return r < 0 ? -1 : 0;
}

/* An error reply as *e. */
static int refused(struct qmp_span error, struct err *e)
{
	struct qmp_member m = {.name = "desc"};
	char *desc;

	qmp_members(error, &m, 1, NULL);
	desc = qmp_string(m.value);
	err_set(e, EXIT_FAILED, "%s", desc ? desc : "refused");
	qmp_printable(e->msg);
	free(desc);
	return -1;
}

static bool has_id(struct qmp_span value, const char *id)
{
	return value.len == strlen(id) + 2 &&
	       !memcmp(value.at + 1, id, value.len - 2);
}

int qmp_caller_ask(struct qmp_caller *c, const char *line, const char *id,
		   struct qmp_span *ret, uint64_t end_ms, struct err *e)
{
	struct qmp_span got;

	if (qmp_caller_send(c, line, end_ms, e) < 0)
		return -1;
	for (;;) {
		struct qmp_member m[] = {
			{.name = "return"}, {.name = "error"}, {.name = "id"}};

		if (qmp_caller_line(c, &got, end_ms, e) < 0)
			return -1;
		if (qmp_members(got, m, 3, NULL) < 0 || !has_id(m[2].value, id))
			continue; /* an event */
		*ret = m[0].value;
		return ret->len ? 0 : refused(m[1].value, e);
	}
}

static int greeting(struct qmp_caller *c, uint64_t end_ms, struct err *e)
{
	struct qmp_member m = {.name = "error"};
	struct qmp_span line;

	if (qmp_caller_line(c, &line, end_ms, e) < 0)
		return err_in(e, "no greeting");
	if (qmp_members(line, &m, 1, NULL) < 0 || !m.value.len)
		return 0;
	refused(m.value, e);
	e->code = EXIT_BUSY;
	return -1;
}

int qmp_caller_open(struct qmp_caller *c, const char *path, uint64_t end_ms,
		    struct err *e)
{
	static const char negotiate[] =
		"{\"execute\": \"qmp_capabilities\", \"id\": \"ready\"}\n";
	struct qmp_span line;

	memset(c, 0, sizeof(*c));
	c->fd = dial(path, end_ms, e);
	if (c->fd < 0)
		return -1;
	if (greeting(c, end_ms, e) == 0 &&
	    qmp_caller_ask(c, negotiate, "ready", &line, end_ms, e) == 0)
		return 0;
	qmp_caller_close(c);
	return -1;
}
