/* SPDX-License-Identifier: MIT */
#include "tools/mtool/restarts.h"

bool restarts_add(struct restarts *r, uint64_t now)
{
	uint64_t *oldest = &r->at[r->nr % RESTARTS_MAX];

	if (r->nr >= RESTARTS_MAX && now - *oldest < RESTARTS_WINDOW_MS)
		return false;
	*oldest = now;
	r->nr++;
	return true;
}
