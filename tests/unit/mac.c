/* SPDX-License-Identifier: MIT */
/* Ethernet addresses: read, written, judged, made up. */
#include "core/mac.h"

#include "tests/unit/tap.h"

static void test_text(void)
{
	static const char *const bad[] = {
		"",
		"00:16:3e:00:00:0",
		"00:16:3e:00:00",
		"00:16:3e:00:00:",
		"00:16:3e:00:00:01:",
		"00:16:3e:00:00:01:02",
		"00-16-3e-00-00-01",
		"00163e000001",
		" 00:16:3e:00:00:01",
		"0:16:3e:00:00:01",
		"00:16:3g:00:00:01",
		"00:16:3e:00:00:001",
	};
	uint8_t mac[MAC_LEN] = {1, 2, 3, 4, 5, 6};
	char text[MAC_TEXT];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		is_int(mac_parse(bad[i], mac), -1, "'%s' is none", bad[i]);
	is_int(mac[0], 1, "nothing is written then");
	is_int(mac_parse("00:16:3E:aB:00:ff", mac), 0, "big or small");
	mac_text(mac, text);
	is_str(text, "00:16:3e:ab:00:ff", "shown small");
}

static void test_unfit(void)
{
	static const struct {
		const char *mac, *why;
	} rows[] = {
		{"00:16:3e:00:00:01", NULL},
		{"02:00:00:00:00:00", NULL},
		{"fe:ff:ff:ff:ff:fe", NULL},
		{"01:16:3e:00:00:01", "a multicast address"},
		{"ff:ff:ff:ff:ff:ff", "a multicast address"},
		{"00:00:00:00:00:00", "no address"},
		{"fe:ff:ff:ff:ff:ff", "the address of dom0's end of every nic"},
	};
	uint8_t mac[MAC_LEN];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *why;

		mac_parse(rows[i].mac, mac);
		why = mac_unfit(mac);
		if (rows[i].why)
			is_str(why, rows[i].why, "%s", rows[i].mac);
		else
			ok(!why, "%s is fit", rows[i].mac);
	}
}

static void test_generate(void)
{
	static const uint8_t uuid[16] = {1, 35, 69}, other[16] = {1, 35, 70};
	uint8_t a[MAC_LEN], b[MAC_LEN];
	char text[MAC_TEXT];
	unsigned int i, same = 0;

	mac_generate(uuid, 0, 0, a);
	mac_text(a, text);
	/* a guest's network configuration may hang on it for years */
	is_str(text, "00:16:3e:2e:98:47", "the same in every version of mtool");
	for (i = 1; i < 16; i++) {
		mac_generate(uuid, i, 0, b);
		same += !memcmp(a, b, MAC_LEN);
		ok(!b[0] && b[1] == 0x16 && b[2] == 0x3e && b[3] < 0x80,
		   "nic %u: in Xen's range", i);
	}
	mac_generate(uuid, 0, 1, b);
	same += !memcmp(a, b, MAC_LEN);
	mac_generate(other, 0, 0, b);
	same += !memcmp(a, b, MAC_LEN);
	is_int(same, 0, "nic, attempt and uuid all count");
}

static void test_for_stub(void)
{
	static const char *const rows[][2] = {
		{"00:16:3e:01:02:03", "fe:ff:3e:01:02:03"},
		{"02:ff:3e:01:02:03", "fe:ff:3e:01:02:03"},
		{"fe:ff:3e:01:02:03", "fe:fe:3e:01:02:03"},
		{"fe:fe:3e:01:02:03", "fe:ff:3e:01:02:03"},
	};
	uint8_t guest[MAC_LEN], mac[MAC_LEN];
	char text[MAC_TEXT];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		mac_parse(rows[i][0], guest);
		mac_for_stub(guest, mac);
		mac_text(mac, text);
		is_str(text, rows[i][1], "the stub's for %s", rows[i][0]);
		ok(!mac_unfit(mac), "is fit");
	}
}

int main(void)
{
	test_text();
	test_unfit();
	test_generate();
	test_for_stub();
	return done_testing();
}
