/* SPDX-License-Identifier: MIT */
#include "qmp/conn.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/log.h"
#include "qmp/queue.h"
#include "qmp/session.h"

enum {
	CHUNK = 2048, /* the larger ring of a vchan */
	/* A server that never stops talking gets a part of our time only. */
	READS_PER_TURN = 64,
	REST_MS = 2,
	VERSION_MS = 60000,
};

struct qmp_conn {
	struct loop_timer *timer;
	struct qmp_link *link;
	bool marker;
	bool up; /* the link is connected */
	bool ready;
	uint64_t retry_at; /* 0: when the link wakes us */
	uint64_t backoff;
	uint64_t give_up_at; /* waiting for a lost connection; 0: not lost */
	bool given_up;
	uint64_t rest_until;
	struct qmp_session session;
	struct qmp_queue queue;
	struct qmp_ear *ears;
	char *version;
};

/* --- what the session tells --- */

static void tell_state(struct qmp_conn *q, enum qmp_state state,
		       const struct err *why)
{
	struct qmp_ear *ear, *next;

	for (ear = q->ears; ear; ear = next) {
		next = ear->next;
		if (ear->state)
			ear->state(ear->ctx, state, why);
	}
}

static void version_known(void *ctx, const struct qmp_result *r)
{
	struct qmp_conn *q = ctx;

	if (!r->ret.len || r->ret.len > QMP_VERSION_MAX)
		return;
	free(q->version);
	q->version = strndup(r->ret.at, r->ret.len);
	tell_state(q, QMP_READY, NULL);
}

/*
 * A greeting tells the version, but there is not always one. This command
 * goes before those that have waited.
 */
static void session_ready(void *ctx)
{
	struct qmp_conn *q = ctx;
	struct qmp_cmd *c;
	struct err e;

	q->ready = true;
	q->backoff = 0;
	q->give_up_at = 0;
	q->given_up = false;
	tell_state(q, QMP_READY, NULL);
	c = qmp_command(q, "query-version", NULL, VERSION_MS, version_known, q,
			&e);
	if (c)
		qmp_queue_hurry(&q->queue, c);
}

static void describe(struct qmp_result *r)
{
	struct qmp_member m[] = {{.name = "class"}, {.name = "desc"}};
	char *class, *desc;

	qmp_members(r->error, m, 2, NULL);
	class = qmp_string(m[0].value);
	desc = qmp_string(m[1].value);
	if (class)
		strncat(r->class, class, sizeof(r->class) - 1);
	err_set(&r->err, EXIT_FAILED, "%s", desc ? desc : "no reason given");
	qmp_printable(r->class);
	qmp_printable(r->err.msg);
	free(class);
	free(desc);
}

static void session_reply(void *ctx, uint64_t nr, const struct qmp_reply *reply)
{
	struct qmp_conn *q = ctx;
	struct qmp_cmd *c = qmp_queue_find(&q->queue, nr);
	struct qmp_result r = {.ret = reply->ret, .error = reply->error};

	if (!c)
		return; /* nobody waits for it any more */
	if (!r.ret.len)
		describe(&r);
	qmp_queue_finish(&q->queue, c, &r);
}

static void session_event(void *ctx, struct qmp_span name, struct qmp_span line)
{
	struct qmp_conn *q = ctx;
	struct qmp_ear *ear, *next;

	for (ear = q->ears; ear; ear = next) {
		next = ear->next;
		if (ear->event)
			ear->event(ear->ctx, name, line);
	}
}

static const struct qmp_session_user session_user = {
	.ready = session_ready,
	.reply = session_reply,
	.event = session_event,
};

/* --- connecting and moving bytes --- */

static void back_off(struct qmp_conn *q)
{
	q->backoff = q->backoff ? 2 * q->backoff : QMP_RETRY_MIN_MS;
	if (q->backoff > QMP_RETRY_MAX_MS)
		q->backoff = QMP_RETRY_MAX_MS;
	q->retry_at = clock_ms() + q->backoff;
}

static void lost(struct qmp_conn *q, const struct err *why)
{
	struct err e = *why;

	q->link->ops->close(q->link);
	qmp_session_end(&q->session);
	if (q->ready)
		q->give_up_at = clock_ms() + QMP_PATIENCE_MS;
	q->up = q->ready = false;
	q->rest_until = 0;
	back_off(q);
	tell_state(q, QMP_DOWN, why);
	err_in(&e, "the connection to QEMU was lost");
	qmp_queue_fail(&q->queue, true, &e);
}

static void try_connect(struct qmp_conn *q)
{
	uint64_t prefix = clock_ms();
	struct err e;
	int r = q->link->ops->connect(q->link, &e);

	q->retry_at = 0;
	if (r < 0) {
		back_off(q);
		tell_state(q, QMP_DOWN, &e);
	}
	if (r <= 0)
		return;
	q->up = true;
	tell_state(q, QMP_OPENING, NULL);
	/* ids need to differ from other connections', not to be secret */
	if (getrandom(&prefix, sizeof(prefix), GRND_NONBLOCK) < 0)
		prefix ^= (uint64_t)(uintptr_t)q << 32;
	qmp_session_start(&q->session, q->marker, prefix, clock_ms(),
			  &session_user, q);
}

/* 1: something was moved, 0: nothing, -1 and *e: the connection is no good. */
static int push(struct qmp_conn *q, struct err *e)
{
	struct qmp_buf *out = &q->session.out;
	ssize_t n;

	if (!out->len)
		return 0;
	n = q->link->ops->write(q->link, qmp_buf_at(out), out->len, e);
	if (n > 0)
		qmp_buf_drop(out, (size_t)n);
	return n < 0 ? -1 : n > 0;
}

static int pull(struct qmp_conn *q, struct err *e)
{
	char data[CHUNK];
	ssize_t n = q->link->ops->read(q->link, data, sizeof(data), e);

	if (n <= 0)
		return n < 0 ? -1 : 0;
	return qmp_session_feed(&q->session, data, (size_t)n, e) < 0 ? -1 : 1;
}

static void send_next(struct qmp_conn *q)
{
	struct qmp_cmd *c = qmp_queue_next(&q->queue);

	if (c && q->ready)
		c->nr = qmp_session_send(&q->session,
					 (struct qmp_span){c->body, c->len});
}

/* Until nothing moves, or it is time for others. */
static int pump(struct qmp_conn *q, struct err *e)
{
	unsigned int i;
	int in, out;

	for (i = 0; i < READS_PER_TURN; i++) {
		in = pull(q, e);
		if (in < 0)
			return -1;
		send_next(q);
		out = push(q, e);
		if (out < 0)
			return -1;
		if (!in && !out)
			return 0;
	}
	q->rest_until = clock_ms() + REST_MS;
	return 0;
}

static void sooner(uint64_t *best, uint64_t at)
{
	if (at && at < *best)
		*best = at;
}

static void set_timer(struct qmp_conn *q)
{
	uint64_t now = clock_ms(), at = UINT64_MAX;

	sooner(&at, q->retry_at);
	sooner(&at, q->rest_until);
	sooner(&at, q->give_up_at);
	if (q->up)
		sooner(&at, qmp_session_due(&q->session));
	sooner(&at, qmp_queue_due(&q->queue));
	/* the answer to one that failed just now */
	if (q->ready && !q->rest_until && qmp_queue_next(&q->queue) &&
	    q->session.nr_pending < QMP_IN_FLIGHT)
		sooner(&at, now + REST_MS);
	if (at == UINT64_MAX)
		loop_timer_stop(q->timer);
	else
		loop_timer_set(q->timer, at > now ? at - now : 0);
}

static int serve(struct qmp_conn *q, uint64_t now, struct err *e)
{
	if (qmp_session_tick(&q->session, now, e) < 0)
		return -1;
	if (now < q->rest_until)
		return 0;
	q->rest_until = 0;
	return pump(q, e);
}

static void give_up(struct qmp_conn *q)
{
	struct err e;

	q->give_up_at = 0;
	q->given_up = true;
	err_set(&e, EXIT_DIED, "QEMU does not speak QMP any more");
	qmp_queue_fail(&q->queue, false, &e);
}

static void turn(void *ctx)
{
	struct qmp_conn *q = ctx;
	uint64_t now = clock_ms();
	struct err e;

	if (!q->up && now >= q->retry_at)
		try_connect(q);
	if (q->up && serve(q, now, &e) < 0)
		lost(q, &e);
	qmp_queue_expire(&q->queue, now);
	if (q->give_up_at && now >= q->give_up_at)
		give_up(q);
	set_timer(q);
}

/* --- for its users --- */

struct qmp_conn *qmp_conn_new(struct loop *loop, struct qmp_link *link,
			      bool marker, struct err *e)
{
	struct qmp_conn *q = calloc(1, sizeof(*q));

	if (q)
		q->timer = loop_timer_new(loop, turn, q);
	if (!q || !q->timer) {
		err_sys(e, EXIT_FAILED, "qmp");
		free(q);
		link->ops->free(link);
		return NULL;
	}
	q->link = link;
	q->marker = marker;
	link->wake = turn;
	link->ctx = q;
	loop_timer_set(q->timer, 0);
	return q;
}

void qmp_conn_free(struct qmp_conn *q)
{
	struct err e;

	if (!q)
		return;
	err_set(&e, EXIT_FAILED, "the connection to QEMU is closed");
	qmp_queue_fail(&q->queue, false, &e);
	if (q->up)
		q->link->ops->close(q->link);
	q->link->ops->free(q->link);
	qmp_session_end(&q->session);
	loop_timer_del(q->timer);
	free(q->version);
	free(q);
}

void qmp_listen(struct qmp_conn *q, struct qmp_ear *ear)
{
	ear->next = q->ears;
	q->ears = ear;
}

void qmp_unlisten(struct qmp_conn *q, struct qmp_ear *ear)
{
	struct qmp_ear **p;

	for (p = &q->ears; *p != ear; p = &(*p)->next)
		;
	*p = ear->next;
}

enum qmp_state qmp_state(const struct qmp_conn *q)
{
	return q->ready ? QMP_READY : q->up ? QMP_OPENING : QMP_DOWN;
}

const char *qmp_version(const struct qmp_conn *q)
{
	return q->version;
}

struct qmp_cmd *qmp_command_text(struct qmp_conn *q, struct qmp_span command,
				 struct qmp_span args, uint64_t deadline_ms,
				 qmp_result_fn *fn, void *ctx, struct err *e)
{
	struct qmp_cmd *c;

	if (q->given_up) {
		err_set(e, EXIT_DIED, "QEMU does not speak QMP any more");
		return NULL;
	}
	c = qmp_queue_add(&q->queue, command, args, deadline_ms, fn, ctx, e);
	if (c)
		loop_timer_set(q->timer, 0);
	return c;
}

static struct qmp_span span(const char *text)
{
	return (struct qmp_span){text, text ? strlen(text) : 0};
}

struct qmp_cmd *qmp_command(struct qmp_conn *q, const char *command,
			    const json_t *args, uint64_t deadline_ms,
			    qmp_result_fn *fn, void *ctx, struct err *e)
{
	json_t *name = json_string(command);
	char *text = json_dumps(name, JSON_ENCODE_ANY);
	char *args_text = args ? json_dumps(args, 0) : NULL;
	struct qmp_cmd *c = NULL;

	json_decref(name);
	if (!text || (args && !args_text))
		err_set(e, EXIT_FAILED, "QMP command: no text");
	else
		c = qmp_command_text(q, span(text), span(args_text),
				     deadline_ms, fn, ctx, e);
	free(text);
	free(args_text);
	return c;
}

void qmp_forget(struct qmp_conn *q, struct qmp_cmd *c)
{
	qmp_queue_forget(&q->queue, c);
	loop_timer_set(q->timer, 0);
}
