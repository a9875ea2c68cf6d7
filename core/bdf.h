/* SPDX-License-Identifier: MIT */
/* Where a PCI device is: segment, bus, device, function. */
#ifndef CORE_BDF_H
#define CORE_BDF_H

#include <stdbool.h>
#include <stdint.h>

enum { BDF_TEXT = 13 }; /* "0000:00:04.0" and its NUL */

struct bdf {
	uint16_t seg;
	uint8_t bus, dev, fn; /* dev 0..31, fn 0..7 */
};

/* All of `text` as [SSSS:]BB:DD.F in hexadecimal digits. 0 or -1. */
int bdf_parse(const char *text, struct bdf *out);

/* "0000:00:04.0", as sysfs calls it. */
void bdf_text(const struct bdf *b, char buf[BDF_TEXT]);

/* As hypercalls want it: segment, bus, device, function from the top down. */
uint32_t bdf_number(const struct bdf *b);
/* The reverse. */
struct bdf bdf_from(uint32_t number);

bool bdf_same(const struct bdf *a, const struct bdf *b);

#endif
