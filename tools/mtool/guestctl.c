/* SPDX-License-Identifier: MIT */
#include "tools/mtool/guestctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct request {
	struct xs *xs;
	uint32_t domid;
	char path[XS_PATH_MAX];
	const char *word;
	bool withdrawn;
};

static void request_init(struct request *r, struct xs *xs, uint32_t domid,
			 const char *key, const char *word)
{
	r->xs = xs;
	r->domid = domid;
	r->word = word;
	r->withdrawn = false;
	snprintf(r->path, sizeof(r->path), "/local/domain/%u/control/%s", domid,
		 key);
}

/* The node may have been removed: a guest that is to empty it must own it. */
static int write_owned(void *ctx, xs_transaction_t t, struct err *e)
{
	const struct request *r = ctx;
	struct xs_permissions own = {.id = r->domid, .perms = XS_PERM_NONE};

	if (xs_put(r->xs, t, r->path, r->word) < 0 ||
	    xs_perms(r->xs, t, r->path, &own, 1) < 0)
		return err_sys(e, EXIT_FAILED, "write %s", r->path);
	return 0;
}

int guest_ask(struct xs *xs, uint32_t domid, const char *word, struct err *e)
{
	struct request r;

	request_init(&r, xs, domid, "shutdown", word);
	return xs_transact(xs, word, write_owned, &r, e);
}

/* Some guests empty the node, others remove it or write what they like. */
static int pending(const struct request *r, xs_transaction_t t, struct err *e)
{
	char now[32];

	if (xs_read_str(r->xs, t, r->path, now, sizeof(now)) >= 0)
		return !strcmp(now, r->word);
	if (errno == ENOENT || errno == E2BIG)
		return 0;
	return xs_fail(r->xs, e, "read %s", r->path);
}

int guest_answered(struct xs *xs, uint32_t domid, const char *word,
		   struct err *e)
{
	struct request r;
	int rc;

	request_init(&r, xs, domid, "shutdown", word);
	rc = pending(&r, XBT_NULL, e);
	return rc < 0 ? -1 : !rc;
}

static int withdraw(void *ctx, xs_transaction_t t, struct err *e)
{
	struct request *r = ctx;
	int rc = pending(r, t, e);

	if (rc < 0)
		return -1;
	r->withdrawn = rc;
	if (r->withdrawn && xs_put(r->xs, t, r->path, "") < 0)
		return err_sys(e, EXIT_FAILED, "write %s", r->path);
	return 0;
}

int guest_withdraw(struct xs *xs, uint32_t domid, const char *word,
		   struct err *e)
{
	struct request r;

	request_init(&r, xs, domid, "shutdown", word);
	if (xs_transact(xs, "withdraw the request", withdraw, &r, e) < 0)
		return -1;
	return r.withdrawn;
}

int guest_sysrq(struct xs *xs, uint32_t domid, char letter, struct err *e)
{
	const char word[] = {letter, '\0'};
	struct request r;

	request_init(&r, xs, domid, "sysrq", word);
	return xs_transact(xs, "sysrq", write_owned, &r, e);
}
