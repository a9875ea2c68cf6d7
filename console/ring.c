/* SPDX-License-Identifier: MIT */
#include "console/ring.h"

#include <string.h>

/*
 * Since Xen 4.21 the indices are followed by one byte, `connection`:
 * XENCONSOLE_DISCONNECTED (1) tells the guest that nobody serves the ring,
 * and libxenguest writes that into the page of a new domain. Headers before
 * 4.21 lack the field, so it is addressed by its place in the page. Older
 * guests do not look at it.
 */
enum { CONNECTION_OFFSET = 3088, CONNECTION_CONNECTED = 0 };

_Static_assert(offsetof(struct xencons_interface, out_prod) +
			       sizeof(XENCONS_RING_IDX) ==
		       CONNECTION_OFFSET,
	       "the connection byte follows the indices");

/*
 * An index that the peer owns, exactly once. Acquire: what it wrote before
 * (data up to its producer index) is seen by the loads that follow.
 */
static uint32_t load(const XENCONS_RING_IDX *idx)
{
	return __atomic_load_n(idx, __ATOMIC_ACQUIRE);
}

/*
 * Publish an index of ours. Release: our copies out of and into the ring are
 * done before the peer can see it.
 */
static void store(XENCONS_RING_IDX *idx, uint32_t value)
{
	__atomic_store_n(idx, value, __ATOMIC_RELEASE);
}

int con_ring_attach(struct con_ring *r, void *page)
{
	struct xencons_interface *p = page;
	uint32_t out_cons = load(&p->out_cons), in_prod = load(&p->in_prod);

	if (load(&p->out_prod) - out_cons > CON_RING_OUT ||
	    in_prod - load(&p->in_cons) > CON_RING_IN)
		return -1;
	r->page = p;
	r->out_cons = out_cons;
	r->in_prod = in_prod;
	__atomic_store_n((uint8_t *)page + CONNECTION_OFFSET,
			 CONNECTION_CONNECTED, __ATOMIC_RELEASE);
	return 0;
}

int con_ring_peek(const struct con_ring *r, uint8_t *buf)
{
	uint32_t n = load(&r->page->out_prod) - r->out_cons;
	uint32_t at = MASK_XENCONS_IDX(r->out_cons, r->page->out);
	uint32_t first = CON_RING_OUT - at;

	if (n > CON_RING_OUT)
		return -1;
	if (first > n)
		first = n;
	memcpy(buf, r->page->out + at, first);
	memcpy(buf + first, r->page->out, n - first);
	return (int)n;
}

void con_ring_consume(struct con_ring *r, uint32_t n)
{
	r->out_cons += n;
	store(&r->page->out_cons, r->out_cons);
}

int con_ring_space(const struct con_ring *r)
{
	uint32_t used = r->in_prod - load(&r->page->in_cons);

	return used > CON_RING_IN ? -1 : (int)(CON_RING_IN - used);
}

void con_ring_put(struct con_ring *r, const uint8_t *buf, uint32_t n)
{
	uint32_t at = MASK_XENCONS_IDX(r->in_prod, r->page->in);
	uint32_t first = CON_RING_IN - at;

	if (n > CON_RING_IN) /* a bug of the caller's; stay inside the page */
		n = CON_RING_IN;
	if (first > n)
		first = n;
	memcpy(r->page->in + at, buf, first);
	memcpy(r->page->in, buf + first, n - first);
	r->in_prod += n;
	store(&r->page->in_prod, r->in_prod);
}
