/* SPDX-License-Identifier: MIT */
/*
 * A Xen of one process, as much of it as libxenvchan needs: event channels,
 * grants that tell the other side when they end, and a few xenstore nodes.
 * It takes the place of libxenevtchn, libxengnttab and libxenstore.
 */
#ifndef TESTS_UNIT_STUBDOM_FAKEXEN_H
#define TESTS_UNIT_STUBDOM_FAKEXEN_H

#include <errno.h>
#include <libxenvchan.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/xs.h"
#include "tests/unit/tap.h"

#define DOMAIN "/local/domain/5/"

enum { PORTS = 64, NODES = 8, PAGE = 4096, PAGES = 64 };

struct xenevtchn_handle {
	int fd;
	unsigned int port;
};

struct port {
	struct xenevtchn_handle *owner;
	unsigned int peer; /* 0: nobody has bound it yet */
	bool listening;
};

struct page {
	uint8_t *mem;
	int users;
	unsigned int notify_offset[2], notify_port[2]; /* server, client */
};

struct node {
	char path[80], value[16];
};

static struct {
	struct port port[PORTS];
	struct page page[PAGES];
	struct node node[NODES];
	unsigned int ports, pages;
} xen = {.ports = 1, .pages = 1};

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *l, unsigned int f)
{
	struct xenevtchn_handle *h = calloc(1, sizeof(*h));

	(void)l, (void)f;
	h->fd = eventfd(0, EFD_CLOEXEC);
	return h;
}

int xenevtchn_fd(xenevtchn_handle *h)
{
	return h->fd;
}

int xenevtchn_notify(xenevtchn_handle *h, evtchn_port_t port)
{
	unsigned int peer = xen.port[port].peer;

	(void)h;
	if (peer)
		eventfd_write(xen.port[peer].owner->fd, 1);
	return 0;
}

static unsigned int port_new(xenevtchn_handle *h)
{
	unsigned int port = xen.ports++ % PORTS;

	xen.port[port] = (struct port){.owner = h};
	h->port = port;
	return port;
}

xenevtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *h,
						      uint32_t domid)
{
	unsigned int port = port_new(h);

	(void)domid;
	xen.port[port].listening = true;
	return (int)port;
}

/* As in Xen: who comes second finds the port taken. */
xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *h,
						     uint32_t domid,
						     evtchn_port_t remote)
{
	unsigned int port;

	(void)domid;
	if (!xen.port[remote].listening || xen.port[remote].peer) {
		errno = EINVAL;
		return -1;
	}
	port = port_new(h);
	xen.port[port].peer = remote;
	xen.port[remote].peer = port;
	return (int)port;
}

int xenevtchn_unbind(xenevtchn_handle *h, evtchn_port_t port)
{
	unsigned int peer = xen.port[port].peer;

	(void)h;
	if (peer)
		xen.port[peer].peer = 0;
	xen.port[port] = (struct port){.owner = NULL};
	return 0;
}

int xenevtchn_close(xenevtchn_handle *h)
{
	if (h->port)
		xenevtchn_unbind(h, h->port);
	close(h->fd);
	free(h);
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *h)
{
	eventfd_t n;

	eventfd_read(h->fd, &n);
	return (int)h->port;
}

int xenevtchn_unmask(xenevtchn_handle *h, evtchn_port_t port)
{
	(void)h, (void)port;
	return 0;
}

static void page_put(void *mem, int side)
{
	unsigned int i;

	for (i = 1; i < xen.pages && xen.page[i % PAGES].mem != mem; i++)
		;
	xen.page[i].mem[xen.page[i].notify_offset[side]] = 0;
	xenevtchn_notify(NULL, xen.page[i].notify_port[side]);
	if (!--xen.page[i].users) {
		free(mem);
		xen.page[i].mem = NULL;
	}
}

xengntshr_handle *xengntshr_open(struct xentoollog_logger *l, unsigned int f)
{
	(void)l, (void)f;
	return (xengntshr_handle *)&xen;
}

int xengntshr_close(xengntshr_handle *h)
{
	(void)h;
	return 0;
}

void *xengntshr_share_page_notify(xengntshr_handle *h, uint32_t domid,
				  uint32_t *ref, int writable, uint32_t offset,
				  evtchn_port_t port)
{
	struct page *p;

	(void)h, (void)domid, (void)writable;
	for (*ref = 1; xen.page[*ref].mem; ++*ref)
		;
	if (*ref >= xen.pages)
		xen.pages = *ref + 1;
	p = &xen.page[*ref];
	p->mem = aligned_alloc(PAGE, PAGE);
	p->users = 1;
	p->notify_offset[0] = offset;
	p->notify_port[0] = port;
	return p->mem;
}

int xengntshr_unshare(xengntshr_handle *h, void *mem, uint32_t count)
{
	(void)h, (void)count;
	page_put(mem, 0);
	return 0;
}

xengnttab_handle *xengnttab_open(struct xentoollog_logger *l, unsigned int f)
{
	(void)l, (void)f;
	return (xengnttab_handle *)&xen;
}

int xengnttab_close(xengnttab_handle *h)
{
	(void)h;
	return 0;
}

void *xengnttab_map_grant_ref_notify(xengnttab_handle *h, uint32_t domid,
				     uint32_t ref, int prot, uint32_t offset,
				     evtchn_port_t port)
{
	struct page *p = &xen.page[ref];

	(void)h, (void)domid, (void)prot;
	p->users++;
	p->notify_offset[1] = offset;
	p->notify_port[1] = port;
	return p->mem;
}

int xengnttab_unmap(xengnttab_handle *h, void *mem, uint32_t count)
{
	(void)h, (void)count;
	page_put(mem, 1);
	return 0;
}

/* Only large rings need more pages, and these are small. */
void *xengntshr_share_pages(xengntshr_handle *h, uint32_t domid, int count,
			    uint32_t *refs, int writable)
{
	(void)h, (void)domid, (void)count, (void)refs, (void)writable;
	return NULL;
}

void *xengnttab_map_domain_grant_refs(xengnttab_handle *h, uint32_t count,
				      uint32_t domid, uint32_t *refs, int prot)
{
	(void)h, (void)domid, (void)count, (void)refs, (void)prot;
	return NULL;
}

/* Not of xenstore.h: core/xs.h has names of it, too. */
struct xs_handle;

static struct node *node_find(const char *path)
{
	unsigned int i;

	if (!strncmp(path, DOMAIN, strlen(DOMAIN)))
		path += strlen(DOMAIN);
	for (i = 0; i < NODES; i++) {
		if (!strcmp(xen.node[i].path, path))
			return &xen.node[i];
	}
	return NULL;
}

static inline bool node_exists(const char *path)
{
	return node_find(path) != NULL;
}

struct xs_handle *xs_open(unsigned long flags)
{
	(void)flags;
	return (struct xs_handle *)&xen;
}

void xs_close(struct xs_handle *h)
{
	(void)h;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	(void)h;
	return 1;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
	(void)h, (void)t, (void)abort;
	return true;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
	      unsigned int *len)
{
	struct node *n = node_find(path);

	(void)h, (void)t, (void)len;
	if (!strcmp(path, "domid"))
		return strdup("5");
	return n ? strdup(n->value) : NULL;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
	      const void *data, unsigned int len)
{
	struct node *n = node_find(path);

	(void)h, (void)t;
	if (!n)
		n = node_find(""); /* a free one */
	snprintf(n->path, sizeof(n->path), "%s", path);
	snprintf(n->value, sizeof(n->value), "%.*s", (int)len,
		 (const char *)data);
	return true;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t,
			const char *path, struct xs_permissions *p,
			unsigned int n)
{
	(void)h, (void)t, (void)path, (void)p, (void)n;
	return true;
}

/* libxenvchan would have the whole directory away. */
bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	(void)h, (void)t;
	ok(false, "xs_rm(%s)", path);
	return true;
}

/* core/xs.h, of which vchan.c uses this much. */
int xs_del(struct xs *xs, xs_transaction_t t, const char *path)
{
	struct node *n = node_find(path);

	(void)xs, (void)t;
	if (n)
		n->path[0] = '\0';
	return 0;
}

#endif
