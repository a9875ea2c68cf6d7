/* SPDX-License-Identifier: MIT */
#include "tools/mtool/qmptalk.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "tools/mtool/qmpargs.h"

enum {
	POLL_MS = 200,
	WORDS_MAX = 64,
};

struct talk {
	struct qmp_caller *c;
	int from;
	FILE *to;
	unsigned int timeout_s;
	bool open;	 /* a command has no reply yet, */
	uint64_t end_ms; /* and must have it by then */
	bool eof;	 /* of `from` */
	struct qmp_buf in;
};

/*
 * Of the characters that a terminal might obey, JSON allows DEL and U+0080 to
 * U+009F as they are, in strings. Escaped they are the same to a program.
 */
void qmp_print(struct qmp_span text, FILE *to)
{
	const uint8_t *p = (const uint8_t *)text.at;
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (p[i] == 0xc2 && i + 1 < text.len && p[i + 1] < 0xa0 &&
		    p[i + 1] >= 0x80)
			fprintf(to, "\\u%04x", p[++i]);
		else if (p[i] == 0x7f)
			fputs("\\u007f", to);
		else
			putc(p[i], to);
	}
	putc('\n', to);
	fflush(to);
}

static uint64_t limit(const struct talk *t)
{
	return clock_ms() + 1000 * (uint64_t)t->timeout_s;
}

/* What to send for a line of the user's, to be freed; NULL and *e if wrong. */
static char *translate(char *text, struct err *e)
{
	char *words[WORDS_MAX];
	struct qmp_span json = {text, strlen(text)};
	const char *why;
	int n;

	if (*text == '{') {
		if (qmp_is_object(json, &why))
			return strdup(text);
		err_set(e, EXIT_USAGE, "%s", why);
		return NULL;
	}
	n = qmp_args_split(text, words, WORDS_MAX, e);
	if (n < 0)
		return NULL;
	return qmp_args_line(words[0], words + 1, (unsigned int)n - 1, NULL, e);
}

/* A wrong line is complained of, and the conversation goes on. */
static int say_line(struct talk *t, char *text, struct err *e)
{
	struct err wrong;
	char *line;
	int rc;

	text += strspn(text, " \t\r");
	if (!*text)
		return 0;
	line = translate(text, &wrong);
	if (!line) {
		fprintf(stderr, "mtool: %s\n", wrong.msg);
		return 0;
	}
	rc = qmp_caller_send(t->c, line, limit(t), e);
	free(line);
	t->open = true;
	t->end_ms = limit(t);
	return rc;
}

/* The next line, if it is there and nothing is open. */
static int say_next(struct talk *t, struct err *e)
{
	char *from, *nl;
	int rc = 0;

	while (!rc && !t->open && t->in.len) {
		from = qmp_buf_at(&t->in);
		nl = memchr(from, '\n', t->in.len);
		if (!nl)
			return 0;
		*nl = '\0';
		rc = say_line(t, from, e);
		qmp_buf_drop(&t->in, (size_t)(nl - from) + 1);
	}
	return rc;
}

static int hear_input(struct talk *t, struct err *e)
{
	char data[4096];
	ssize_t n = read(t->from, data, sizeof(data));

	if (n < 0 && errno == EINTR)
		return 0;
	t->eof = n <= 0;
	/* the last line may lack its end */
	if (n <= 0 ? qmp_buf_puts(&t->in, "\n")
		   : qmp_buf_put(&t->in, data, (size_t)n))
		return err_sys(e, EXIT_FAILED, "memory");
	return 0;
}

static int hear_replies(struct talk *t, struct err *e)
{
	struct qmp_span line;
	int r;

	while ((r = qmp_caller_poll(t->c, &line, e)) > 0) {
		struct qmp_member m = {.name = "event"};

		qmp_print(line, t->to);
		if (!qmp_members(line, &m, 1, NULL) && !m.value.len)
			t->open = false;
	}
	return r;
}

static int wait_either(struct talk *t, struct err *e)
{
	struct pollfd p[] = {{.fd = t->c->fd, .events = POLLIN},
			     {.fd = t->from, .events = POLLIN}};

	if (t->open && clock_ms() >= t->end_ms)
		return err_set(e, EXIT_TIMEOUT,
			       "the device model does not answer");
	if (t->open || t->eof)
		p[1].fd = -1;
	if (poll(p, 2, t->open ? POLL_MS : -1) < 0 && errno != EINTR)
		return err_sys(e, EXIT_FAILED, "poll");
	if (p[0].revents && hear_replies(t, e) < 0)
		return -1;
	return p[1].fd >= 0 && p[1].revents ? hear_input(t, e) : 0;
}

/* One command at a time: then neither side waits for the other to read. */
static int converse(struct talk *t, struct err *e)
{
	while (!ferror(t->to)) {
		if (say_next(t, e) < 0)
			return -1;
		if (t->eof && !t->open)
			return 0;
		if (wait_either(t, e) < 0)
			return -1;
	}
	return 0;
}

int qmp_talk(struct qmp_caller *c, int from, FILE *to, unsigned int timeout_s,
	     struct err *e)
{
	struct talk t = {
		.c = c, .from = from, .to = to, .timeout_s = timeout_s};
	int rc = converse(&t, e);

	qmp_buf_free(&t.in);
	return rc;
}
