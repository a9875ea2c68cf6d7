/* SPDX-License-Identifier: MIT */
/*
 * Where the bytes of a console go, and where its input comes from.
 *
 * A sink takes everything at once and never makes the guest wait: what it
 * cannot keep it drops and counts. It belongs to the caller, who may move it
 * from one console to the next (a reboot builds new domains; the pty and its
 * readers stay), and who frees it after the console.
 */
#ifndef CONSOLE_SINK_H
#define CONSOLE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/err.h"
#include "core/log.h"
#include "core/loop.h"

struct con_sink;
struct con_view;

/* The ring that a console starts to serve. */
struct con_origin {
	uint32_t domid;
	uint32_t cons, prod; /* its "out" indices */
	bool takeover;	     /* another process served this same ring before */
};

struct con_sink_ops {
	/* Take `n` bytes that the guest wrote; hostile bytes, of any value. */
	void (*output)(struct con_sink *s, const uint8_t *buf, size_t n);
	/* Put up to `room` bytes for the guest into buf; how many. Or NULL. */
	size_t (*input)(struct con_sink *s, uint8_t *buf, size_t room);
	/*
	 * A ring is attached. Returns how many bytes from `cons` on this sink
	 * has already, so that they are skipped. Or NULL.
	 */
	uint32_t (*origin)(struct con_sink *s, const struct con_origin *o);
	void (*free)(struct con_sink *s);
};

/* Called when a sink that had no input has some. */
typedef void con_kick_fn(void *ctx);

struct con_sink {
	const struct con_sink_ops *ops;
	struct con_view *view; /* who watches; NULL: not for watching */
	uint64_t dropped;      /* bytes from the guest that nobody got */
	uint32_t bytes_per_ms; /* accepted rate; 0: as fast as they come */
	con_kick_fn *kick;     /* set by the console that it serves */
	void *kick_ctx;
};

void con_sink_output(struct con_sink *s, const uint8_t *buf, size_t n);
size_t con_sink_input(struct con_sink *s, uint8_t *buf, size_t room);
uint32_t con_sink_origin(struct con_sink *s, const struct con_origin *o);
/* Tell the console, if there is one, that input waits. */
void con_sink_kick(struct con_sink *s);
/* NULL is allowed. */
void con_sink_free(struct con_sink *s);

/*
 * Let the connected stream socket `fd` watch the console: it gets `greeting`
 * (below 80 bytes; or NULL), the history from position `from` on (0: all that
 * is kept), then what comes; with `input` what it sends goes to the guest.
 * Takes `fd` over if it returns 0; -1 and *e, with nothing sent: EXIT_USAGE if
 * this console is not for watching, EXIT_BUSY if it has too many viewers.
 */
int con_sink_attach(struct con_sink *s, int fd, bool input, uint64_t from,
		    const char *greeting, struct err *e);
/*
 * The position at which a viewer `from` there begins. Who adds the bytes it
 * gets to that knows its place, and can come back to it later; the lines
 * "[mtool: N bytes dropped]" stand for N bytes then.
 */
uint64_t con_sink_start(const struct con_sink *s, uint64_t from);
/* True once every viewer but the pty has got all there is. */
bool con_sink_flushed(struct con_sink *s);
/* Hang up on all viewers but the pty: the VM has ended. */
void con_sink_hangup(struct con_sink *s);

/*
 * log: appends to the file `path`, created 0600 and never through a symbolic
 * link. At `limit` bytes it becomes `path`.1 (replacing the one before) and a
 * new file starts. Where bytes had to go, for want of disk space, the file
 * says so: "[mtool: N bytes dropped]"; writing is tried again with the next
 * output. Viewers get a short history. NULL and *e if the file cannot be
 * opened.
 */
struct con_sink *con_log_new(struct loop *loop, const char *path,
			     uint64_t limit, struct err *e);
/* Begin a new file now, if this one is not empty. */
void con_log_rotate(struct con_sink *s);
/*
 * Go on as `path`: both files move there, over what another log may have left
 * under that name. -1 and *e: they stay where they are.
 */
int con_log_move(struct con_sink *s, const char *path, struct err *e);

/*
 * pty: a pty and any number of viewers, over one history of CON_PTY_HISTORY
 * bytes. A reader that comes later or falls behind loses the oldest bytes
 * and is told how many. `keep` is a file of the caller's in which the history
 * outlives this process, or -1; it is not closed. With `master` and `slave`
 * an existing pty is taken over (both belong to the sink then, but not if
 * this fails); both -1: a new one is made.
 */
enum { CON_PTY_HISTORY = 64 << 10 };
struct con_sink *con_pty_new(struct loop *loop, int keep, int master, int slave,
			     struct err *e);
/* The path of the slave, for a link and for xenstore. Lives with the sink. */
const char *con_pty_path(const struct con_sink *s);
/* The descriptors, to be handed to a successor. They stay the sink's. */
void con_pty_fds(const struct con_sink *s, int *master, int *slave);

/*
 * spool: what the guest writes goes to a file while armed; otherwise it is
 * discarded and counted.
 */
struct con_sink *con_spool_new(struct err *e);
/* From now on write at most `cap` bytes to `fd`, which stays the caller's. */
void con_spool_arm(struct con_sink *s, int fd, uint64_t cap);
/*
 * Disarm; *bytes is what the file got. Returns -1 and fills *e if that is not
 * all that came: the cap was reached or writing failed. Drain the console
 * first (con_drain): QEMU's answer comes before its last bytes.
 */
int con_spool_finish(struct con_sink *s, uint64_t *bytes, struct err *e);

/*
 * feed: the guest is given bytes from memory, at most CON_RING_IN at a time
 * and only as it takes them. What it writes (its tty may echo) is discarded
 * and counted.
 */
struct con_sink *con_feed_new(struct err *e);
/* Feed `data`, which must stay until all is fed or con_feed_stop. */
void con_feed_start(struct con_sink *s, const void *data, size_t n);
void con_feed_stop(struct con_sink *s);
/* Bytes not yet in the ring, and since when (clock_ms) none has moved. */
size_t con_feed_left(const struct con_sink *s, uint64_t *since_ms);

#endif
