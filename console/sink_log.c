/* SPDX-License-Identifier: MIT */
/* The log of a console: one bounded file, rotated once. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/sink.h"
#include "console/view.h"

enum {
	LOG_HISTORY = 16 << 10,
	/* A stub that writes without end must not wear out the disk. */
	LOG_BYTES_PER_MS = 1024,
	LOG_LIMIT_MIN = 4096,
	LOG_NOTE_MAX = 96, /* a line of our own */
};

struct con_log {
	struct con_sink sink; /* first */
	char *path, *old_path;
	int fd; /* -1: could not be opened, tried again with each output */
	uint64_t size, limit;
	uint64_t missing; /* dropped, and the file does not say so yet */
	uint64_t aged;	  /* left with a file that was replaced */
	bool mid_line;
};

static int open_log(struct con_log *l)
{
	struct stat st;

	l->fd = open(l->path,
		     O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC |
			     O_NOCTTY | O_NONBLOCK,
		     0600);
	if (l->fd < 0)
		return -1;
	if (fstat(l->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(l->fd);
		l->fd = -1;
		errno = EINVAL;
		return -1;
	}
	fchmod(l->fd, 0600);
	l->size = (uint64_t)st.st_size;
	l->mid_line = l->size > 0;
	return 0;
}

/* Returns how much of it the file has got. */
static size_t append(struct con_log *l, const void *buf, size_t n)
{
	const char *p = buf;
	size_t done = 0;

	while (l->fd >= 0 && done < n) {
		ssize_t r = write(l->fd, p + done, n - done);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		done += (size_t)r;
	}
	l->size += done;
	if (done)
		l->mid_line = p[done - 1] != '\n';
	return done;
}

/* A whole line of mtool's own, or nothing. 0, or -1. */
static int append_note(struct con_log *l, const char *what, uint64_t bytes)
{
	char line[LOG_NOTE_MAX];
	uint64_t before = l->size;
	bool mid_line = l->mid_line;
	int n = snprintf(line, sizeof(line), "%s[mtool: %llu %s]\n",
			 mid_line ? "\n" : "", (unsigned long long)bytes, what);

	if (append(l, line, (size_t)n) == (size_t)n)
		return 0;
	if (l->size != before && !ftruncate(l->fd, (off_t)before)) {
		l->size = before;
		l->mid_line = mid_line;
	}
	return -1;
}

/* The bytes that the rename takes away are gone for good: say so on top. */
static void rotate(struct con_log *l)
{
	struct stat st;

	if (!lstat(l->old_path, &st) && S_ISREG(st.st_mode))
		l->aged += (uint64_t)st.st_size;
	if (rename(l->path, l->old_path) < 0 && l->fd >= 0) {
		l->aged += l->size;
		if (!ftruncate(l->fd, 0))
			l->size = 0;
		return;
	}
	if (l->fd >= 0)
		close(l->fd);
	open_log(l);
	l->mid_line = false;
	if (l->aged && l->fd >= 0)
		append_note(l, "older bytes dropped", l->aged);
}

static void log_output(struct con_sink *s, const uint8_t *buf, size_t n)
{
	struct con_log *l = (struct con_log *)s;
	size_t done = 0;

	con_view_output(s->view, buf, n);
	if (l->fd < 0)
		open_log(l);
	if (l->fd >= 0 && l->size && l->size + n + LOG_NOTE_MAX > l->limit)
		rotate(l);
	if (l->fd >= 0 && l->missing &&
	    !append_note(l, "bytes dropped", l->missing))
		l->missing = 0;
	if (!l->missing)
		done = append(l, buf, n);
	l->missing += n - done;
	s->dropped += n - done;
}

static size_t log_input(struct con_sink *s, uint8_t *buf, size_t room)
{
	return con_view_input(s->view, buf, room);
}

static void log_free(struct con_sink *s)
{
	struct con_log *l = (struct con_log *)s;

	con_view_free(s->view);
	if (l->fd >= 0)
		close(l->fd);
	free(l->path);
	free(l->old_path);
	free(l);
}

static const struct con_sink_ops log_ops = {
	.output = log_output,
	.input = log_input,
	.free = log_free,
};

static void log_kick(void *ctx)
{
	con_sink_kick(ctx);
}

struct con_sink *con_log_new(struct loop *loop, const char *path,
			     uint64_t limit, struct err *e)
{
	struct con_log *l = calloc(1, sizeof(*l));

	if (!l || !(l->path = strdup(path)) ||
	    asprintf(&l->old_path, "%s.1", path) < 0) {
		err_sys(e, EXIT_FAILED, "%s", path);
		if (l)
			free(l->path);
		free(l);
		return NULL;
	}
	l->fd = -1;
	l->sink.ops = &log_ops;
	l->sink.bytes_per_ms = LOG_BYTES_PER_MS;
	l->limit = limit < LOG_LIMIT_MIN ? LOG_LIMIT_MIN : limit;
	l->sink.view = con_view_new(loop, LOG_HISTORY, -1, log_kick, l, e);
	if (!l->sink.view || open_log(l) < 0) {
		if (l->sink.view)
			err_sys(e, EXIT_FAILED, "%s", path);
		log_free(&l->sink);
		return NULL;
	}
	return &l->sink;
}

void con_log_rotate(struct con_sink *s)
{
	struct con_log *l = (struct con_log *)s;

	if (l->size)
		rotate(l);
}

/* The older file, too; without one, there is to be none of another's. */
static void move_old(const struct con_log *l, const char *to)
{
	if (rename(l->old_path, to) < 0 && errno == ENOENT)
		unlink(to);
}

int con_log_move(struct con_sink *s, const char *path, struct err *e)
{
	struct con_log *l = (struct con_log *)s;
	char *new = strdup(path), *old = NULL;

	if (!new || asprintf(&old, "%s.1", path) < 0) {
		free(new);
		return err_sys(e, EXIT_FAILED, "%s", path);
	}
	/* No file at all is none to move: the next output makes one. */
	if (rename(l->path, new) < 0 && !access(l->path, F_OK)) {
		err_sys(e, EXIT_FAILED, "rename %s", l->path);
		free(new);
		free(old);
		return -1;
	}
	move_old(l, old);
	free(l->path);
	free(l->old_path);
	l->path = new;
	l->old_path = old;
	return 0;
}
