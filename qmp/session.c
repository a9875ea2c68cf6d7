/* SPDX-License-Identifier: MIT */
#include "qmp/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/num.h"

enum { ID_MAX = 64 };

/* Not enough memory for a small message shows as a server that is silent. */
static void say(struct qmp_session *s, const char *text)
{
	qmp_buf_puts(&s->out, text);
}

void qmp_session_start(struct qmp_session *s, bool marker, uint64_t prefix,
		       uint64_t now, const struct qmp_session_user *user,
		       void *ctx)
{
	memset(s, 0, sizeof(*s));
	s->ask_at = now + QMP_UNASKED_MS;
	s->open_by = now + QMP_OPEN_MS;
	s->prefix = prefix;
	s->next = 1;
	s->user = user;
	s->ctx = ctx;
	if (marker)
		say(s, (const char[]){QMP_MARKER, '\0'});
}

void qmp_session_end(struct qmp_session *s)
{
	qmp_buf_free(&s->in);
	qmp_buf_free(&s->out);
	memset(s, 0, sizeof(*s));
}

static void put_id(const struct qmp_session *s, uint64_t nr, char id[ID_MAX])
{
	snprintf(id, ID_MAX, "\"mtool-%016" PRIx64 "-%" PRIu64 "\"", s->prefix,
		 nr);
}

/* The number of a command of this connection, or 0. */
static uint64_t get_id(const struct qmp_session *s, struct qmp_span id)
{
	char head[ID_MAX], digits[24];
	uint64_t nr;
	size_t n;

	put_id(s, 0, head);
	n = strlen(head) - 2; /* the 0 and the quote */
	if (id.len <= n + 1 || id.len - n - 1 >= sizeof(digits) ||
	    memcmp(id.at, head, n) || id.at[id.len - 1] != '"')
		return 0;
	memcpy(digits, id.at + n, id.len - n - 1);
	digits[id.len - n - 1] = '\0';
	return num_parse(digits, 1, s->next - 1, &nr) ? 0 : nr;
}

/* May be asked again if there is another greeting. */
static void ask(struct qmp_session *s)
{
	char id[ID_MAX];

	put_id(s, s->next++, id);
	say(s, "{\"execute\": \"qmp_capabilities\", \"id\": ");
	say(s, id);
	say(s, "}\n");
	s->asked = true;
}

uint64_t qmp_session_send(struct qmp_session *s, struct qmp_span body)
{
	char id[ID_MAX];
	size_t before = s->out.len;

	if (!s->ready || s->nr_pending == QMP_IN_FLIGHT)
		return 0;
	put_id(s, s->next, id);
	if (qmp_buf_puts(&s->out, "{") ||
	    qmp_buf_put(&s->out, body.at, body.len) ||
	    qmp_buf_puts(&s->out, ", \"id\": ") || qmp_buf_puts(&s->out, id) ||
	    qmp_buf_puts(&s->out, "}\n")) {
		s->out.len = before;
		return 0;
	}
	s->pending[s->nr_pending++] = s->next;
	return s->next++;
}

/* --- what the server says --- */

struct message {
	struct qmp_span line, qmp, ret, error, event, id;
};

/* QEMU's word for "that was done already" (its monitor/qmp.c). */
static bool done_already(struct qmp_span error)
{
	static const char class[] = "\"CommandNotFound\"";
	struct qmp_member m = {.name = "class"};

	return !qmp_members(error, &m, 1, NULL) &&
	       m.value.len == strlen(class) &&
	       !memcmp(m.value.at, class, m.value.len);
}

/* Only qmp_capabilities is ever out by now. */
static int opening_reply(struct qmp_session *s, const struct message *m,
			 struct err *e)
{
	if (!m->id.len && m->error.len) {
		if (!s->asked)
			ask(s);
		return 0;
	}
	if (!get_id(s, m->id))
		return 0; /* for somebody before us */
	if (m->error.len && !done_already(m->error))
		return err_set(e, EXIT_FAILED, "it refuses qmp_capabilities");
	s->ready = true;
	s->user->ready(s->ctx);
	return 0;
}

static int opening(struct qmp_session *s, const struct message *m,
		   struct err *e)
{
	if (m->ret.len || m->error.len)
		return opening_reply(s, m, e);
	if (!m->qmp.len)
		return 0;
	if (++s->greetings > QMP_GREETINGS_MAX)
		return err_set(e, EXIT_FAILED, "it does nothing but greet");
	ask(s);
	return 0;
}

/* An error without an id is about the one command that is out. */
static uint64_t find_pending(const struct qmp_session *s,
			     const struct message *m)
{
	if (!m->id.len && m->error.len && s->nr_pending == 1)
		return s->pending[0];
	return get_id(s, m->id);
}

/* What was answered before, or never sent, is not in the table. */
static void reply(struct qmp_session *s, const struct message *m)
{
	struct qmp_reply r = {.ret = m->ret, .error = m->error};
	uint64_t nr = find_pending(s, m);
	unsigned int i;

	for (i = 0; i < s->nr_pending && s->pending[i] != nr; i++)
		;
	if (i == s->nr_pending)
		return;
	s->nr_pending--;
	memmove(&s->pending[i], &s->pending[i + 1],
		(s->nr_pending - i) * sizeof(s->pending[0]));
	s->user->reply(s->ctx, nr, &r);
}

static int message(struct qmp_session *s, const struct message *m,
		   struct err *e)
{
	if (m->qmp.len)
		return err_set(e, EXIT_FAILED, "it greets a second time");
	if (m->event.len && m->line.len > QMP_EVENT_MAX)
		return err_set(e, EXIT_FAILED, "an event of %zu bytes",
			       m->line.len);
	if (m->event.len)
		s->user->event(s->ctx, m->event, m->line);
	else if (m->ret.len || m->error.len)
		reply(s, m);
	else
		return err_set(e, EXIT_FAILED,
			       "a message that is neither reply nor event");
	return 0;
}

static int parse(struct message *m, const char **why)
{
	struct qmp_member part[] = {{.name = "QMP"},
				    {.name = "return"},
				    {.name = "error"},
				    {.name = "event"},
				    {.name = "id"}};

	if (!qmp_is_object(m->line, why))
		return -1;
	*why = "a member is there twice";
	if (qmp_members(m->line, part, 5, NULL) < 0)
		return -1;
	m->qmp = part[0].value;
	m->ret = part[1].value;
	m->error = part[2].value;
	m->event = part[3].value;
	m->id = part[4].value;
	*why = "it is return and error in one";
	return m->ret.len && m->error.len ? -1 : 0;
}

/* The last greeting in the line, behind what is left of an older one. */
static struct qmp_span find_greeting(struct qmp_span line)
{
	static const char head[] = "{\"QMP\"";
	const char *end = line.at + line.len, *p = line.at, *next;

	while (p < end &&
	       (next = memmem(p, (size_t)(end - p), head, strlen(head)))) {
		line.at = next;
		p = next + 1;
	}
	line.len = (size_t)(end - line.at);
	return line;
}

static int take_line(struct qmp_session *s, struct qmp_span line, struct err *e)
{
	struct message m = {.line = line};
	const char *why;

	if (line.len && line.at[line.len - 1] == '\r')
		m.line.len--;
	if (!m.line.len)
		return 0;
	if (!s->ready)
		m.line = find_greeting(m.line);
	if (parse(&m, &why) < 0)
		return s->ready ? err_set(e, EXIT_FAILED, "%s", why) : 0;
	return s->ready ? message(s, &m, e) : opening(s, &m, e);
}

/* The next whole line; false if there is none yet. */
static bool next_line(struct qmp_session *s, struct qmp_span *line)
{
	const char *from = qmp_buf_at(&s->in);
	const char *nl;

	if (s->seen == s->in.len)
		return false;
	nl = memchr(from + s->seen, '\n', s->in.len - s->seen);
	if (!nl) {
		s->seen = s->in.len;
		return false;
	}
	line->at = from;
	line->len = (size_t)(nl - from);
	return true;
}

int qmp_session_feed(struct qmp_session *s, const char *data, size_t len,
		     struct err *e)
{
	struct qmp_span line;

	if (qmp_buf_put(&s->in, data, len) < 0)
		return err_sys(e, EXIT_FAILED, "a line of %zu bytes",
			       s->in.len);
	while (next_line(s, &line)) {
		if (take_line(s, line, e) < 0)
			return -1;
		s->seen = 0;
		qmp_buf_drop(&s->in, line.len + 1);
	}
	if (s->in.len > QMP_LINE_MAX)
		return err_set(e, EXIT_FAILED, "a line longer than %d MiB",
			       QMP_LINE_MAX >> 20);
	return 0;
}

uint64_t qmp_session_due(const struct qmp_session *s)
{
	if (s->ready)
		return 0;
	return s->asked ? s->open_by : s->ask_at;
}

int qmp_session_tick(struct qmp_session *s, uint64_t now, struct err *e)
{
	if (s->ready)
		return 0;
	if (now >= s->open_by)
		return err_set(e, EXIT_TIMEOUT, "%s within %d s",
			       s->greetings ? "no answer to qmp_capabilities"
					    : "no greeting",
			       QMP_OPEN_MS / 1000);
	if (!s->asked && now >= s->ask_at)
		ask(s);
	return 0;
}
