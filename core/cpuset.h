/* SPDX-License-Identifier: MIT */
/* Sets of a host's CPUs, as users write them: "0-3,5,^2" or "all". */
#ifndef CORE_CPUSET_H
#define CORE_CPUSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/err.h"

enum { CPUSET_MAX = 4096 }; /* CPUs; Xen has no more */

struct cpuset {
	uint8_t bits[CPUSET_MAX / 8]; /* bit n % 8 of byte n / 8 is CPU n */
};

void cpuset_add(struct cpuset *s, unsigned int cpu);
bool cpuset_has(const struct cpuset *s, unsigned int cpu);

/*
 * Parse numbers, ranges, "all", and "^" before what is to be left out again,
 * separated by commas. 0, or -1 and *e (EXIT_USAGE) for anything else and for
 * a set in which nothing is left.
 */
int cpuset_parse(const char *text, struct cpuset *out, struct err *e);

/*
 * The CPUs below `nr` as "0-3,5", or "all" if none of them is missing, or
 * "none". The text is cut if it does not fit.
 */
void cpuset_text(const struct cpuset *s, unsigned int nr, char *buf,
		 size_t size);

#endif
