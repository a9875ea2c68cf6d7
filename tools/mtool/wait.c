/* SPDX-License-Identifier: MIT */
#include "tools/mtool/wait.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* One wait: it ends when rc is no longer 0; *e tells of a failure. */
struct wait {
	struct wait_ctx *c;
	struct loop *loop;
	struct loop_timer *limit;
	struct loop_io *signal, *supervisor;
	struct xs_watcher *release;
	struct err *e;
	int rc;
	const char *what;
	char path[XS_PATH_MAX];
};

static void fail(struct wait *w)
{
	w->rc = -1;
	loop_stop(w->loop);
}

static void succeed(struct wait *w)
{
	w->rc = 1;
	loop_stop(w->loop);
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

static void on_gone(void *ctx)
{
	struct wait *w = ctx;

	xs_fail(w->c->xs, w->e, "%s", w->what);
	fail(w);
}

/* A descriptor that ends the wait; -1: there is none. */
static int add_fd(struct wait *w, struct loop_io **io, int fd, loop_io_fn *fn)
{
	if (fd < 0)
		return 0;
	*io = loop_add(w->loop, fd, EPOLLIN | EPOLLHUP, fn, w, w->e);
	return *io ? 0 : -1;
}

/* Everything that may end a wait besides what is waited for. */
static int begin(struct wait *w)
{
	w->loop = loop_new(w->e);
	if (!w->loop || xs_attach(w->c->xs, w->loop, w->e) < 0)
		return -1;
	xs_on_gone(w->c->xs, on_gone, w);
	w->limit = loop_timer_new(w->loop, on_limit, w);
	if (!w->limit)
		return err_set(w->e, EXIT_FAILED, "%s: out of memory", w->what);
	if (add_fd(w, &w->signal, w->c->signal_fd, on_signal) < 0 ||
	    add_fd(w, &w->supervisor, w->c->supervisor_fd, on_supervisor) < 0)
		return -1;
	w->release =
		xs_watch_add(w->c->xs, "@releaseDomain", on_release, w, w->e);
	return w->release ? 0 : -1;
}

static int run(struct wait *w)
{
	loop_timer_set(w->limit, w->c->limit_ms);
	if (loop_run(w->loop, w->e) < 0)
		return -1;
	return w->rc < 0 ? -1 : 0;
}

static void end(struct wait *w)
{
	if (!w->loop)
		return;
	xs_watch_del(w->release);
	loop_del(w->supervisor);
	loop_del(w->signal);
	xs_on_gone(w->c->xs, NULL, NULL);
	xs_detach(w->c->xs);
	loop_timer_del(w->limit);
	loop_free(w->loop);
}

static void check_running(void *ctx, const char *path)
{
	struct wait *w = ctx;
	char state[16];

	(void)path;
	/* The stub writes here: anything but the one word is no news. */
	if (!w->rc &&
	    xs_read_str(w->c->xs, XBT_NULL, w->path, state, sizeof(state)) >
		    0 &&
	    !strcmp(state, "running"))
		succeed(w);
}

int wait_running(struct wait_ctx *c, struct err *e)
{
	struct wait w = {.c = c, .e = e, .what = "device model"};
	struct xs_watcher *node = NULL;
	int rc = -1;

	snprintf(w.path, sizeof(w.path),
		 "/local/domain/%u/device-model/%u/state", c->stub, c->target);
	if (!begin(&w))
		node = xs_watch_add(c->xs, w.path, check_running, &w, e);
	if (node)
		rc = run(&w);
	xs_watch_del(node);
	end(&w);
	return rc;
}

static void devices_done(void *ctx, const struct err *e)
{
	struct wait *w = ctx;

	if (w->rc)
		return;
	if (!e) {
		succeed(w);
		return;
	}
	*w->e = *e;
	fail(w);
}

int wait_devices(struct wait_ctx *c, struct xenbus_dev *dev, unsigned int nr,
		 enum xenbus_goal goal, const char *what, struct err *e)
{
	struct wait w = {.c = c, .e = e, .what = what};
	struct xenbus_watch *devices = NULL;
	int rc = -1;

	if (!nr)
		return 0;
	if (!begin(&w))
		devices = xenbus_watch(c->xs, w.loop, dev, nr, goal,
				       devices_done, &w, e);
	if (devices)
		rc = run(&w);
	xenbus_unwatch(devices);
	end(&w);
	return rc;
}

int wait_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, old);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}
