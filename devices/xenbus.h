/* SPDX-License-Identifier: MIT */
/*
 * Live pairs of a frontend and a backend driver: waiting until both have done
 * their part, and taking them apart. Any number of pairs is waited for side
 * by side in one event loop. All states are XenbusState* of xen/io/xenbus.h.
 *
 * A backend directory is dom0's and can be trusted. The frontend's is the
 * guest's: its state is a claim, which decides nothing here but how polite to
 * be.
 */
#ifndef DEVICES_XENBUS_H
#define DEVICES_XENBUS_H

#include <stdbool.h>
#include "core/err.h"
#include "core/loop.h"
#include "core/xs.h"

enum { XENBUS_PATH_MAX = 96 };

enum xenbus_goal {
	XENBUS_BACKEND_UP, /* the backend's driver has found it */
	XENBUS_CONNECTED,  /* both ends are connected */
	XENBUS_CLOSED,	   /* the backend's driver has let go of it */
};

/*
 * What a device needs as soon as its backend is there (state 2 or later), once:
 * an interface to be put into its bridge, say. 1 if that cannot be done yet:
 * it is called again soon, and nothing is reached before. -1 and *e ends the
 * wait.
 */
struct xenbus_dev;
typedef int xenbus_up_fn(struct xenbus_dev *d, struct xs *xs, struct err *e);

/* One pair. */
struct xenbus_dev {
	char front[XENBUS_PATH_MAX], back[XENBUS_PATH_MAX];
	char name[32];	    /* for messages: "disk xvdb" */
	xenbus_up_fn *up;   /* NULL: nothing is to be done */
	const void *ctx;    /* for `up` */
	unsigned int state; /* the backend's, as last seen; 0: not there */
	bool is_up;	    /* `up` has done it */
	bool reached;	    /* the goal */
};

/*
 * Fill in paths (`kind`, the frontend's `domid` and `id` are parts of them) and
 * name; the rest becomes 0.
 */
void xenbus_dev(struct xenbus_dev *d, const char *kind, unsigned int domid,
		unsigned int id, const char *name);

/*
 * Wait until all `nr` pairs, of any kinds, have reached `goal`, or one has
 * failed: its backend's driver gave up, or its directory is gone before the
 * goal. `xs` is attached to `loop`; done(ctx, e) is called from there once,
 * with NULL or why it failed (EXIT_FAILED). `dev` is updated all the while and
 * must live until xenbus_unwatch. NULL and *e if the watch cannot be set.
 */
typedef void xenbus_done_fn(void *ctx, const struct err *e);
struct xenbus_watch;
struct xenbus_watch *xenbus_watch(struct xs *xs, struct loop *loop,
				  struct xenbus_dev *dev, unsigned int nr,
				  enum xenbus_goal goal, xenbus_done_fn *done,
				  void *ctx, struct err *e);
/* NULL is allowed. Not inside `done`. */
void xenbus_unwatch(struct xenbus_watch *w);

/*
 * Ask the frontend to let go. 0; 1 if the frontend never came, so that nobody
 * needs to be asked; -1 and *e (EXIT_FAILED: also if there is no such device).
 */
int xenbus_close(struct xs *xs, const struct xenbus_dev *d, struct err *e);

/*
 * Take that back: 0 and the device is as it was, or 1 if the frontend has
 * begun to close, which nobody can take back. -1 and *e.
 */
int xenbus_reopen(struct xs *xs, const struct xenbus_dev *d, struct err *e);

/*
 * Remove both directories, what the driver said of errors, and directories
 * that this leaves empty, and wait until dom0's driver has let go: the last
 * thing the kernel does for a device is to write its state once more
 * (xenbus_dev_remove), which would hit the next one of this number. What is
 * not there needs no removing. EXIT_TIMEOUT if the driver does not let go.
 */
int xenbus_remove(struct xs *xs, const struct xenbus_dev *d, struct err *e);

#endif
