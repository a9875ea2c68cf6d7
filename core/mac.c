/* SPDX-License-Identifier: MIT */
#include "core/mac.h"

#include <stdio.h>
#include <string.h>

#include "core/num.h"

int mac_parse(const char *text, uint8_t mac[MAC_LEN])
{
	uint8_t out[MAC_LEN];
	unsigned int i;
	int high, low;

	for (i = 0; i < MAC_LEN; i++, text += 3) {
		high = num_hex_digit(text[0]);
		low = high < 0 ? -1 : num_hex_digit(text[1]);
		if (low < 0 || text[2] != (i < MAC_LEN - 1 ? ':' : '\0'))
			return -1;
		out[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(mac, out, MAC_LEN);
	return 0;
}

void mac_text(const uint8_t mac[MAC_LEN], char text[MAC_TEXT])
{
	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
}

const char *mac_unfit(const uint8_t mac[MAC_LEN])
{
	static const uint8_t none[MAC_LEN];
	/* netback gives it to all of them: vif.c, xenvif_alloc */
	static const uint8_t dom0[MAC_LEN] = {0xfe, 0xff, 0xff,
					      0xff, 0xff, 0xff};

	if (mac[0] & 1)
		return "a multicast address";
	if (!memcmp(mac, none, MAC_LEN))
		return "no address";
	if (!memcmp(mac, dom0, MAC_LEN))
		return "the address of dom0's end of every nic";
	return NULL;
}

/* FNV-1a: no secret is kept here, only spread. */
static uint64_t hash(uint64_t h, const uint8_t *p, unsigned int n)
{
	while (n--)
		h = (h ^ *p++) * 0x100000001b3;
	return h;
}

void mac_generate(const uint8_t uuid[16], unsigned int index,
		  unsigned int attempt, uint8_t mac[MAC_LEN])
{
	uint8_t which[2] = {(uint8_t)index, (uint8_t)attempt};
	uint64_t h = hash(hash(0xcbf29ce484222325, uuid, 16), which, 2);

	h ^= h >> 32;
	mac[0] = 0x00;
	mac[1] = 0x16;
	mac[2] = 0x3e;
	mac[3] = (h >> 16) & 0x7f; /* libxl's half of the range */
	mac[4] = (h >> 8) & 0xff;
	mac[5] = h & 0xff;
}

void mac_for_stub(const uint8_t guest[MAC_LEN], uint8_t mac[MAC_LEN])
{
	memcpy(mac, guest, MAC_LEN);
	mac[0] = 0xfe;
	mac[1] = guest[0] == 0xfe && guest[1] == 0xff ? 0xfe : 0xff;
}
