/* SPDX-License-Identifier: MIT */
/*
 * Those who watch a console: its pty and any sockets.
 *
 * There is one history, and for each viewer a position in it. A viewer
 * that falls more than a ring behind loses the oldest bytes and is told how
 * many, at that place in its stream. Input of all viewers is merged. Nothing
 * is allocated after con_view_new.
 */
#ifndef CONSOLE_VIEW_H
#define CONSOLE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "console/sink.h"
#include "core/err.h"
#include "core/loop.h"

enum {
	CON_VIEW_MAX = 16,	/* viewers of one console, its pty included */
	CON_VIEW_GREETING = 80, /* bytes, with a final NUL */
};

enum con_view_flags {
	CON_VIEW_INPUT = 1, /* what it sends goes to the guest */
	CON_VIEW_PTY = 2,   /* the master of a pty: never leaves by itself */
};

/*
 * `size` and `keep` are for the history (see history_open). on_input(ctx) is
 * called when input begins to wait.
 */
struct con_view *con_view_new(struct loop *loop, size_t size, int keep,
			      con_kick_fn *on_input, void *ctx, struct err *e);
/* Closes all viewers. NULL is allowed. */
void con_view_free(struct con_view *v);

void con_view_output(struct con_view *v, const uint8_t *buf, size_t n);
size_t con_view_input(struct con_view *v, uint8_t *buf, size_t room);
/* See struct con_sink_ops. */
uint32_t con_view_origin(struct con_view *v, const struct con_origin *o);

/*
 * A viewer from position `from` on; one that is no place in this history
 * means all of it. `greeting`, if not NULL, is sent before anything else.
 * Takes `fd` over (made non-blocking) if it returns 0; -1 and *e otherwise,
 * and nothing was sent.
 */
int con_view_add(struct con_view *v, int fd, unsigned int flags, uint64_t from,
		 const char *greeting, struct err *e);
/* Where a viewer `from` there begins: to be told in its greeting. */
uint64_t con_view_start(const struct con_view *v, uint64_t from);
/*
 * fn(ctx of con_view_new) is called when the pty hangs up; it returns 0 if it
 * could mend that, -1 to let the pty go.
 */
typedef int con_repair_fn(void *ctx);
void con_view_repair(struct con_view *v, con_repair_fn *fn);

/* Where a pty of a former process had got to. */
uint64_t con_view_pty_position(const struct con_view *v);
uint64_t con_view_position(const struct con_view *v);
/* Bytes that left the history before anyone had seen them. */
uint64_t con_view_unseen(const struct con_view *v);
/* For all viewers but the pty: has each got everything? / hang up. */
bool con_view_flushed(const struct con_view *v);
void con_view_hangup(struct con_view *v);
unsigned int con_view_count(const struct con_view *v);

#endif
