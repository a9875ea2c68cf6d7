/* SPDX-License-Identifier: MIT */
/* Any text becomes a JSON string. */
#include "core/jsontext.h"

#include <jansson.h>
#include <stdlib.h>

#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))
#define BAD "\xef\xbf\xbd"

static const struct {
	const char *text, *want;
} strings[] = {
	{"", "\"\""},
	{"plain text", "\"plain text\""},
	{"\"\\/", "\"\\\"\\\\/\""},
	{"\n\t\001\x7f", "\"\\u000a\\u0009\\u0001\\u007f\""},
	{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7",
	 "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7\""},
	{"\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""},
	/* a lone byte, a cut character, overlong, a surrogate, too large */
	{"a\xff"
	 "b",
	 "\"a" BAD "b\""},
	{"\x80", "\"" BAD "\""},
	{"\xe2\x82", "\"" BAD BAD "\""},
	{"\xc3", "\"" BAD "\""},
	{"\xc0\xaf", "\"" BAD BAD "\""},
	{"\xe0\x80\xaf", "\"" BAD BAD BAD "\""},
	{"\xed\xa0\x80", "\"" BAD BAD BAD "\""},
	{"\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\""},
	{"\xf8\x88\x80\x80\x80", "\"" BAD BAD BAD BAD BAD "\""},
};

static char *written(const char *text)
{
	char *got;
	size_t len;
	FILE *f = open_memstream(&got, &len);

	if (!f)
		abort();
	json_text(text, f);
	fclose(f);
	return got;
}

static bool is_json(const char *text)
{
	json_t *j = json_loads(text, JSON_DECODE_ANY, NULL);

	json_decref(j);
	return j;
}

int main(void)
{
	char byte[] = "?x";
	unsigned int i;
	char *got;

	for (i = 0; i < ARRAY_SIZE(strings); i++) {
		got = written(strings[i].text);
		is_str(got, strings[i].want, "text %u", i);
		ok(is_json(got), "a JSON library reads it");
		free(got);
	}
	for (i = 1; i < 256; i++) {
		byte[0] = (char)i;
		got = written(byte);
		ok(is_json(got), "byte %#x, then another", i);
		free(got);
	}
	return done_testing();
}
