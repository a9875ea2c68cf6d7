/* SPDX-License-Identifier: MIT */
#include "tools/mtool/supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "console/backend.h"
#include "console/nodes.h"
#include "console/sink.h"
#include "core/file.h"
#include "core/loop.h"
#include "tools/mtool/supervisectl.h"
#include "tools/mtool/superviseint.h"
#include "tools/mtool/teardown.h"

enum {
	GONE_MS = 30000,
	LOG_LINE = 512,
};

/* What the supervisor has to say stands in the VM's log, marked as its own. */
static ssize_t say(void *cookie, const char *text, size_t n)
{
	struct supervise *s = cookie;

	if (s->sink_log)
		con_sink_output(s->sink_log, (const uint8_t *)text, n);
	return (ssize_t)n;
}

static int open_log(struct supervise *s, struct err *e)
{
	cookie_io_functions_t io = {.write = say};

	s->sink_log =
		con_log_new(s->loop, s->vm->log_path, s->vm->cfg->log_limit, e);
	if (!s->sink_log)
		return err_in(e, "log");
	s->log_stream = fopencookie(s, "w", io);
	if (!s->log_stream)
		return err_sys(e, EXIT_FAILED, "log");
	setvbuf(s->log_stream, NULL, _IOLBF, LOG_LINE);
	log_init(&s->log, s->log_stream, LOG_WARN);
	return 0;
}

/* A link in the run directory by which people find the pty. */
static int link_pty(struct supervise *s, const struct con_sink *sink,
		    const char *name, struct err *e)
{
	char path[RUNDIR_PATH_MAX];

	rundir_file(s->vm->cfg->name, name, path);
	unlink(path);
	if (symlink(con_pty_path(sink), path) < 0)
		return err_sys(e, EXIT_FAILED, "link %s", path);
	return 0;
}

static struct con_sink *add_pty(struct supervise *s, const char *name,
				struct err *e)
{
	struct con_sink *sink = con_pty_new(s->loop, -1, -1, -1, e);

	if (!sink)
		return NULL;
	if (link_pty(s, sink, name, e) < 0) {
		con_sink_free(sink);
		return NULL;
	}
	return sink;
}

static int add_serial(struct supervise *s, unsigned int i, struct err *e)
{
	char name[16];
	struct con *c;

	snprintf(name, sizeof(name), "serial%u", i);
	s->serial[i] = add_pty(s, name, e);
	if (!s->serial[i])
		return err_in(e, "%s", name);
	c = con_add_xenbus(s->consoles, s->vm->stub.domid,
			   STUB_CONSOLE_SERIAL + i, s->serial[i], e);
	if (!c || con_set_tty(c, con_pty_path(s->serial[i]), e) < 0)
		return err_in(e, "%s", name);
	return 0;
}

/* The guest's own PV console. */
static int add_pv(struct supervise *s, struct err *e)
{
	const struct vm_domain *t = &s->vm->target;
	struct con *c;

	s->pv = add_pty(s, "pv", e);
	if (!s->pv)
		return err_in(e, "pv console");
	c = con_add_reserved(s->consoles, t->domid, t->console_frame,
			     t->ports.console, s->pv, e);
	if (!c || con_set_tty(c, con_pty_path(s->pv), e) < 0)
		return err_in(e, "pv console");
	return 0;
}

/* Every console of the stub: one that nobody drains freezes it whole. */
static int add_consoles(struct supervise *s, struct err *e)
{
	const struct vm_domain *d = &s->vm->stub;
	unsigned int i;

	s->consoles = con_server_new(s->loop, s->xs, &s->log, e);
	if (!s->consoles)
		return -1;
	if (!con_add_reserved(s->consoles, d->domid, d->console_frame,
			      d->ports.console, s->sink_log, e))
		return err_in(e, "stub console 0");
	s->save = con_spool_new(e);
	s->restore = con_feed_new(e);
	if (!s->save || !s->restore ||
	    !con_add_xenbus(s->consoles, d->domid, STUB_CONSOLE_SAVE, s->save,
			    e) ||
	    !con_add_xenbus(s->consoles, d->domid, STUB_CONSOLE_RESTORE,
			    s->restore, e))
		return -1;
	for (i = 0; i < s->vm->cfg->nr_serial; i++) {
		if (add_serial(s, i, e) < 0)
			return -1;
	}
	return add_pv(s, e);
}

/* The VM has ended, or its creator gave up: leave the loop. */
static void end(struct supervise *s, enum supervise_end how)
{
	if (s->how != END_NOT)
		return;
	s->how = how;
	loop_stop(s->loop);
}

static void target_shut_down(struct supervise *s, unsigned int reason)
{
	const struct vm_config *c = s->vm->cfg;
	const struct {
		const char *word;
		enum vm_action action;
	} by_reason[] = {
		[SHUTDOWN_poweroff] = {"powered off", c->on_poweroff},
		[SHUTDOWN_reboot] = {"asked for a reboot", c->on_reboot},
		[SHUTDOWN_suspend] = {"suspended itself", ACTION_PRESERVE},
		[SHUTDOWN_crash] = {"crashed", c->on_crash},
		[SHUTDOWN_watchdog] = {"watchdog fired", c->on_watchdog},
	};
	enum vm_action action = c->on_crash;
	const char *word = "shut down";

	if (s->shutdown_seen)
		return;
	s->shutdown_seen = true;
	if (reason < sizeof(by_reason) / sizeof(*by_reason)) {
		word = by_reason[reason].word;
		action = by_reason[reason].action;
	}
	log_msg(&s->log, LOG_WARN, "guest %s", word);
	if (action != ACTION_PRESERVE)
		end(s, action == ACTION_RESTART ? END_RESTART : END_DESTROY);
}

static void check_stub(struct supervise *s)
{
	struct hyp_dom d;
	struct err e;
	int rc = hyp_dom_get(s->hyp, s->vm->stub.domid, &d, &e);

	if (rc < 0 || (rc && !d.dying && !d.shutdown))
		return;
	con_server_drain(s->consoles, s->vm->stub.domid);
	if (!s->released)
		return; /* its creator sees it too, and decides */
	log_msg(&s->log, LOG_WARN, "stubdomain is dead%s",
		rc && d.shutdown && d.reason == SHUTDOWN_crash ? ": crashed"
							       : "");
	end(s, END_DESTROY);
}

static void check_target(struct supervise *s)
{
	struct hyp_dom d;
	struct err e;
	int rc = hyp_dom_get(s->hyp, s->vm->target.domid, &d, &e);

	if (rc < 0 || !s->released)
		return;
	if (!rc || d.dying)
		end(s, END_DESTROY);
	else if (d.shutdown)
		target_shut_down(s, d.reason);
}

/* @releaseDomain: some domain has died or shut down. */
static void on_release(void *ctx, const char *path)
{
	struct supervise *s = ctx;

	(void)path;
	check_target(s);
	check_stub(s);
}

/* A word from the creator: "go", or its end. */
static void on_creator(void *ctx, uint32_t events)
{
	struct supervise *s = ctx;
	char word[8];

	(void)events;
	if (recv(s->creator, word, sizeof(word), 0) <= 0) {
		end(s, END_ABANDONED);
		return;
	}
	s->released = true;
	loop_del(s->creator_io);
	s->creator_io = NULL;
	on_release(s, NULL); /* what happened meanwhile */
}

static int watch_all(struct supervise *s, struct err *e)
{
	s->creator_io = loop_add(s->loop, s->creator, EPOLLIN | EPOLLHUP,
				 on_creator, s, e);
	if (!s->creator_io)
		return -1;
	s->release = xs_watch_add(s->xs, "@releaseDomain", on_release, s, e);
	return s->release ? 0 : -1;
}

static int write_pid(struct supervise *s, struct err *e)
{
	char path[RUNDIR_PATH_MAX], text[16];

	rundir_file(s->vm->cfg->name, "supervisor.pid", path);
	snprintf(text, sizeof(text), "%d\n", getpid());
	return file_write(path, text, e);
}

static int open_all(struct supervise *s, struct err *e)
{
	s->loop = loop_new(e);
	if (!s->loop || open_log(s, e) < 0)
		return -1;
	s->hyp = hyp_open(&s->log, e);
	s->xs = s->hyp ? xs_connect(&s->log, e) : NULL;
	if (!s->xs || xs_attach(s->xs, s->loop, e) < 0)
		return -1;
	if (add_consoles(s, e) < 0 || supervise_ctl_open(s, e) < 0 ||
	    watch_all(s, e) < 0)
		return -1;
	return write_pid(s, e);
}

struct supervise *supervise_new(struct vm *vm, int creator, struct err *e)
{
	struct supervise *s = calloc(1, sizeof(*s));

	if (!s) {
		err_sys(e, EXIT_FAILED, "memory");
		return NULL;
	}
	s->vm = vm;
	s->creator = creator;
	/* A failure ends the process: nothing needs taking apart here. */
	return open_all(s, e) < 0 ? NULL : s;
}

/* Unmap before the wait: a mapped ring keeps a dead domain from going. */
static void close_consoles(struct supervise *s)
{
	unsigned int i;

	con_server_drain(s->consoles, s->vm->stub.domid);
	con_server_drain(s->consoles, s->vm->target.domid);
	con_server_free(s->consoles);
	s->consoles = NULL;
	for (i = 0; i < s->vm->cfg->nr_serial; i++)
		con_sink_hangup(s->serial[i]);
	con_sink_hangup(s->pv);
	fflush(s->log_stream);
}

static void remove_vm(struct supervise *s)
{
	struct err e;

	if (vm_kill(s->hyp, &s->vm->record, &e) < 0)
		log_msg(&s->log, LOG_ERROR, "%s", e.msg);
	close_consoles(s);
	if (vm_forget(s->hyp, s->xs, &s->vm->record, &e) < 0)
		log_msg(&s->log, LOG_ERROR, "%s", e.msg);
	if (vm_wait_gone(s->hyp, &s->vm->record, GONE_MS, &e) < 0)
		log_msg(&s->log, LOG_ERROR, "%s", e.msg);
}

/* Both domains anew, with the same uuid; its own supervisor takes over. */
static void restart(struct supervise *s)
{
	struct rundir run = s->vm->run;
	struct vm_options opt = {0};
	struct err e;
	bool tail;

	xs_disconnect(s->xs); /* ends its thread: we are about to fork */
	rundir_reset(&run);
	if (vm_create(&s->log, s->vm->cfg, &run, &opt, &tail, &e) < 0)
		log_msg(&s->log, LOG_ERROR, "restart: %s", e.msg);
}

static void close_disks(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->cfg->nr_disk; i++) {
		if (vm->disk_fd[i] >= 0)
			close(vm->disk_fd[i]);
		vm->disk_fd[i] = -1;
	}
}

void supervise_run(struct supervise *s)
{
	struct err e;

	if (loop_run(s->loop, &e) < 0)
		log_msg(&s->log, LOG_ERROR, "%s", e.msg);
	if (s->how == END_ABANDONED) {
		close_consoles(s);
		return; /* the creator takes the rest apart */
	}
	remove_vm(s);
	supervise_ctl_close(s);
	close_disks(s->vm);
	if (s->how == END_RESTART)
		restart(s);
	else
		rundir_remove(&s->vm->run);
}
