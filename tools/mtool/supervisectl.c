/* SPDX-License-Identifier: MIT */
#include "tools/mtool/supervisectl.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "console/nodes.h"
#include "tools/mtool/ctl.h"
#include "tools/mtool/pciqmp.h"
#include "tools/mtool/rundir.h"
#include "tools/mtool/superviseint.h"
#include "tools/mtool/superviseqmp.h"
#include "tools/mtool/supervisesave.h"
#include "tools/mtool/vmrename.h"

/* "stub3" is another name of serial0, and so on. */
static struct sup_console *find_console(struct supervise *s, const char *name)
{
	char stub[16];
	unsigned int i;

	for (i = 0; i < s->nr_console; i++) {
		struct sup_console *c = &s->console[i];

		snprintf(stub, sizeof(stub), "stub%u", i);
		if (!strcmp(c->name, name) ||
		    (strcmp(c->name, "pv") && !strcmp(stub, name)))
			return c;
	}
	return NULL;
}

/*
 * The answer goes out as the first bytes of the stream itself, when nothing
 * can fail any more.
 */
static int attach(const struct sup_console *c, const struct ctl_conn *conn,
		  bool input, uint64_t from, struct err *e)
{
	char greeting[80];
	int fd = ctl_dup(conn, e);

	if (fd < 0)
		return -1;
	snprintf(greeting, sizeof(greeting),
		 "{\"ok\":true,\"position\":%llu}\n",
		 (unsigned long long)con_sink_start(c->sink, from));
	if (con_sink_attach(c->sink, fd, input, from, greeting, e) < 0) {
		close(fd);
		return -1;
	}
	return CTL_TAKEN;
}

static int ctl_console(void *ctx, struct ctl_conn *conn, const json_t *request,
		       json_t *answer, struct err *e)
{
	struct sup_console *c;
	json_int_t from;
	const char *name;

	(void)answer;
	if (ctl_get_str(request, "name", "serial0", &name, e) < 0 ||
	    ctl_get_int(request, "from", 0, &from, e) < 0)
		return -1;
	c = find_console(ctx, name);
	if (!c)
		return err_set(e, EXIT_USAGE, "%s: no such console", name);
	if (attach(c, conn, ctl_get_bool(request, "input"), (uint64_t)from, e) <
	    0)
		return err_in(e, "%s", name);
	return CTL_TAKEN;
}

static const char *state_word(const struct con_stat *st)
{
	if (st->failed)
		return "failed";
	return st->connected ? "connected" : "waiting";
}

/* What `info` shows of each console. */
static int ctl_consoles(void *ctx, struct ctl_conn *conn, const json_t *request,
			json_t *answer, struct err *e)
{
	struct supervise *s = ctx;
	json_t *list = json_array();
	struct con_stat st;
	unsigned int i;

	(void)conn, (void)request;
	for (i = 0; i < s->nr_console; i++) {
		memset(&st, 0, sizeof(st));
		if (s->console[i].con)
			con_stat(s->console[i].con, &st);
		json_array_append_new(
			list,
			json_pack("{s:s s:s s:I s:I s:I}", "name",
				  s->console[i].name, "state", state_word(&st),
				  "out_bytes", (json_int_t)st.out_bytes,
				  "in_bytes", (json_int_t)st.in_bytes,
				  "dropped", (json_int_t)st.dropped));
	}
	if (json_object_set_new(answer, "consoles", list) < 0)
		return err_set(e, EXIT_FAILED, "out of memory");
	return CTL_DONE;
}

/* The answer is out before the VM is taken apart. */
static int ctl_destroy(void *ctx, struct ctl_conn *conn, const json_t *request,
		       json_t *answer, struct err *e)
{
	(void)conn, (void)request, (void)answer, (void)e;
	sup_destroy(ctx);
	return CTL_DONE;
}

/* Behind its answer, the connection carries what the successor needs. */
static int ctl_replace(void *ctx, struct ctl_conn *conn, const json_t *request,
		       json_t *answer, struct err *e)
{
	static const char ok[] = "{\"ok\":true}\n";
	struct supervise *s = ctx;
	int fd;

	(void)request, (void)answer;
	if (!s->released || s->how != END_NOT)
		return err_set(e, EXIT_BUSY, "it is being built or destroyed");
	if (supervise_saving(s))
		return err_set(e, EXIT_BUSY, "it is being saved");
	fd = ctl_dup(conn, e);
	if (fd < 0)
		return -1;
	send(fd, ok, strlen(ok), MSG_NOSIGNAL);
	sup_replace(s, fd);
	return CTL_TAKEN;
}

static int ctl_qmp(void *ctx, struct ctl_conn *conn, const json_t *request,
		   json_t *answer, struct err *e)
{
	(void)request, (void)answer;
	return supervise_qmp_info(ctx, conn, e);
}

/* Nothing but what pci-detach is for. */
static int ctl_unplug(void *ctx, struct ctl_conn *conn, const json_t *request,
		      json_t *answer, struct err *e)
{
	static const char prefix[] = PCI_QMP_PREFIX;
	const char *id;

	(void)answer;
	if (ctl_get_str(request, "id", NULL, &id, e) < 0)
		return -1;
	if (strncmp(id, prefix, strlen(prefix)))
		return err_set(e, EXIT_USAGE, "no PCI device of the host's");
	return supervise_qmp_unplug(ctx, conn, id, e);
}

/* What another mtool has done to the VM belongs into its log. */
static int ctl_say(void *ctx, struct ctl_conn *conn, const json_t *request,
		   json_t *answer, struct err *e)
{
	struct supervise *s = ctx;
	const char *text;

	(void)conn, (void)answer;
	if (ctl_get_str(request, "text", NULL, &text, e) < 0)
		return -1;
	log_msg(&s->log, LOG_WARN, "%.200s", text);
	return CTL_DONE;
}

/* The VM has its new name: what else remembers a path is told. */
static void tell_new_paths(struct supervise *s)
{
	const char *name = s->vm->cfg->name;
	char path[RUNDIR_PATH_MAX];
	struct err e;

	rundir_file(name, "ctl.sock", path);
	ctl_moved(s->ctl, path);
	supervise_qmp_moved(s);
	if (rundir_log_path(name, path, &e) < 0 ||
	    con_log_move(s->sink_log, path, &e) < 0)
		log_msg(&s->log, LOG_WARN, "%s", e.msg);
	else
		strcpy(s->vm->log_path, path);
}

static int ctl_rename(void *ctx, struct ctl_conn *conn, const json_t *request,
		      json_t *answer, struct err *e)
{
	struct supervise *s = ctx;
	const char *name;

	(void)conn, (void)answer;
	if (ctl_get_str(request, "name", NULL, &name, e) < 0)
		return -1;
	if (!config_name_ok(name))
		return err_set(e, EXIT_USAGE, "not a name for a VM");
	if (!s->released || s->how != END_NOT)
		return err_set(e, EXIT_BUSY, "is being created or removed");
	if (supervise_saving(s))
		return err_set(e, EXIT_BUSY, "is being saved");
	if (vm_rename(s->vm, s->xs, name, e) < 0)
		return -1;
	tell_new_paths(s);
	return CTL_DONE;
}

static int ctl_ping(void *ctx, struct ctl_conn *conn, const json_t *request,
		    json_t *answer, struct err *e)
{
	(void)ctx, (void)conn, (void)request, (void)answer, (void)e;
	return CTL_DONE;
}

static const struct ctl_command commands[] = {
	{"console", ctl_console},
	{"consoles", ctl_consoles},
	{"destroy", ctl_destroy},
	{"ping", ctl_ping},
	{"qmp", ctl_qmp},
	{"rename", ctl_rename},
	{"replace", ctl_replace},
	{"save", supervise_save},
	{"say", ctl_say},
	{"unplug", ctl_unplug},
	{NULL, NULL},
};

int supervise_ctl_open(struct supervise *s, struct err *e)
{
	int fd = s->vm->heir ? s->vm->heir->listen : -1;
	char path[RUNDIR_PATH_MAX];

	rundir_file(s->vm->cfg->name, "ctl.sock", path);
	s->ctl = ctl_listen(s->loop, path, fd, commands, s, e);
	return s->ctl ? 0 : -1;
}

int supervise_ctl_fd(const struct supervise *s)
{
	return ctl_fd(s->ctl);
}

void supervise_ctl_close(struct supervise *s)
{
	ctl_close(s->ctl);
	s->ctl = NULL;
}
