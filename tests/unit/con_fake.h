/* SPDX-License-Identifier: MIT */
/*
 * Xen, as far as a console backend sees it: one page, one port, a handful of
 * xenstore nodes. Defines the functions of libxenevtchn, libxengnttab,
 * libxenforeignmemory and core/xs that the backend calls: include it once,
 * and do not link core/xs.c.
 */
#ifndef TESTS_UNIT_CON_FAKE_H
#define TESTS_UNIT_CON_FAKE_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>

#include "core/num.h"
#include "core/xs.h"
#include "tests/unit/tap.h"

enum { S = 7, PORT = 42, REF = 9, LOCAL_PORT = 100, NODES = 32 };

#define FRONT "/local/domain/7/device/console/3/"
#define BACK "/local/domain/0/backend/console/7/3/"

struct fake_node {
	char path[128], value[64];
	unsigned int owner;
};

struct xs_watcher {
	xs_watch_fn *fn;
	void *ctx;
};

/* All that the fakes share. */
static struct fake {
	_Alignas(4096) uint8_t page[4096];
	int events[2]; /* the pipe that is /dev/xen/evtchn */
	bool bound, masked, pending, mapped, foreign, no_grant;
	unsigned int binds, notifies, unmasks, reads;
	uint32_t bind_port, map_ref;
	struct fake_node nodes[NODES];
	struct xs_watcher watch;
} fake;

static struct xencons_interface *ring(void)
{
	return (struct xencons_interface *)fake.page;
}

/* --- libxenevtchn --- */

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *l, unsigned int f)
{
	(void)l, (void)f;
	if (pipe(fake.events) < 0)
		return NULL;
	return (xenevtchn_handle *)&fake;
}

int xenevtchn_close(xenevtchn_handle *x)
{
	(void)x;
	close(fake.events[0]);
	close(fake.events[1]);
	return 0;
}

int xenevtchn_fd(xenevtchn_handle *x)
{
	(void)x;
	return fake.events[0];
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *x)
{
	int port;

	(void)x;
	fake.reads++;
	return read(fake.events[0], &port, sizeof(port)) == sizeof(port) ? port
									 : -1;
}

static void deliver(void)
{
	int port = LOCAL_PORT;

	if (!fake.bound)
		return;
	if (fake.masked) {
		fake.pending = true;
		return;
	}
	fake.masked = true;
	if (write(fake.events[1], &port, sizeof(port)) < 0)
		abort();
}

int xenevtchn_unmask(xenevtchn_handle *x, evtchn_port_t port)
{
	(void)x, (void)port;
	fake.unmasks++;
	fake.masked = false;
	if (fake.pending) {
		fake.pending = false;
		deliver();
	}
	return 0;
}

int xenevtchn_notify(xenevtchn_handle *x, evtchn_port_t port)
{
	(void)x, (void)port;
	fake.notifies++;
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *x,
						     uint32_t domid,
						     evtchn_port_t remote)
{
	(void)x;
	if (fake.bound || domid != S || remote != PORT) {
		errno = EINVAL;
		return -1;
	}
	fake.bound = true;
	fake.masked = fake.pending = false;
	fake.binds++;
	return LOCAL_PORT;
}

int xenevtchn_unbind(xenevtchn_handle *x, evtchn_port_t port)
{
	(void)x, (void)port;
	fake.bound = false;
	return 0;
}

/* --- libxengnttab, libxenforeignmemory --- */

xengnttab_handle *xengnttab_open(struct xentoollog_logger *l, unsigned f)
{
	(void)l, (void)f;
	return (xengnttab_handle *)&fake;
}

int xengnttab_close(xengnttab_handle *x)
{
	(void)x;
	return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *x, uint32_t domid, uint32_t ref,
			      int prot)
{
	(void)x, (void)prot;
	if (domid != S || fake.no_grant || (ref != REF && ref != 0)) {
		errno = EINVAL;
		return NULL;
	}
	fake.map_ref = ref;
	fake.mapped = true;
	return fake.page;
}

int xengnttab_unmap(xengnttab_handle *x, void *p, uint32_t n)
{
	(void)x, (void)p, (void)n;
	fake.mapped = false;
	return 0;
}

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *l,
					       unsigned f)
{
	(void)l, (void)f;
	return (xenforeignmemory_handle *)&fake;
}

int xenforeignmemory_close(xenforeignmemory_handle *x)
{
	(void)x;
	return 0;
}

void *xenforeignmemory_map(xenforeignmemory_handle *x, uint32_t dom, int prot,
			   size_t pages, const xen_pfn_t *arr, int *err)
{
	(void)x, (void)dom, (void)prot, (void)pages, (void)err;
	fake.mapped = fake.foreign = arr[0] == 0x1234;
	return fake.mapped ? fake.page : NULL;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *x, void *p, size_t n)
{
	(void)x, (void)p, (void)n;
	fake.mapped = fake.foreign = false;
	return 0;
}

/* --- core/xs --- */

static struct fake_node *node(const char *path, bool make)
{
	struct fake_node *n, *end = fake.nodes + NODES;

	for (n = fake.nodes; n < end; n++) {
		if (!strcmp(n->path, path))
			return n;
	}
	for (n = fake.nodes; make && n < end; n++) {
		if (!n->path[0]) {
			snprintf(n->path, sizeof(n->path), "%s", path);
			n->owner = S;
			return n;
		}
	}
	return NULL;
}

static void set(const char *path, const char *value)
{
	struct fake_node *n = node(path, true);

	snprintf(n->value, sizeof(n->value), "%s", value);
}

static const char *get(const char *path)
{
	struct fake_node *n = node(path, false);

	return n ? n->value : "(none)";
}

int xs_read_str(struct xs *xs, xs_transaction_t t, const char *path, char *buf,
		size_t size)
{
	(void)xs, (void)t;
	if (!node(path, false)) {
		errno = ENOENT;
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
	errno = ERANGE;
	return num_parse(buf, min, max, out);
}

int xs_put(struct xs *xs, xs_transaction_t t, const char *path,
	   const char *value)
{
	(void)xs, (void)t;
	set(path, value);
	return 0;
}

int xs_perms(struct xs *xs, xs_transaction_t t, const char *path,
	     struct xs_permissions *p, unsigned int nr)
{
	(void)xs, (void)t, (void)nr;
	node(path, true)->owner = p[0].id;
	return 0;
}

int xs_transact(struct xs *xs, const char *what, xs_txn_fn *fn, void *ctx,
		struct err *e)
{
	(void)xs;
	return fn(ctx, 1, e) < 0 ? err_in(e, "%s", what) : 0;
}

struct xs_watcher *xs_watch_add(struct xs *xs, const char *path,
				xs_watch_fn *fn, void *ctx, struct err *e)
{
	(void)xs, (void)e;
	is_str(path, FRONT "state", "the frontend's state is watched");
	fake.watch = (struct xs_watcher){fn, ctx};
	return &fake.watch;
}

void xs_watch_del(struct xs_watcher *w)
{
	if (w)
		w->fn = NULL;
}

#endif
