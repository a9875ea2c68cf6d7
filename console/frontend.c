/* SPDX-License-Identifier: MIT */
/*
 * The handshake of consoles 1 and up (xen/public/io/xenbus.h; the frontend is
 * Linux' drivers/tty/hvc/hvc_xen.c):
 *
 *	frontend			backend
 *	1 Initialising			2 InitWait, from the plan on
 *	ring-ref, port; 3 Initialised	maps and binds; 4 Connected
 *	4 Connected
 *	5 Closing			drains, unmaps, unbinds; 5, 6
 *	6 Closed			6 Closed
 *	1 Initialising (again)		2 InitWait
 *
 * A frontend that writes 3 while connected has a new ring: Linux does that
 * after resume. Other writes to ring-ref and port are not looked at.
 */
#include "console/con.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	/* Looks at one frontend are this far apart, whatever it writes. */
	LOOK_MS = 20,
	/* The FIFO ABI's limit (xen/event_channel.h); port 0 is none. */
	PORT_MAX = EVTCHN_FIFO_NR_CHANNELS - 1,
};

/* `domid` and `index` are numbers of ours: it always fits. */
static void front_path(const struct con *c, const char *node, char *path)
{
	if (c->index)
		snprintf(path, XS_PATH_MAX,
			 "/local/domain/%u/device/console/%u/%s", c->domid,
			 c->index, node);
	else
		snprintf(path, XS_PATH_MAX, "/local/domain/%u/console/%s",
			 c->domid, node);
}

static void back_path(const struct con *c, const char *node, char *path)
{
	snprintf(path, XS_PATH_MAX, "/local/domain/0/backend/console/%u/%u/%s",
		 c->domid, c->index, node);
}

struct node {
	struct con *c;
	const char *value;
};

/* A write makes the directory too; one that has been removed stays so. */
static int write_state(void *ctx, xs_transaction_t t, struct err *e)
{
	struct node *n = ctx;
	char path[XS_PATH_MAX], old[XS_VALUE_MAX + 1];
	struct xs *xs = n->c->server->xs;

	back_path(n->c, "state", path);
	if (xs_read_str(xs, t, path, old, sizeof(old)) < 0 ||
	    xs_put(xs, t, path, n->value) < 0)
		return err_sys(e, EXIT_FAILED, "%s", path);
	return 0;
}

static void set_state(struct con *c, enum xenbus_state state)
{
	char value[12];
	struct node n = {.c = c, .value = value};
	struct err e;

	if (c->bus.back == state)
		return;
	snprintf(value, sizeof(value), "%d", state);
	c->bus.back = state;
	if (xs_transact(c->server->xs, c->name, write_state, &n, &e) < 0)
		log_msg(c->server->log, LOG_STEP, "%s", e.msg);
}

/* A number that the frontend wrote. */
static int get_front(struct con *c, const char *node, uint64_t min,
		     uint64_t max, uint64_t *out)
{
	char path[XS_PATH_MAX];

	front_path(c, node, path);
	if (xs_read_num(c->server->xs, XBT_NULL, path, min, max, out) < 0) {
		con_fail(c, "%s: %s", node,
			 errno == ENOENT ? "missing" : "not a sensible number");
		return -1;
	}
	return 0;
}

/* The grants below GNTTAB_NR_RESERVED_ENTRIES are not a frontend's to give. */
static void front_connect(struct con *c, bool takeover)
{
	struct con_server *s = c->server;
	uint64_t ref, port;
	struct err e;

	if (get_front(c, "ring-ref", GNTTAB_NR_RESERVED_ENTRIES, UINT32_MAX,
		      &ref) < 0 ||
	    get_front(c, "port", 1, PORT_MAX, &port) < 0)
		return;
	c->page = xengnttab_map_grant_ref(s->xgt, c->domid, (uint32_t)ref,
					  PROT_READ | PROT_WRITE);
	if (!c->page) {
		con_fail(c, "grant %u: %s", (uint32_t)ref, strerror(errno));
		return;
	}
	if (con_attach(c, (uint32_t)port, takeover, &e) < 0) {
		con_fail(c, "%s", e.msg);
		return;
	}
	if (!c->page)
		return;
	/* Written even if it is the same: who is at 3 waits for an event. */
	c->bus.back = XenbusStateUnknown;
	set_state(c, XenbusStateConnected);
}

static void front_close(struct con *c, enum xenbus_state reply)
{
	con_drain(c);
	con_detach(c);
	set_state(c, reply);
}

/* The frontend has gone from `was` to `now`. */
static void front_changed(struct con *c, enum xenbus_state was,
			  enum xenbus_state now)
{
	bool takeover = c->bus.takeover;

	c->bus.takeover = false;
	switch (now) {
	case XenbusStateInitialising:
	case XenbusStateInitWait:
		front_close(c, XenbusStateInitWait);
		break;
	case XenbusStateInitialised:
		if (was == now)
			break;
		con_drain(c);
		con_detach(c);
		front_connect(c, false);
		break;
	case XenbusStateConnected:
		if (takeover)
			front_connect(c, true);
		break;
	case XenbusStateClosing:
		front_close(c, XenbusStateClosing);
		break;
	case XenbusStateUnknown:
	case XenbusStateClosed:
		front_close(c, XenbusStateClosed);
		break;
	default: /* Reconfiguring, Reconfigured: not for consoles */
		break;
	}
}

static void front_look(void *ctx)
{
	struct con *c = ctx;
	enum xenbus_state was = c->bus.front;
	uint64_t now;

	c->bus.looked_ms = clock_ms();
	if (get_front(c, "state", XenbusStateUnknown, XenbusStateReconfigured,
		      &now) < 0) {
		c->bus.front = XenbusStateUnknown;
		return;
	}
	c->bus.front = (enum xenbus_state)now;
	front_changed(c, was, c->bus.front);
}

/* Events are only a hint to look, however many there are. */
static void front_hint(void *ctx, const char *path)
{
	struct con *c = ctx;
	uint64_t age = clock_ms() - c->bus.looked_ms;

	(void)path;
	loop_timer_set(c->bus.timer, age >= LOOK_MS ? 0 : LOOK_MS - age);
}

static int bus_watch(struct con *c, struct err *e)
{
	char path[XS_PATH_MAX];

	c->bus.timer = loop_timer_new(c->server->loop, front_look, c);
	if (!c->bus.timer)
		return err_sys(e, EXIT_FAILED, "%s", c->name);
	front_path(c, "state", path);
	c->bus.watch = xs_watch_add(c->server->xs, path, front_hint, c, e);
	return c->bus.watch ? 0 : -1;
}

int con_bus_start(struct con *c, struct err *e)
{
	char path[XS_PATH_MAX];
	uint64_t state;

	back_path(c, "state", path);
	if (xs_read_num(c->server->xs, XBT_NULL, path, XenbusStateUnknown,
			XenbusStateReconfigured, &state) < 0)
		return err_sys(e, EXIT_FAILED, "%s: %s", c->name, path);
	c->bus.back = (enum xenbus_state)state;
	c->bus.takeover = state == XenbusStateConnected;
	if (bus_watch(c, e) < 0)
		return -1;
	front_look(c);
	return 0;
}

void con_bus_stop(struct con *c)
{
	xs_watch_del(c->bus.watch);
	loop_timer_del(c->bus.timer);
}

void con_bus_failed(struct con *c)
{
	if (c->bus.timer)
		set_state(c, XenbusStateClosed);
}

/*
 * Dom0's, and only readable for the domain: who opens what it names trusts
 * it (XSA-57). `state` or `port` are there as long as the console is.
 */
static int write_tty(struct con *c, xs_transaction_t t, struct err *e)
{
	char path[XS_PATH_MAX], old[XS_VALUE_MAX + 1];
	struct xs *xs = c->server->xs;
	struct xs_permissions perms[] = {
		{.id = 0, .perms = XS_PERM_NONE},
		{.id = c->domid, .perms = XS_PERM_READ},
	};

	front_path(c, c->index ? "state" : "port", path);
	if (xs_read_str(xs, t, path, old, sizeof(old)) < 0)
		return err_sys(e, EXIT_FAILED, "%s", path);
	front_path(c, "tty", path);
	if (xs_put(xs, t, path, c->tty) < 0 ||
	    xs_perms(xs, t, path, perms, 2) < 0)
		return err_sys(e, EXIT_FAILED, "%s", path);
	return 0;
}

static int write_ttys(void *ctx, xs_transaction_t t, struct err *e)
{
	struct con_server *s = ctx;
	struct con *c;

	for (c = s->consoles; c; c = c->next) {
		if (c->tty && write_tty(c, t, e) < 0)
			return -1;
	}
	return 0;
}

void con_set_tty(struct con *c, const char *tty)
{
	c->tty = tty;
}

int con_server_publish(struct con_server *s, struct err *e)
{
	struct con *c;

	if (xs_transact(s->xs, "ttys of consoles", write_ttys, s, e) < 0)
		return -1;
	for (c = s->consoles; c; c = c->next)
		c->tty = NULL;
	return 0;
}
