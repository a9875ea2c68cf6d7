/* SPDX-License-Identifier: MIT */
#include "tools/mtool/nodes.h"

struct nodes {
	struct xs *xs;
	const struct plan_step *step;
	const struct plan_vars *vars;
	uint32_t target, stub;
};

static unsigned int perm_domid(const struct nodes *n, char letter)
{
	if (letter == 'T')
		return n->target;
	return letter == 'S' ? n->stub : 0;
}

static int set_perm(struct nodes *n, xs_transaction_t t, const char *path,
		    const char *perm, struct err *e)
{
	struct xs_permissions p[2];
	unsigned int i;

	for (i = 0; perm[i]; i++) {
		p[i].id = perm_domid(n, perm[i]);
		p[i].perms = i ? XS_PERM_READ : XS_PERM_NONE;
	}
	if (xs_perms(n->xs, t, path, p, i) < 0)
		return err_sys(e, EXIT_FAILED, "permissions of %s", path);
	return 0;
}

static int put_node(struct nodes *n, xs_transaction_t t,
		    const struct plan_node *node, struct err *e)
{
	char path[XS_PATH_MAX], value[XS_VALUE_MAX];

	if (plan_expand(n->vars, node->path, path, sizeof(path), e) < 0 ||
	    plan_expand(n->vars, node->value, value, sizeof(value), e) < 0)
		return -1;
	if (xs_put(n->xs, t, path, value) < 0)
		return err_sys(e, EXIT_FAILED, "write %s", path);
	return node->perm ? set_perm(n, t, path, node->perm, e) : 0;
}

/* None is waited for before the next is on its way: there are hundreds. */
static int put_all(void *ctx, xs_transaction_t t, struct err *e)
{
	struct nodes *n = ctx;
	unsigned int i;
	int rc = 0;

	xs_ahead(n->xs);
	for (i = 0; i < n->step->nr_node && !rc; i++)
		rc = put_node(n, t, &n->step->node[i], e);
	if (xs_settle(n->xs) < 0 && !rc)
		rc = err_sys(e, EXIT_FAILED, "write nodes");
	return rc;
}

int nodes_put(struct xs *xs, xs_transaction_t t, const struct plan_step *s,
	      const struct plan_vars *vars, uint32_t target, uint32_t stub,
	      struct err *e)
{
	struct nodes n = {xs, s, vars, target, stub};

	return put_all(&n, t, e);
}

int nodes_write(struct xs *xs, const struct plan_step *s,
		const struct plan_vars *vars, uint32_t target, uint32_t stub,
		struct err *e)
{
	struct nodes n = {xs, s, vars, target, stub};

	return s->nr_node ? xs_transact(xs, "xenstore", put_all, &n, e) : 0;
}
