/* SPDX-License-Identifier: MIT */
#include "tools/mtool/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
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
#include "tools/mtool/hotdisks.h"
#include "tools/mtool/hotnics.h"
#include "tools/mtool/supervisectl.h"
#include "tools/mtool/superviseint.h"
#include "tools/mtool/superviseqmp.h"
#include "tools/mtool/teardown.h"

enum {
	GONE_MS = 30000,
	CLEAR_MS = 5000,
	LOG_LINE = 512,
	FLUSH_MS = 1000,
	FLUSH_POLL_MS = 10,
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

/* Remember a console under `name`; -1 if it could not be made. */
__attribute__((format(printf, 4, 5))) static struct sup_console *remember(
	struct supervise *s, struct con *con, struct con_sink *sink,
	const char *name, ...)
{
	struct sup_console *c = &s->console[s->nr_console];
	va_list ap;

	if (!con)
		return NULL;
	va_start(ap, name);
	vsnprintf(c->name, sizeof(c->name), name, ap);
	va_end(ap);
	c->con = con;
	c->sink = sink;
	s->nr_console++;
	return c;
}

static int publish_pty(struct supervise *s, struct sup_console *c,
		       struct err *e)
{
	if (link_pty(s, c->sink, c->name, e) < 0)
		return -1;
	return con_set_tty(c->con, con_pty_path(c->sink), e);
}

/* Its history is a file, in which a supervisor that takes over finds it. */
static struct con_sink *new_pty(struct supervise *s, const char *name,
				struct err *e)
{
	char file[32], path[RUNDIR_PATH_MAX];
	struct con_sink *sink;
	int keep;

	snprintf(file, sizeof(file), "%s.history", name);
	rundir_file(s->vm->cfg->name, file, path);
	keep = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (keep < 0) {
		err_sys(e, EXIT_FAILED, "open %s", path);
		return NULL;
	}
	sink = con_pty_new(s->loop, keep, -1, -1, e);
	close(keep);
	return sink;
}

static int add_serial(struct supervise *s, unsigned int i, struct err *e)
{
	struct con_sink *sink;
	struct sup_console *c = NULL;
	char name[24];

	snprintf(name, sizeof(name), "serial%u", i);
	sink = new_pty(s, name, e);
	if (sink)
		c = remember(s,
			     con_add_xenbus(s->server, s->vm->record.stub,
					    STUB_CONSOLE_SERIAL + i, sink, e),
			     sink, "%s", name);
	if (!c || publish_pty(s, c, e) < 0)
		return err_in(e, "serial %u", i);
	return 0;
}

/* The guest's own PV console. */
static int add_pv(struct supervise *s, struct err *e)
{
	const struct vm_record *r = &s->vm->record;
	struct con_sink *sink = new_pty(s, "pv", e);
	struct sup_console *c = NULL;

	if (sink)
		c = remember(s,
			     con_add_reserved(s->server, r->target,
					      r->target_console.frame,
					      r->target_console.port, sink, e),
			     sink, "pv");
	if (!c || publish_pty(s, c, e) < 0)
		return err_in(e, "pv console");
	return 0;
}

/* Consoles 1 and 2, for the device model's state. */
static int add_state(struct supervise *s, struct err *e)
{
	struct con_sink *sink[] = {con_spool_new(e), con_feed_new(e)};
	unsigned int i;

	for (i = 0; i < 2; i++) {
		unsigned int index = STUB_CONSOLE_SAVE + i;

		if (!sink[i] ||
		    !remember(s,
			      con_add_xenbus(s->server, s->vm->record.stub,
					     index, sink[i], e),
			      sink[i], "stub%u", index))
			return err_in(e, "stub console %u", index);
	}
	return 0;
}

/* Every console of the stub: one that nobody drains freezes it whole. */
static int add_consoles(struct supervise *s, struct err *e)
{
	const struct vm_record *r = &s->vm->record;
	unsigned int i;

	s->server = con_server_new(s->loop, s->xs, &s->log, e);
	if (!s->server)
		return -1;
	if (!remember(s,
		      con_add_reserved(s->server, r->stub,
				       r->stub_console.frame,
				       r->stub_console.port, s->sink_log, e),
		      s->sink_log, "stub0"))
		return err_in(e, "stub console 0");
	if (add_state(s, e) < 0)
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

void supervise_dm_died(struct supervise *s, const char *text)
{
	log_msg(&s->log, LOG_WARN, "the device model has died: %s", text);
	end(s, END_DESTROY);
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

static const char *stub_end(bool there, const struct hyp_dom *d)
{
	if (!there || d->dying || !d->shutdown)
		return "was destroyed";
	return d->reason == SHUTDOWN_crash ? "crashed" : "powered itself off";
}

static void check_stub(struct supervise *s)
{
	char words[LAST_WORDS_MAX];
	struct hyp_dom d;
	struct err e;
	int rc = hyp_dom_get(s->hyp, s->vm->record.stub, &d, &e);

	if (rc < 0 || (rc && !d.dying && !d.shutdown))
		return;
	con_server_drain(s->server, s->vm->record.stub);
	if (!s->released)
		return; /* its creator sees it too, and decides */
	supervise_last_words(s, words, sizeof(words));
	log_msg(&s->log, LOG_WARN, "stubdomain %s; its last words: %s",
		stub_end(rc, &d), words);
	end(s, END_DESTROY);
}

static void check_target(struct supervise *s)
{
	struct hyp_dom d;
	struct err e;
	int rc = hyp_dom_get(s->hyp, s->vm->record.target, &d, &e);

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
	if (s->how == END_NOT)
		check_stub(s);
}

/* A word from the creator, or its death. */
static void on_creator(void *ctx, uint32_t events)
{
	struct supervise *s = ctx;
	char word[8];
	ssize_t n = recv(s->creator, word, sizeof(word) - 1, 0);

	(void)events;
	word[n > 0 ? n : 0] = '\0';
	loop_del(s->creator_io);
	s->creator_io = NULL;
	if (!strcmp(word, SUPERVISE_GO)) {
		s->released = true;
		on_release(s, NULL); /* what happened meanwhile */
	} else if (!strcmp(word, SUPERVISE_END)) {
		end(s, END_ABANDONED);
	} else {
		log_msg(&s->log, LOG_WARN, "create died half-way");
		end(s, END_DESTROY);
	}
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
	    supervise_qmp_open(s, e) < 0 || watch_all(s, e) < 0)
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

static void try_flush(void *ctx)
{
	struct supervise *s = ctx;
	unsigned int i;

	for (i = 0; i < s->nr_console; i++) {
		if (!con_sink_flushed(s->console[i].sink) &&
		    clock_ms() < s->flush_end) {
			loop_timer_set(s->flush, FLUSH_POLL_MS);
			return;
		}
	}
	loop_stop(s->loop);
}

/* Viewers get the guest's last words before they are hung up on. */
static void flush_viewers(struct supervise *s)
{
	struct err ignored;

	s->flush = loop_timer_new(s->loop, try_flush, s);
	if (!s->flush)
		return;
	s->flush_end = clock_ms() + FLUSH_MS;
	loop_timer_set(s->flush, 0);
	loop_run(s->loop, &ignored);
}

/* Unmap before the wait: a mapped ring keeps a dead domain from going. */
static void close_consoles(struct supervise *s)
{
	unsigned int i;

	supervise_qmp_close(s);
	con_server_drain(s->server, s->vm->record.stub);
	con_server_drain(s->server, s->vm->record.target);
	con_server_free(s->server);
	s->server = NULL;
	flush_viewers(s);
	for (i = 0; i < s->nr_console; i++)
		con_sink_hangup(s->console[i].sink);
	fflush(s->log_stream);
}

static void remove_vm(struct supervise *s)
{
	struct loop_list loops = {0};
	struct err e;

	if (vm_kill(s->hyp, &s->vm->record, &e) < 0)
		log_msg(&s->log, LOG_ERROR, "%s", e.msg);
	close_consoles(s);
	if (vm_forget(s->hyp, s->xs, &s->vm->record, &loops, &e) < 0)
		log_msg(&s->log, LOG_ERROR, "%s", e.msg);
	if (vm_wait_gone(s->hyp, &s->vm->record, GONE_MS, &e) < 0)
		log_msg(&s->log, LOG_ERROR, "%s", e.msg);
	vm_close_disks(s->vm);
	loopdev_wait_clear(&loops, CLEAR_MS);
}

/* Everything that was opened, so that the next supervisor inherits nothing. */
static void free_all(struct supervise *s)
{
	unsigned int i;

	fclose(s->log_stream);
	for (i = 0; i < s->nr_console; i++)
		con_sink_free(s->console[i].sink);
	loop_timer_del(s->flush);
	loop_del(s->creator_io);
	close(s->creator);
	xs_disconnect(s->xs); /* ends its thread, too: we are about to fork */
	hyp_close(s->hyp);
	loop_free(s->loop);
	free(s);
}

/* Our own log is closed by now. */
static void complain(const char *log_path, const char *text)
{
	int fd = open(log_path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	dprintf(fd, "mtool: restart: %s\n", text);
	close(fd);
}

/*
 * What the disks hold was looked at when they came: what the guest has written
 * since must not keep it from starting again.
 */
static void trust_contents(struct vm_config *cfg)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_disk; i++)
		cfg->disk[i].raw = true;
}

/*
 * Both domains anew, with the same uuid and what was attached since; its own
 * supervisor takes over.
 */
static void restart(struct supervise *s)
{
	static const char *const keep[] = {"lock", HOTDISKS_FILE, HOTDISKS_LOCK,
					   HOTNICS_FILE, NULL};
	struct vm *vm = s->vm;
	struct rundir run = vm->run;
	struct vm_options opt = {0};
	struct log quiet;
	struct err e;
	bool tail;

	free_all(s);
	if (hotdisks_load(vm->cfg->name, vm->cfg, &e) < 0 ||
	    hotnics_load(vm->cfg->name, vm->cfg, &e) < 0)
		complain(vm->log_path, e.msg);
	trust_contents(vm->cfg);
	rundir_reset(&run, keep);
	log_init(&quiet, stderr, LOG_ERROR);
	if (vm_create(&quiet, vm->cfg, &run, &opt, &tail, &e) < 0)
		complain(vm->log_path, e.msg);
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
	if (s->how == END_RESTART)
		restart(s);
	else
		rundir_remove(&s->vm->run);
}
