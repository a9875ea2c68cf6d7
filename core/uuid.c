/* SPDX-License-Identifier: MIT */
#include "core/uuid.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/random.h>

#include "core/num.h"

static bool dash_before(unsigned int byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void uuid_text(const uint8_t uuid[16], char text[37])
{
	unsigned int i;

	for (i = 0; i < 16; i++) {
		if (dash_before(i))
			*text++ = '-';
		text += sprintf(text, "%02x", uuid[i]);
	}
}

int uuid_parse(const char *text, uint8_t uuid[16])
{
	uint8_t out[16];
	unsigned int i;

	for (i = 0; i < 16; i++) {
		int high, low;

		if (dash_before(i) && *text++ != '-')
			return -1;
		high = num_hex_digit(*text);
		low = high < 0 ? -1 : num_hex_digit(text[1]);
		if (low < 0)
			return -1;
		out[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text)
		return -1;
	for (i = 0; i < 16; i++)
		uuid[i] = out[i];
	return 0;
}

int uuid_random(uint8_t uuid[16], struct err *e)
{
	if (getrandom(uuid, 16, 0) != 16)
		return err_sys(e, EXIT_FAILED, "random uuid");
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	return 0;
}
