/* SPDX-License-Identifier: MIT */
/* Inside the backend: one console, and what its two halves call. */
#ifndef CONSOLE_CON_H
#define CONSOLE_CON_H

#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>
#include <xen/io/xenbus.h>

#include "console/backend.h"
#include "console/rate.h"
#include "console/ring.h"

struct con_server {
	struct loop *loop;
	struct xs *xs;
	struct log *log;
	xenevtchn_handle *xce;
	xengnttab_handle *xgt;
	xenforeignmemory_handle *xfm; /* NULL until it is needed */
	struct loop_io *io;
	struct con *consoles;
};

/* Of a xenbus console; unused for a reserved one. */
struct con_bus {
	struct xs_watcher *watch;
	struct loop_timer *timer; /* looks at the frontend's state, soon */
	uint64_t looked_ms;
	enum xenbus_state front; /* as last seen */
	enum xenbus_state back;	 /* as last written */
	bool takeover;		 /* `back` was written by another process */
};

struct con {
	struct con_server *server;
	struct con *next;
	uint32_t domid;
	unsigned int index;
	char name[48];
	const char *tty; /* the caller's, to be published */
	struct con_sink *sink;

	/* While attached: */
	void *page;   /* NULL: not attached */
	bool foreign; /* mapped through xenforeignmemory */
	int port;     /* ours; -1 */
	struct con_ring ring;

	bool resting;		 /* the port stays masked until `rest` */
	struct loop_timer *rest; /* unmasks it */
	struct con_rate events, bytes;
	unsigned int complaints;
	struct con_stat stat;

	struct con_bus bus;
};

/*
 * Serve the ring in c->page (just mapped) through `remote`, the domain's
 * port. On failure everything is as before, but for the page, which is
 * unmapped. `takeover`: another process of ours served this ring before.
 */
int con_attach(struct con *c, uint32_t remote, bool takeover, struct err *e);
/* Take what is left in the ring, unbind, unmap. Nothing if not attached. */
void con_detach(struct con *c);

/* The guest broke the rules: detach for good (until a new handshake). */
__attribute__((format(printf, 2, 3))) void con_fail(struct con *c,
						    const char *fmt, ...);

/* The xenbus half. */
int con_bus_start(struct con *c, struct err *e);
void con_bus_stop(struct con *c);
/* con_fail has happened: tell the frontend. */
void con_bus_failed(struct con *c);

#endif
