/* SPDX-License-Identifier: MIT */
#include "console/con.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>

enum {
	/*
	 * Events are free as long as they move data, for then the guest works
	 * about as much as we do. One that moves less than EVENT_WORTH bytes
	 * costs 1; out of credit, the port stays masked for some milliseconds,
	 * in which the guest gathers a ring full.
	 */
	EVENT_WORTH = 64,
	EVENTS_PER_MS = 10,
	EVENTS_BURST = 256,
	BYTES_BURST_MS = 1000,
	/* A ring holds one pass; a dead guest adds nothing. */
	DRAIN_PASSES = 64,
	COMPLAINTS_MAX = 8, /* lines that one console may put into our log */
};

static void con_event(struct con *c);

/* One port per call: the loop shares the time between all it waits for. */
static void server_ready(void *ctx, uint32_t events)
{
	struct con_server *s = ctx;
	xenevtchn_port_or_error_t port = xenevtchn_pending(s->xce);
	struct con *c;

	(void)events;
	if (port < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return;
		/* EFBIG: more events than ports; never, but do not spin. */
		log_msg(s->log, LOG_ERROR, "consoles: event channels: %s",
			strerror(errno));
		loop_del(s->io);
		s->io = NULL;
		return;
	}
	for (c = s->consoles; c; c = c->next) {
		if (c->port == port) {
			con_event(c);
			return;
		}
	}
}

struct con_server *con_server_new(struct loop *loop, struct xs *xs,
				  struct log *log, struct err *e)
{
	struct con_server *s = calloc(1, sizeof(*s));

	if (!s) {
		err_sys(e, EXIT_FAILED, "consoles");
		return NULL;
	}
	s->loop = loop;
	s->xs = xs;
	s->log = log;
	s->xce = xenevtchn_open(&log->xtl, 0);
	if (!s->xce) {
		err_sys(e, EXIT_HOST, "/dev/xen/evtchn");
		goto fail;
	}
	s->xgt = xengnttab_open(&log->xtl, 0);
	if (!s->xgt) {
		err_sys(e, EXIT_HOST, "/dev/xen/gntdev");
		goto fail;
	}
	s->io = loop_add(loop, xenevtchn_fd(s->xce), EPOLLIN, server_ready, s,
			 e);
	if (s->io)
		return s;
fail:
	con_server_free(s);
	return NULL;
}

void con_server_free(struct con_server *s)
{
	if (!s)
		return;
	while (s->consoles)
		con_remove(s->consoles);
	loop_del(s->io);
	if (s->xfm)
		xenforeignmemory_close(s->xfm);
	if (s->xgt)
		xengnttab_close(s->xgt);
	if (s->xce)
		xenevtchn_close(s->xce);
	free(s);
}

/* From guest to sink: what is there now. Bytes moved, or -1. */
static int pass_out(struct con *c)
{
	uint8_t buf[CON_RING_OUT];
	int n = con_ring_peek(&c->ring, buf);

	if (n <= 0)
		return n;
	con_sink_output(c->sink, buf, (size_t)n);
	con_ring_consume(&c->ring, (uint32_t)n);
	c->stat.out_bytes += (uint32_t)n;
	return n;
}

/* From sink to guest: what it has and the ring has room for. */
static int pass_in(struct con *c)
{
	uint8_t buf[CON_RING_IN];
	int room = con_ring_space(&c->ring);
	size_t n;

	if (room <= 0)
		return room;
	n = con_sink_input(c->sink, buf, (size_t)room);
	if (n) {
		con_ring_put(&c->ring, buf, (uint32_t)n);
		c->stat.in_bytes += n;
	}
	return (int)n;
}

/*
 * At most one ring's worth each way; the guest is notified of the change, and
 * only of a change: Linux takes causeless events for a storm. Bytes moved, or
 * -1 if the console is shut down.
 */
static int con_pass(struct con *c)
{
	int out = pass_out(c);
	int in = out < 0 ? -1 : pass_in(c);

	if (out > 0 || in > 0)
		xenevtchn_notify(c->server->xce, (evtchn_port_t)c->port);
	if (in < 0) {
		con_fail(c, "its ring's %s index is out of range",
			 out < 0 ? "out" : "in");
		return -1;
	}
	con_rate_pay(&c->bytes, clock_ms(), (uint32_t)out);
	return out + in;
}

/* Consume first, then decide when to hear of more. */
static void con_event(struct con *c)
{
	uint64_t now = clock_ms(), rest, rest_bytes;
	int moved = con_pass(c);

	if (moved < 0)
		return;
	c->stat.events++;
	rest = con_rate_pay(&c->events, now, moved < EVENT_WORTH);
	rest_bytes = con_rate_pay(&c->bytes, now, 0);
	if (rest_bytes > rest)
		rest = rest_bytes;
	if (!rest) {
		xenevtchn_unmask(c->server->xce, (evtchn_port_t)c->port);
		return;
	}
	c->stat.rests++;
	c->resting = true;
	loop_timer_set(c->rest, rest);
}

static void con_rested(void *ctx)
{
	struct con *c = ctx;

	if (!c->resting)
		return;
	c->resting = false;
	if (con_pass(c) >= 0)
		xenevtchn_unmask(c->server->xce, (evtchn_port_t)c->port);
}

/* The sink has input. */
static void con_kicked(void *ctx)
{
	struct con *c = ctx;

	if (c->page)
		con_pass(c);
}

bool con_drain(struct con *c)
{
	unsigned int i;
	int moved = 1;

	for (i = 0; c->page && moved > 0 && i < DRAIN_PASSES; i++) {
		moved = pass_out(c);
		if (moved > 0)
			xenevtchn_notify(c->server->xce,
					 (evtchn_port_t)c->port);
	}
	return !c->page || moved <= 0;
}

void con_server_drain(struct con_server *s, uint32_t domid)
{
	struct con *c;

	for (c = s->consoles; c; c = c->next) {
		if (c->domid == domid)
			con_drain(c);
	}
}

static void unmap_page(struct con *c)
{
	if (c->foreign)
		xenforeignmemory_unmap(c->server->xfm, c->page, 1);
	else
		xengnttab_unmap(c->server->xgt, c->page, 1);
	c->page = NULL;
}

/* What the sink has of this ring already is not given to it again. */
static void skip_known(struct con *c, bool takeover)
{
	uint8_t buf[CON_RING_OUT];
	struct con_origin o = {.domid = c->domid,
			       .cons = c->ring.out_cons,
			       .takeover = takeover};
	int n = con_ring_peek(&c->ring, buf);
	uint32_t skip;

	if (n < 0)
		return; /* the first pass will see it */
	o.prod = o.cons + (uint32_t)n;
	skip = con_sink_origin(c->sink, &o);
	if (skip <= (uint32_t)n)
		con_ring_consume(&c->ring, skip);
}

int con_attach(struct con *c, uint32_t remote, bool takeover, struct err *e)
{
	struct con_server *s = c->server;
	uint64_t now = clock_ms();

	if (con_ring_attach(&c->ring, c->page) < 0) {
		unmap_page(c);
		return err_set(e, EXIT_FAILED, "%s: ring indices out of range",
			       c->name);
	}
	c->port = xenevtchn_bind_interdomain(s->xce, c->domid, remote);
	if (c->port < 0) {
		err_sys(e, EXIT_FAILED, "%s: event channel %u", c->name,
			remote);
		c->port = -1;
		unmap_page(c);
		return -1;
	}
	con_rate_init(&c->events, EVENTS_PER_MS, EVENTS_BURST, now);
	con_rate_init(&c->bytes, c->sink->bytes_per_ms,
		      c->sink->bytes_per_ms * BYTES_BURST_MS, now);
	c->resting = false;
	c->stat.failed = false;
	skip_known(c, takeover);
	/* The last backend may have died between a change and its event. */
	xenevtchn_notify(s->xce, (evtchn_port_t)c->port);
	con_pass(c);
	return 0;
}

void con_detach(struct con *c)
{
	if (!c->page)
		return;
	loop_timer_stop(c->rest);
	c->resting = false;
	xenevtchn_unbind(c->server->xce, (evtchn_port_t)c->port);
	c->port = -1;
	unmap_page(c);
}

void con_fail(struct con *c, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (c->complaints++ < COMPLAINTS_MAX)
		log_msg(c->server->log, LOG_ERROR, "%s: shut down: %s%s",
			c->name, text,
			c->complaints == COMPLAINTS_MAX
				? " (no more of this from now on)"
				: "");
	con_detach(c);
	c->stat.failed = true;
	con_bus_failed(c);
}

static struct con *con_new(struct con_server *s, uint32_t domid,
			   unsigned int index, struct con_sink *sink)
{
	struct con *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->rest = loop_timer_new(s->loop, con_rested, c);
	if (!c->rest) {
		free(c);
		return NULL;
	}
	c->server = s;
	c->domid = domid;
	c->index = index;
	c->port = -1;
	snprintf(c->name, sizeof(c->name), "console %u of domain %u", index,
		 domid);
	c->sink = sink;
	sink->kick = con_kicked;
	sink->kick_ctx = c;
	c->next = s->consoles;
	s->consoles = c;
	return c;
}

void con_remove(struct con *c)
{
	struct con **p;

	if (!c)
		return;
	con_bus_stop(c);
	con_detach(c);
	loop_timer_del(c->rest);
	if (c->sink->kick_ctx == c)
		c->sink->kick = NULL;
	for (p = &c->server->consoles; *p != c; p = &(*p)->next)
		;
	*p = c->next;
	free(c);
}

static int map_reserved(struct con *c, uint64_t frame, struct err *e)
{
	struct con_server *s = c->server;
	xen_pfn_t pfn = frame;

	c->page = xengnttab_map_grant_ref(s->xgt, c->domid,
					  GNTTAB_RESERVED_CONSOLE,
					  PROT_READ | PROT_WRITE);
	if (c->page || !frame)
		goto out;
	if (!s->xfm)
		s->xfm = xenforeignmemory_open(&s->log->xtl, 0);
	if (!s->xfm)
		goto out;
	c->page = xenforeignmemory_map(s->xfm, c->domid, PROT_READ | PROT_WRITE,
				       1, &pfn, NULL);
	c->foreign = true;
out:
	return c->page ? 0 : err_sys(e, EXIT_FAILED, "%s: its ring", c->name);
}

struct con *con_add_reserved(struct con_server *s, uint32_t domid,
			     uint64_t frame, uint32_t port,
			     struct con_sink *sink, struct err *e)
{
	struct con *c = con_new(s, domid, 0, sink);

	if (!c) {
		err_sys(e, EXIT_FAILED, "console of domain %u", domid);
		return NULL;
	}
	if (map_reserved(c, frame, e) < 0 || con_attach(c, port, true, e) < 0) {
		con_remove(c);
		return NULL;
	}
	return c;
}

struct con *con_add_xenbus(struct con_server *s, uint32_t domid,
			   unsigned int index, struct con_sink *sink,
			   struct err *e)
{
	struct con *c = con_new(s, domid, index, sink);

	if (!c) {
		err_sys(e, EXIT_FAILED, "console of domain %u", domid);
		return NULL;
	}
	if (con_bus_start(c, e) < 0) {
		con_remove(c);
		return NULL;
	}
	return c;
}

void con_stat(const struct con *c, struct con_stat *st)
{
	int room = c->page ? con_ring_space(&c->ring) : CON_RING_IN;

	*st = c->stat;
	st->domid = c->domid;
	st->index = c->index;
	st->dropped = c->sink->dropped;
	st->ahead = room < 0 ? 0 : (unsigned int)(CON_RING_IN - room);
	st->connected = c->page != NULL;
}

const char *con_name(const struct con *c)
{
	return c->name;
}
