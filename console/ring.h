/* SPDX-License-Identifier: MIT */
/*
 * The PV console ring (xen/public/io/console.h), seen from the backend.
 *
 * The page belongs to the peer, who may write any of it at any time. So: our
 * own indices are private copies that are only ever published, never read
 * back; the peer's index is loaded once per call and checked; data is copied
 * out before anyone looks at it; one call moves at most one ring's worth.
 *
 * "out" is what the guest says, "in" is what it is told. Indices run free
 * modulo 2^32. Nothing here calls into Xen: the caller notifies the peer
 * after every call that moved bytes, and only then.
 */
#ifndef CONSOLE_RING_H
#define CONSOLE_RING_H

#include <stddef.h>
#include <stdint.h>
#include <xen/io/console.h>

enum {
	CON_RING_IN = sizeof(((struct xencons_interface *)0)->in),
	CON_RING_OUT = sizeof(((struct xencons_interface *)0)->out),
	CON_RING_PAGE = 4096,
};

struct con_ring {
	struct xencons_interface *page; /* shared: see above */
	uint32_t out_cons;		/* ours: taken from "out" so far */
	uint32_t in_prod;		/* ours: put into "in" so far */
};

/*
 * Begin to serve the ring in `page` (CON_RING_PAGE bytes, mapped until the
 * last call on *r): adopt the indices found there, so that a backend that
 * takes over goes on where the last one stopped, and mark it connected.
 * Returns 0, or -1 if the indices do not make sense; the page is then left
 * as it was.
 */
int con_ring_attach(struct con_ring *r, void *page);

/*
 * Copy all that the guest has said and that is not consumed yet into `buf`
 * (CON_RING_OUT bytes), without consuming it. Returns the number of bytes,
 * -1 if the guest's index is out of range: the ring is not to be used again.
 */
int con_ring_peek(const struct con_ring *r, uint8_t *buf);

/* Consume `n` bytes, at most what the last peek returned. */
void con_ring_consume(struct con_ring *r, uint32_t n);

/* Room in "in", 0..CON_RING_IN; -1 as for con_ring_peek. */
int con_ring_space(const struct con_ring *r);

/* Put `n` bytes into "in", at most what the last con_ring_space returned. */
void con_ring_put(struct con_ring *r, const uint8_t *buf, uint32_t n);

#endif
