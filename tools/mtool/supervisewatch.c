/* SPDX-License-Identifier: MIT */
/* What happens to the two domains, and what is done about it. */
#include <string.h>

#include "tools/mtool/superviseint.h"
#include "tools/mtool/superviseqmp.h"
#include "tools/mtool/supervisesave.h"
#include "tools/mtool/teardown.h"
#include "tools/mtool/vmconfig.h"

enum { LOOK_MS = 2000 };

/* The guest stays, to be looked at; what is left of its stub is of no use. */
static void pause_guest(struct supervise *s)
{
	const struct vm_record *r = &s->vm->record;
	struct err e;

	if (hyp_dom_pause(s->hyp, r->target, &e) < 0)
		log_msg(&s->log, LOG_ERROR, "%s", e.msg);
	if (vm_drop_stub(s->hyp, s->xs, r, &e) < 0)
		log_msg(&s->log, LOG_ERROR, "%s", e.msg);
}

static void do_action(struct supervise *s, enum vm_action action,
		      const char *why)
{
	struct err e;

	switch (action) {
	case ACTION_DESTROY:
		sup_end(s, END_DESTROY, "%s", why);
		break;
	case ACTION_RESTART:
		sup_end(s, END_RESTART, "%s", why);
		break;
	case ACTION_RENAME_RESTART:
		sup_end(s, END_RENAME_RESTART, "%s", why);
		break;
	case ACTION_PAUSE:
		pause_guest(s);
		/* fall through */
	case ACTION_PRESERVE:
		if (rundir_note(&s->vm->run, &e, "kept") < 0 ||
		    rundir_note_end(&s->vm->run, why, &e) < 0)
			log_msg(&s->log, LOG_ERROR, "%s", e.msg);
	}
}

static void target_shut_down(struct supervise *s)
{
	static const char *const words[] = {
		[SHUTDOWN_poweroff] = "guest powered off",
		[SHUTDOWN_reboot] = "guest asked for a reboot",
		[SHUTDOWN_suspend] = "guest suspended itself",
		[SHUTDOWN_crash] = "guest crashed",
		[SHUTDOWN_watchdog] = "guest watchdog fired",
	};
	unsigned int reason = s->shutdown_reason;
	const char *why = "guest shut down";

	if (s->shutdown_seen)
		return;
	s->shutdown_seen = true;
	if (reason < sizeof(words) / sizeof(*words))
		why = words[reason];
	log_msg(&s->log, LOG_WARN, "%s", why);
	do_action(s, vm_action_for(s->vm->cfg, reason), why);
}

void sup_dm_died(struct supervise *s, const char *what)
{
	struct vm_record *r = &s->vm->record;
	char words[LAST_WORDS_MAX];
	struct err e;

	if (r->dm_dead || supervise_save_dm_died(s, what))
		return;
	r->dm_dead = true;
	supervise_last_words(s, words, sizeof(words));
	log_msg(&s->log, LOG_WARN, "%s; its last words: %s", what, words);
	supervise_qmp_close(s);
	sup_consoles_close_stub(s);
	if (rundir_note(&s->vm->run, &e, "dm-dead") < 0)
		log_msg(&s->log, LOG_ERROR, "%s", e.msg);
	do_action(s, s->vm->cfg->on_dm_death, what);
}

static const char *stub_end(bool there, const struct hyp_dom *d)
{
	if (!there || d->dying || !d->shutdown)
		return "stubdomain was destroyed";
	return d->reason == SHUTDOWN_crash ? "stubdomain crashed"
					   : "stubdomain powered itself off";
}

static void look_at_stub(struct supervise *s)
{
	struct hyp_dom d;
	struct err e;
	int rc = hyp_dom_get(s->hyp, s->vm->record.stub, &d, &e);

	if (rc < 0 || (rc && !d.dying && !d.shutdown))
		return;
	con_server_drain(s->server, s->vm->record.stub);
	if (s->released) /* else its creator sees it too, and decides */
		sup_dm_died(s, stub_end(rc, &d));
}

static void look_at_target(struct supervise *s)
{
	struct hyp_dom d;
	struct err e;
	int rc = hyp_dom_get(s->hyp, s->vm->record.target, &d, &e);

	if (rc < 0 || !s->released)
		return;
	if (!rc || d.dying) {
		sup_end(s, END_DESTROY, "guest was destroyed");
	} else if (d.shutdown && !s->shutdown_seen &&
		   !supervise_save_shutdown(s, d.reason)) {
		s->shutdown_reason = d.reason;
		supervise_qmp_alive(s, target_shut_down);
	}
}

void sup_watch_look(struct supervise *s)
{
	look_at_target(s);
	if (s->how == END_NOT && !s->vm->record.dm_dead)
		look_at_stub(s);
}

/* @releaseDomain: some domain has died or shut down. */
static void on_release(void *ctx, const char *path)
{
	(void)path;
	sup_watch_look(ctx);
}

static void look_again(void *ctx)
{
	struct supervise *s = ctx;

	loop_timer_set(s->look, LOOK_MS);
	sup_watch_look(s); /* may end all this */
}

/* Nobody tells of a domain's end any more. */
static void on_gone(void *ctx)
{
	struct supervise *s = ctx;

	log_msg(&s->log, LOG_WARN,
		"xenstored is gone: consoles and QMP go on, all that changes "
		"devices or domains fails; when it is back: mtool supervise "
		"--replace %s",
		s->vm->cfg->name);
	loop_timer_set(s->look, LOOK_MS);
}

int sup_watch_open(struct supervise *s, struct err *e)
{
	s->look = loop_timer_new(s->loop, look_again, s);
	if (!s->look)
		return err_set(e, EXIT_FAILED, "out of memory");
	xs_on_gone(s->xs, on_gone, s);
	s->release = xs_watch_add(s->xs, "@releaseDomain", on_release, s, e);
	return s->release ? 0 : -1;
}

void sup_watch_close(struct supervise *s)
{
	xs_watch_del(s->release);
	s->release = NULL;
	loop_timer_del(s->look);
	s->look = NULL;
}
