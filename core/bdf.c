/* SPDX-License-Identifier: MIT */
#include "core/bdf.h"

#include <stdio.h>

#include "core/num.h"

enum { SEG_DIGITS = 4, BUS_DIGITS = 2, DEV_MAX = 31, FN_MAX = 7 };

/* 1 to `digits` hexadecimal digits, and `end` behind them; else NULL. */
static const char *take(const char *p, unsigned int digits, char end,
			unsigned int *out)
{
	unsigned int i;

	*out = 0;
	for (i = 0; i < digits && num_hex_digit(p[i]) >= 0; i++)
		*out = *out * 16 + (unsigned int)num_hex_digit(p[i]);
	return i && p[i] == end ? p + i + 1 : NULL;
}

int bdf_parse(const char *text, struct bdf *out)
{
	unsigned int seg = 0, bus, dev, fn;
	const char *p = take(text, SEG_DIGITS, ':', &seg), *q;

	q = p ? take(p, BUS_DIGITS, ':', &bus) : NULL;
	if (!q) { /* no segment */
		seg = 0;
		q = take(text, BUS_DIGITS, ':', &bus);
	}
	q = q ? take(q, BUS_DIGITS, '.', &dev) : NULL;
	if (!q || !take(q, 1, '\0', &fn) || dev > DEV_MAX || fn > FN_MAX)
		return -1;
	*out = (struct bdf){(uint16_t)seg, (uint8_t)bus, (uint8_t)dev,
			    (uint8_t)fn};
	return 0;
}

void bdf_text(const struct bdf *b, char buf[BDF_TEXT])
{
	snprintf(buf, BDF_TEXT, "%04x:%02x:%02x.%x", b->seg, b->bus,
		 b->dev & DEV_MAX, b->fn & FN_MAX);
}

uint32_t bdf_number(const struct bdf *b)
{
	return (uint32_t)b->seg << 16 | (uint32_t)b->bus << 8 |
	       (uint32_t)b->dev << 3 | b->fn;
}

struct bdf bdf_from(uint32_t n)
{
	return (struct bdf){(uint16_t)(n >> 16), (uint8_t)(n >> 8),
			    (uint8_t)(n >> 3 & DEV_MAX), n & FN_MAX};
}

bool bdf_same(const struct bdf *a, const struct bdf *b)
{
	return bdf_number(a) == bdf_number(b);
}
