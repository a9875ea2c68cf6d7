/* SPDX-License-Identifier: MIT */
#include "console/view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "console/history.h"

struct viewer {
	struct con_view *view;
	struct loop_io *io; /* NULL: hung up, only its input is left */
	int fd;		    /* -1: this place is free */
	unsigned int flags;
	uint32_t events; /* what `io` waits for */
	bool readable;	 /* has input; EPOLLIN is off meanwhile */
	uint64_t pos;
	char note[CON_VIEW_GREETING]; /* being sent before the byte at `pos` */
	size_t note_len, note_off;
};

struct con_view {
	struct loop *loop;
	struct history hist;
	uint64_t seen;	 /* the furthest position of any viewer ever */
	uint64_t unseen; /* bytes that nobody has seen in time */
	con_kick_fn *on_input;
	con_repair_fn *on_pty_hangup;
	void *ctx;
	unsigned int turn; /* whose input is asked for first */
	struct viewer viewers[CON_VIEW_MAX];
};

struct con_view *con_view_new(struct loop *loop, size_t size, int keep,
			      con_kick_fn *on_input, void *ctx, struct err *e)
{
	struct con_view *v = calloc(1, sizeof(*v));
	unsigned int i;

	if (!v) {
		err_sys(e, EXIT_FAILED, "console history");
		return NULL;
	}
	if (history_open(&v->hist, size, keep, e) < 0) {
		free(v);
		return NULL;
	}
	v->loop = loop;
	v->seen = history_end(&v->hist);
	v->on_input = on_input;
	v->ctx = ctx;
	for (i = 0; i < CON_VIEW_MAX; i++)
		v->viewers[i] = (struct viewer){.view = v, .fd = -1};
	return v;
}

static void viewer_close(struct viewer *w)
{
	loop_del(w->io);
	close(w->fd);
	*w = (struct viewer){.view = w->view, .fd = -1};
}

void con_view_free(struct con_view *v)
{
	unsigned int i;

	if (!v)
		return;
	for (i = 0; i < CON_VIEW_MAX; i++) {
		if (v->viewers[i].fd >= 0)
			viewer_close(&v->viewers[i]);
	}
	history_close(&v->hist);
	free(v);
}

/* Something to send: history, or a line of our own. */
static bool viewer_behind(const struct viewer *w)
{
	return w->pos != history_end(&w->view->hist) ||
	       w->note_off < w->note_len;
}

/* EPOLLIN while it may type and nothing is read yet; EPOLLOUT while behind. */
static void viewer_wait(struct viewer *w)
{
	uint32_t events = 0;

	if (!w->io)
		return;
	if ((w->flags & CON_VIEW_INPUT) && !w->readable)
		events |= EPOLLIN;
	if (viewer_behind(w))
		events |= EPOLLOUT;
	if (events != w->events)
		loop_mod(w->io, w->events = events);
}

/* Bytes that it took, 0 if it is full, -1 if it is gone. */
static ssize_t viewer_send(struct viewer *w, const void *p, size_t n)
{
	ssize_t r;

	if (w->flags & CON_VIEW_PTY)
		r = write(w->fd, p, n);
	else
		r = send(w->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (r < 0 &&
	    (errno == EAGAIN || errno == EINTR || (w->flags & CON_VIEW_PTY)))
		return 0;
	return r;
}

static void viewer_skip_lost(struct viewer *w)
{
	uint64_t first = history_first(&w->view->hist);

	if (w->pos >= first || w->note_off < w->note_len)
		return;
	w->note_len = (size_t)snprintf(w->note, sizeof(w->note),
				       "\r\n[mtool: %llu bytes dropped]\r\n",
				       (unsigned long long)(first - w->pos));
	w->note_off = 0;
	w->pos = first;
}

/* One step: 1 if there may be more to send, 0 if done or full, -1 if gone. */
static int viewer_step(struct viewer *w)
{
	bool note;
	const void *p;
	size_t n;
	ssize_t r;

	viewer_skip_lost(w);
	if (!viewer_behind(w))
		return 0;
	note = w->note_off < w->note_len;
	p = history_at(&w->view->hist, w->pos, &n);
	if (note)
		r = viewer_send(w, w->note + w->note_off,
				w->note_len - w->note_off);
	else
		r = viewer_send(w, p, n);
	if (r > 0 && note)
		w->note_off += (size_t)r;
	else if (r > 0)
		w->pos += (uint64_t)r;
	return r > 0 ? 1 : (int)r;
}

/*
 * A viewer that hung up is always "ready": stop waiting for it, and keep it
 * only until the guest has taken what it typed.
 */
static void viewer_leave(struct viewer *w)
{
	if (!w->readable) {
		viewer_close(w);
		return;
	}
	loop_del(w->io);
	w->io = NULL;
}

static void viewer_flush(struct viewer *w)
{
	struct con_view *v = w->view;
	int more;

	if (!w->io)
		return;
	do {
		more = viewer_step(w);
	} while (more > 0);
	if (more < 0) {
		w->readable = w->flags & CON_VIEW_INPUT;
		viewer_leave(w);
		return;
	}
	if (w->pos > v->seen)
		v->seen = w->pos;
	if (w->flags & CON_VIEW_PTY)
		history_set_pty(&v->hist, w->pos);
	viewer_wait(w);
}

static void count_unseen(struct con_view *v)
{
	uint64_t first = history_first(&v->hist);

	if (first > v->seen) {
		v->unseen += first - v->seen;
		v->seen = first;
	}
}

void con_view_output(struct con_view *v, const uint8_t *buf, size_t n)
{
	unsigned int i;

	while (n) {
		size_t part = n < v->hist.size ? n : v->hist.size;

		history_append(&v->hist, buf, part);
		for (i = 0; i < CON_VIEW_MAX; i++) {
			if (v->viewers[i].fd >= 0)
				viewer_flush(&v->viewers[i]);
		}
		count_unseen(v);
		buf += part;
		n -= part;
	}
}

/* Some of what one viewer has typed. */
static size_t viewer_read(struct viewer *w, uint8_t *buf, size_t room)
{
	ssize_t r = read(w->fd, buf, room);

	if (r < 0 && errno == EINTR)
		return 0;
	if (r > 0 && (!w->io || (size_t)r == room))
		return (size_t)r; /* there may be more */
	w->readable = false;
	if (r <= 0 && !w->io) {
		viewer_close(w);
		return 0;
	}
	if ((r == 0 || (r < 0 && errno != EAGAIN)) &&
	    !(w->flags & CON_VIEW_PTY)) /* it will type no more */
		w->flags &= ~(unsigned int)CON_VIEW_INPUT;
	viewer_wait(w);
	return r > 0 ? (size_t)r : 0;
}

size_t con_view_input(struct con_view *v, uint8_t *buf, size_t room)
{
	size_t n = 0;
	unsigned int i, first = v->turn++;

	for (i = 0; i < CON_VIEW_MAX && n < room; i++) {
		struct viewer *w = &v->viewers[(first + i) % CON_VIEW_MAX];

		if (w->fd >= 0 && w->readable)
			n += viewer_read(w, buf + n, room - n);
	}
	return n;
}

static bool pty_mended(struct viewer *w)
{
	struct con_view *v = w->view;

	return (w->flags & CON_VIEW_PTY) && v->on_pty_hangup &&
	       !v->on_pty_hangup(v->ctx);
}

static void viewer_ready(void *ctx, uint32_t events)
{
	struct viewer *w = ctx;
	struct con_view *v = w->view;
	bool typed = (events & EPOLLIN) && (w->flags & CON_VIEW_INPUT);

	if (typed)
		w->readable = true;
	if ((events & (EPOLLHUP | EPOLLERR)) && !pty_mended(w))
		viewer_leave(w);
	if (w->fd < 0)
		return;
	viewer_wait(w);
	if (typed)
		v->on_input(v->ctx);
	if (w->fd >= 0 && (events & EPOLLOUT))
		viewer_flush(w);
}

/* A free place, or that of a viewer that hung up long ago. */
static struct viewer *find_place(struct con_view *v)
{
	struct viewer *w, *end = v->viewers + CON_VIEW_MAX;

	for (w = v->viewers; w < end; w++) {
		if (w->fd < 0)
			return w;
	}
	for (w = v->viewers; w < end; w++) {
		if (!w->io) {
			viewer_close(w);
			return w;
		}
	}
	return NULL;
}

static void greet(struct viewer *w, const char *text)
{
	if (!text)
		return;
	w->note_len = strlen(text);
	memcpy(w->note, text, w->note_len);
}

int con_view_add(struct con_view *v, int fd, unsigned int flags, uint64_t from,
		 const char *greeting, struct err *e)
{
	struct viewer *w = find_place(v);
	int fl = fcntl(fd, F_GETFL);

	if (greeting && strlen(greeting) >= CON_VIEW_GREETING)
		return err_set(e, EXIT_FAILED, "greeting too long");
	if (!w)
		return err_set(e, EXIT_BUSY, "too many viewers (%d)",
			       CON_VIEW_MAX);
	if (fl < 0 || fcntl(fd, F_SETFL, fl | O_NONBLOCK) < 0)
		return err_sys(e, EXIT_FAILED, "viewer");
	w->events = flags & CON_VIEW_INPUT ? EPOLLIN : 0;
	w->io = loop_add(v->loop, fd, w->events, viewer_ready, w, e);
	if (!w->io)
		return -1;
	w->fd = fd;
	w->flags = flags;
	w->pos = history_place(&v->hist, from);
	greet(w, greeting);
	viewer_flush(w);
	return 0;
}

uint32_t con_view_origin(struct con_view *v, const struct con_origin *o)
{
	return history_origin(&v->hist, o);
}

void con_view_repair(struct con_view *v, con_repair_fn *fn)
{
	v->on_pty_hangup = fn;
}

uint64_t con_view_pty_position(const struct con_view *v)
{
	return history_pty(&v->hist);
}

uint64_t con_view_start(const struct con_view *v, uint64_t from)
{
	return history_place(&v->hist, from);
}

uint64_t con_view_position(const struct con_view *v)
{
	return history_end(&v->hist);
}

uint64_t con_view_unseen(const struct con_view *v)
{
	return v->unseen;
}

static bool is_socket(const struct viewer *w)
{
	return w->fd >= 0 && w->io && !(w->flags & CON_VIEW_PTY);
}

bool con_view_flushed(const struct con_view *v)
{
	unsigned int i;

	for (i = 0; i < CON_VIEW_MAX; i++) {
		const struct viewer *w = &v->viewers[i];

		if (is_socket(w) && viewer_behind(w))
			return false;
	}
	return true;
}

void con_view_hangup(struct con_view *v)
{
	unsigned int i;

	for (i = 0; i < CON_VIEW_MAX; i++) {
		struct viewer *w = &v->viewers[i];

		if (w->fd >= 0 && !(w->flags & CON_VIEW_PTY))
			viewer_close(w);
	}
}

unsigned int con_view_count(const struct con_view *v)
{
	unsigned int i, n = 0;

	for (i = 0; i < CON_VIEW_MAX; i++)
		n += is_socket(&v->viewers[i]);
	return n;
}
