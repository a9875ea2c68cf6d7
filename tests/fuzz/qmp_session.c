/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: the input is what a hostile QMP server says, in pieces; the
 * first byte of each says how long it is and what we do meanwhile.
 */
#include "qmp/session.h"

#include <stdlib.h>
#include <string.h>

struct seen {
	struct qmp_session *s;
	uint64_t answered; /* bits: the numbers of commands */
	bool ready;
};

static void check(int pass)
{
	if (!pass)
		abort();
}

static void ready(void *ctx)
{
	struct seen *seen = ctx;

	check(!seen->ready);
	seen->ready = true;
}

/* Whatever we are given is JSON that jansson or QEMU's users can read. */
static void check_value(struct qmp_span value)
{
	const char *why;
	struct qmp_buf b = {.data = NULL};

	qmp_buf_puts(&b, "{\"a\":");
	qmp_buf_put(&b, value.at, value.len);
	qmp_buf_puts(&b, "}");
	check(qmp_is_object((struct qmp_span){qmp_buf_at(&b), b.len}, &why));
	qmp_buf_free(&b);
}

static void reply(void *ctx, uint64_t nr, const struct qmp_reply *r)
{
	struct seen *seen = ctx;

	check(seen->ready && nr && nr < seen->s->next);
	check(nr >= 64 || !(seen->answered >> nr & 1));
	if (nr < 64)
		seen->answered |= UINT64_C(1) << nr;
	check(!r->ret.len != !r->error.len);
	check_value(r->ret.len ? r->ret : r->error);
}

static void event(void *ctx, struct qmp_span name, struct qmp_span line)
{
	const char *why;

	check(((struct seen *)ctx)->ready);
	check(name.len && line.len && line.len <= QMP_EVENT_MAX);
	check(qmp_is_object(line, &why));
}

static const struct qmp_session_user user = {ready, reply, event};

static int step(struct qmp_session *s, uint8_t what, uint64_t *now)
{
	static const char body[] = "\"execute\": \"a\"";
	struct err e;

	if (what & 1)
		qmp_session_send(s, (struct qmp_span){body, strlen(body)});
	if (what & 2)
		qmp_buf_drop(&s->out, s->out.len);
	if (what & 4)
		*now += 300;
	return qmp_session_tick(s, *now, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qmp_session s;
	struct seen seen = {.s = &s};
	uint64_t now = 1000;
	struct err e;
	int rc = 0;

	memset(&s, 0, sizeof(s));
	qmp_session_start(&s, true, 0, now, &user, &seen);
	while (size && !rc) {
		size_t n = data[0] >> 3;

		rc = step(&s, data[0], &now);
		data++;
		size--;
		/* the longest of pieces is all that is left */
		n = n == 31 || n > size ? size : n;
		if (!rc)
			rc = qmp_session_feed(&s, (const char *)data, n, &e);
		data += n;
		size -= n;
		check(s.nr_pending <= QMP_IN_FLIGHT);
		check(rc || s.in.len <= QMP_LINE_MAX);
	}
	qmp_session_end(&s);
	return 0;
}
