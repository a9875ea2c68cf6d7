/* SPDX-License-Identifier: MIT */
#include "core/xs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "core/xsint.h"

struct xs *xs_over(struct xswire *wire, struct log *log)
{
	struct xs *xs = calloc(1, sizeof(*xs));

	if (!xs) {
		xswire_close(wire);
		return NULL;
	}
	xs->log = log;
	xs->wire = wire;
	xswire_on_event(wire, xs_event, xs);
	return xs;
}

struct xs *xs_connect_at(const char *path, struct log *log, struct err *e)
{
	struct xswire *wire = xswire_open(path);
	struct xs *xs = wire ? xs_over(wire, log) : NULL;

	if (!xs)
		err_sys(e, EXIT_HOST, "%s: xenstored does not answer", path);
	return xs;
}

/* The daemon forgets the watches of a connection that ends. */
void xs_disconnect(struct xs *xs)
{
	if (!xs)
		return;
	xs_forget_watches(xs);
	xs_detach(xs);
	xswire_close(xs->wire);
	free(xs);
}

static int lost(struct xs *xs, struct err *e, const char *what)
{
	return err_set(e, EXIT_HOST, "%s: %s", what, xswire_why(xs->wire));
}

int xs_fail(struct xs *xs, struct err *e, const char *fmt, ...)
{
	int saved = errno;
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (xswire_why(xs->wire))
		return lost(xs, e, what);
	errno = saved;
	return err_sys(e, EXIT_FAILED, "%s", what);
}

int xs_read_str(struct xs *xs, xs_transaction_t t, const char *path, char *buf,
		size_t size)
{
	const char *value;
	int len = xsreq_read(xs->wire, t, path, &value);

	if (len < 0)
		return -1;
	if ((size_t)len >= size || memchr(value, '\0', (size_t)len)) {
		errno = E2BIG;
		return -1;
	}
	memcpy(buf, value, (size_t)len + 1);
	return len;
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

int xs_exists(struct xs *xs, xs_transaction_t t, const char *path)
{
	const char *value;

	if (xsreq_read(xs->wire, t, path, &value) >= 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

char **xs_list(struct xs *xs, xs_transaction_t t, const char *path,
	       unsigned int *nr)
{
	return xsreq_directory(xs->wire, t, path, nr);
}

int xs_put(struct xs *xs, xs_transaction_t t, const char *path,
	   const char *value)
{
	log_msg(xs->log, LOG_DETAIL, "xenstore: write %s = \"%s\"", path,
		value);
	return xsreq_write(xs->wire, t, path, value, strlen(value));
}

int xs_del(struct xs *xs, xs_transaction_t t, const char *path)
{
	log_msg(xs->log, LOG_DETAIL, "xenstore: remove %s", path);
	return xsreq_rm(xs->wire, t, path);
}

int xs_perms(struct xs *xs, xs_transaction_t t, const char *path,
	     struct xs_permissions *p, unsigned int nr)
{
	log_msg(xs->log, LOG_DETAIL, "xenstore: owner of %s is %u", path,
		p[0].id);
	return xsreq_set_perms(xs->wire, t, path, p, nr);
}

void xs_ahead(struct xs *xs)
{
	xswire_ahead(xs->wire);
}

int xs_settle(struct xs *xs)
{
	return xswire_settle(xs->wire);
}

int xs_introduce(struct xs *xs, uint32_t domid, unsigned long frame,
		 unsigned int port)
{
	log_msg(xs->log, LOG_DETAIL, "xenstore: introduce domain %u, port %u",
		domid, port);
	return xsreq_introduce(xs->wire, domid, frame, port);
}

int xs_target(struct xs *xs, uint32_t stub, uint32_t target)
{
	log_msg(xs->log, LOG_DETAIL, "xenstore: target of domain %u is %u",
		stub, target);
	return xsreq_set_target(xs->wire, stub, target);
}

int xs_resume(struct xs *xs, uint32_t domid)
{
	return xsreq_resume(xs->wire, domid);
}

/*
 * A transaction of C xenstored's sees each node as it was when it first came to
 * it. Where another one has removed a child meanwhile the two do not fit, and
 * what works on them is refused with EIO: as good as a refused commit.
 */
static bool torn(struct xs *xs)
{
	return xswire_refusal(xs->wire) == EIO && !xswire_why(xs->wire);
}

/* 0; 1 to begin anew, with why in *e; -1 and *e */
static int attempt(struct xs *xs, const char *what, xs_txn_fn *fn, void *ctx,
		   struct err *e)
{
	xs_transaction_t t = xsreq_begin(xs->wire);
	bool again;

	if (t == XBT_NULL)
		return xs_fail(xs, e, "%s: transaction", what);
	log_msg(xs->log, LOG_DETAIL, "xenstore: begin transaction %u", t);
	xswire_refusal(xs->wire);
	if (fn(ctx, t, e) < 0) {
		again = torn(xs);
		xsreq_end(xs->wire, t, false);
		if (xswire_why(xs->wire))
			return lost(xs, e, what);
		err_in(e, "%s", what);
		return again ? 1 : -1;
	}
	log_msg(xs->log, LOG_DETAIL, "xenstore: commit transaction %u", t);
	if (!xsreq_end(xs->wire, t, true))
		return 0;
	if (errno != EAGAIN)
		return xs_fail(xs, e, "%s: commit", what);
	err_set(e, EXIT_BUSY, "%s: xenstore too busy, %u attempts", what,
		XS_RETRIES);
	return 1;
}

int xs_transact(struct xs *xs, const char *what, xs_txn_fn *fn, void *ctx,
		struct err *e)
{
	unsigned int i;
	int rc = 1;

	for (i = 0; i < XS_RETRIES && rc == 1; i++)
		rc = attempt(xs, what, fn, ctx, e);
	return rc ? -1 : 0;
}
