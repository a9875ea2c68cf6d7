/* SPDX-License-Identifier: MIT */
#include "tools/mtool/host.h"

#include <string.h>

int host_open(struct host *h, struct log *log, struct err *e)
{
	h->xs = NULL;
	h->hyp = hyp_open(log, e);
	if (h->hyp)
		h->xs = xs_connect(log, e);
	if (h->xs)
		return 0;
	host_close(h);
	return -1;
}

void host_close(struct host *h)
{
	xs_disconnect(h->xs);
	hyp_close(h->hyp);
	h->xs = NULL;
	h->hyp = NULL;
}

static int look_at(struct host *h, const struct vm_record *r,
		   struct hyp_dom *guest, struct err *e)
{
	int rc;

	if (!r->running)
		return err_set(e, EXIT_BUSY, "is still being created");
	rc = hyp_dom_get(h->hyp, r->target, guest, e);
	if (rc < 0)
		return -1;
	if (!rc || guest->dying || memcmp(guest->uuid, r->uuid, 16))
		return err_set(e, EXIT_DIED, "the guest is gone");
	if (guest->shutdown)
		return err_set(e, EXIT_DIED, "the guest has shut down");
	return 0;
}

int host_guest(struct host *h, const struct vm_record *r, struct hyp_dom *guest,
	       struct err *e)
{
	return look_at(h, r, guest, e) < 0 ? err_in(e, "%s", r->name) : 0;
}

int host_open_vm(struct mtool *m, struct host *h, const char *who,
		 struct vm_record *r, struct hyp_dom *guest, struct err *e)
{
	if (vm_find_served(m, who, r, e) < 0 || host_open(h, &m->log, e) < 0)
		return -1;
	if (!host_guest(h, r, guest, e))
		return 0;
	host_close(h);
	return -1;
}
