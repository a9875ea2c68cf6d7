/* SPDX-License-Identifier: MIT */
#include "core/xs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/num.h"

enum { EVENTS_PER_TURN = 64 };

struct xs {
	struct xs_handle *h;
	struct log *log;
	int daemon;
	struct loop_io *io, *daemon_io;
	xs_gone_fn *gone;
	void *gone_ctx;
	struct xs_watcher *watchers;
	uint64_t next_token;
};

struct xs_watcher {
	struct xs *xs;
	char path[XS_PATH_MAX];
	char token[24];
	xs_watch_fn *fn;
	void *ctx;
	struct xs_watcher *next;
};

struct xs *xs_connect_any(struct log *log, struct err *e)
{
	struct xs *xs = calloc(1, sizeof(*xs));

	if (!xs) {
		err_sys(e, EXIT_FAILED, "xenstore");
		return NULL;
	}
	xs->log = log;
	xs->h = xs_open(0);
	if (!xs->h) {
		err_sys(e, EXIT_HOST, "xenstored does not answer");
		free(xs);
		return NULL;
	}
	xs->daemon = -1;
	return xs;
}

void xs_heed_daemon(struct xs *xs, int fd)
{
	xs->daemon = fd;
}

void xs_disconnect(struct xs *xs)
{
	if (!xs)
		return;
	while (xs->watchers)
		xs_watch_del(
			xs->watchers); /* NOLINT(clang-analyzer-unix.Malloc):
					  unlinks it */
	xs_detach(xs);
	xs_close(xs->h);
	if (xs->daemon >= 0)
		close(xs->daemon);
	free(xs);
}

struct xs_handle *xs_raw(struct xs *xs)
{
	return xs->h;
}

/*
 * The first call that finds the connection broken can say so in many ways. All
 * later ones fail with what the daemon itself never answers: EBADF.
 */
static bool is_gone(struct xs *xs)
{
	unsigned int i, len;
	void *root = NULL;

	for (i = 0; i < 2 && !root; i++)
		root = xs_read(xs->h, XBT_NULL, "/", &len);
	free(root);
	return !root && errno == EBADF;
}

static int gone(struct err *e, const char *what)
{
	return err_set(e, EXIT_HOST, "%s: xenstored is gone", what);
}

int xs_fail(struct xs *xs, struct err *e, const char *fmt, ...)
{
	int saved = errno;
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (is_gone(xs))
		return gone(e, what);
	errno = saved;
	return err_sys(e, EXIT_FAILED, "%s", what);
}

int xs_read_str(struct xs *xs, xs_transaction_t t, const char *path, char *buf,
		size_t size)
{
	unsigned int len;
	char *value = xs_read(xs->h, t, path, &len);

	if (!value)
		return -1;
	if (len >= size || memchr(value, '\0', len)) {
		free(value);
		errno = E2BIG;
		return -1;
	}
	memcpy(buf, value, len);
	buf[len] = '\0';
	free(value);
	return (int)len;
}

int xs_read_num(struct xs *xs, xs_transaction_t t, const char *path,
		uint64_t min, uint64_t max, uint64_t *out)
{
	char buf[32];

	if (xs_read_str(xs, t, path, buf, sizeof(buf)) < 0)
		return -1;
	if (num_parse(buf, min, max, out) < 0) {
		errno = ERANGE;
		return -1;
	}
	return 0;
}

int xs_put(struct xs *xs, xs_transaction_t t, const char *path,
	   const char *value)
{
	log_msg(xs->log, LOG_DETAIL, "xenstore: write %s = \"%s\"", path,
		value);
	return xs_write(xs->h, t, path, value, (unsigned int)strlen(value))
		       ? 0
		       : -1;
}

int xs_del(struct xs *xs, xs_transaction_t t, const char *path)
{
	log_msg(xs->log, LOG_DETAIL, "xenstore: remove %s", path);
	return xs_rm(xs->h, t, path) ? 0 : -1;
}

int xs_perms(struct xs *xs, xs_transaction_t t, const char *path,
	     struct xs_permissions *p, unsigned int nr)
{
	log_msg(xs->log, LOG_DETAIL, "xenstore: owner of %s is %u", path,
		p[0].id);
	return xs_set_permissions(xs->h, t, path, p, nr) ? 0 : -1;
}

int xs_introduce(struct xs *xs, uint32_t domid, unsigned long frame,
		 unsigned int port)
{
	log_msg(xs->log, LOG_DETAIL, "xenstore: introduce domain %u, port %u",
		domid, port);
	return xs_introduce_domain(xs->h, domid, frame, port) ? 0 : -1;
}

int xs_target(struct xs *xs, uint32_t stub, uint32_t target)
{
	log_msg(xs->log, LOG_DETAIL, "xenstore: target of domain %u is %u",
		stub, target);
	return xs_set_target(xs->h, stub, target) ? 0 : -1;
}

int xs_transact(struct xs *xs, const char *what, xs_txn_fn *fn, void *ctx,
		struct err *e)
{
	unsigned int i;

	for (i = 0; i < XS_RETRIES; i++) {
		xs_transaction_t t = xs_transaction_start(xs->h);

		if (t == XBT_NULL)
			return xs_fail(xs, e, "%s: transaction", what);
		log_msg(xs->log, LOG_DETAIL, "xenstore: begin transaction %u",
			t);
		if (fn(ctx, t, e) < 0) {
			xs_transaction_end(xs->h, t, true);
			return is_gone(xs) ? gone(e, what)
					   : err_in(e, "%s", what);
		}
		log_msg(xs->log, LOG_DETAIL, "xenstore: commit transaction %u",
			t);
		if (xs_transaction_end(xs->h, t, false))
			return 0;
		if (errno != EAGAIN)
			return xs_fail(xs, e, "%s: commit", what);
	}
	return err_set(e, EXIT_BUSY, "%s: xenstore too busy, %u attempts", what,
		       XS_RETRIES);
}

static struct xs_watcher *find_watcher(struct xs *xs, const char *token)
{
	struct xs_watcher *w;

	for (w = xs->watchers; w; w = w->next) {
		if (!strcmp(w->token, token))
			return w;
	}
	return NULL;
}

/*
 * A guest can write faster than we look: a bounded number, then whatever else
 * waits in the loop. The descriptor stays readable while there are more.
 */
static void xs_ready(void *ctx, uint32_t events)
{
	struct xs *xs = ctx;
	struct xs_watcher *w;
	unsigned int i;
	char **v;

	(void)events;
	for (i = 0; i < EVENTS_PER_TURN; i++) {
		v = xs_check_watch(xs->h);
		if (!v)
			return;

		w = find_watcher(xs, v[XS_WATCH_TOKEN]);
		if (w)
			w->fn(w->ctx, v[XS_WATCH_PATH]);
		free(v);
	}
}

/* Hung up it stays, and ready for ever: it is not waited for again. */
static void daemon_ready(void *ctx, uint32_t events)
{
	struct xs *xs = ctx;

	(void)events;
	loop_del(xs->daemon_io);
	xs->daemon_io = NULL;
	if (xs->gone)
		xs->gone(xs->gone_ctx);
}

/*
 * libxenstore's descriptor is a pipe to its own thread, which ends without a
 * word when the daemon does.
 */
int xs_attach(struct xs *xs, struct loop *loop, struct err *e)
{
	xs->io = loop_add(loop, xs_fileno(xs->h), EPOLLIN, xs_ready, xs, e);
	if (xs->io && xs->daemon >= 0)
		xs->daemon_io = loop_add(loop, xs->daemon, EPOLLRDHUP,
					 daemon_ready, xs, e);
	if (xs->io && (xs->daemon < 0 || xs->daemon_io))
		return 0;
	xs_detach(xs);
	return err_in(e, "xenstore");
}

void xs_detach(struct xs *xs)
{
	loop_del(xs->daemon_io);
	loop_del(xs->io);
	xs->io = xs->daemon_io = NULL;
}

void xs_on_gone(struct xs *xs, xs_gone_fn *fn, void *ctx)
{
	xs->gone = fn;
	xs->gone_ctx = ctx;
}

struct xs_watcher *xs_watch_add(struct xs *xs, const char *path,
				xs_watch_fn *fn, void *ctx, struct err *e)
{
	struct xs_watcher *w = calloc(1, sizeof(*w));

	if (!w || strlen(path) >= sizeof(w->path)) {
		err_set(e, EXIT_FAILED, "watch %s: no room", path);
		free(w);
		return NULL;
	}
	strcpy(w->path, path);
	snprintf(w->token, sizeof(w->token), "%llx",
		 (unsigned long long)xs->next_token++);
	w->xs = xs;
	w->fn = fn;
	w->ctx = ctx;
	w->next = xs->watchers;
	xs->watchers = w;
	if (!xs_watch(xs->h, w->path, w->token)) {
		xs_fail(xs, e, "watch %s", path);
		xs->watchers = w->next;
		free(w);
		return NULL;
	}
	return w;
}

void xs_watch_del(struct xs_watcher *w)
{
	struct xs_watcher **p;

	if (!w)
		return;
	for (p = &w->xs->watchers; *p != w; p = &(*p)->next)
		;
	*p = w->next;
	xs_unwatch(w->xs->h, w->path, w->token);
	free(w);
}
