/* SPDX-License-Identifier: MIT */
/* What xs.c, xswatch.c and xsdaemon.c share of a connection. */
#ifndef CORE_XSINT_H
#define CORE_XSINT_H

#include "core/xs.h"
#include "core/xswire.h"

struct xs_event;

struct xs {
	struct xswire *wire;
	struct log *log;
	struct loop_io *io;	 /* NULL, too, when the connection is lost */
	struct loop_timer *turn; /* there is something to tell */
	xs_gone_fn *gone;
	void *gone_ctx;
	struct xs_watcher *watchers;
	struct xs_event *first; /* to be told, oldest first */
	uint64_t next_token;
};

/* Takes `wire`, which is closed on failure: NULL with errno. */
struct xs *xs_over(struct xswire *wire, struct log *log);

/* The wire's xswire_event_fn. */
xswire_event_fn xs_event;
/* Free all watchers and what was to be told to them; sends nothing. */
void xs_forget_watches(struct xs *xs);

#endif
