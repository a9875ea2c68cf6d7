/* SPDX-License-Identifier: MIT */
#include "tools/mtool/superviseqmp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "qmp/conn.h"
#include "qmp/share.h"
#include "qmp/vchan.h"
#include "tools/mtool/ctl.h"
#include "tools/mtool/lastwords.h"
#include "tools/mtool/qmpfilter.h"
#include "tools/mtool/superviseint.h"

enum {
	/*
	 * The stubdomain closes the channel when QEMU is gone; another comes
	 * at once if it was not that.
	 */
	DEATH_MS = 1000,
	EVENTS_LOGGED = 20, /* within */
	EVENTS_MS = 10000,
	EVENT_SHOWN = 300, /* bytes */
	INFO_MS = 3000,
	ALIVE_MS = 2000,
	UNPLUG_MS = 30000,
};

struct sup_qmp {
	struct supervise *s;
	struct qmp_conn *conn;
	struct qmp_share *share;
	struct qmp_ear ear;
	struct loop_timer *death;
	bool left; /* QEMU's side has closed the channel */
	void (*then)(struct supervise *s); /* when QEMU has shown to live */
	struct err down;       /* why, as last logged; empty: it is not */
	unsigned int logged;   /* events, */
	uint64_t logged_since; /* from then on */
};

void supervise_last_words(struct supervise *s, char *buf, size_t size)
{
	con_server_drain(s->server, s->vm->record.stub);
	fflush(s->log_stream);
	last_words(s->vm->log_path, buf, size);
}

/* Unless the guest has shut down: then nobody needs a device model. */
static void death(void *ctx)
{
	struct sup_qmp *q = ctx;

	if (!q->s->released)
		loop_timer_set(q->death, DEATH_MS);
	else if (!q->s->shutdown_seen)
		sup_dm_died(q->s, "device model died"); /* frees q */
}

static void told_alive(struct sup_qmp *q)
{
	void (*then)(struct supervise * s) = q->then;

	q->then = NULL;
	if (then)
		then(q->s);
}

/* If it has gone it may come back, or is declared dead in a moment. */
static void alive_known(void *ctx, const struct qmp_result *r)
{
	if (r->ret.len || r->err.code != EXIT_DIED)
		told_alive(ctx);
}

void supervise_qmp_alive(struct supervise *s, void (*then)(struct supervise *s))
{
	struct sup_qmp *q = s->qmp;
	struct err ignored;

	if (!q) {
		then(s);
		return;
	}
	if (q->then)
		return; /* on its way */
	q->then = then;
	if (q->left)
		return;
	if (qmp_state(q->conn) != QMP_READY ||
	    !qmp_command(q->conn, "query-status", NULL, ALIVE_MS, alive_known,
			 q, &ignored))
		told_alive(q);
}

/* One line for each reason, not for each attempt. */
static void down(struct sup_qmp *q, const struct err *why)
{
	if (why->code == EXIT_DIED) {
		q->left = true;
		loop_timer_set(q->death, DEATH_MS);
	}
	if (!strcmp(why->msg, q->down.msg))
		return;
	q->down = *why;
	log_msg(&q->s->log, LOG_WARN, "QMP: %s", why->msg);
}

static void state(void *ctx, enum qmp_state state, const struct err *why)
{
	struct sup_qmp *q = ctx;

	if (state == QMP_DOWN) {
		down(q, why);
		return;
	}
	loop_timer_stop(q->death);
	q->left = false;
	sup_feed(q->s);
	if (state == QMP_OPENING)
		return;
	if (*q->down.msg)
		log_msg(&q->s->log, LOG_WARN, "QMP: connected again");
	*q->down.msg = '\0';
	told_alive(q);
	memory_release(); /* all that the handshake needed */
}

/* A stubdomain can send as many as it likes: the log has room for others. */
static bool may_log(struct sup_qmp *q)
{
	uint64_t now = clock_ms();

	if (now - q->logged_since > EVENTS_MS) {
		q->logged_since = now;
		q->logged = 0;
	}
	return q->logged++ < EVENTS_LOGGED;
}

/* What the guest's owner should know of. Xen itself tells of its shutdown. */
static void event(void *ctx, struct qmp_span name, struct qmp_span line)
{
	static const char *const loud[] = {"\"BLOCK_IO_ERROR\"", "\"SHUTDOWN\"",
					   "\"RESET\"", "\"GUEST_PANICKED\"",
					   "\"WATCHDOG\""};
	struct sup_qmp *q = ctx;
	unsigned int i;

	for (i = 0; i < sizeof(loud) / sizeof(*loud); i++) {
		if (strlen(loud[i]) == name.len &&
		    !memcmp(loud[i], name.at, name.len) && may_log(q))
			log_msg(&q->s->log, LOG_WARN, "device model: %.*s%s",
				(int)(line.len < EVENT_SHOWN ? line.len
							     : EVENT_SHOWN),
				line.at, line.len > EVENT_SHOWN ? "..." : "");
	}
}

/* --- what `info` shows --- */

static const json_t *member(const json_t *o, const char *name)
{
	return json_object_get(o, name);
}

/* "7.2.22", or "" if it is not known or makes no sense. */
static void short_version(const char *text, char buf[40])
{
	json_t *v = text ? json_loads(text, 0, NULL) : NULL;
	const json_t *q = member(v, "qemu");

	*buf = '\0';
	if (json_is_object(q))
		snprintf(buf, 40, "%u.%u.%u",
			 (unsigned int)json_integer_value(member(q, "major")),
			 (unsigned int)json_integer_value(member(q, "minor")),
			 (unsigned int)json_integer_value(member(q, "micro")));
	json_decref(v);
}

struct question {
	struct ctl_conn *conn;
	struct sup_qmp *q;
};

static void status_known(void *ctx, const struct qmp_result *r)
{
	struct question *question = ctx;
	json_t *ret = r->ret.len ? qmp_value(r->ret) : NULL;
	const char *text = json_string_value(member(ret, "status"));
	json_t *answer;
	char version[40], status[80];

	short_version(qmp_version(question->q->conn), version);
	snprintf(status, sizeof(status), "%.79s", text ? text : r->err.msg);
	qmp_printable(status);
	answer = json_pack("{s:{s:s, s:s}}", "qmp", "version", version,
			   "status", status);
	ctl_answer(question->conn, answer, NULL);
	json_decref(answer);
	json_decref(ret);
	free(question);
}

int supervise_qmp_info(struct supervise *s, struct ctl_conn *conn,
		       struct err *e)
{
	struct question *question = malloc(sizeof(*question));

	if (!question)
		return err_sys(e, EXIT_FAILED, "qmp");
	if (!s->qmp) {
		free(question);
		return err_set(e, EXIT_FAILED, "no device model");
	}
	question->conn = conn;
	question->q = s->qmp;
	if (qmp_command(s->qmp->conn, "query-status", NULL, INFO_MS,
			status_known, question, e))
		return CTL_LATER;
	free(question);
	return -1;
}

/* --- what only mtool may ask --- */

static void unplug_known(void *ctx, const struct qmp_result *r)
{
	struct err e = r->err;

	qmp_printable(e.msg);
	ctl_answer(ctx, NULL, r->ret.len ? NULL : &e);
}

int supervise_qmp_unplug(struct supervise *s, struct ctl_conn *conn,
			 const char *id, struct err *e)
{
	json_t *args = json_pack("{s:s}", "id", id);
	struct qmp_cmd *sent = NULL;

	if (!s->qmp)
		err_set(e, EXIT_FAILED, "no device model");
	else if (!args)
		err_set(e, EXIT_FAILED, "out of memory");
	else
		sent = qmp_command(s->qmp->conn, "device_del", args, UNPLUG_MS,
				   unplug_known, conn, e);
	json_decref(args);
	return sent ? (int)CTL_LATER : -1;
}

/* --- its life --- */

static int open_conn(struct sup_qmp *q, struct err *e)
{
	const struct vm_record *r = &q->s->vm->record;
	struct qmp_link *link = qmp_vchan_new(q->s->loop, q->s->xs, &q->s->log,
					      r->stub, r->target, e);

	if (!link)
		return -1;
	q->conn = qmp_conn_new(q->s->loop, link, q->s->vm->cfg->qmp_marker, e);
	if (!q->conn)
		return -1;
	q->ear.event = event;
	q->ear.state = state;
	q->ear.ctx = q;
	qmp_listen(q->conn, &q->ear);
	return 0;
}

int supervise_qmp_open(struct supervise *s, struct err *e)
{
	struct sup_qmp *q = calloc(1, sizeof(*q));
	char path[RUNDIR_PATH_MAX];

	s->qmp = q;
	if (!q || !(q->death = loop_timer_new(s->loop, death, q)))
		return err_sys(e, EXIT_FAILED, "qmp");
	q->s = s;
	rundir_file(s->vm->cfg->name, "qmp.sock", path);
	if (open_conn(q, e) == 0)
		q->share = qmp_share_new(s->loop, path, q->conn, qmp_filter,
					 NULL, e);
	if (q->share)
		return 0;
	supervise_qmp_close(s);
	return -1;
}

void supervise_qmp_close(struct supervise *s)
{
	struct sup_qmp *q = s->qmp;

	if (!q)
		return;
	s->qmp = NULL;
	q->then = NULL; /* what is closed tells nothing */
	qmp_share_free(q->share);
	qmp_conn_free(q->conn);
	loop_timer_del(q->death);
	free(q);
}

struct qmp_conn *supervise_qmp(struct supervise *s)
{
	return s->qmp ? s->qmp->conn : NULL;
}

void supervise_qmp_moved(struct supervise *s)
{
	char path[RUNDIR_PATH_MAX];

	rundir_file(s->vm->cfg->name, "qmp.sock", path);
	if (s->qmp)
		qmp_share_moved(s->qmp->share, path);
}
