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
	bool (*done)(struct wait *w);
	const char *what;
	const struct plan *plan;
	const struct plan_vars *vars;
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

	(void)path;
	if (!w->rc && w->done(w)) {
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

static bool dm_running(struct wait *w)
{
	char state[16];

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

static bool is_vbd_state(const struct plan_node *n)
{
	static const char prefix[] = "/local/domain/0/backend/vbd/";
	size_t len = strlen(n->path);

	return !strncmp(n->path, prefix, strlen(prefix)) && len > 6 &&
	       !strcmp(n->path + len - 6, "/state");
}

static bool backend_there(struct wait *w, const struct plan_node *n)
{
	char path[XS_PATH_MAX];
	struct err ignored;
	uint64_t state;

	return !plan_expand(w->vars, n->path, path, sizeof(path), &ignored) &&
	       !xs_read_num(w->c->xs, XBT_NULL, path, 0, 255, &state) &&
	       state >= XenbusStateInitWait;
}

static bool backends_there(struct wait *w)
{
	unsigned int i, j;

	for (i = 0; i < w->plan->nr_step; i++) {
		const struct plan_step *s = &w->plan->step[i];

		for (j = 0; j < s->nr_node; j++) {
			if (is_vbd_state(&s->node[j]) &&
			    !backend_there(w, &s->node[j]))
				return false;
		}
	}
	return true;
}

int wait_backends(struct wait_ctx *c, const struct plan *p,
		  const struct plan_vars *vars, struct err *e)
{
	struct wait w = {
		.c = c,
		.e = e,
		.done = backends_there,
		.what = "disk backends (module xen-blkback)",
		.plan = p,
		.vars = vars,
		.path = "/local/domain/0/backend/vbd",
	};

	return wait_for(&w);
}
