/* SPDX-License-Identifier: MIT */
/* How fast a peer may make us work: a bucket of credit that refills. */
#ifndef CONSOLE_RATE_H
#define CONSOLE_RATE_H

#include <stdint.h>

struct con_rate {
	uint32_t per_ms; /* credit gained per millisecond; 0: no limit */
	uint32_t burst;	 /* the most that is saved up */
	int64_t credit;
	uint64_t last_ms;
};

/* A full bucket. */
void con_rate_init(struct con_rate *r, uint32_t per_ms, uint32_t burst,
		   uint64_t now_ms);

/*
 * Pay `cost` at `now_ms` (clock_ms). Returns 0 if there is credit left, or
 * for how many milliseconds to rest.
 */
uint64_t con_rate_pay(struct con_rate *r, uint64_t now_ms, uint32_t cost);

#endif
