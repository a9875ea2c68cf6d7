/* SPDX-License-Identifier: MIT */
/*
 * A guest that is to be saved stands still: it suspends itself if it has PV
 * drivers (their protocol: xen/public/xen.h, SCHEDOP_shutdown), QEMU stops,
 * and its device state comes through console 1 of the stub. And back.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "console/nodes.h"
#include "core/savefile.h"
#include "tools/mtool/guestctl.h"
#include "tools/mtool/superviseqmp.h"
#include "tools/mtool/supervisesaveint.h"

/*
 * By its path, and not as descriptor set 1, which the protocol has for it:
 * since 5.2 QEMU wants to truncate what it saves to, which no tty lets it do
 * through a set. The stub has the tty open, so it stays raw.
 */
#define SAVE_PATH "/dev/hvc1"

enum {
	ANSWER_MS = 60000,  /* for the guest to take the request */
	SUSPEND_MS = 60000, /* and to do it */
	STOP_MS = 10000,
	WRITE_MS = 60000,
	DRAIN_MS = 5000,   /* behind QEMU's answer */
	RESUME_MS = 30000, /* a connection may have to be made anew */
	LOOK_MS = 20,
	QUIET_LOOKS = 3,
};

static void stop_qemu(struct sup_save *v);

static void go(struct sup_save *v, enum save_phase phase, uint64_t ms)
{
	v->phase = phase;
	v->deadline = clock_ms() + ms;
	loop_timer_set(v->timer, LOOK_MS);
}

static bool late(const struct sup_save *v)
{
	return clock_ms() >= v->deadline;
}

static struct sup_console *save_console(struct supervise *s)
{
	unsigned int i;

	for (i = 0;
	     s->console[i].guest || s->console[i].index != STUB_CONSOLE_SAVE;
	     i++)
		;
	return &s->console[i];
}

static void close_state(struct sup_save *v)
{
	uint64_t ignored;
	struct err e;

	if (v->state < 0)
		return;
	con_spool_finish(save_console(v->s)->sink, &ignored, &e);
	close(v->state);
	v->state = -1;
}

void save_drop(struct sup_save *v)
{
	struct qmp_conn *q = supervise_qmp(v->s);

	loop_timer_stop(v->timer);
	if (v->cmd && q)
		qmp_forget(q, v->cmd);
	v->cmd = NULL;
	close_state(v);
}

/* Stopping has failed: as before, and then say why. */
static void fail(struct sup_save *v, const struct err *e)
{
	v->why = *e;
	save_resume(v, v->done);
}

/* Start a command; if it cannot be, its function is called with the reason. */
static void ask_qemu(struct sup_save *v, const char *command, json_t *args,
		     uint64_t ms, qmp_result_fn *fn)
{
	struct qmp_result none = {0};
	struct qmp_conn *q = supervise_qmp(v->s);

	v->cmd = NULL;
	if (q)
		v->cmd = qmp_command(q, command, args, ms, fn, v, &none.err);
	else
		err_set(&none.err, EXIT_DIED, "the device model is gone");
	json_decref(args);
	if (!v->cmd)
		fn(v, &none);
}

static bool refused(struct sup_save *v, const struct qmp_result *r,
		    const char *what, struct err *e)
{
	v->cmd = NULL;
	if (r->ret.len)
		return false;
	*e = r->err;
	qmp_printable(e->msg);
	err_in(e, "device model: %s", what);
	return true;
}

/* --- the guest --- */

static void suspend_guest(struct sup_save *v)
{
	struct supervise *s = v->s;
	uint32_t target = s->vm->record.target;
	struct hyp_dom d;
	struct err e;
	int pv, rc = hyp_dom_get(s->hyp, target, &d, &e);

	if (!rc || (rc == 1 && (d.dying || d.shutdown)))
		rc = err_set(&e, EXIT_DIED, "the guest %s",
			     rc ? "has shut down" : "is gone");
	pv = rc == 1 ? hyp_dom_has_pv(s->hyp, target, &e) : -1;
	if (pv == 1 && d.paused)
		pv = err_set(&e, EXIT_BUSY,
			     "the guest is paused, so that its drivers cannot "
			     "take part");
	if (pv < 0 || (pv ? guest_ask(s->xs, target, "suspend", &e)
			  : hyp_dom_suspend(s->hyp, target, &e)) < 0) {
		fail(v, &e);
		return;
	}
	go(v, pv ? SAVE_ASKED : SAVE_SUSPENDING, pv ? ANSWER_MS : SUSPEND_MS);
}

static void look_asked(struct sup_save *v)
{
	uint32_t target = v->s->vm->record.target;
	struct err e;
	int rc = guest_answered(v->s->xs, target, "suspend", &e);

	if (rc > 0) {
		go(v, SAVE_SUSPENDING, SUSPEND_MS);
		return;
	}
	if (!rc && !late(v))
		return;
	if (!rc)
		err_set(&e, EXIT_TIMEOUT,
			"the guest has not answered within %d s that it is to "
			"suspend itself",
			ANSWER_MS / 1000);
	fail(v, &e);
}

/* 1: it is suspended; 0: it runs; -1 and *e: neither. */
static int suspended(struct sup_save *v, struct err *e)
{
	struct hyp_dom d;
	int rc = hyp_dom_get(v->s->hyp, v->s->vm->record.target, &d, e);

	if (rc < 0)
		return -1;
	if (!rc || d.dying)
		return err_set(e, EXIT_DIED, "the guest is gone");
	if (!d.shutdown)
		return 0;
	if (d.reason == SHUTDOWN_suspend)
		return 1;
	return err_set(e, EXIT_DIED, "the guest has shut down");
}

static void look_suspending(struct sup_save *v)
{
	struct err e;
	int rc = suspended(v, &e);

	if (rc == 1) {
		stop_qemu(v);
		return;
	}
	if (!rc && !late(v))
		return;
	if (!rc)
		err_set(&e, EXIT_TIMEOUT,
			"the guest has not suspended itself within %d s",
			SUSPEND_MS / 1000);
	fail(v, &e);
}

/* --- its device model --- */

static int check_state(struct sup_save *v, struct err *e)
{
	uint8_t first[8] = {0}, last = 0xff;

	if (pread(v->state, first, sizeof(first), 0) < 0 ||
	    (v->size && pread(v->state, &last, 1, (off_t)v->size - 1) != 1))
		return err_sys(e, EXIT_FAILED, "device state");
	return savefile_device_ok(first, last, v->size, e);
}

/* Whatever the stub sends: more than it may is known before it ends. */
static bool overflown(struct sup_save *v)
{
	return save_console(v->s)->sink->dropped != v->dropped;
}

static void look_writing(struct sup_save *v)
{
	struct err e;

	if (!overflown(v))
		return;
	con_spool_finish(save_console(v->s)->sink, &v->size, &e);
	fail(v, &e);
}

/*
 * The tty's driver has put all into the ring before QEMU gets to answer, so an
 * empty ring is the end. It costs little to look again, and a stub may do it
 * otherwise.
 */
static void look_draining(struct sup_save *v)
{
	struct sup_console *c = save_console(v->s);
	uint64_t size;
	struct err e;

	if (c->con && !con_drain(c->con) && !late(v))
		return;
	size = (uint64_t)lseek(v->state, 0, SEEK_CUR);
	v->quiet = size == v->size ? v->quiet + 1 : 0;
	v->size = size;
	if (v->quiet < QUIET_LOOKS && !late(v) && !overflown(v))
		return;
	if (check_state(v, &e) < 0 && !late(v) && !overflown(v))
		return;
	if (con_spool_finish(c->sink, &v->size, &e) < 0 ||
	    check_state(v, &e) < 0) {
		fail(v, &e);
		return;
	}
	close_state(v);
	loop_timer_stop(v->timer);
	v->phase = SAVE_HELD;
	v->done(v, NULL);
}

static void written(void *ctx, const struct qmp_result *r)
{
	struct sup_save *v = ctx;
	struct err e;

	if (refused(v, r, "save its state", &e))
		fail(v, &e);
	else
		go(v, SAVE_DRAINING, DRAIN_MS);
}

/* The spool begins empty: what nobody waited for was no state. */
static int arm(struct sup_save *v, struct err *e)
{
	struct sup_console *c = save_console(v->s);
	char path[RUNDIR_PATH_MAX];

	rundir_file(v->s->vm->cfg->name, SAVE_STATE, path);
	v->state =
		open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		     0600);
	if (v->state < 0)
		return err_sys(e, EXIT_FAILED, "open %s", path);
	if (c->con)
		con_drain(c->con);
	con_spool_arm(c->sink, v->state, SAVEFILE_DEVICE_MAX);
	v->dropped = c->sink->dropped;
	v->size = v->quiet = 0;
	return 0;
}

static void stopped(void *ctx, const struct qmp_result *r)
{
	struct sup_save *v = ctx;
	struct err e;

	if (refused(v, r, "stop", &e) || arm(v, &e) < 0) {
		fail(v, &e);
		return;
	}
	go(v, SAVE_WRITING, WRITE_MS);
	ask_qemu(v, "xen-save-devices-state",
		 json_pack("{s:s s:b}", "filename", SAVE_PATH, "live", 0),
		 WRITE_MS, written);
}

static void stop_qemu(struct sup_save *v)
{
	go(v, SAVE_STOPPING, STOP_MS);
	loop_timer_stop(v->timer); /* its answer has a limit of its own */
	ask_qemu(v, "stop", NULL, STOP_MS, stopped);
}

static void tick(void *ctx)
{
	struct sup_save *v = ctx;

	/* what comes next may set it otherwise, or end all this */
	loop_timer_set(v->timer, LOOK_MS);
	save_look(v);
}

void save_look(struct sup_save *v)
{
	if (v->phase == SAVE_ASKED)
		look_asked(v);
	else if (v->phase == SAVE_SUSPENDING)
		look_suspending(v);
	else if (v->phase == SAVE_WRITING)
		look_writing(v);
	else if (v->phase == SAVE_DRAINING)
		look_draining(v);
}

int save_init(struct sup_save *v, struct err *e)
{
	v->state = -1;
	v->timer = loop_timer_new(v->s->loop, tick, v);
	return v->timer ? 0 : err_set(e, EXIT_FAILED, "out of memory");
}

void save_stop(struct sup_save *v, save_done_fn *done)
{
	v->done = done;
	*v->why.msg = '\0';
	suspend_guest(v);
}

/* --- and back --- */

static void resumed(struct sup_save *v)
{
	v->phase = SAVE_RUNNING;
	v->done(v, *v->why.msg ? &v->why : NULL);
}

/*
 * First the device model, then the guest that needs it. What cannot be done is
 * told, and the rest is done all the same.
 */
static void resume_guest(struct sup_save *v)
{
	struct supervise *s = v->s;
	uint32_t target = s->vm->record.target;
	struct err e;

	if (v->paused && hyp_dom_pause(s->hyp, target, &e) < 0)
		log_msg(&s->log, LOG_ERROR, "%s", e.msg);
	if (hyp_dom_resume(s->hyp, target, &e) < 0) {
		log_msg(&s->log, LOG_ERROR, "%s", e.msg);
		if (!*v->why.msg)
			v->why = e;
	}
	/* it has an error even for a guest that xenstored never knew gone */
	xs_resume(s->xs, target);
	s->shutdown_seen = false;
	resumed(v);
}

static void continued(void *ctx, const struct qmp_result *r)
{
	struct sup_save *v = ctx;
	struct err e;

	if (refused(v, r, "go on", &e)) {
		log_msg(&v->s->log, LOG_ERROR, "%s", e.msg);
		if (!*v->why.msg)
			v->why = e;
	}
	resume_guest(v);
}

/* Nobody waits for the answer: QEMU that is gone writes to nothing. */
static void ignore(void *ctx, const struct qmp_result *r)
{
	(void)ctx, (void)r;
}

static json_t *dirty_args(bool on)
{
	return json_pack("{s:b}", "enable", on);
}

static void stop_dirty(struct sup_save *v)
{
	struct qmp_conn *q = supervise_qmp(v->s);
	json_t *args = dirty_args(false);
	struct err e;

	if (v->dirty && q &&
	    !qmp_command(q, "xen-set-global-dirty-log", args, STOP_MS, ignore,
			 NULL, &e))
		log_msg(&v->s->log, LOG_WARN, "%s", e.msg);
	v->dirty = false;
	json_decref(args);
}

/* It may have been asked, and not done it yet: it will, or will not. */
static bool is_suspended(struct sup_save *v)
{
	uint32_t target = v->s->vm->record.target;
	struct err e;

	if (v->phase == SAVE_ASKED || v->phase == SAVE_SUSPENDING)
		v->s->suspend_late =
			guest_withdraw(v->s->xs, target, "suspend", &e) != 1;
	if (suspended(v, &e) != 1)
		return false;
	v->s->suspend_late = false;
	return true;
}

void save_resume(struct sup_save *v, save_done_fn *done)
{
	v->done = done;
	save_drop(v);
	stop_dirty(v);
	if (!is_suspended(v)) {
		resumed(v);
		return;
	}
	v->phase = SAVE_RESUMING;
	ask_qemu(v, "cont", NULL, RESUME_MS, continued);
}

static void dirty_set(void *ctx, const struct qmp_result *r)
{
	struct sup_save *v = ctx;
	struct err e;

	if (refused(v, r, "log what it writes to", &e))
		v->done(v, &e);
	else
		v->done(v, NULL);
}

void save_dirty(struct sup_save *v, bool on, save_done_fn *done)
{
	v->done = done;
	v->dirty = on;
	ask_qemu(v, "xen-set-global-dirty-log", dirty_args(on), STOP_MS,
		 dirty_set);
}
