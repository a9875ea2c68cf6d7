/* SPDX-License-Identifier: MIT */
/* The one checked parser for numbers that come from outside. */
#ifndef CORE_NUM_H
#define CORE_NUM_H

#include <stdint.h>

/*
 * Parse all of `text` as an unsigned number in `min`..`max`: decimal, or
 * hexadecimal after 0x. No sign, no space, no rest. Returns 0 and sets *out,
 * or -1 and leaves it.
 */
int num_parse(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/* The value of a hexadecimal digit, 0..15, or -1. */
int num_hex_digit(char c);

#endif
