/* SPDX-License-Identifier: MIT */
/*
 * A xenstore that is a list in memory, in place of core/xs.c; for one source
 * file of a test. Watches are fired by hand: no event loop is needed.
 */
#ifndef TESTS_UNIT_XS_FAKE_H
#define TESTS_UNIT_XS_FAKE_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "core/xs.h"

enum { NODES = 64, WATCHES = 8 };

struct xs_watcher {
	char path[XS_PATH_MAX];
	xs_watch_fn *fn;
	void *ctx;
	bool used;
};

static struct store {
	struct {
		char path[XS_PATH_MAX], value[XS_PATH_MAX];
	} node[NODES];
	unsigned int reads;
	int list_fails; /* errno of xs_list; 0: it works */
	struct xs_watcher watch[WATCHES];
} store;

static inline void put(const char *path, const char *value)
{
	unsigned int i, room = NODES;

	for (i = NODES; i--;) {
		if (!strcmp(store.node[i].path, path))
			break;
		if (!*store.node[i].path)
			room = i;
	}
	if (i == (unsigned int)-1)
		i = room;
	snprintf(store.node[i].path, sizeof(store.node[i].path), "%s", path);
	snprintf(store.node[i].value, sizeof(store.node[i].value), "%s", value);
}

static inline const char *get(const char *path)
{
	unsigned int i;

	for (i = 0; i < NODES; i++) {
		if (!strcmp(store.node[i].path, path))
			return store.node[i].value;
	}
	return "";
}

/* Whether `node` is `path` or below it. */
static inline bool is_below(const char *node, const char *path)
{
	size_t len = strlen(path);

	return !strncmp(node, path, len) && (!node[len] || node[len] == '/');
}

/* Whether there is a node at or below a path. */
static inline bool there(const char *path)
{
	unsigned int i;

	for (i = 0; i < NODES; i++) {
		if (*store.node[i].path && is_below(store.node[i].path, path))
			return true;
	}
	return false;
}

/* --- core/xs, as far as it is used --- */

int xs_read_str(struct xs *xs, xs_transaction_t t, const char *path, char *buf,
		size_t size)
{
	(void)xs, (void)t;
	store.reads++;
	if (!there(path)) {
		errno = ENOENT;
		return -1;
	}
	if (strlen(get(path)) >= size) {
		errno = E2BIG;
		return -1;
	}
	return snprintf(buf, size, "%s", get(path));
}

int xs_read_num(struct xs *xs, xs_transaction_t t, const char *path,
		uint64_t min, uint64_t max, uint64_t *out)
{
	char buf[64];

	if (xs_read_str(xs, t, path, buf, sizeof(buf)) < 0)
		return -1;
	return num_parse(buf, min, max, out);
}

int xs_put(struct xs *xs, xs_transaction_t t, const char *path,
	   const char *value)
{
	(void)xs, (void)t;
	put(path, value);
	return 0;
}

int xs_del(struct xs *xs, xs_transaction_t t, const char *path)
{
	unsigned int i;

	(void)xs, (void)t;
	for (i = 0; i < NODES; i++) {
		if (is_below(store.node[i].path, path))
			*store.node[i].path = '\0';
	}
	return 0;
}

int xs_fail(struct xs *xs, struct err *e, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	(void)xs;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_sys(e, EXIT_FAILED, "%s", what);
}

/* Each child once; ENOENT if there is no such node. */
char **xs_list(struct xs *xs, xs_transaction_t t, const char *path,
	       unsigned int *num)
{
	enum { CHILDREN = NODES, NAME = 64 };
	char **list = calloc(CHILDREN, sizeof(*list) + NAME);
	char *name = (char *)(list + CHILDREN);
	size_t len = strlen(path);
	unsigned int i, j, n = 0;

	(void)xs, (void)t;
	errno = store.list_fails;
	if (store.list_fails) {
		free(list);
		return NULL;
	}
	for (i = 0; i < NODES; i++) {
		const char *p = store.node[i].path;

		if (!is_below(p, path) || !p[len])
			continue;
		list[n] = name + n * NAME;
		snprintf(list[n], NAME, "%.*s", (int)strcspn(p + len + 1, "/"),
			 p + len + 1);
		for (j = 0; strcmp(list[j], list[n]); j++)
			;
		n += j == n;
	}
	*num = n;
	if (!there(path)) {
		free(list);
		errno = ENOENT;
		return NULL;
	}
	return list;
}

int xs_transact(struct xs *xs, const char *what, xs_txn_fn *fn, void *ctx,
		struct err *e)
{
	(void)xs, (void)what;
	return fn(ctx, 1, e);
}

struct xs_watcher *xs_watch_add(struct xs *xs, const char *path,
				xs_watch_fn *fn, void *ctx, struct err *e)
{
	unsigned int i;

	(void)xs, (void)e;
	for (i = 0; store.watch[i].used; i++)
		;
	snprintf(store.watch[i].path, sizeof(store.watch[i].path), "%s", path);
	store.watch[i].fn = fn;
	store.watch[i].ctx = ctx;
	store.watch[i].used = true;
	return &store.watch[i];
}

void xs_watch_del(struct xs_watcher *w)
{
	if (w)
		w->used = false;
}

/* A change at `path`, told to whoever watches it or something above it. */
static inline void fire(const char *path)
{
	unsigned int i;

	for (i = 0; i < WATCHES; i++) {
		struct xs_watcher *w = &store.watch[i];
		size_t len = strlen(w->path);

		if (w->used && !strncmp(path, w->path, len) &&
		    (!path[len] || path[len] == '/'))
			w->fn(w->ctx, path);
	}
}

static inline void change(const char *path, const char *value)
{
	put(path, value);
	fire(path);
}

#endif
