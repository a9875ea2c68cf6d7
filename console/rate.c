/* SPDX-License-Identifier: MIT */
#include "console/rate.h"

/* A rest is at least this long, or the clock would not be worth setting. */
enum { REST_MIN_MS = 2 };

void con_rate_init(struct con_rate *r, uint32_t per_ms, uint32_t burst,
		   uint64_t now_ms)
{
	r->per_ms = per_ms;
	r->burst = burst;
	r->credit = burst;
	r->last_ms = now_ms;
}

static void refill(struct con_rate *r, uint64_t now_ms)
{
	uint64_t gained = now_ms - r->last_ms;

	if (gained > r->burst) /* more than fills it; no overflow below */
		gained = r->burst;
	r->last_ms = now_ms;
	r->credit += (int64_t)(gained * r->per_ms);
	if (r->credit > r->burst)
		r->credit = r->burst;
}

uint64_t con_rate_pay(struct con_rate *r, uint64_t now_ms, uint32_t cost)
{
	if (!r->per_ms)
		return 0;
	refill(r, now_ms);
	r->credit -= cost;
	if (r->credit > 0)
		return 0;
	return (uint64_t)-r->credit / r->per_ms + REST_MIN_MS;
}
