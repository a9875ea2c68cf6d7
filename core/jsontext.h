/* SPDX-License-Identifier: MIT */
/*
 * Text as a JSON string, written as it is met: no memory, no failure. For
 * output that has no tree, and for the stubdomain, which has no jansson.
 */
#ifndef CORE_JSONTEXT_H
#define CORE_JSONTEXT_H

#include <stddef.h>
#include <stdio.h>

/*
 * Write `text` in quotes. Whatever bytes it has, what is written is a JSON
 * string in UTF-8: control characters are escaped, bytes that are no UTF-8
 * become U+FFFD.
 */
void json_text(const char *text, FILE *out);

/*
 * The length of the UTF-8 character that `text` (not empty) begins with; 0 if
 * its bytes are none.
 */
size_t json_utf8(const char *text);

#endif
