/* SPDX-License-Identifier: MIT */
#include "tools/mtool/wait.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <xen/io/xenbus.h>

/* One wait: it ends when `done` says so, or by a failure in *e. */
struct wait {
	struct wait_ctx *c;
	struct loop *loop;
	struct err *e;
	int rc;
	/* Whether it has come, `changed` being the node that is new. */
	bool (*done)(struct wait *w, const char *changed);
	const char *what;
	struct backends *backends;
	char path[XS_PATH_MAX];
};

static void fail(struct wait *w)
{
	w->rc = -1;
	loop_stop(w->loop);
}

static void check_done(void *ctx, const char *path)
{
	struct wait *w = ctx;

	if (!w->rc && w->done(w, path) && !w->rc) {
		w->rc = 1;
		loop_stop(w->loop);
	}
}

static const char *shutdown_word(unsigned int reason)
{
	static const char *const word[] = {
		[SHUTDOWN_poweroff] = "powered itself off",
		[SHUTDOWN_reboot] = "asked for a reboot",
		[SHUTDOWN_suspend] = "suspended itself",
		[SHUTDOWN_crash] = "crashed",
		[SHUTDOWN_watchdog] = "was stopped by its watchdog",
	};

	return reason < sizeof(word) / sizeof(*word) ? word[reason]
						     : "shut down";
}

static void check_alive(struct wait *w, uint32_t domid, const char *name)
{
	struct hyp_dom d;
	int rc = hyp_dom_get(w->c->hyp, domid, &d, w->e);

	if (rc < 0) {
		fail(w);
	} else if (!rc || d.dying) {
		err_set(w->e, EXIT_DIED, "%s (domain %u) was destroyed", name,
			domid);
		fail(w);
	} else if (d.shutdown) {
		err_set(w->e, EXIT_DIED, "%s (domain %u) %s", name, domid,
			shutdown_word(d.reason));
		fail(w);
	}
}

/* @releaseDomain: some domain has died or shut down. */
static void on_release(void *ctx, const char *path)
{
	struct wait *w = ctx;

	(void)path;
	if (!w->rc)
		check_alive(w, w->c->stub, "stubdomain");
	if (!w->rc)
		check_alive(w, w->c->target, "guest");
}

static void on_limit(void *ctx)
{
	struct wait *w = ctx;

	err_set(w->e, EXIT_TIMEOUT, "%s: not within %llu s (%s)", w->what,
		(unsigned long long)w->c->limit_ms / 1000, w->c->limit_name);
	fail(w);
}

static void on_signal(void *ctx, uint32_t events)
{
	struct wait *w = ctx;

	(void)events;
	err_set(w->e, EXIT_FAILED, "%s: interrupted", w->what);
	fail(w);
}

static void on_supervisor(void *ctx, uint32_t events)
{
	struct wait *w = ctx;

	(void)events;
	err_set(w->e, EXIT_FAILED, "%s: the supervisor has died", w->what);
	fail(w);
}

static int run(struct wait *w, struct loop_timer *limit)
{
	struct loop_io *sig, *sup;
	struct xs_watcher *release;

	sig = loop_add(w->loop, w->c->signal_fd, EPOLLIN, on_signal, w, w->e);
	sup = loop_add(w->loop, w->c->supervisor_fd, EPOLLIN | EPOLLHUP,
		       on_supervisor, w, w->e);
	release = xs_watch_add(w->c->xs, "@releaseDomain", on_release, w, w->e);
	loop_timer_set(limit, w->c->limit_ms);
	if (!sig || !sup || !release || loop_run(w->loop, w->e) < 0)
		w->rc = -1;
	xs_watch_del(release);
	loop_del(sup);
	loop_del(sig);
	return w->rc;
}

/* Wait for w->done, which a change at or below w->path may make true. */
static int wait_for(struct wait *w)
{
	struct loop_timer *limit = NULL;
	struct xs_watcher *node = NULL;
	int rc = -1;

	w->loop = loop_new(w->e);
	if (!w->loop)
		return -1;
	limit = loop_timer_new(w->loop, on_limit, w);
	if (!limit)
		err_set(w->e, EXIT_FAILED, "%s: out of memory", w->what);
	else if (!xs_attach(w->c->xs, w->loop, w->e))
		node = xs_watch_add(w->c->xs, w->path, check_done, w, w->e);
	if (node)
		rc = run(w, limit) < 0 ? -1 : 0;
	xs_watch_del(node);
	xs_detach(w->c->xs);
	loop_timer_del(limit);
	loop_free(w->loop);
	return rc;
}

static bool dm_running(struct wait *w, const char *changed)
{
	char state[16];

	(void)changed;
	/* The stub writes here: anything but the one word is no news. */
	return xs_read_str(w->c->xs, XBT_NULL, w->path, state, sizeof(state)) >
		       0 &&
	       !strcmp(state, "running");
}

int wait_running(struct wait_ctx *c, struct err *e)
{
	struct wait w = {
		.c = c, .e = e, .done = dm_running, .what = "device model"};

	snprintf(w.path, sizeof(w.path),
		 "/local/domain/%u/device-model/%u/state", c->stub, c->target);
	return wait_for(&w);
}

/* What a backend directory is waited for. */
struct backend {
	char state[80]; /* path of the node */
	const struct vif_port *port;
	bool there;
};

struct backends {
	struct backend one[2 * (VM_DISKS_MAX + VM_NICS_MAX)];
	unsigned int nr, nr_there;
};

static const char BACKENDS[] = "/local/domain/0/backend";

/* The node that says how far the backend of a disk or nic is. */
static bool is_backend_state(const struct plan_node *n)
{
	size_t len = strlen(n->path), dir = strlen(BACKENDS);

	return !strncmp(n->path, BACKENDS, dir) &&
	       (!strncmp(n->path + dir, "/vbd/", 5) ||
		!strncmp(n->path + dir, "/vif/", 5)) &&
	       !strcmp(n->path + len - 6, "/state");
}

static const struct vif_port *port_of(const char *state,
				      const struct vif_port *port,
				      unsigned int nr)
{
	for (; nr; port++, nr--) {
		size_t len = strlen(port->back);

		if (!strncmp(state, port->back, len) &&
		    !strcmp(state + len, "/state"))
			return port;
	}
	return NULL;
}

static int collect(struct backends *b, const struct plan *p,
		   const struct plan_vars *vars, const struct vif_port *port,
		   unsigned int nr_port, struct err *e)
{
	unsigned int i, j;

	for (i = 0; i < p->nr_step; i++) {
		const struct plan_step *s = &p->step[i];

		for (j = 0; j < s->nr_node; j++) {
			struct backend *new = &b->one[b->nr];

			if (!is_backend_state(&s->node[j]))
				continue;
			if (plan_expand(vars, s->node[j].path, new->state,
					sizeof(new->state), e) < 0)
				return -1;
			new->port = port_of(new->state, port, nr_port);
			b->nr++;
		}
	}
	return 0;
}

static void check_backend(struct wait *w, struct backend *b)
{
	uint64_t state;

	if (xs_read_num(w->c->xs, XBT_NULL, b->state, 0, 255, &state) < 0 ||
	    state < XenbusStateInitWait)
		return;
	if (b->port && vif_plug(b->port, w->c->xs, w->e) < 0) {
		fail(w);
		return;
	}
	b->there = true;
	w->backends->nr_there++;
}

/* Of a whole directory of changes only its states are worth a request. */
static bool backends_there(struct wait *w, const char *changed)
{
	struct backends *all = w->backends;
	unsigned int i;

	for (i = 0; i < all->nr && !w->rc; i++) {
		struct backend *b = &all->one[i];

		if (!b->there &&
		    (!strcmp(changed, b->state) || !strcmp(changed, BACKENDS)))
			check_backend(w, b);
	}
	return all->nr_there == all->nr;
}

int wait_backends(struct wait_ctx *c, const struct plan *p,
		  const struct plan_vars *vars, const struct vif_port *port,
		  unsigned int nr_port, struct err *e)
{
	struct backends all = {.nr = 0};
	struct wait w = {
		.c = c,
		.e = e,
		.done = backends_there,
		.what = "backends of disks and nics (modules xen-blkback, "
			"xen-netback)",
		.backends = &all,
	};

	strcpy(w.path, BACKENDS);
	if (collect(&all, p, vars, port, nr_port, e) < 0)
		return -1;
	return all.nr ? wait_for(&w) : 0;
}
