/* SPDX-License-Identifier: MIT */
/*
 * The PV console backend: serves any number of consoles of any domains from
 * one event loop and one event-channel handle.
 *
 * A "reserved" console is console 0 of a domain: its ring is made by the
 * domain builder, granted by the reserved entry GNTTAB_RESERVED_CONSOLE, and
 * usable from the domain's first instruction. A "xenbus" console is console
 * 1 and up of a PV domain: its frontend offers ring and port by the xenbus
 * handshake (xen/public/io/xenbus.h), and may close and come back.
 *
 * Everything a domain can write is checked: a console whose ring or nodes
 * make no sense is shut down, said so in the log, and the others go on.
 * The nodes themselves are made and removed by the toolstack's plan; only
 * `state` and `tty` are written here.
 */
#ifndef CONSOLE_BACKEND_H
#define CONSOLE_BACKEND_H

#include <stdbool.h>
#include <stdint.h>
#include "console/sink.h"
#include "core/err.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/xs.h"

struct con_server;
struct con;

struct con_stat {
	uint32_t domid;
	unsigned int index;
	uint64_t out_bytes; /* from the guest */
	uint64_t in_bytes;  /* to the guest */
	uint64_t dropped;   /* of out_bytes, those that nobody got */
	uint64_t events;
	uint64_t rests;	    /* how often it came too fast */
	unsigned int ahead; /* bytes in the ring the guest has not taken */
	bool connected;
	bool failed; /* shut down because of what the guest did */
};

/*
 * Opens the event-channel and grant devices. `loop`, `xs` (with xs_attach
 * done) and `log` must outlive the server. EXIT_HOST if the devices are
 * missing. Do not fork while it exists.
 */
struct con_server *con_server_new(struct loop *loop, struct xs *xs,
				  struct log *log, struct err *e);
/*
 * Unmap and unbind everything, without a last drain and without writing any
 * state: the guest notices nothing, and a successor may attach. The sinks
 * stay. NULL is allowed.
 */
void con_server_free(struct con_server *s);

/*
 * Serve console 0 of `domid`. `frame` is the builder's console page (PV: mfn,
 * HVM: gfn), mapped if the domain's grant table is not seeded; 0: do not try.
 * `port` is the domain's end of the event channel. Returns NULL and *e if it
 * cannot be mapped or bound.
 */
struct con *con_add_reserved(struct con_server *s, uint32_t domid,
			     uint64_t frame, uint32_t port,
			     struct con_sink *sink, struct err *e);

/*
 * Serve device/console/`index` (1..9) of `domid`: now if its frontend is
 * ready, or as soon as it is. The nodes must exist. If the backend state says
 * that another process served it (4), its ring is taken over. NULL and *e if
 * the watch failed; a frontend that misbehaves is no error
 * here but shows in con_stat.
 */
struct con *con_add_xenbus(struct con_server *s, uint32_t domid,
			   unsigned int index, struct con_sink *sink,
			   struct err *e);

/* Where the console can be reached; `tty` lives until it is published. */
void con_set_tty(struct con *c, const char *tty);
/*
 * Publish what was set since the last time in the domains' `tty` nodes, in one
 * transaction.
 */
int con_server_publish(struct con_server *s, struct err *e);

/*
 * Take from the ring what is in it, up to a bound that only a living, flooding
 * guest reaches. Returns true if the ring is empty or not attached.
 */
bool con_drain(struct con *c);
/* The same for all consoles of `domid`: for when it has died. */
void con_server_drain(struct con_server *s, uint32_t domid);

/* Stop serving; writes no state. The sink stays. NULL is allowed. */
void con_remove(struct con *c);

void con_stat(const struct con *c, struct con_stat *st);
/* "console 3 of domain 7"; lives with the console. */
const char *con_name(const struct con *c);

#endif
