/* SPDX-License-Identifier: MIT */
#include "tools/mtool/supervisesave.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/file.h"
#include "tools/mtool/guestctl.h"
#include "tools/mtool/superviseqmp.h"
#include "tools/mtool/supervisesaveint.h"

enum { NOTE_MAX = 4 * PATH_MAX };

bool supervise_saving(const struct supervise *s)
{
	return s->save;
}

/* --- the note --- */

static int write_note(struct sup_save *v, bool whole, struct err *e)
{
	json_t *j = json_pack("{s:b s:s s:s}", "whole", whole, "tmp", v->tmp,
			      "file", v->file);
	char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;
	char path[RUNDIR_PATH_MAX];
	int rc;

	json_decref(j);
	if (!text)
		return err_set(e, EXIT_FAILED,
			       "the file's name is not UTF-8, or no memory");
	rundir_file(v->s->vm->cfg->name, SAVE_NOTE, path);
	rc = file_write(path, text, e);
	free(text);
	return rc;
}

static void copy_path(char out[PATH_MAX], const json_t *text)
{
	const char *path = json_string_value(text);

	snprintf(out, PATH_MAX, "%s", path ? path : "");
}

/* 0; 1: there is none. */
static int read_note(struct sup_save *v, bool *whole)
{
	char path[RUNDIR_PATH_MAX], *text;
	struct err ignored;
	size_t len;
	json_t *j;

	rundir_file(v->s->vm->cfg->name, SAVE_NOTE, path);
	text = file_read(path, NOTE_MAX, &len, &ignored);
	if (!text)
		return 1;
	j = json_loadb(text, len, 0, NULL);
	*whole = json_is_true(json_object_get(j, "whole"));
	copy_path(v->tmp, json_object_get(j, "tmp"));
	copy_path(v->file, json_object_get(j, "file"));
	json_decref(j);
	free(text);
	return 0;
}

static void forget_note(struct supervise *s)
{
	char path[RUNDIR_PATH_MAX];

	rundir_file(s->vm->cfg->name, SAVE_STATE, path);
	unlink(path);
	rundir_file(s->vm->cfg->name, SAVE_NOTE, path);
	unlink(path);
}

/* --- the end of a session --- */

static void hang_up(struct sup_save *v)
{
	loop_del(v->io);
	v->io = NULL;
	if (v->fd >= 0)
		close(v->fd);
	v->fd = -1;
}

static void session_free(struct sup_save *v)
{
	hang_up(v);
	save_drop(v);
	loop_timer_del(v->timer);
	v->s->save = NULL;
	free(v);
}

/* The guest runs as before, or is another's business. */
static void session_end(struct sup_save *v)
{
	struct supervise *s = v->s;
	char death[sizeof(v->death)];

	strcpy(death, v->death);
	if (*v->tmp)
		unlink(v->tmp);
	forget_note(s);
	session_free(v);
	if (*death)
		sup_dm_died(s, death);
	else
		sup_watch_look(s);
}

void supervise_save_close(struct supervise *s)
{
	if (!s->save)
		return;
	if (*s->save->tmp)
		unlink(s->save->tmp);
	if (!s->save->whole)
		forget_note(s);
	session_free(s->save);
}

static void given_back(struct sup_save *v, const struct err *e)
{
	(void)e;
	log_msg(&v->s->log, LOG_WARN, "not saved; the guest runs on");
	session_end(v);
}

/* Nobody is there any more who could end it well. */
static void abandon(struct sup_save *v)
{
	hang_up(v);
	if (v->phase != SAVE_RESUMING)
		save_resume(v, given_back);
	else
		v->done = given_back;
}

/* --- answers --- */

static void send_json(struct sup_save *v, json_t *j)
{
	char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;

	json_decref(j);
	/* a client that does not get it will see the end of the connection */
	if (text && v->fd >= 0)
		dprintf(v->fd, "%s\n", text);
	free(text);
}

static void send_error(struct sup_save *v, const struct err *e)
{
	char text[sizeof(e->msg)];

	memcpy(text, e->msg, sizeof(text));
	qmp_printable(text);
	send_json(v, json_pack("{s:b s:s s:i}", "ok", 0, "error", text, "code",
			       (int)e->code));
}

static void answered(struct sup_save *v, const struct err *e)
{
	if (v->fd < 0)
		abandon(v); /* it has left meanwhile */
	else if (e)
		send_error(v, e);
	else
		send_json(v, json_pack("{s:b s:I}", "ok", 1, "state",
				       (json_int_t)v->size));
}

/* --- what a client asks for --- */

static int do_dirty(struct sup_save *v, const json_t *request, struct err *e)
{
	(void)e;
	save_dirty(v, ctl_get_bool(request, "on"), answered);
	return CTL_LATER;
}

static int do_suspend(struct sup_save *v, const json_t *request, struct err *e)
{
	(void)request;
	if (v->phase != SAVE_RUNNING)
		return err_set(e, EXIT_FAILED, "the guest is suspended");
	save_stop(v, answered);
	return CTL_LATER;
}

static int do_resume(struct sup_save *v, const json_t *request, struct err *e)
{
	if (v->phase != SAVE_HELD)
		return err_set(e, EXIT_FAILED, "the guest is not suspended");
	v->paused = ctl_get_bool(request, "paused");
	save_resume(v, answered);
	return CTL_LATER;
}

/* The file gets its name last of all: a crash leaves the old or the new. */
static int move_file(struct sup_save *v, struct err *e)
{
	char dir[PATH_MAX], *slash;
	int fd;

	if (!*v->tmp)
		return 0;
	if (rename(v->tmp, v->file) < 0)
		return err_sys(e, EXIT_FAILED, "rename to %s", v->file);
	strcpy(dir, v->file);
	slash = strrchr(dir, '/');
	*(slash && slash != dir ? slash : dir + 1) = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	*v->tmp = '\0';
	return 0;
}

static void finish_destroy(struct sup_save *v)
{
	send_json(v, json_pack("{s:b}", "ok", 1));
	hang_up(v);
	sup_end(v->s, END_DESTROY, "saved");
}

static int do_finish(struct sup_save *v, const json_t *request, struct err *e)
{
	bool destroy = ctl_get_bool(request, "destroy");

	if (v->phase != (destroy ? SAVE_HELD : SAVE_RUNNING))
		return err_set(e, EXIT_FAILED, "not in this state");
	v->whole = destroy;
	if (write_note(v, v->whole, e) < 0 || move_file(v, e) < 0) {
		v->whole = false;
		write_note(v, v->whole, &(struct err){0});
		return -1;
	}
	if (destroy) {
		finish_destroy(v);
	} else {
		send_json(v, json_pack("{s:b}", "ok", 1));
		session_end(v);
	}
	return CTL_TAKEN; /* v may be gone */
}

static const struct {
	const char *name;
	int (*fn)(struct sup_save *v, const json_t *request, struct err *e);
} words[] = {
	{"dirty", do_dirty},
	{"suspend", do_suspend},
	{"resume", do_resume},
	{"finish", do_finish},
};

static void on_request(struct sup_save *v, const char *line, size_t n)
{
	json_t *request = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	const char *word;
	struct err e;
	unsigned int i;
	int rc = -1;

	if (ctl_get_str(request, "do", NULL, &word, &e) == 0) {
		err_set(&e, EXIT_USAGE, "unknown word");
		for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
			if (!strcmp(words[i].name, word)) {
				rc = words[i].fn(v, request, &e);
				break;
			}
		}
	}
	if (rc < 0)
		send_error(v, &e);
	json_decref(request);
}

/* One request at a time: it fits, or makes no sense. */
static void on_client(void *ctx, uint32_t events)
{
	struct sup_save *v = ctx;
	char line[CTL_LINE_MAX];
	ssize_t n = recv(v->fd, line, sizeof(line), MSG_DONTWAIT);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && line[n - 1] == '\n')
		on_request(v, line, (size_t)n);
	else
		abandon(v);
}

/* --- its beginning --- */

static struct sup_save *session_new(struct supervise *s, struct err *e)
{
	struct sup_save *v = calloc(1, sizeof(*v));

	if (!v) {
		err_set(e, EXIT_FAILED, "out of memory");
		return NULL;
	}
	v->s = s;
	v->fd = -1;
	if (save_init(v, e) < 0) {
		free(v);
		return NULL;
	}
	s->save = v;
	return v;
}

static int check(struct supervise *s, struct err *e)
{
	if (!s->released || s->how != END_NOT)
		return err_set(e, EXIT_BUSY, "is being created or removed");
	if (s->save)
		return err_set(e, EXIT_BUSY, "is being saved already");
	if (s->vm->record.dm_dead || !supervise_qmp(s))
		return err_set(e, EXIT_DIED, "its device model is dead");
	return 0;
}

static int take_paths(struct sup_save *v, const json_t *request, struct err *e)
{
	const char *tmp, *file;

	if (ctl_get_str(request, "tmp", NULL, &tmp, e) < 0 ||
	    ctl_get_str(request, "file", NULL, &file, e) < 0)
		return -1;
	if (strlen(tmp) >= PATH_MAX || strlen(file) >= PATH_MAX ||
	    (*tmp && (*tmp != '/' || *file != '/')))
		return err_set(e, EXIT_USAGE, "not paths of files");
	strcpy(v->tmp, tmp);
	strcpy(v->file, file);
	return 0;
}

static int begin(struct sup_save *v, struct ctl_conn *conn,
		 const json_t *request, struct err *e)
{
	if (take_paths(v, request, e) < 0 || write_note(v, false, e) < 0)
		return -1;
	v->fd = ctl_dup(conn, e);
	if (v->fd < 0)
		return -1;
	v->io = loop_add(v->s->loop, v->fd, EPOLLIN | EPOLLRDHUP, on_client, v,
			 e);
	return v->io ? 0 : -1;
}

int supervise_save(void *ctx, struct ctl_conn *conn, const json_t *request,
		   json_t *answer, struct err *e)
{
	struct supervise *s = ctx;
	struct sup_save *v;

	(void)answer;
	if (check(s, e) < 0)
		return -1;
	v = session_new(s, e);
	if (!v)
		return -1;
	if (begin(v, conn, request, e) < 0) {
		forget_note(s);
		session_free(v);
		return -1;
	}
	send_json(v, json_pack("{s:b}", "ok", 1));
	return CTL_TAKEN;
}

/* --- what happens meanwhile --- */

static bool suspended_late(struct supervise *s)
{
	struct sup_save *v;
	struct err e;

	if (!s->suspend_late)
		return false;
	s->suspend_late = false;
	v = session_new(s, &e);
	if (v)
		save_resume(v, given_back);
	return v;
}

bool supervise_save_shutdown(struct supervise *s, unsigned int reason)
{
	struct sup_save *v = s->save;

	if (reason == SHUTDOWN_suspend && !v)
		return suspended_late(s);
	s->suspend_late = false;
	if (reason == SHUTDOWN_suspend)
		save_look(v);
	else if (v)
		supervise_save_close(s); /* the client sees it end */
	return reason == SHUTDOWN_suspend;
}

bool supervise_save_dm_died(struct supervise *s, const char *what)
{
	struct sup_save *v = s->save;
	struct err e;

	if (!v)
		return false;
	if (v->phase == SAVE_HELD) {
		snprintf(v->death, sizeof(v->death), "%s", what);
		return true;
	}
	err_set(&e, EXIT_DIED, "%s", what);
	send_error(v, &e);
	/* what is configured for its death finds a guest that runs */
	if (v->phase != SAVE_RUNNING)
		hyp_dom_resume(s->hyp, s->vm->record.target, &e);
	supervise_save_close(s);
	return false;
}

void supervise_save_recover(struct supervise *s)
{
	struct sup_save *v = session_new(s, &(struct err){0});
	struct err e;
	bool whole;

	if (!v || read_note(v, &whole)) {
		if (v)
			session_free(v);
		return;
	}
	/* killed behind the rename, it has left nothing to move */
	if (whole && (access(v->tmp, F_OK) < 0 || !move_file(v, &e))) {
		v->whole = true;
		sup_end(s, END_DESTROY, "saved");
		return;
	}
	v->phase = SAVE_ASKED; /* as far as it may have come */
	save_resume(v, given_back);
}
