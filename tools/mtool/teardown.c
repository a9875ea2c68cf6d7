/* SPDX-License-Identifier: MIT */
#include "tools/mtool/teardown.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/uuid.h"
#include "devices/vbd.h"
#include "tools/mtool/holders.h"
#include "tools/mtool/pcigive.h"

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

static int forget_backends(struct xs *xs, uint32_t domid, struct err *e)
{
	const char *const *kind;
	char path[XS_PATH_MAX];

	for (kind = backend_kinds; *kind; kind++) {
		snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u",
			 *kind, domid);
		if (xs_del_any(xs, XBT_NULL, path, e) < 0)
			return -1;
	}
	return 0;
}

static int forget_domain(struct xs *xs, uint32_t domid, struct err *e)
{
	char path[XS_PATH_MAX];

	if (!domid)
		return 0;
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	if (xs_del_any(xs, XBT_NULL, path, e) < 0)
		return -1;
	return forget_backends(xs, domid, e);
}

static int forget_vm(struct xs *xs, const uint8_t uuid[16], struct err *e)
{
	static const uint8_t dom0[16];
	char path[XS_PATH_MAX], text[37];

	if (!memcmp(uuid, dom0, sizeof(dom0)))
		return 0; /* never made, and dom0's own */
	uuid_text(uuid, text);
	snprintf(path, sizeof(path), "/vm/%s", text);
	return xs_del_any(xs, XBT_NULL, path, e);
}

/*
 * A transaction of C xenstored's sees each node as it is when first looked at.
 * Parents are looked at first: what is then seen in them may be gone, but what
 * is there has its place in them, and xenstored takes anything else for a
 * broken store.
 */
static int look_down(struct xs *xs, xs_transaction_t t,
		     const char *const *paths, struct err *e)
{
	for (; *paths; paths++) {
		if (xs_exists(xs, t, *paths) < 0)
			return xs_fail(xs, e, "read %s", *paths);
	}
	return 0;
}

static int prune(void *ctx, xs_transaction_t t, struct err *e)
{
	static const char *const parents[] = {"/", "/local/domain/0",
					      "/local/domain/0/backend", NULL};
	const char *const *kind;
	char path[XS_PATH_MAX];

	if (look_down(ctx, t, parents, e) < 0)
		return -1;
	for (kind = backend_kinds; *kind; kind++) {
		snprintf(path, sizeof(path), "/local/domain/0/backend/%s",
			 *kind);
		if (xs_del_empty(ctx, t, path, e) < 0)
			return -1;
	}
	if (xs_del_empty(ctx, t, "/local/domain/0/backend", e) < 0)
		return -1;
	return xs_del_empty(ctx, t, "/vm", e) < 0 ? -1 : 0;
}

#define ERRORS "/local/domain/0/error/backend"

static int prune_errors(void *ctx, xs_transaction_t t, struct err *e)
{
	static const char *const parents[] = {
		"/local/domain/0", "/local/domain/0/error", ERRORS, NULL};
	const char *const *kind;
	char path[XS_PATH_MAX];

	if (look_down(ctx, t, parents, e) < 0)
		return -1;
	for (kind = backend_kinds; *kind; kind++) {
		snprintf(path, sizeof(path), ERRORS "/%s", *kind);
		if (xs_del_empty(ctx, t, path, e) < 0)
			return -1;
	}
	if (xs_del_empty(ctx, t, ERRORS, e) < 0)
		return -1;
	return xs_del_empty(ctx, t, "/local/domain/0/error", e) < 0 ? -1 : 0;
}

/* What the kernel's backends said of devices that they gave up, if any did. */
static int forget_errors(struct xs *xs, const uint32_t domid[2], struct err *e)
{
	const char *const *kind;
	char path[XS_PATH_MAX];
	unsigned int i;
	int there = xs_exists(xs, XBT_NULL, ERRORS);

	if (there <= 0)
		return there < 0 ? xs_fail(xs, e, "read %s", ERRORS) : 0;
	for (i = 0; i < 2; i++) {
		for (kind = backend_kinds; domid[i] && *kind; kind++) {
			snprintf(path, sizeof(path), ERRORS "/%s/%u", *kind,
				 domid[i]);
			if (xs_del_any(xs, XBT_NULL, path, e) < 0)
				return -1;
		}
	}
	return xs_transact(xs, "remove errors", prune_errors, xs, e);
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

static void note_loops(struct xs *xs, uint32_t domid, struct loop_list *loops)
{
	char dir[XS_PATH_MAX / 2], path[XS_PATH_MAX], **list;
	unsigned int i, nr;

	if (!domid || !loops)
		return;
	snprintf(dir, sizeof(dir), "/local/domain/0/backend/vbd/%u", domid);
	list = xs_list(xs, XBT_NULL, dir, &nr);
	for (i = 0; list && i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%.16s", dir, list[i]);
		vbd_note_loop(xs, path, loops);
	}
	free(list);
}

/* None is waited for before the next is on its way. */
static int forget_nodes(struct xs *xs, const struct vm_record *r,
			const uint32_t domid[2], struct err *e)
{
	int rc = 0;

	xs_ahead(xs);
	if (forget_domain(xs, domid[0], e) < 0 ||
	    forget_domain(xs, domid[1], e) < 0 ||
	    forget_vm(xs, r->uuid, e) < 0 || forget_vm(xs, r->stub_uuid, e) < 0)
		rc = -1;
	if (xs_settle(xs) < 0 && !rc)
		rc = xs_fail(xs, e, "remove nodes");
	return rc;
}

/*
 * Each directory goes whole, and the order does not matter; in a transaction
 * VMs that end together would be in each other's way, since every removal
 * changes the directory above. Only "if it is empty" needs one.
 */
int vm_forget(struct hyp *h, struct xs *xs, const struct vm_record *r,
	      struct loop_list *loops, struct err *e)
{
	const uint32_t domid[2] = {removable(h, r->target, r->uuid),
				   removable(h, r->stub, r->stub_uuid)};

	note_loops(xs, domid[0], loops);
	note_loops(xs, domid[1], loops);
	if (forget_nodes(xs, r, domid, e) < 0 ||
	    forget_errors(xs, domid, e) < 0)
		return -1;
	pci_release(h, xs, r->uuid); /* what it cannot do is left to gc */
	return xs_transact(xs, "remove empty directories", prune, xs, e);
}

/*
 * A backend of the kernel that still serves `domid`: its device has not been
 * unregistered, nor has a nic's interface left its bridge. They are named
 * "<kind>-<domid>-<devid>".
 */
static bool has_backend(uint32_t domid)
{
	DIR *dir = opendir("/sys/devices");
	struct dirent *d;
	char middle[16];
	bool found = false;

	snprintf(middle, sizeof(middle), "-%u-", domid);
	while (dir && !found && (d = readdir(dir)))
		found = (!strncmp(d->d_name, "vif-", 4) ||
			 !strncmp(d->d_name, "vbd-", 4) ||
			 !strncmp(d->d_name, "pci-", 4)) &&
			!strncmp(d->d_name + 3, middle, strlen(middle));
	if (dir)
		closedir(dir);
	return found;
}

static bool backends_gone(struct hyp *h, const struct vm_record *r)
{
	uint32_t target = removable(h, r->target, r->uuid);
	uint32_t stub = removable(h, r->stub, r->stub_uuid);

	return !(target && has_backend(target)) && !(stub && has_backend(stub));
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
		if (!have_t && !have_s && backends_gone(h, r))
			return 0;
		if (clock_ms() >= end)
			break;
		nanosleep(&nap, NULL);
	}
	if (!have_t && !have_s)
		return err_set(e, EXIT_TIMEOUT,
			       "a backend of domain %u or %u is still there "
			       "after %llu s",
			       r->target, r->stub,
			       (unsigned long long)ms / 1000);
	holders_text(who, sizeof(who));
	return err_set(e, EXIT_TIMEOUT,
		       "domain %u is still dying: memory of it is mapped "
		       "elsewhere; processes that map such memory: %s",
		       have_s ? r->stub : r->target, who);
}

int vm_drop_stub(struct hyp *h, struct xs *xs, const struct vm_record *r,
		 struct err *e)
{
	struct vm_record stub = {.stub = r->stub};

	memcpy(stub.stub_uuid, r->stub_uuid, sizeof(stub.stub_uuid));
	if (vm_kill(h, &stub, e) < 0 || vm_forget(h, xs, &stub, NULL, e) < 0)
		return -1;
	pci_release(h, xs, r->uuid); /* without the stub they are of no use */
	return 0;
}

int vm_drop_devices(struct hyp *h, struct xs *xs, const struct vm_record *r,
		    uint64_t ms, struct err *e)
{
	struct timespec nap = {.tv_nsec = POLL_MS * 1000000};
	uint64_t end = clock_ms() + ms;
	struct loop_list loops = {0};
	char path[XS_PATH_MAX];

	note_loops(xs, r->target, &loops);
	snprintf(path, sizeof(path), "/local/domain/%u/device", r->target);
	if (xs_del_any(xs, XBT_NULL, path, e) < 0 ||
	    forget_backends(xs, r->target, e) < 0)
		return -1;
	while (!backends_gone(h, r)) {
		if (clock_ms() >= end)
			return err_set(e, EXIT_TIMEOUT,
				       "a backend of domain %u or %u is still "
				       "there after %llu s",
				       r->target, r->stub,
				       (unsigned long long)ms / 1000);
		nanosleep(&nap, NULL);
	}
	loopdev_wait_clear(&loops);
	return 0;
}

int vm_remove(struct hyp *h, struct xs *xs, const struct vm_record *r,
	      struct rundir *run, uint64_t ms, struct err *e)
{
	struct loop_list loops = {0};

	if (vm_kill(h, r, e) < 0 || vm_forget(h, xs, r, &loops, e) < 0 ||
	    vm_wait_gone(h, r, ms, e) < 0) {
		rundir_close(run);
		return -1;
	}
	loopdev_wait_clear(&loops);
	rundir_remove(run);
	return 0;
}

bool vm_domain_lives(struct hyp *h, uint32_t domid, const uint8_t uuid[16])
{
	struct hyp_dom d;

	return is_ours(h, domid, uuid, &d) && !d.dying;
}
