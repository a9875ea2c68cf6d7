/* SPDX-License-Identifier: MIT */
/*
 * A QEMU behind a link, played by the test: it greets, answers what it knows
 * (query-version, query-big with 1 MB, anything that begins with "get") and
 * refuses the rest, unless it is told to be silent.
 */
#ifndef TESTS_UNIT_QMP_FAKE_H
#define TESTS_UNIT_QMP_FAKE_H

#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/loop.h"
#include "qmp/buf.h"
#include "qmp/json.h"
#include "qmp/link.h"
#include "qmp/session.h"

#define FAKE_VERSION                                               \
	"{\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, " \
	"\"package\": \"\"}"
#define FAKE_GREETING \
	"{\"QMP\": {\"version\": " FAKE_VERSION ", \"capabilities\": []}}\r\n"

enum { FAKE_BIG = 1000000, FAKE_LARGE = 100000, FAKE_PIECE = 1500 };

struct fake {
	struct qmp_link link; /* first */
	struct loop *loop;
	struct loop_timer *woken;
	bool there; /* a client can connect */
	bool fails; /* connecting does */
	bool up;    /* one is connected */
	bool gone;  /* it has closed the connection */
	bool mute;  /* does not answer but to qmp_capabilities */
	bool deaf;  /* does not even greet */
	bool met;   /* does not greet, but answers */
	bool freed;
	unsigned int connects, closes;
	struct qmp_buf to, from; /* the client */
	char heard[4096];	 /* commands, each with a blank behind it */
	char last[512];		 /* the last line */
};

static inline void fake_wake(struct fake *f)
{
	loop_timer_set(f->woken, 0);
}

static inline void fake_woken(void *ctx)
{
	struct fake *f = ctx;

	if (f->link.wake)
		f->link.wake(f->link.ctx);
}

static inline void fake_say(struct fake *f, const char *text)
{
	qmp_buf_puts(&f->to, text);
	fake_wake(f);
}

/* Close it from this side. */
static inline void fake_hang_up(struct fake *f)
{
	f->gone = true;
	f->there = false;
	fake_wake(f);
}

static inline void fake_come(struct fake *f)
{
	f->there = true;
	fake_wake(f);
}

static inline void fake_reply(struct fake *f, const char *kind,
			      struct qmp_span value, struct qmp_span id)
{
	char text[512];

	snprintf(text, sizeof(text), "{\"%s\": ", kind);
	qmp_buf_puts(&f->to, text);
	qmp_buf_put(&f->to, value.at, value.len);
	snprintf(text, sizeof(text), ", \"id\": %.*s}\r\n", (int)id.len, id.at);
	fake_say(f, text);
}

static inline struct qmp_span fake_span(const char *text)
{
	return (struct qmp_span){text, strlen(text)};
}

static inline void fake_big(struct fake *f, size_t n, struct qmp_span id)
{
	char *text = malloc(n);

	memset(text, 'b', n);
	text[0] = text[n - 1] = '"';
	fake_reply(f, "return", (struct qmp_span){text, n}, id);
	free(text);
}

static inline void fake_answer(struct fake *f, struct qmp_span line)
{
	struct qmp_member m[] = {{.name = "execute"}, {.name = "id"}};
	char *command;
	size_t n = strlen(f->heard);

	snprintf(f->last, sizeof(f->last), "%.*s", (int)line.len, line.at);
	qmp_members(line, m, 2, NULL);
	command = qmp_string(m[0].value);
	snprintf(f->heard + n, sizeof(f->heard) - n, "%s ",
		 command ? command : "?");
	if (command && !strcmp(command, "qmp_capabilities"))
		fake_reply(f, "return", fake_span("{}"), m[1].value);
	else if (f->mute || !command)
		;
	else if (!strcmp(command, "query-version"))
		fake_reply(f, "return", fake_span(FAKE_VERSION), m[1].value);
	else if (!strcmp(command, "query-big"))
		fake_big(f, FAKE_BIG, m[1].value);
	else if (!strcmp(command, "query-large"))
		fake_big(f, FAKE_LARGE, m[1].value);
	else if (!strncmp(command, "get", 3))
		fake_reply(f, "return", m[0].value, m[1].value);
	else
		fake_reply(f, "error",
			   fake_span("{\"class\": \"CommandNotFound\", "
				     "\"desc\": \"no such command\"}"),
			   m[1].value);
	free(command);
}

static inline void fake_listen(struct fake *f)
{
	struct qmp_span line;
	const char *nl;

	while (f->from.len) {
		line.at = qmp_buf_at(&f->from);
		if (*line.at == QMP_MARKER) {
			qmp_buf_drop(&f->from, 1);
			continue;
		}
		nl = memchr(line.at, '\n', f->from.len);
		if (!nl)
			return;
		line.len = (size_t)(nl - line.at);
		fake_answer(f, line);
		qmp_buf_drop(&f->from, line.len + 1);
	}
}

static inline int fake_connect(struct qmp_link *l, struct err *e)
{
	struct fake *f = (struct fake *)l;

	if (f->fails)
		return err_set(e, EXIT_FAILED, "cannot connect");
	if (!f->there)
		return 0;
	f->connects++;
	f->up = true;
	f->gone = false;
	if (!f->deaf && !f->met)
		fake_say(f, FAKE_GREETING);
	return 1;
}

static inline ssize_t fake_read(struct qmp_link *l, char *data, size_t len,
				struct err *e)
{
	struct fake *f = (struct fake *)l;

	if (!f->to.len)
		return f->gone ? err_set(e, EXIT_DIED, "it has hung up") : 0;
	len = len > FAKE_PIECE ? FAKE_PIECE : len;
	len = len > f->to.len ? f->to.len : len;
	memcpy(data, qmp_buf_at(&f->to), len);
	qmp_buf_drop(&f->to, len);
	return (ssize_t)len;
}

/* In pieces, as through a small ring. */
static inline ssize_t fake_write(struct qmp_link *l, const char *data,
				 size_t len, struct err *e)
{
	struct fake *f = (struct fake *)l;

	if (f->gone)
		return err_set(e, EXIT_DIED, "it has hung up");
	len = len > 100 ? 100 : len;
	qmp_buf_put(&f->from, data, len);
	if (!f->deaf)
		fake_listen(f);
	return (ssize_t)len;
}

static inline void fake_close(struct qmp_link *l)
{
	struct fake *f = (struct fake *)l;

	f->closes++;
	f->up = false;
	qmp_buf_free(&f->to);
	qmp_buf_free(&f->from);
}

static inline void fake_free(struct qmp_link *l)
{
	struct fake *f = (struct fake *)l;

	f->freed = true;
	f->link.wake = NULL;
}

static inline void fake_open(struct fake *f, struct loop *loop)
{
	static const struct qmp_link_ops ops = {
		.connect = fake_connect,
		.read = fake_read,
		.write = fake_write,
		.close = fake_close,
		.free = fake_free,
	};

	memset(f, 0, sizeof(*f));
	f->link.ops = &ops;
	f->loop = loop;
	f->woken = loop_timer_new(loop, fake_woken, f);
}

static inline void fake_end(struct fake *f)
{
	loop_timer_del(f->woken);
	qmp_buf_free(&f->to);
	qmp_buf_free(&f->from);
}

#endif
