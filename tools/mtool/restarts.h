/* SPDX-License-Identifier: MIT */
/* A guest that does nothing but restart is stopped. */
#ifndef TOOLS_MTOOL_RESTARTS_H
#define TOOLS_MTOOL_RESTARTS_H

#include <stdbool.h>
#include <stdint.h>

enum { RESTARTS_MAX = 5, RESTARTS_WINDOW_MS = 60000 };

struct restarts {
	uint64_t at[RESTARTS_MAX]; /* clock_ms of the last ones, a ring */
	unsigned int nr;	   /* all there were */
};

/*
 * Count a restart at `now` (clock_ms). False, and not counted, if it would be
 * one more than RESTARTS_MAX within RESTARTS_WINDOW_MS.
 */
bool restarts_add(struct restarts *r, uint64_t now);

#endif
