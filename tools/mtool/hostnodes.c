/* SPDX-License-Identifier: MIT */
#include "tools/mtool/hostnodes.h"

#include <errno.h>
#include <stdlib.h>

/*
 * What xenstored (the first) and xen-init-dom0 leave. dom0's kernel adds
 * control/feature-* by itself.
 */
static const struct {
	const char *path, *value;
} nodes[] = {
	{"/tool/xenstored", ""},
	{"/local/domain/0/domid", "0"},
	{"/local/domain/0/name", "Domain-0"},
	{"/local/pool/0/name", "Pool-0"},
};

enum { NR_NODES = sizeof(nodes) / sizeof(*nodes) };

static int write_missing(void *ctx, xs_transaction_t t, struct err *e)
{
	struct xs *xs = ctx;
	unsigned int i;
	int there;

	for (i = 0; i < NR_NODES; i++) {
		there = xs_exists(xs, t, nodes[i].path);
		if (there < 0)
			return err_sys(e, EXIT_FAILED, "read %s",
				       nodes[i].path);
		if (!there && xs_put(xs, t, nodes[i].path, nodes[i].value) < 0)
			return err_sys(e, EXIT_FAILED, "write %s",
				       nodes[i].path);
	}
	return 0;
}

int host_nodes_write(struct xs *xs, struct err *e)
{
	return xs_transact(xs, "host-init", write_missing, xs, e);
}

const char *host_nodes_missing(struct xs *xs)
{
	unsigned int i;

	for (i = 0; i < NR_NODES; i++) {
		if (xs_exists(xs, XBT_NULL, nodes[i].path) != 1)
			return nodes[i].path;
	}
	return NULL;
}
