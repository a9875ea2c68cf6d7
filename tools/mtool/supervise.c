/* SPDX-License-Identifier: MIT */
#include "tools/mtool/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "tools/mtool/hotdisks.h"
#include "tools/mtool/hotnics.h"
#include "tools/mtool/hotpcis.h"
#include "tools/mtool/setaside.h"
#include "tools/mtool/supervisectl.h"
#include "tools/mtool/superviseint.h"
#include "tools/mtool/superviseqmp.h"
#include "tools/mtool/supervisesave.h"
#include "tools/mtool/teardown.h"

enum {
	LOG_LINE = 512,
	HAND_OVER_MS = 60000, /* until the other process serves the VM */
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

void sup_end(struct supervise *s, enum supervise_end how, const char *why, ...)
{
	va_list ap;

	if (s->how != END_NOT)
		return;
	s->how = how;
	va_start(ap, why);
	vsnprintf(s->why, sizeof(s->why), why, ap);
	va_end(ap);
	loop_stop(s->loop);
}

void sup_destroy(struct supervise *s)
{
	s->doomed = true;
	if (s->released)
		sup_end(s, END_DESTROY, "destroyed");
	else if (s->creator_pid)
		kill(s->creator_pid, SIGTERM); /* it takes all apart */
}

/* --- the domains of the present incarnation --- */

static int open_xen(struct supervise *s, struct err *e)
{
	s->hyp = hyp_open(&s->log, e);
	s->xs = s->hyp ? xs_connect(&s->log, e) : NULL;
	return s->xs ? xs_attach(s->xs, s->loop, e) : -1;
}

static int look_after_domains(struct supervise *s, struct err *e)
{
	if (open_xen(s, e) < 0 || sup_consoles_open(s, e) < 0 ||
	    (!s->vm->record.dm_dead && supervise_qmp_open(s, e) < 0) ||
	    sup_hold(s, e) < 0)
		return -1;
	return sup_watch_open(s, e);
}

static void leave_domains(struct supervise *s, bool drain)
{
	sup_hold_end(s);
	supervise_save_close(s);
	supervise_qmp_close(s);
	sup_consoles_close(s, drain);
	sup_watch_close(s);
	xs_disconnect(s->xs);
	s->xs = NULL;
	hyp_close(s->hyp);
	s->hyp = NULL;
}

/* Nothing of it may be made anew, nor may the journal be lost. */
static void strand(struct supervise *s, const struct err *e)
{
	log_msg(&s->log, LOG_ERROR, "%s", e->msg);
	s->stranded = true;
}

/* Unmap before the wait: a mapped ring keeps a dead domain from going. */
static void remove_domains(struct supervise *s)
{
	struct vm_record *r = &s->vm->record;
	struct loop_list loops = {0};
	struct err e;

	supervise_save_close(s);
	if (vm_kill(s->hyp, r, &e) < 0)
		strand(s, &e);
	supervise_qmp_close(s);
	sup_consoles_close(s, true);
	if (vm_forget(s->hyp, s->xs, r, &loops, &e) < 0)
		strand(s, &e);
	/* backends whose nodes are there stay, however long one waits */
	if (!s->stranded && vm_wait_gone(s->hyp, r, GONE_MS, &e) < 0)
		log_msg(&s->log, LOG_ERROR, "%s", e.msg);
	loopdev_wait_clear(&loops);
	leave_domains(s, false);
}

/* --- the creator --- */

static void forget_creator(struct supervise *s)
{
	loop_del(s->creator_io);
	s->creator_io = NULL;
	if (s->creator >= 0)
		close(s->creator);
	s->creator = -1;
	s->creator_pid = 0;
}

static void answer(struct supervise *s, const char *word)
{
	send(s->creator, word, strlen(word), MSG_NOSIGNAL);
}

/* A restart has come to the point where consoles are to be served. */
static void serve_again(struct supervise *s)
{
	struct err e;

	if (s->hyp)
		return;
	if (rundir_read(s->vm->cfg->name, &s->vm->record, &e) < 0 ||
	    look_after_domains(s, &e) < 0) {
		leave_domains(s, false);
		answer(s, e.msg);
		return;
	}
	answer(s, SUPERVISE_READY);
}

static void whole(struct supervise *s)
{
	struct err e;

	answer(s, sup_whole(s, &e) < 0 ? e.msg : SUPERVISE_READY);
}

static void release(struct supervise *s)
{
	forget_creator(s);
	s->released = true;
	s->vm->cfg->incoming = false; /* the next start is from nothing */
	sup_feed_end(s);
	memory_release(); /* all that building needed */
	if (s->doomed) {
		sup_destroy(s);
		return;
	}
	supervise_save_recover(s);
	sup_watch_look(s); /* what happened meanwhile */
}

/* What the creator left is in the journal, as far as it came. */
static void creator_failed(struct supervise *s, const char *why)
{
	log_msg(&s->log, LOG_WARN, "%s", why);
	forget_creator(s);
	sup_end(s, END_DESTROY, "%s", why);
}

static void on_creator(void *ctx, uint32_t events)
{
	struct supervise *s = ctx;
	struct err told;
	ssize_t n = recv(s->creator, told.msg, sizeof(told.msg) - 1, 0);

	(void)events;
	told.msg[n > 0 ? n : 0] = '\0';
	if (!strcmp(told.msg, SUPERVISE_SERVE)) {
		serve_again(s);
	} else if (!strcmp(told.msg, SUPERVISE_WHOLE)) {
		whole(s);
	} else if (!strcmp(told.msg, SUPERVISE_GO)) {
		release(s);
	} else if (!strcmp(told.msg, SUPERVISE_END)) {
		leave_domains(s, true);
		answer(s, SUPERVISE_ENDED);
		if (!s->creator_pid)
			sup_end(s, END_ABANDONED, "its creation failed");
	} else if (n > 0) {
		err_in(&told, "restart");
		creator_failed(s, told.msg);
	} else {
		creator_failed(s, "create died half-way");
	}
}

static int listen_to(struct supervise *s, int creator, struct err *e)
{
	s->creator = creator;
	s->creator_io = loop_add(s->loop, creator, EPOLLIN | EPOLLHUP,
				 on_creator, s, e);
	return s->creator_io ? 0 : -1;
}

/* --- restart --- */

/*
 * With what was attached since. What disks hold was looked at when they came:
 * what the guest has written must not keep it from starting again.
 */
static int create_with_devices(struct supervise *s, struct log *log,
			       const struct vm_options *opt, struct err *e)
{
	struct vm_config *cfg = s->vm->cfg;
	struct rundir run = s->vm->run;
	unsigned int i;
	bool tail;

	if (hotdisks_load(cfg->name, cfg, e) < 0 ||
	    hotnics_load(cfg->name, cfg, e) < 0 ||
	    hotpcis_load(cfg->name, cfg, e) < 0)
		return -1;
	for (i = 0; i < cfg->nr_disk; i++)
		cfg->disk[i].raw = true;
	return vm_create(log, cfg, &run, opt, &tail, e);
}

/*
 * In a child of its own, for it can fail half-way and must be able to wait.
 * Of what the supervisor has open it touches nothing but the run directory.
 */
_Noreturn static void create_again(struct supervise *s, int fd)
{
	struct vm_options opt = {.supervisor = fd};
	struct log quiet;
	struct err e;

	log_init(&quiet, stderr, LOG_ERROR);
	if (create_with_devices(s, &quiet, &opt, &e) < 0)
		send(fd, e.msg, strlen(e.msg), MSG_NOSIGNAL);
	_exit(0);
}

static int fork_creator(struct supervise *s, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, EXIT_FAILED, "restart: socket");
	fflush(NULL);
	s->creator_pid = fork();
	if (!s->creator_pid) {
		close(pair[0]);
		create_again(s, pair[1]);
	}
	close(pair[1]);
	if (s->creator_pid < 0) {
		s->creator_pid = 0;
		close(pair[0]);
		return err_sys(e, EXIT_FAILED, "restart: fork");
	}
	return listen_to(s, pair[0], e);
}

/* Both domains anew, with the same uuid, consoles and viewers. */
static int restart(struct supervise *s, struct err *e)
{
	if (!restarts_add(&s->restarts, clock_ms()))
		return err_set(e, EXIT_FAILED,
			       "%d restarts within %d s: not again",
			       RESTARTS_MAX, RESTARTS_WINDOW_MS / 1000);
	if (rundir_reset(&s->vm->run, e) < 0 ||
	    rundir_note_end(&s->vm->run, s->why, e) < 0)
		return -1;
	memset(&s->vm->record, 0, sizeof(s->vm->record));
	s->how = END_NOT;
	s->released = s->doomed = s->shutdown_seen = false;
	return fork_creator(s, e);
}

/* --- handing over --- */

static void lend(struct supervise *s, struct heir *h)
{
	unsigned int i;

	h->lock = s->vm->run.lock;
	h->listen = supervise_ctl_fd(s);
	h->nr_pty = 0;
	for (i = 0; i < s->nr_console; i++) {
		const struct sup_console *c = &s->console[i];
		struct heir_pty *p = &h->pty[h->nr_pty];

		if (!c->sink->view || c->sink == s->sink_log)
			continue;
		snprintf(p->name, sizeof(p->name), "%s", c->name);
		con_pty_fds(c->sink, &p->master, &p->slave);
		h->nr_pty++;
	}
}

/*
 * Our loop stands still meanwhile: two must not read from one pty. Any word
 * from the other process means that it serves the VM.
 */
static bool taken_over(int fd, const struct heir *h)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct err ignored;
	char word[8];

	return heir_send(fd, h, &ignored) == 0 &&
	       poll(&p, 1, HAND_OVER_MS) == 1 &&
	       recv(fd, word, sizeof(word), MSG_DONTWAIT) > 0;
}

void sup_replace(struct supervise *s, int fd)
{
	struct heir h;
	struct err e;
	bool gone;

	lend(s, &h);
	leave_domains(s, false);
	gone = taken_over(fd, &h);
	close(fd);
	if (gone) {
		sup_end(s, END_REPLACED, "replaced");
	} else if (look_after_domains(s, &e) < 0) {
		/* The next command takes over as if we had been killed. */
		log_msg(&s->log, LOG_ERROR, "%s", e.msg);
		_exit(1);
	} else {
		sup_watch_look(s);
	}
}

/* --- from the beginning to the end --- */

static int write_pid(struct supervise *s, struct err *e)
{
	char path[RUNDIR_PATH_MAX], text[16];

	rundir_file(s->vm->cfg->name, "supervisor.pid", path);
	snprintf(text, sizeof(text), "%d\n", getpid());
	return file_write(path, text, e);
}

static int open_all(struct supervise *s, int creator, struct err *e)
{
	s->loop = loop_new(e);
	if (!s->loop || open_log(s, e) < 0 || sup_sinks_open(s, e) < 0 ||
	    look_after_domains(s, e) < 0 || supervise_ctl_open(s, e) < 0 ||
	    listen_to(s, creator, e) < 0)
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
	s->shutdown_seen = vm->record.kept;
	/* A failure ends the process: nothing needs taking apart here. */
	if (!open_all(s, creator, e)) /* analyzer: see above */
		return s;
	return NULL; /* NOLINT(clang-analyzer-unix.Malloc) */
}

/* The journal knows more than we do of what a dead creator began. */
static void remove_vm(struct supervise *s)
{
	struct err e;

	if (!s->released)
		rundir_read(s->vm->cfg->name, &s->vm->record, &e);
	if (s->hyp || !open_xen(s, &e)) {
		remove_domains(s);
		return;
	}
	strand(s, &e);
}

/* The dead guest makes room for the next one, but stays. */
static void set_aside(struct supervise *s)
{
	char name[VM_NAME_MAX + 1];
	struct err e;

	supervise_save_close(s);
	supervise_qmp_close(s);
	sup_consoles_close(s, true);
	if (vm_set_aside(s->vm, s->hyp, s->xs, s->why, name, &e) < 0) {
		log_msg(&s->log, LOG_ERROR, "%s", e.msg);
		remove_domains(s);
		return;
	}
	log_msg(&s->log, LOG_WARN, "it is kept as %s", name);
	leave_domains(s, false);
}

/* Whether there is a next incarnation to serve. */
static bool next(struct supervise *s)
{
	struct err e;

	if (s->how == END_RENAME_RESTART)
		set_aside(s);
	else
		remove_vm(s);
	if (s->how == END_DESTROY || s->stranded)
		return false;
	if (!restart(s, &e))
		return true;
	log_msg(&s->log, LOG_ERROR, "%s", e.msg);
	snprintf(s->why, sizeof(s->why), "%.*s", (int)sizeof(s->why) - 1,
		 e.msg);
	return false;
}

void supervise_run(struct supervise *s)
{
	struct err e;

	do {
		if (loop_run(s->loop, &e) < 0)
			log_msg(&s->log, LOG_ERROR, "%s", e.msg);
		if (s->how == END_REPLACED)
			return;
		if (s->how == END_ABANDONED) {
			sup_viewers_end(s);
			return; /* the creator takes the rest apart */
		}
	} while (next(s));
	rundir_end_write(s->vm->cfg->name, s->why);
	sup_viewers_end(s);
	supervise_ctl_close(s);
	if (s->stranded)
		rundir_close(&s->vm->run); /* for destroy or gc */
	else
		rundir_remove(&s->vm->run);
}
