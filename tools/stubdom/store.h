/* SPDX-License-Identifier: MIT */
/* What the toolstack left for the stubdomain in xenstore. */
#ifndef STUBDOM_STORE_H
#define STUBDOM_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/xs.h"
#include "tools/stubdom/args.h"

/* The domid this stubdomain works for. Returns 0, or -1 and fills *e. */
int store_target(struct xs *xs, uint32_t *target, struct err *e);

/*
 * The arguments for QEMU, in order. They live as long as init does. Returns
 * 0, or -1 and fills *e.
 */
int store_args(struct xs *xs, uint32_t target, struct argv *args,
	       struct err *e);

/* Is there a xenbus console `nr` (1 save, 2 restore)? */
bool store_has_console(struct xs *xs, unsigned int nr);

/* The MTU the toolstack wants for vif `nr`; 0: it does not say. */
unsigned int store_vif_mtu(struct xs *xs, unsigned int nr);

/*
 * Tell how many milliseconds this domain has run, beside where QEMU will say
 * that it runs: mtool shows it as the time that booting took. Nobody depends on
 * it.
 */
void store_boot_time(struct xs *xs, uint32_t target);

#endif
