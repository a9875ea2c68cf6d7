/* SPDX-License-Identifier: MIT */
/*
 * A process for a part of the work that blocks, so that what waits for it can
 * give up at any moment: it dies with its parent, and signals that people send
 * are the parent's.
 */
#ifndef TOOLS_MTOOL_WORKER_H
#define TOOLS_MTOOL_WORKER_H

#include <sys/types.h>
#include "core/err.h"

struct worker {
	pid_t pid; /* 0: none */
	int fd;	   /* readable when it has ended; what it said is there */
};

/* Does the work. What it says on success is `e->msg`, if not empty. */
typedef int worker_fn(void *ctx, struct err *e);

/*
 * Fork it. Descriptors that it must not keep open are `ctx`'s to close. -1 and
 * *e. Nothing may have set a xenstore watch in this process.
 */
int worker_start(struct worker *w, worker_fn *fn, void *ctx, struct err *e);

/*
 * Wait for its end. 0 and, in `say`, what it said (may be NULL); -1 and *e as
 * it had it. `cancel` readable ends the wait and the worker: "interrupted".
 */
int worker_wait(struct worker *w, int cancel, char *say, size_t size,
		struct err *e);

/*
 * A pipe for a guest's memory, between two processes: with room for two of the
 * pieces that libxenguest writes and reads, so that neither waits for the other
 * at each page. -1 and *e.
 */
int worker_pipe(int pipe[2], struct err *e);

/* In a child process: the worker is the parent's. */
void worker_leave(struct worker *w);

/* Kill it. Nothing if there is none. */
void worker_kill(struct worker *w);

#endif
