/* SPDX-License-Identifier: MIT */
/* A single-threaded event loop: descriptors and deadlines, over epoll. */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include "core/err.h"

struct loop;
struct loop_io;
struct loop_timer;

/* `events` is an EPOLL* mask of what is ready. */
typedef void loop_io_fn(void *ctx, uint32_t events);
typedef void loop_timer_fn(void *ctx);

/* Returns NULL and fills *e if it cannot be made. Free with loop_free. */
struct loop *loop_new(struct err *e);
void loop_free(struct loop *l);

/*
 * Call fn(ctx, events) whenever `fd` is ready for `events` (EPOLLIN, …;
 * level-triggered). The descriptor stays the caller's. Returns NULL and fills
 * *e on failure. An entry may be removed in its own or another's callback.
 */
struct loop_io *loop_add(struct loop *l, int fd, uint32_t events,
			 loop_io_fn *fn, void *ctx, struct err *e);
/* Change what is waited for. */
void loop_mod(struct loop_io *io, uint32_t events);
/* Forget it; NULL is allowed. Do this before closing the descriptor. */
void loop_del(struct loop_io *io);

/* A timer, not armed. Never fails but for memory: returns NULL then. */
struct loop_timer *loop_timer_new(struct loop *l, loop_timer_fn *fn, void *ctx);
/* Fire once in `ms` milliseconds; replaces an earlier setting. */
void loop_timer_set(struct loop_timer *t, uint64_t ms);
void loop_timer_stop(struct loop_timer *t);
void loop_timer_del(struct loop_timer *t);

/* Run callbacks until loop_stop. Returns 0, or -1 and fills *e. */
int loop_run(struct loop *l, struct err *e);
/* End loop_run after the current callback. */
void loop_stop(struct loop *l);

#endif
