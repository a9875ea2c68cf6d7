/* SPDX-License-Identifier: MIT */
/*
 * shutdown and reboot: ask the guest, see that it answers, and wait for the
 * end if that is wanted. What happens then is its supervisor's business. Any
 * number of VMs at once: all are asked before any is waited for.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/mtool/guestctl.h"
#include "tools/mtool/host.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/teardown.h"
#include "tools/mtool/vmconfig.h"

enum {
	POLL_MS = 100,
	ANSWER_S = 60, /* what a guest has for its answer by default */
	END_S = 300,   /* and for doing it */
};

enum phase {
	FOUND,
	ASKED,	/* it has not answered yet */
	ACTING, /* it has, or a button was pressed */
	FINISHED,
};

struct ask {
	struct vm_record vm;
	enum phase phase;
	uint64_t until;
	int rc;
	struct err err;
};

struct order {
	struct mtool *m;
	struct host host;
	const char *word; /* of control/shutdown */
	bool reboot;
	enum hyp_trigger button; /* -F */
	const char *button_name;
	bool wait, fall_back;
	unsigned int limit_s; /* 0: the defaults */
	struct ask *ask;
	int nr;
};

static uint64_t deadline(const struct order *o, unsigned int usual_s)
{
	return clock_ms() + (o->limit_s ? o->limit_s : usual_s) * 1000ull;
}

static void finish(struct ask *a, int rc)
{
	a->rc = rc;
	a->phase = FINISHED;
}

static void acting(const struct order *o, struct ask *a)
{
	a->phase = ACTING;
	a->until = deadline(o, END_S);
	if (!o->wait)
		finish(a, 0);
}

static int ask_one(struct order *o, struct ask *a)
{
	struct hyp_dom guest;
	struct err *e = &a->err;
	int pv;

	if (host_guest(&o->host, &a->vm, &guest, e) < 0)
		return -1;
	pv = hyp_dom_has_pv(o->host.hyp, a->vm.target, e);
	if (pv == 1) {
		a->phase = ASKED;
		a->until = deadline(o, ANSWER_S);
		return guest_ask(o->host.xs, a->vm.target, o->word, e);
	}
	if (!pv && !o->fall_back)
		err_set(e, EXIT_FAILED,
			"the guest has no PV drivers that could be asked; -F "
			"presses its %s",
			o->button_name);
	if (pv || !o->fall_back ||
	    hyp_dom_trigger(o->host.hyp, a->vm.target, o->button, 0, e) < 0)
		return err_in(e, "%s", a->vm.name);
	acting(o, a);
	return 0;
}

/* Nobody answered in time: as if nobody had asked. */
static void no_answer(struct order *o, struct ask *a)
{
	int rc = guest_withdraw(o->host.xs, a->vm.target, o->word, &a->err);

	if (!rc) {
		acting(o, a);
		return;
	}
	if (rc == 1)
		err_set(&a->err, EXIT_TIMEOUT,
			"the guest has not answered within %u s (-t); the "
			"request is withdrawn",
			o->limit_s ? o->limit_s : ANSWER_S);
	finish(a, err_in(&a->err, "%s", a->vm.name));
}

/* What on_poweroff = "preserve" makes of a guest is its end, too. */
static bool is_preserved(struct order *o, const struct ask *a)
{
	enum vm_action action = ACTION_DESTROY;
	struct hyp_dom d;
	struct err ignored;

	if (hyp_dom_get(o->host.hyp, a->vm.target, &d, &ignored) != 1 ||
	    !d.shutdown)
		return false;
	return !vm_config_action(a->vm.name, d.reason, &action, &ignored) &&
	       action == ACTION_PRESERVE;
}

/* The run directory is removed last of all. */
static bool is_gone(const char *name)
{
	char path[RUNDIR_PATH_MAX];

	rundir_file(name, "", path);
	return access(path, F_OK) < 0;
}

static int gone(struct order *o, struct ask *a)
{
	if (!o->reboot)
		return 1;
	return err_set(&a->err, EXIT_DIED,
		       "it ended and did not come back; see \"mtool log\" and "
		       "on_reboot");
}

/* Whoever is at work on it, or looks after it, has the lock. */
static bool is_stranded(struct order *o, const struct ask *a)
{
	return !rundir_locked(a->vm.name) && !is_gone(a->vm.name) &&
	       !vm_domain_lives(o->host.hyp, a->vm.target, a->vm.uuid);
}

/* 1 when it has ended or started anew, 0 not yet, -1 and the error. */
static int has_ended(struct order *o, struct ask *a)
{
	struct vm_record now;
	struct err ignored;
	bool known;

	if (is_gone(a->vm.name))
		return gone(o, a);
	/* While it is made anew the journal is empty, or not there. */
	known = !rundir_read(a->vm.name, &now, &ignored);
	if (known && now.target != a->vm.target && now.running)
		return 1;
	if (is_stranded(o, a))
		return err_set(&a->err, EXIT_DIED,
			       "it ended, and could not be removed whole; see "
			       "\"mtool log\", and destroy it");
	return known && now.target == a->vm.target && is_preserved(o, a);
}

static void still_acting(struct order *o, struct ask *a)
{
	int rc = has_ended(o, a);

	if (!rc && clock_ms() < a->until)
		return;
	if (!rc)
		rc = err_set(&a->err, EXIT_TIMEOUT,
			     "the guest has not done it within %u s (-t)",
			     o->limit_s ? o->limit_s : END_S);
	finish(a, rc < 0 ? err_in(&a->err, "%s", a->vm.name) : 0);
}

static void still_asked(struct order *o, struct ask *a)
{
	int rc = guest_answered(o->host.xs, a->vm.target, o->word, &a->err);

	if (rc < 0)
		finish(a, err_in(&a->err, "%s", a->vm.name));
	else if (rc)
		acting(o, a);
	else if (clock_ms() >= a->until)
		no_answer(o, a);
}

static void look(struct order *o, struct ask *a)
{
	if (a->phase == ASKED)
		still_asked(o, a);
	else if (a->phase == ACTING)
		still_acting(o, a);
}

static bool all_finished(const struct order *o)
{
	int i;

	for (i = 0; i < o->nr && o->ask[i].phase == FINISHED; i++)
		;
	return i == o->nr;
}

/* The first error is the command's; the others are told here. */
static int verdict(struct order *o, struct err *e)
{
	int i, rc = 0;

	for (i = 0; i < o->nr; i++) {
		if (!o->ask[i].rc)
			continue;
		if (rc < 0)
			log_msg(&o->m->log, LOG_ERROR, "%s", o->ask[i].err.msg);
		else
			*e = o->ask[i].err;
		rc = -1;
	}
	return rc;
}

/* All are found before anything is open that a supervisor could inherit. */
static void find_all(struct order *o, char **who)
{
	struct ask *a;
	int i;

	for (i = 0; i < o->nr; i++) {
		a = &o->ask[i];
		if (vm_find_served(o->m, who[i], &a->vm, &a->err) < 0)
			finish(a, -1);
	}
}

static int carry_out(struct order *o, struct err *e)
{
	struct timespec nap = {.tv_nsec = POLL_MS * 1000000};
	int i;

	for (i = 0; i < o->nr; i++) {
		if (o->ask[i].phase == FOUND && ask_one(o, &o->ask[i]) < 0)
			finish(&o->ask[i], -1);
	}
	for (;;) {
		for (i = 0; i < o->nr; i++)
			look(o, &o->ask[i]);
		if (all_finished(o))
			return verdict(o, e);
		nanosleep(&nap, NULL);
	}
}

static int run(struct order *o, int argc, char **argv, struct err *e)
{
	int c, rc = -1;

	while ((c = cmd_option(argc, argv, "wFt:", "", e)) != -1) {
		if (c == 'w')
			o->wait = true;
		else if (c == 'F')
			o->fall_back = true;
		else if (c != 't' || cmd_seconds(&o->limit_s, e) < 0)
			return -1;
	}
	if (cmd_words(argc, argv, 1, argc, e) < 0)
		return -1;
	o->nr = argc - optind;
	o->ask = calloc((size_t)o->nr, sizeof(*o->ask));
	if (!o->ask)
		return err_sys(e, EXIT_FAILED, "memory");
	find_all(o, argv + optind);
	if (!host_open(&o->host, &o->m->log, e)) {
		rc = carry_out(o, e);
		host_close(&o->host);
	}
	free(o->ask);
	return rc;
}

int cmd_shutdown(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct order o = {
		.m = m,
		.word = "poweroff",
		.button = TRIGGER_POWER,
		.button_name = "power button",
	};

	return run(&o, argc, argv, e);
}

int cmd_reboot(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct order o = {
		.m = m,
		.word = "reboot",
		.reboot = true,
		.button = TRIGGER_RESET,
		.button_name = "reset button",
	};

	return run(&o, argc, argv, e);
}
