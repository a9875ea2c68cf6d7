/* SPDX-License-Identifier: MIT */
/*
 * Watches. An event may come while a request waits for its reply, so it is
 * kept here and told by a timer of the loop, never from within a request.
 *
 * A guest can write below a watched path as fast as it likes: a watcher is
 * kept each changed path once, and no more than EVENTS_PER_WATCH of them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "core/xsint.h"

enum { EVENTS_PER_WATCH = 16, EVENTS_PER_TURN = 64 };

struct xs_watcher {
	struct xs *xs;
	char path[XS_PATH_MAX];
	char token[24];
	xs_watch_fn *fn;
	void *ctx;
	unsigned int events; /* of its own in the queue */
	bool too_many;	     /* none is: it is told its own path instead */
	struct xs_watcher *next;
};

struct xs_event {
	struct xs_watcher *w;
	struct xs_event *next;
	char path[];
};

/* --- what is to be told --- */

static void drop_events(struct xs_watcher *w)
{
	struct xs_event **p = &w->xs->first, *ev;

	while ((ev = *p)) {
		if (ev->w == w) {
			*p = ev->next;
			free(ev);
		} else {
			p = &ev->next;
		}
	}
	w->events = 0;
}

static bool is_queued(const struct xs_watcher *w, const char *path)
{
	const struct xs_event *ev;

	for (ev = w->events ? w->xs->first : NULL; ev; ev = ev->next) {
		if (ev->w == w && !strcmp(ev->path, path))
			return true;
	}
	return false;
}

static void queue(struct xs_watcher *w, const char *path)
{
	size_t size = strlen(path) + 1;
	struct xs_event *ev = NULL, **last;

	if (w->too_many || is_queued(w, path))
		return;
	if (w->events < EVENTS_PER_WATCH)
		ev = malloc(sizeof(*ev) + size);
	if (!ev) {
		drop_events(w);
		w->too_many = true;
		return;
	}
	ev->w = w;
	ev->next = NULL;
	memcpy(ev->path, path, size);
	for (last = &w->xs->first; *last; last = &(*last)->next)
		;
	*last = ev;
	w->events++; /* analyzer: the queue has it */
}

static struct xs_watcher *find_watcher(struct xs *xs, const char *token)
{
	struct xs_watcher *w;

	for (w = xs->watchers; w; w = w->next) {
		if (!strcmp(w->token, token))
			return w;
	}
	return NULL;
}

/* Of a watch that was removed there may still be some. */
void xs_event(void *ctx, const char *path, const char *token)
{
	struct xs *xs = ctx;
	struct xs_watcher *w = token ? find_watcher(xs, token) : NULL;

	if (w)
		queue(w, path);
	if (xs->turn)
		loop_timer_set(xs->turn, 0);
}

/* --- telling it --- */

static bool tell_crowded(struct xs *xs)
{
	struct xs_watcher *w;

	for (w = xs->watchers; w && !w->too_many; w = w->next)
		;
	if (!w)
		return false;
	w->too_many = false;
	w->fn(w->ctx, w->path);
	return true;
}

static bool tell_first(struct xs *xs)
{
	struct xs_event *ev = xs->first;

	if (!ev)
		return false;
	xs->first = ev->next;
	ev->w->events--;
	ev->w->fn(ev->w->ctx, ev->path);
	free(ev);
	return true;
}

/* Its descriptor stays ready for ever: it is not waited for again. */
static void tell_gone(struct xs *xs)
{
	if (!xs->io)
		return;
	loop_del(xs->io);
	xs->io = NULL;
	if (xs->gone)
		xs->gone(xs->gone_ctx);
}

/* A bounded number, then whatever else waits in the loop. */
static void take_turn(void *ctx)
{
	struct xs *xs = ctx;
	unsigned int i;

	for (i = 0; i < EVENTS_PER_TURN && xs->turn; i++) {
		if (xswire_why(xs->wire)) {
			tell_gone(xs);
			return;
		}
		if (!tell_crowded(xs) && !tell_first(xs))
			return;
	}
	if (xs->turn)
		loop_timer_set(xs->turn, 0);
}

static void ready(void *ctx, uint32_t events)
{
	struct xs *xs = ctx;

	(void)events;
	xswire_receive(xs->wire); /* xs_event hears of all that comes of it */
}

int xs_attach(struct xs *xs, struct loop *loop, struct err *e)
{
	xs->turn = loop_timer_new(loop, take_turn, xs);
	if (!xs->turn) {
		err_sys(e, EXIT_FAILED, "timer");
		return err_in(e, "xenstore");
	}
	xs->io = loop_add(loop, xswire_fd(xs->wire), EPOLLIN, ready, xs, e);
	if (!xs->io) {
		xs_detach(xs);
		return err_in(e, "xenstore");
	}
	loop_timer_set(xs->turn, 0); /* what there was before */
	return 0;
}

void xs_detach(struct xs *xs)
{
	loop_del(xs->io);
	loop_timer_del(xs->turn);
	xs->io = NULL;
	xs->turn = NULL;
}

void xs_on_gone(struct xs *xs, xs_gone_fn *fn, void *ctx)
{
	xs->gone = fn;
	xs->gone_ctx = ctx;
}

/* --- watchers --- */

static void unlink_watcher(struct xs_watcher *w)
{
	struct xs_watcher **p;

	for (p = &w->xs->watchers; *p != w; p = &(*p)->next)
		;
	*p = w->next;
	drop_events(w);
}

struct xs_watcher *xs_watch_add(struct xs *xs, const char *path,
				xs_watch_fn *fn, void *ctx, struct err *e)
{
	struct xs_watcher *w = calloc(1, sizeof(*w));

	if (!w || strlen(path) >= sizeof(w->path)) {
		err_set(e, EXIT_FAILED, "watch %s: no room", path);
		free(w);
		return NULL;
	}
	strcpy(w->path, path);
	snprintf(w->token, sizeof(w->token), "%llx",
		 (unsigned long long)xs->next_token++);
	w->xs = xs;
	w->fn = fn;
	w->ctx = ctx;
	w->next = xs->watchers;
	xs->watchers = w;
	if (xsreq_watch(xs->wire, w->path, w->token) < 0) {
		xs_fail(xs, e, "watch %s", path);
		unlink_watcher(w);
		free(w);
		return NULL;
	}
	return w;
}

void xs_watch_del(struct xs_watcher *w)
{
	if (!w)
		return;
	unlink_watcher(w);
	xsreq_unwatch(w->xs->wire, w->path, w->token);
	free(w);
}

void xs_forget_watches(struct xs *xs)
{
	struct xs_watcher *w, *next;

	for (w = xs->watchers; w; w = next) {
		next = w->next;
		drop_events(w);
		free(w);
	}
	xs->watchers = NULL;
}
