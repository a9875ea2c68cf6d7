/* SPDX-License-Identifier: MIT */
#include "core/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/log.h"

enum { EVENTS_PER_WAIT = 16 };

struct loop_io {
	struct loop *loop;
	int fd;
	loop_io_fn *fn; /* NULL: removed, freed after this round */
	void *ctx;
	struct loop_io *next_dead;
};

struct loop_timer {
	struct loop *loop;
	loop_timer_fn *fn;
	void *ctx;
	uint64_t due_ms; /* 0: not armed */
	struct loop_timer *next;
};

struct loop {
	int epfd;
	bool stop;
	struct loop_io *dead;
	struct loop_timer *timers;
};

struct loop *loop_new(struct err *e)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l) {
		err_sys(e, EXIT_FAILED, "event loop");
		return NULL;
	}
	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epfd < 0) {
		err_sys(e, EXIT_FAILED, "epoll_create1");
		free(l);
		return NULL;
	}
	return l;
}

static void free_dead(struct loop *l)
{
	while (l->dead) {
		struct loop_io *io = l->dead;

		l->dead = io->next_dead;
		free(io);
	}
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	free_dead(l);
	close(l->epfd);
	free(l);
}

struct loop_io *loop_add(struct loop *l, int fd, uint32_t events,
			 loop_io_fn *fn, void *ctx, struct err *e)
{
	struct loop_io *io = calloc(1, sizeof(*io));
	struct epoll_event ev = {.events = events, .data.ptr = io};

	if (!io || epoll_ctl(l->epfd, EPOLL_CTL_ADD, fd, &ev) < 0) {
		err_sys(e, EXIT_FAILED, "epoll_ctl");
		free(io);
		return NULL;
	}
	io->loop = l;
	io->fd = fd;
	io->fn = fn;
	io->ctx = ctx;
	return io;
}

void loop_mod(struct loop_io *io, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = io};

	epoll_ctl(io->loop->epfd, EPOLL_CTL_MOD, io->fd, &ev);
}

/* Events of this round may still point to it: it is freed afterwards. */
void loop_del(struct loop_io *io)
{
	if (!io)
		return;
	epoll_ctl(io->loop->epfd, EPOLL_CTL_DEL, io->fd, NULL);
	io->fn = NULL;
	io->next_dead = io->loop->dead;
	io->loop->dead = io;
}

struct loop_timer *loop_timer_new(struct loop *l, loop_timer_fn *fn, void *ctx)
{
	struct loop_timer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->loop = l;
	t->fn = fn;
	t->ctx = ctx;
	t->next = l->timers;
	l->timers = t;
	return t;
}

void loop_timer_set(struct loop_timer *t, uint64_t ms)
{
	t->due_ms = clock_ms() + ms;
}

void loop_timer_stop(struct loop_timer *t)
{
	t->due_ms = 0;
}

void loop_timer_del(struct loop_timer *t)
{
	struct loop_timer **p;

	if (!t)
		return;
	for (p = &t->loop->timers; *p != t; p = &(*p)->next)
		;
	*p = t->next;
	free(t);
}

/*
 * The timer that was due first, or NULL. A callback may change the list, so
 * this looks anew each time.
 */
static struct loop_timer *timer_due(struct loop *l, uint64_t now)
{
	struct loop_timer *t, *first = NULL;

	for (t = l->timers; t; t = t->next) {
		if (t->due_ms && t->due_ms <= now &&
		    (!first || t->due_ms < first->due_ms))
			first = t;
	}
	return first;
}

static void run_timers(struct loop *l)
{
	uint64_t now = clock_ms();
	struct loop_timer *t;

	while (!l->stop && (t = timer_due(l, now))) {
		t->due_ms = 0;
		t->fn(t->ctx);
	}
}

static int next_timeout(struct loop *l)
{
	uint64_t now = clock_ms(), best = UINT64_MAX;
	struct loop_timer *t;

	for (t = l->timers; t; t = t->next) {
		if (t->due_ms && t->due_ms < best)
			best = t->due_ms;
	}
	if (best == UINT64_MAX)
		return -1;
	if (best <= now)
		return 0;
	return best - now > 60000 ? 60000 : (int)(best - now);
}

int loop_run(struct loop *l, struct err *e)
{
	struct epoll_event ev[EVENTS_PER_WAIT];
	int i, n;

	l->stop = false;
	while (!l->stop) {
		n = epoll_wait(l->epfd, ev, EVENTS_PER_WAIT, next_timeout(l));
		if (n < 0 && errno != EINTR)
			return err_sys(e, EXIT_FAILED, "epoll_wait");
		for (i = 0; i < n && !l->stop; i++) {
			struct loop_io *io = ev[i].data.ptr;

			if (io->fn)
				io->fn(io->ctx, ev[i].events);
		}
		free_dead(l);
		run_timers(l);
	}
	return 0;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}
