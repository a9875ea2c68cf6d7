/* SPDX-License-Identifier: MIT */
#include "core/crc32c.h"

#include <endian.h>
#include <string.h>

enum { POLYNOMIAL = 0x82f63b78, SLICES = 8 };

/*
 * Eight bytes a step: the table of slice n is that of one byte followed by n
 * zero bytes. Made at first use, and the same whoever makes it.
 */
static uint32_t table[SLICES][256];

static void make_table(void)
{
	uint32_t crc;
	unsigned int i, k;

	for (i = 0; i < 256; i++) {
		crc = i;
		for (k = 0; k < 8; k++)
			crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
		table[0][i] = crc;
	}
	for (i = 0; i < 256; i++) {
		for (k = 1; k < SLICES; k++) {
			crc = table[k - 1][i];
			table[k][i] = crc >> 8 ^ table[0][crc & 0xff];
		}
	}
}

static uint32_t step(uint32_t crc, const uint8_t *p)
{
	uint32_t low, high;

	memcpy(&low, p, sizeof(low));
	memcpy(&high, p + 4, sizeof(high));
	low = le32toh(low) ^ crc;
	high = le32toh(high);
	return table[7][low & 0xff] ^ table[6][low >> 8 & 0xff] ^
	       table[5][low >> 16 & 0xff] ^ table[4][low >> 24] ^
	       table[3][high & 0xff] ^ table[2][high >> 8 & 0xff] ^
	       table[1][high >> 16 & 0xff] ^ table[0][high >> 24];
}

uint32_t crc32c(uint32_t crc, const void *data, size_t n)
{
	const uint8_t *p = data;

	if (!table[SLICES - 1][255])
		make_table();
	crc = ~crc;
	for (; n >= SLICES; n -= SLICES, p += SLICES)
		crc = step(crc, p);
	while (n--)
		crc = crc >> 8 ^ table[0][(crc ^ *p++) & 0xff];
	return ~crc;
}
