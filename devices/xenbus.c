/* SPDX-License-Identifier: MIT */
#include "devices/xenbus.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

#include "core/log.h"

#define BACKENDS "/local/domain/0/backend"

enum {
	RELEASE_MS = 30000,
	RELEASE_POLL_MS = 5,
	AGAIN_MS = 5, /* between two attempts to bring a device up */
};

struct xenbus_watch {
	struct xs *xs;
	struct xenbus_dev *dev;
	unsigned int nr;
	enum xenbus_goal goal;
	xenbus_done_fn *done;
	void *ctx;
	bool told;
	/* One for all backends, one for each frontend. */
	struct xs_watcher *back, **front;
	struct loop_timer *again;
};

void xenbus_dev(struct xenbus_dev *d, const char *kind, unsigned int domid,
		unsigned int id, const char *name)
{
	memset(d, 0, sizeof(*d));
	snprintf(d->front, sizeof(d->front), "/local/domain/%u/device/%s/%u",
		 domid, kind, id);
	snprintf(d->back, sizeof(d->back), "/local/domain/0/backend/%s/%u/%u",
		 kind, domid, id);
	snprintf(d->name, sizeof(d->name), "%s", name);
}

/* 0 (XenbusStateUnknown) if there is none. */
static unsigned int read_state(struct xs *xs, xs_transaction_t t,
			       const char *dir)
{
	char path[XENBUS_PATH_MAX + 8];
	uint64_t state;

	snprintf(path, sizeof(path), "%s/state", dir);
	if (xs_read_num(xs, t, path, 0, XenbusStateReconfigured, &state) < 0)
		return XenbusStateUnknown;
	return (unsigned int)state;
}

static void tell(struct xenbus_watch *w, const struct err *e)
{
	if (w->told)
		return;
	w->told = true;
	w->done(w->ctx, e);
}

/* Where a driver in dom0 says why it gave up. */
static void error_dir(const struct xenbus_dev *d, char path[XS_PATH_MAX])
{
	snprintf(path, XS_PATH_MAX, "/local/domain/0/error/%s",
		 d->back + strlen("/local/domain/0/"));
}

static void gave_up(struct xenbus_watch *w, const struct xenbus_dev *d)
{
	char path[XS_PATH_MAX + 8], dir[XS_PATH_MAX], why[256];
	struct err e;

	error_dir(d, dir);
	snprintf(path, sizeof(path), "%s/error", dir);
	if (d->state == XenbusStateUnknown)
		strcpy(why, "it was removed");
	else if (xs_read_str(w->xs, XBT_NULL, path, why, sizeof(why)) < 0)
		snprintf(why, sizeof(why), "state %u", d->state);
	err_set(&e, EXIT_FAILED, "%s: its backend driver gave up: %s", d->name,
		why);
	tell(w, &e);
}

static bool connected(struct xenbus_watch *w, const struct xenbus_dev *d)
{
	return d->state == XenbusStateConnected &&
	       read_state(w->xs, XBT_NULL, d->front) == XenbusStateConnected;
}

static bool reached(struct xenbus_watch *w, const struct xenbus_dev *d)
{
	switch (w->goal) {
	case XENBUS_BACKEND_UP:
		return d->is_up;
	case XENBUS_CONNECTED:
		return d->is_up && connected(w, d);
	default:
		return d->state == XenbusStateClosed ||
		       d->state == XenbusStateUnknown;
	}
}

static void bring_up(struct xenbus_watch *w, struct xenbus_dev *d)
{
	struct err e;
	int rc;

	if (d->is_up || w->goal == XENBUS_CLOSED ||
	    d->state < XenbusStateInitWait)
		return;
	rc = d->up ? d->up(d, w->xs, &e) : 0;
	d->is_up = !rc;
	if (rc < 0)
		tell(w, &e);
	else if (rc > 0)
		loop_timer_set(w->again, AGAIN_MS);
}

static bool has_failed(const struct xenbus_dev *d)
{
	return d->state == XenbusStateUnknown ||
	       d->state == XenbusStateClosing || d->state == XenbusStateClosed;
}

static void look(struct xenbus_watch *w, struct xenbus_dev *d)
{
	if (d->reached || w->told)
		return;
	d->state = read_state(w->xs, XBT_NULL, d->back);
	if (w->goal != XENBUS_CLOSED && has_failed(d)) {
		gave_up(w, d);
		return;
	}
	bring_up(w, d);
	d->reached = reached(w, d);
}

static void tell_if_all(struct xenbus_watch *w)
{
	unsigned int i;

	for (i = 0; i < w->nr && w->dev[i].reached; i++)
		;
	if (i == w->nr)
		tell(w, NULL);
}

/* Whether `path` is the state of what lives in `dir`, or above it. */
static bool concerns(const char *path, const char *dir)
{
	size_t len = strlen(dir), n = strlen(path);

	if (n <= len)
		return !strncmp(path, dir, n);
	return !strncmp(path, dir, len) && !strcmp(path + len, "/state");
}

/* Of all the keys in there, the states alone cost a request each. */
static void on_change(void *ctx, const char *path)
{
	struct xenbus_watch *w = ctx;
	unsigned int i;

	for (i = 0; i < w->nr && !w->told; i++) {
		if (concerns(path, w->dev[i].back) ||
		    concerns(path, w->dev[i].front))
			look(w, &w->dev[i]);
	}
	if (!w->told)
		tell_if_all(w);
}

/* What could not be brought up before. */
static void on_again(void *ctx)
{
	struct xenbus_watch *w = ctx;
	unsigned int i;

	for (i = 0; i < w->nr && !w->told; i++) {
		if (!w->dev[i].is_up && w->dev[i].state >= XenbusStateInitWait)
			look(w, &w->dev[i]);
	}
	if (!w->told)
		tell_if_all(w);
}

static int watch_fronts(struct xenbus_watch *w, struct err *e)
{
	char path[XENBUS_PATH_MAX + 8];
	unsigned int i;

	for (i = 0; w->goal == XENBUS_CONNECTED && i < w->nr; i++) {
		snprintf(path, sizeof(path), "%s/state", w->dev[i].front);
		w->front[i] = xs_watch_add(w->xs, path, on_change, w, e);
		if (!w->front[i])
			return -1;
	}
	return 0;
}

struct xenbus_watch *xenbus_watch(struct xs *xs, struct loop *loop,
				  struct xenbus_dev *dev, unsigned int nr,
				  enum xenbus_goal goal, xenbus_done_fn *done,
				  void *ctx, struct err *e)
{
	struct xenbus_watch *w = calloc(1, sizeof(*w));

	/* NOLINTNEXTLINE(bugprone-sizeof-expression): it holds pointers */
	if (!w || !(w->front = calloc(nr, sizeof(*w->front))) ||
	    !(w->again = loop_timer_new(loop, on_again, w))) {
		err_sys(e, EXIT_FAILED, "memory");
		if (w)
			free(w->front);
		free(w);
		return NULL;
	}
	w->xs = xs;
	w->dev = dev;
	w->nr = nr;
	w->goal = goal;
	w->done = done;
	w->ctx = ctx;
	w->back = xs_watch_add(xs, BACKENDS, on_change, w, e);
	if (!w->back || watch_fronts(w, e) < 0) {
		xenbus_unwatch(w);
		return NULL;
	}
	return w;
}

void xenbus_unwatch(struct xenbus_watch *w)
{
	unsigned int i;

	if (!w)
		return;
	for (i = 0; i < w->nr; i++)
		xs_watch_del(w->front[i]);
	xs_watch_del(w->back);
	loop_timer_del(w->again);
	free(w->front);
	free(w);
}

/* --- taking apart --- */

struct change {
	struct xs *xs;
	const struct xenbus_dev *dev;
	int result;
};

static int put(struct change *c, xs_transaction_t t, const char *key,
	       const char *value, struct err *e)
{
	char path[XENBUS_PATH_MAX + 8];

	snprintf(path, sizeof(path), "%s/%s", c->dev->back, key);
	if (xs_put(c->xs, t, path, value) < 0)
		return err_sys(e, EXIT_FAILED, "write %s", path);
	return 0;
}

static int close_txn(void *ctx, xs_transaction_t t, struct err *e)
{
	struct change *c = ctx;
	unsigned int state = read_state(c->xs, t, c->dev->back);

	if (state == XenbusStateUnknown)
		return err_set(e, EXIT_FAILED, "%s: not there", c->dev->name);
	c->result = state < XenbusStateConnected || state == XenbusStateClosed;
	if (put(c, t, "online", "0", e) < 0)
		return -1;
	return state == XenbusStateClosed ? 0 : put(c, t, "state", "5", e);
}

int xenbus_close(struct xs *xs, const struct xenbus_dev *d, struct err *e)
{
	struct change c = {xs, d, 0};

	return xs_transact(xs, d->name, close_txn, &c, e) < 0 ? -1 : c.result;
}

static int reopen_txn(void *ctx, xs_transaction_t t, struct err *e)
{
	struct change *c = ctx;

	c->result =
		read_state(c->xs, t, c->dev->front) != XenbusStateConnected ||
		read_state(c->xs, t, c->dev->back) != XenbusStateClosing;
	if (c->result)
		return 0;
	if (put(c, t, "online", "1", e) < 0)
		return -1;
	return put(c, t, "state", "4", e);
}

int xenbus_reopen(struct xs *xs, const struct xenbus_dev *d, struct err *e)
{
	struct change c = {xs, d, 0};

	return xs_transact(xs, d->name, reopen_txn, &c, e) < 0 ? -1 : c.result;
}

/* Remove `path`, then up to `up` directories above it that are empty now. */
static int del_up(struct change *c, xs_transaction_t t, const char *path,
		  unsigned int up, struct err *e)
{
	char dir[XS_PATH_MAX];
	int rc = 1;

	if (xs_del_any(c->xs, t, path, e) < 0)
		return -1;
	snprintf(dir, sizeof(dir), "%s", path);
	while (up-- && rc == 1) {
		*strrchr(dir, '/') = '\0';
		rc = xs_del_empty(c->xs, t, dir, e);
	}
	return rc < 0 ? -1 : 0;
}

static int remove_txn(void *ctx, xs_transaction_t t, struct err *e)
{
	struct change *c = ctx;
	char error[XS_PATH_MAX];

	error_dir(c->dev, error);
	/* the id; device/KIND, backend/KIND/DOMID and error/... above it */
	if (del_up(c, t, c->dev->front, 1, e) < 0 ||
	    del_up(c, t, c->dev->back, 3, e) < 0)
		return -1;
	return del_up(c, t, error, 4, e);
}

/* Where sysfs has dom0's half: /sys/devices/<kind>-<domid>-<id>. */
static void driver_dir(const struct xenbus_dev *d, char path[XS_PATH_MAX])
{
	char *p;

	snprintf(path, XS_PATH_MAX, "/sys/devices/%s",
		 d->back + strlen(BACKENDS) + 1);
	for (p = path + strlen("/sys/devices/"); *p; p++) {
		if (*p == '/')
			*p = '-';
	}
}

/* Sysfs tells nobody, and it is a matter of milliseconds. */
static int wait_released(const struct xenbus_dev *d, struct err *e)
{
	struct timespec nap = {.tv_nsec = RELEASE_POLL_MS * 1000000};
	uint64_t end = clock_ms() + RELEASE_MS;
	char path[XS_PATH_MAX];

	driver_dir(d, path);
	while (!access(path, F_OK)) {
		if (clock_ms() >= end)
			return err_set(e, EXIT_TIMEOUT,
				       "%s: its backend driver has not let go "
				       "of it after %u s",
				       d->name, RELEASE_MS / 1000);
		nanosleep(&nap, NULL);
	}
	return 0;
}

int xenbus_remove(struct xs *xs, const struct xenbus_dev *d, struct err *e)
{
	struct change c = {xs, d, 0};

	if (xs_transact(xs, d->name, remove_txn, &c, e) < 0)
		return -1;
	return wait_released(d, e);
}
