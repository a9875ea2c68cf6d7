/* SPDX-License-Identifier: MIT */
/* UUIDs as text, back again, and by chance. */
#include "core/uuid.h"

#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

static const struct {
	const char *text;
	uint8_t uuid[16];
} good[] = {
	{"00000000-0000-0000-0000-000000000000", {0}},
	{"01234567-89ab-cdef-fedc-ba9876543210",
	 {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba,
	  0x98, 0x76, 0x54, 0x32, 0x10}},
	{"ffffffff-ffff-ffff-ffff-ffffffffffff",
	 {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff}},
	{"00010203-0405-0607-0809-0a0b0c0d0e0f",
	 {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
};

static const char *const garbage[] = {
	"",
	"0",
	"-",
	"g",
	"01234567",
	"01234567-",
	"01234567-89ab-cdef-fedc-ba98765432",
	"01234567-89ab-cdef-fedc-ba987654321",
	"01234567-89ab-cdef-fedc-ba98765432100",
	"01234567-89ab-cdef-fedc-ba9876543210-",
	"01234567-89ab-cdef-fedc-ba9876543210\n",
	"01234567-89ab-cdef-fedc-ba9876543210 ",
	" 01234567-89ab-cdef-fedc-ba9876543210",
	"{01234567-89ab-cdef-fedc-ba9876543210}",
	"0123456789abcdeffedcba9876543210",
	"01234567-89abcdef-fedc-ba9876543210",
	"01234567-89ab-cdeffedc-ba9876543210",
	"01234567-89ab-cdef-fedcba9876543210",
	"01234567--89ab-cdef-fedc-ba987654321",
	"0123456-789ab-cdef-fedc-ba9876543210",
	"01234567-89ab-cdef-fedc_ba9876543210",
	"01-23-45-67-89-ab-cd-ef-fe-dc-ba-98-76-54-32-10",
	"0123456g-89ab-cdef-fedc-ba9876543210",
	"g1234567-89ab-cdef-fedc-ba9876543210",
	"0x234567-89ab-cdef-fedc-ba9876543210",
	"+1234567-89ab-cdef-fedc-ba9876543210",
	"0123456 -89ab-cdef-fedc-ba9876543210",
	"\xff\xff",
	/* next to the letters and digits */
	"/1234567-89ab-cdef-fedc-ba9876543210",
	":1234567-89ab-cdef-fedc-ba9876543210",
	"@1234567-89ab-cdef-fedc-ba9876543210",
	"G1234567-89ab-cdef-fedc-ba9876543210",
	"`1234567-89ab-cdef-fedc-ba9876543210",
};

static void test_text(void)
{
	char text[38];
	uint8_t uuid[16];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		memset(text, 'z', sizeof(text));
		uuid_text(good[i].uuid, text);
		is_str(text, good[i].text, "uuid %zu as text", i);
		is_int(text[37], 'z', "in 37 bytes");
		memset(uuid, 0x5a, sizeof(uuid));
		is_int(uuid_parse(good[i].text, uuid), 0, "the text is one");
		ok(!memcmp(uuid, good[i].uuid, 16), "and the same");
	}
	is_int(uuid_parse("01234567-89AB-CDEF-FeDc-BA9876543210", uuid), 0,
	       "upper case is allowed");
	ok(!memcmp(uuid, good[1].uuid, 16), "and means the same");
}

static void test_garbage(void)
{
	uint8_t uuid[16], before[16];
	size_t i;

	memset(before, 0x5a, sizeof(before));
	for (i = 0; i < ARRAY_SIZE(garbage); i++) {
		memcpy(uuid, before, sizeof(uuid));
		is_int(uuid_parse(garbage[i], uuid), -1, "garbage %zu", i);
		ok(!memcmp(uuid, before, 16), "leaves the result alone");
	}
}

static void test_random(void)
{
	static const uint8_t zero[16];
	uint8_t uuid[16], last[16] = {0};
	bool version = true, variant = true, differ = true;
	struct err e;
	int i;

	for (i = 0; i < 100; i++) {
		memset(uuid, 0, sizeof(uuid));
		if (uuid_random(uuid, &e) < 0) {
			ok(false, "%s", e.msg);
			return;
		}
		version &= uuid[6] >> 4 == 4;
		variant &= uuid[8] >> 6 == 2;
		differ &= memcmp(uuid, last, 16) && memcmp(uuid, zero, 16);
		memcpy(last, uuid, 16);
	}
	ok(version, "random ones are of version 4");
	ok(variant, "and of RFC 4122's variant");
	ok(differ, "no two are the same");
}

int main(void)
{
	test_text();
	test_garbage();
	test_random();
	return done_testing();
}
