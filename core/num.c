/* SPDX-License-Identifier: MIT */
#include "core/num.h"

#include <string.h>

int num_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int num_parse(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	unsigned int base = 10;
	uint64_t value = 0;

	if (!strncmp(text, "0x", 2) || !strncmp(text, "0X", 2)) {
		base = 16;
		text += 2;
	}
	if (!*text)
		return -1;
	for (; *text; text++) {
		unsigned int d = (unsigned int)num_hex_digit(*text);

		/* -1 is more than any base */
		if (d >= base || value > (UINT64_MAX - d) / base)
			return -1;
		value = value * base + d;
	}
	if (value < min || value > max)
		return -1;
	*out = value;
	return 0;
}
