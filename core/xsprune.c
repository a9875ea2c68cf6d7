/* SPDX-License-Identifier: MIT */
#include "core/xs.h"

#include <errno.h>
#include <stdlib.h>

int xs_del_any(struct xs *xs, xs_transaction_t t, const char *path,
	       struct err *e)
{
	if (xs_del(xs, t, path) < 0 && errno != ENOENT)
		return xs_fail(xs, e, "remove %s", path);
	return 0;
}

int xs_del_empty(struct xs *xs, xs_transaction_t t, const char *path,
		 struct err *e)
{
	unsigned int nr;
	char **list = xs_list(xs, t, path, &nr);

	if (!list)
		return errno == ENOENT ? 1 : xs_fail(xs, e, "list %s", path);
	free(list);
	if (nr)
		return 0;
	return xs_del_any(xs, t, path, e) < 0 ? -1 : 1;
}
