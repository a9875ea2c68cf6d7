/* SPDX-License-Identifier: MIT */
/* The consoles that a supervisor serves, and where their bytes go. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "console/nodes.h"
#include "tools/mtool/superviseint.h"

enum {
	FLUSH_MS = 1000,
	FLUSH_POLL_MS = 10,
};

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

/* -1 if the sink could not be made. */
__attribute__((format(printf, 5, 6))) static int remember(struct supervise *s,
							  struct con_sink *sink,
							  bool guest,
							  unsigned int index,
							  const char *name, ...)
{
	struct sup_console *c = &s->console[s->nr_console];
	va_list ap;

	if (!sink)
		return -1;
	va_start(ap, name);
	vsnprintf(c->name, sizeof(c->name), name, ap);
	va_end(ap);
	c->guest = guest;
	c->index = index;
	c->sink = sink;
	c->con = NULL;
	s->nr_console++;
	return 0;
}

/* The pty of a former supervisor, if it handed one over. */
static const struct heir_pty *inherited(const struct supervise *s,
					const char *name)
{
	static const struct heir_pty none = {.master = -1, .slave = -1};
	const struct heir *h = s->vm->heir;
	unsigned int i;

	for (i = 0; h && i < h->nr_pty; i++) {
		if (!strcmp(h->pty[i].name, name))
			return &h->pty[i];
	}
	return &none;
}

/* Its history is a file, in which a supervisor that takes over finds it. */
static struct con_sink *new_pty(struct supervise *s, const char *name,
				struct err *e)
{
	const struct heir_pty *old = inherited(s, name);
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
	sink = con_pty_new(s->loop, keep, old->master, old->slave, e);
	close(keep);
	if (!sink || link_pty(s, sink, name, e) < 0)
		return NULL;
	return sink;
}

static int add_serial(struct supervise *s, unsigned int i, struct err *e)
{
	char name[24];

	snprintf(name, sizeof(name), "serial%u", i);
	if (remember(s, new_pty(s, name, e), false, STUB_CONSOLE_SERIAL + i,
		     "%s", name) < 0)
		return err_in(e, "serial %u", i);
	return 0;
}

/* Stub console 0 is the log; 1 and 2 are for the device model's state. */
int sup_sinks_open(struct supervise *s, struct err *e)
{
	unsigned int i;

	if (remember(s, s->sink_log, false, 0, "stub0") < 0 ||
	    remember(s, con_spool_new(e), false, STUB_CONSOLE_SAVE, "stub%u",
		     STUB_CONSOLE_SAVE) < 0 ||
	    remember(s, con_feed_new(e), false, STUB_CONSOLE_RESTORE, "stub%u",
		     STUB_CONSOLE_RESTORE) < 0)
		return err_in(e, "stub consoles");
	for (i = 0; i < s->vm->cfg->nr_serial; i++) {
		if (add_serial(s, i, e) < 0)
			return -1;
	}
	if (remember(s, new_pty(s, "pv", e), true, 0, "pv") < 0)
		return err_in(e, "pv console");
	return 0;
}

static int serve(struct supervise *s, struct sup_console *c, struct err *e)
{
	const struct vm_record *r = &s->vm->record;
	const struct console_place *p =
		c->guest ? &r->target_console : &r->stub_console;
	uint32_t domid = c->guest ? r->target : r->stub;

	if (c->index)
		c->con = con_add_xenbus(s->server, domid, c->index, c->sink, e);
	else
		c->con = con_add_reserved(s->server, domid, p->frame, p->port,
					  c->sink, e);
	if (!c->con)
		return err_in(e, "%s", c->name);
	if (c->sink->view && c->sink != s->sink_log)
		con_set_tty(c->con, con_pty_path(c->sink));
	return 0;
}

static int serve_all(struct supervise *s, bool guest, struct err *e)
{
	unsigned int i;

	for (i = 0; i < s->nr_console; i++) {
		struct sup_console *c = &s->console[i];

		if (c->guest == guest && serve(s, c, e) < 0)
			return -1;
	}
	return 0;
}

int sup_consoles_open_target(struct supervise *s, struct err *e)
{
	if (serve_all(s, true, e) < 0)
		return -1;
	return con_server_publish(s->server, e);
}

/* Every console of the stub: one that nobody drains freezes it whole. */
int sup_consoles_open(struct supervise *s, struct err *e)
{
	s->server = con_server_new(s->loop, s->xs, &s->log, e);
	if (!s->server)
		return -1;
	if (!s->vm->record.dm_dead && serve_all(s, false, e) < 0)
		return -1;
	if (s->vm->record.target_console.frame && serve_all(s, true, e) < 0)
		return -1;
	return con_server_publish(s->server, e);
}

void sup_consoles_close(struct supervise *s, bool drain)
{
	unsigned int i;

	if (!s->server)
		return;
	if (drain) {
		con_server_drain(s->server, s->vm->record.stub);
		con_server_drain(s->server, s->vm->record.target);
	}
	con_server_free(s->server);
	s->server = NULL;
	for (i = 0; i < s->nr_console; i++)
		s->console[i].con = NULL;
	fflush(s->log_stream);
}

void sup_consoles_close_stub(struct supervise *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_console; i++) {
		struct sup_console *c = &s->console[i];

		if (!c->guest && c->con) {
			con_drain(c->con);
			con_remove(c->con);
			c->con = NULL;
		}
	}
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

void sup_viewers_end(struct supervise *s)
{
	unsigned int i;

	flush_viewers(s);
	for (i = 0; i < s->nr_console; i++)
		con_sink_hangup(s->console[i].sink);
}
