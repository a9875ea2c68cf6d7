/* SPDX-License-Identifier: MIT */
#include "tools/mtool/guestctl.h"

#include <stdio.h>
#include <string.h>

struct request {
	struct xs *xs;
	char path[XS_PATH_MAX];
	const char *word;
	bool withdrawn;
};

static void request_init(struct request *r, struct xs *xs, uint32_t domid,
			 const char *word)
{
	r->xs = xs;
	r->word = word;
	r->withdrawn = false;
	snprintf(r->path, sizeof(r->path), "/local/domain/%u/control/shutdown",
		 domid);
}

int guest_ask(struct xs *xs, uint32_t domid, const char *word, struct err *e)
{
	struct request r;

	request_init(&r, xs, domid, word);
	if (xs_put(xs, XBT_NULL, r.path, word) < 0)
		return err_sys(e, EXIT_FAILED, "write %s", r.path);
	return 0;
}

/* Some guests empty the node, others remove it. */
static bool pending(const struct request *r, xs_transaction_t t)
{
	char now[32];

	return xs_read_str(r->xs, t, r->path, now, sizeof(now)) > 0 &&
	       !strcmp(now, r->word);
}

bool guest_answered(struct xs *xs, uint32_t domid, const char *word)
{
	struct request r;

	request_init(&r, xs, domid, word);
	return !pending(&r, XBT_NULL);
}

static int withdraw(void *ctx, xs_transaction_t t, struct err *e)
{
	struct request *r = ctx;

	r->withdrawn = pending(r, t);
	if (r->withdrawn && xs_put(r->xs, t, r->path, "") < 0)
		return err_sys(e, EXIT_FAILED, "write %s", r->path);
	return 0;
}

int guest_withdraw(struct xs *xs, uint32_t domid, const char *word,
		   struct err *e)
{
	struct request r;

	request_init(&r, xs, domid, word);
	if (xs_transact(xs, "withdraw the request", withdraw, &r, e) < 0)
		return -1;
	return r.withdrawn;
}

int guest_sysrq(struct xs *xs, uint32_t domid, char letter, struct err *e)
{
	char path[XS_PATH_MAX];
	const char word[] = {letter, '\0'};

	snprintf(path, sizeof(path), "/local/domain/%u/control/sysrq", domid);
	if (xs_put(xs, XBT_NULL, path, word) < 0)
		return err_sys(e, EXIT_FAILED, "write %s", path);
	return 0;
}
