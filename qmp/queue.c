/* SPDX-License-Identifier: MIT */
#include "qmp/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"

static void cmd_free(struct qmp_cmd *c)
{
	free(c->body);
	free(c);
}

static void take_out(struct qmp_queue *q, struct qmp_cmd *c)
{
	struct qmp_cmd **p;

	for (p = &q->first; *p != c; p = &(*p)->next)
		;
	*p = c->next;
	q->nr--;
}

static void append(struct qmp_queue *q, struct qmp_cmd *c)
{
	struct qmp_cmd **p;

	for (p = &q->first; *p; p = &(*p)->next)
		;
	*p = c;
	q->nr++;
}

void qmp_queue_hurry(struct qmp_queue *q, struct qmp_cmd *c)
{
	take_out(q, c);
	c->next = q->first;
	q->first = c;
	q->nr++;
}

void qmp_queue_finish(struct qmp_queue *q, struct qmp_cmd *c,
		      const struct qmp_result *r)
{
	take_out(q, c);
	if (c->fn)
		c->fn(c->ctx, r);
	cmd_free(c);
}

static void fail(struct qmp_queue *q, struct qmp_cmd *c, const struct err *why)
{
	struct qmp_result r = {.err = *why};

	qmp_queue_finish(q, c, &r);
}

struct qmp_cmd *qmp_queue_find(const struct qmp_queue *q, uint64_t nr)
{
	struct qmp_cmd *c;

	for (c = q->first; c && c->nr != nr; c = c->next)
		;
	return c;
}

struct qmp_cmd *qmp_queue_next(const struct qmp_queue *q)
{
	struct qmp_cmd *c, *first = NULL;

	for (c = q->first; c; c = c->next) {
		if (c->nr)
			return NULL;
		if (!first)
			first = c;
	}
	return first;
}

uint64_t qmp_queue_due(const struct qmp_queue *q)
{
	uint64_t due = UINT64_MAX;
	struct qmp_cmd *c;

	for (c = q->first; c; c = c->next)
		due = c->due < due ? c->due : due;
	return due;
}

/* A callback may change the list: begin anew after each. */
void qmp_queue_expire(struct qmp_queue *q, uint64_t now)
{
	struct qmp_cmd *c = q->first;
	struct err e;

	while (c) {
		if (now < c->due) {
			c = c->next;
			continue;
		}
		err_set(&e, EXIT_TIMEOUT, "QEMU did not answer within %g s",
			(double)c->deadline_ms / 1000);
		fail(q, c, &e);
		c = q->first;
	}
}

void qmp_queue_fail(struct qmp_queue *q, bool sent_only, const struct err *why)
{
	struct qmp_cmd *c = q->first;

	while (c) {
		if (sent_only && !c->nr) {
			c = c->next;
			continue;
		}
		fail(q, c, why);
		c = q->first;
	}
}

void qmp_queue_forget(struct qmp_queue *q, struct qmp_cmd *c)
{
	uint64_t due = clock_ms() + QMP_FORGOTTEN_MS;

	c->fn = NULL;
	if (!c->nr) {
		take_out(q, c);
		cmd_free(c);
	} else if (due < c->due) {
		c->due = due;
	}
}

/* --- adding one --- */

static int make_body(struct qmp_cmd *c, struct qmp_span command,
		     struct qmp_span args)
{
	char *text = NULL;
	int n = asprintf(&text, "\"execute\": %.*s%s%.*s", (int)command.len,
			 command.at, args.len ? ", \"arguments\": " : "",
			 (int)args.len, args.len ? args.at : "");

	if (n < 0)
		return -1;
	c->body = text;
	c->len = (size_t)n;
	return 0;
}

struct qmp_cmd *qmp_queue_add(struct qmp_queue *q, struct qmp_span command,
			      struct qmp_span args, uint64_t deadline_ms,
			      qmp_result_fn *fn, void *ctx, struct err *e)
{
	struct qmp_cmd *c;

	if (q->nr >= QMP_QUEUE_MAX) {
		err_set(e, EXIT_BUSY, "too many QMP commands are waiting");
		return NULL;
	}
	c = calloc(1, sizeof(*c));
	if (!c || make_body(c, command, args) < 0) {
		err_sys(e, EXIT_FAILED, "QMP command");
		free(c);
		return NULL;
	}
	c->deadline_ms = deadline_ms;
	c->due = clock_ms() + deadline_ms;
	c->fn = fn;
	c->ctx = ctx;
	append(q, c);
	return c;
}
