/* SPDX-License-Identifier: MIT */
#include "core/jsontext.h"

#include <stdint.h>

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t json_utf8(const char *text)
{
	const uint8_t *s = (const uint8_t *)text;
	uint32_t c, least;
	size_t len, i;

	if (s[0] < 0x80)
		return 1;
	len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	least = len == 4 ? 0x10000 : len == 3 ? 0x800 : 0x80;
	if (s[0] < 0xc0 || s[0] >= 0xf8)
		return 0;
	c = s[0] & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fu);
	}
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return len;
}

void json_text(const char *text, FILE *out)
{
	size_t n;

	fputc('"', out);
	for (; *text; text += n) {
		n = json_utf8(text);
		if (!n) {
			fputs("\xef\xbf\xbd", out);
			n = 1;
		} else if (*text == '"' || *text == '\\') {
			fprintf(out, "\\%c", *text);
		} else if ((uint8_t)*text < 0x20 || *text == 0x7f) {
			fprintf(out, "\\u%04x", (uint8_t)*text);
		} else {
			fwrite(text, 1, n, out);
		}
	}
	fputc('"', out);
}
