/* SPDX-License-Identifier: MIT */
#include "tools/mtool/teardown.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/uuid.h"
#include "tools/mtool/holders.h"

enum { POLL_MS = 10 };

/* Whether domain `domid` exists and carries `uuid`. */
static bool is_ours(struct hyp *h, uint32_t domid, const uint8_t uuid[16],
		    struct hyp_dom *d)
{
	struct err ignored;

	return domid && hyp_dom_get(h, domid, d, &ignored) == 1 &&
	       !memcmp(d->uuid, uuid, 16);
}

int vm_kill(struct hyp *h, const struct vm_record *r, struct err *e)
{
	struct hyp_dom d;
	struct err ignored;
	int rc = 0;

	if (is_ours(h, r->target, r->uuid, &d) && !d.dying)
		hyp_dom_pause(h, r->target, &ignored);
	if (is_ours(h, r->stub, r->stub_uuid, &d) &&
	    hyp_dom_destroy(h, r->stub, e) < 0)
		rc = -1;
	if (is_ours(h, r->target, r->uuid, &d) &&
	    hyp_dom_destroy(h, r->target, e) < 0)
		rc = -1;
	return rc;
}

static const char *const backend_kinds[] = {"vbd", "console", "vif", "pci",
					    NULL};

/* What is not there needs no removing. */
static int del(struct xs *xs, xs_transaction_t t, const char *path,
	       struct err *e)
{
	if (xs_del(xs, t, path) < 0 && errno != ENOENT)
		return err_sys(e, EXIT_FAILED, "remove %s", path);
	return 0;
}

static int forget_domain(struct xs *xs, uint32_t domid, struct err *e)
{
	const char *const *kind;
	char path[XS_PATH_MAX];

	if (!domid)
		return 0;
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	if (del(xs, XBT_NULL, path, e) < 0)
		return -1;
	for (kind = backend_kinds; *kind; kind++) {
		snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u",
			 *kind, domid);
		if (del(xs, XBT_NULL, path, e) < 0)
			return -1;
	}
	return 0;
}

static int forget_vm(struct xs *xs, const uint8_t uuid[16], struct err *e)
{
	static const uint8_t dom0[16];
	char path[XS_PATH_MAX], text[37];

	if (!memcmp(uuid, dom0, sizeof(dom0)))
		return 0; /* never made, and dom0's own */
	uuid_text(uuid, text);
	snprintf(path, sizeof(path), "/vm/%s", text);
	return del(xs, XBT_NULL, path, e);
}

static int del_if_empty(struct xs *xs, xs_transaction_t t, const char *path,
			struct err *e)
{
	unsigned int nr;
	char **list = xs_directory(xs_raw(xs), t, path, &nr);

	if (!list)
		return 0;
	free(list);
	return nr ? 0 : del(xs, t, path, e);
}

static int prune(void *ctx, xs_transaction_t t, struct err *e)
{
	const char *const *kind;
	char path[XS_PATH_MAX];

	for (kind = backend_kinds; *kind; kind++) {
		snprintf(path, sizeof(path), "/local/domain/0/backend/%s",
			 *kind);
		if (del_if_empty(ctx, t, path, e) < 0)
			return -1;
	}
	if (del_if_empty(ctx, t, "/local/domain/0/backend", e) < 0)
		return -1;
	return del_if_empty(ctx, t, "/vm", e);
}

/* The nodes of `domid` are ours to remove unless it is another's by now. */
static uint32_t removable(struct hyp *h, uint32_t domid, const uint8_t uuid[16])
{
	struct hyp_dom d;
	struct err ignored;

	if (domid && hyp_dom_get(h, domid, &d, &ignored) == 1 &&
	    memcmp(d.uuid, uuid, 16))
		return 0;
	return domid;
}

/*
 * Each directory goes whole, and the order does not matter; in a transaction
 * VMs that end together would be in each other's way, since every removal
 * changes the directory above. Only "if it is empty" needs one.
 */
int vm_forget(struct hyp *h, struct xs *xs, const struct vm_record *r,
	      struct err *e)
{
	uint32_t target = removable(h, r->target, r->uuid);
	uint32_t stub = removable(h, r->stub, r->stub_uuid);

	if (forget_domain(xs, target, e) < 0 ||
	    forget_domain(xs, stub, e) < 0 || forget_vm(xs, r->uuid, e) < 0 ||
	    forget_vm(xs, r->stub_uuid, e) < 0)
		return -1;
	return xs_transact(xs, "remove empty directories", prune, xs, e);
}

int vm_wait_gone(struct hyp *h, const struct vm_record *r, uint64_t ms,
		 struct err *e)
{
	struct timespec nap = {.tv_nsec = POLL_MS * 1000000};
	uint64_t end = clock_ms() + ms;
	struct hyp_dom t, s;
	bool have_t, have_s;
	char who[512];

	for (;;) {
		have_s = is_ours(h, r->stub, r->stub_uuid, &s);
		have_t = is_ours(h, r->target, r->uuid, &t);
		if (!have_t && !have_s)
			return 0;
		if (clock_ms() >= end)
			break;
		nanosleep(&nap, NULL);
	}
	holders_text(who, sizeof(who));
	return err_set(e, EXIT_TIMEOUT,
		       "domain %u is still dying: memory of it is mapped "
		       "elsewhere; processes that map such memory: %s",
		       have_s ? r->stub : r->target, who);
}

int vm_remove(struct hyp *h, struct xs *xs, const struct vm_record *r,
	      struct rundir *run, uint64_t ms, struct err *e)
{
	if (vm_kill(h, r, e) < 0 || vm_forget(h, xs, r, e) < 0 ||
	    vm_wait_gone(h, r, ms, e) < 0) {
		rundir_close(run);
		return -1;
	}
	rundir_remove(run);
	return 0;
}

bool vm_domain_lives(struct hyp *h, uint32_t domid, const uint8_t uuid[16])
{
	struct hyp_dom d;

	return is_ours(h, domid, uuid, &d) && !d.dying;
}
