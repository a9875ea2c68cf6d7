/* SPDX-License-Identifier: MIT */
/* Payloads as Xen's docs/misc/xenstore.txt has them. */
#include "core/xsreq.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xs_wire.h>

#include "core/num.h"

enum {
	PERMS_MAX = 8,
	LIST_TRIES = 16, /* while it changes */
};

/* With its NUL, as most of the wire's strings are. */
static struct iovec string(const char *s)
{
	return (struct iovec){(void *)s, strlen(s) + 1};
}

/* A request of one string, or two. */
static int ask(struct xswire *w, uint32_t type, xs_transaction_t t,
	       const char *first, const char *second)
{
	struct iovec part[2] = {string(first), {NULL, 0}};

	if (second)
		part[1] = string(second);
	return xswire_request(w, type, t, part, second ? 2 : 1, NULL) < 0 ? -1
									  : 0;
}

/* --- nodes --- */

int xsreq_read(struct xswire *w, xs_transaction_t t, const char *path,
	       const char **value)
{
	struct iovec part = string(path);

	return xswire_request(w, XS_READ, t, &part, 1, value);
}

int xsreq_write(struct xswire *w, xs_transaction_t t, const char *path,
		const void *value, size_t len)
{
	struct iovec part[] = {string(path), {(void *)value, len}};

	return xswire_request(w, XS_WRITE, t, part, 2, NULL) < 0 ? -1 : 0;
}

int xsreq_rm(struct xswire *w, xs_transaction_t t, const char *path)
{
	return ask(w, XS_RM, t, path, NULL);
}

int xsreq_set_perms(struct xswire *w, xs_transaction_t t, const char *path,
		    const struct xs_permissions *p, unsigned int nr)
{
	struct iovec part[1 + PERMS_MAX] = {string(path)};
	char text[PERMS_MAX][16];
	unsigned int i;

	if (nr > PERMS_MAX) {
		errno = E2BIG;
		return -1;
	}
	for (i = 0; i < nr; i++) {
		snprintf(text[i], sizeof(text[i]), "%c%u",
			 "nrwb"[p[i].perms & 3], p[i].id);
		part[1 + i] = string(text[i]);
	}
	return xswire_request(w, XS_SET_PERMS, t, part, 1 + nr, NULL) < 0 ? -1
									  : 0;
}

/* --- directories --- */

/* Strings one after the other, each with its NUL. */
struct list {
	char *text;
	size_t len;
};

static int append(struct list *l, const char *text, size_t len)
{
	char *new;

	errno = E2BIG;
	if (l->len + len > XSREQ_LIST_MAX)
		return -1;
	new = realloc(l->text, l->len + len + 1);
	if (!new)
		return -1;
	memcpy(new + l->len, text, len);
	l->text = new;
	l->len += len;
	return 0;
}

/* One block: the pointers, and what they point to. */
static char **split(const struct list *l, unsigned int *nr)
{
	size_t at, n = 0, end = l->len;
	char **names, *text;

	for (at = 0; at < end; at++)
		n += !l->text[at];
	names = malloc((n + 1) * sizeof(*names) + end + 1);
	if (!names)
		return NULL;
	text = (char *)(names + n + 1);
	if (end)
		memcpy(text, l->text, end);
	text[end] = '\0';
	*nr = (unsigned int)n;
	for (n = at = 0; n < *nr; at += strlen(text + at) + 1)
		names[n++] = text + at;
	names[n] = NULL;
	return names;
}

/*
 * The next part: the node's generation, then names. The last part ends with
 * an empty one. Returns 1 if this was it, or 0; -1 with errno, EAGAIN if the
 * node has changed since the first part.
 */
static int read_part(struct xswire *w, xs_transaction_t t, const char *path,
		     char generation[32], struct list *l)
{
	struct iovec part[2] = {string(path)};
	char offset[24];
	const char *reply;
	size_t len, head;
	int got;

	snprintf(offset, sizeof(offset), "%zu", l->len);
	part[1] = string(offset);
	got = xswire_request(w, XS_DIRECTORY_PART, t, part, 2, &reply);
	if (got < 0) {
		if (errno == ENOSYS)
			errno = E2BIG; /* what XS_DIRECTORY has said */
		return -1;
	}
	if (!l->len)
		snprintf(generation, 32, "%s", reply);
	if (strncmp(generation, reply, 31)) {
		errno = EAGAIN;
		return -1;
	}
	head = strlen(reply) + 1;
	if (head + 1 >= (size_t)got)
		return 1;
	reply += head;
	len = (size_t)got - head;
	if (reply[len - 1] || reply[len - 2])
		return append(l, reply, len);
	return append(l, reply, len - 1) < 0 ? -1 : 1;
}

static int read_parts(struct xswire *w, xs_transaction_t t, const char *path,
		      struct list *l)
{
	char generation[32];
	unsigned int tries = 0;
	int rc;

	do {
		rc = read_part(w, t, path, generation, l);
		if (rc < 0 && errno == EAGAIN && ++tries < LIST_TRIES)
			rc = 0, l->len = 0;
	} while (!rc);
	return rc < 0 ? -1 : 0;
}

char **xsreq_directory(struct xswire *w, xs_transaction_t t, const char *path,
		       unsigned int *nr)
{
	struct list l = {0};
	struct iovec part = string(path);
	const char *reply;
	char **names = NULL;
	int rc = xswire_request(w, XS_DIRECTORY, t, &part, 1, &reply);

	if (rc >= 0)
		rc = append(&l, reply, (size_t)rc);
	else if (errno == E2BIG)
		rc = read_parts(w, t, path, &l);
	if (!rc)
		names = split(&l, nr);
	free(l.text);
	return names;
}

/* --- transactions --- */

xs_transaction_t xsreq_begin(struct xswire *w)
{
	struct iovec part = string("");
	const char *reply;
	uint64_t t;

	if (xswire_request(w, XS_TRANSACTION_START, XBT_NULL, &part, 1,
			   &reply) < 0)
		return XBT_NULL;
	if (num_parse(reply, 1, UINT32_MAX, &t) < 0) {
		errno = EPROTO;
		return XBT_NULL;
	}
	return (xs_transaction_t)t;
}

int xsreq_end(struct xswire *w, xs_transaction_t t, bool commit)
{
	return ask(w, XS_TRANSACTION_END, t, commit ? "T" : "F", NULL);
}

/* --- domains --- */

int xsreq_introduce(struct xswire *w, uint32_t domid, unsigned long frame,
		    unsigned int port)
{
	char text[3][24];
	struct iovec part[3];
	unsigned int i;

	snprintf(text[0], sizeof(text[0]), "%u", domid);
	snprintf(text[1], sizeof(text[1]), "%lu", frame);
	snprintf(text[2], sizeof(text[2]), "%u", port);
	for (i = 0; i < 3; i++)
		part[i] = string(text[i]);
	return xswire_request(w, XS_INTRODUCE, XBT_NULL, part, 3, NULL) < 0 ? -1
									    : 0;
}

int xsreq_set_target(struct xswire *w, uint32_t stub, uint32_t target)
{
	char text[2][16];

	snprintf(text[0], sizeof(text[0]), "%u", stub);
	snprintf(text[1], sizeof(text[1]), "%u", target);
	return ask(w, XS_SET_TARGET, XBT_NULL, text[0], text[1]);
}

int xsreq_resume(struct xswire *w, uint32_t domid)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", domid);
	return ask(w, XS_RESUME, XBT_NULL, text, NULL);
}

/* --- watches --- */

int xsreq_watch(struct xswire *w, const char *path, const char *token)
{
	return ask(w, XS_WATCH, XBT_NULL, path, token);
}

int xsreq_unwatch(struct xswire *w, const char *path, const char *token)
{
	return ask(w, XS_UNWATCH, XBT_NULL, path, token);
}
