/* SPDX-License-Identifier: MIT */
#ifndef CORE_UUID_H
#define CORE_UUID_H

#include <stdint.h>
#include "core/err.h"

/* "8-4-4-4-12" in lower case; with NUL 37 bytes. */
void uuid_text(const uint8_t uuid[16], char text[37]);

/* The reverse, upper case allowed. -1 if it is not of that form. */
int uuid_parse(const char *text, uint8_t uuid[16]);

/* A fresh random one (RFC 4122, version 4). -1 and *e without entropy. */
int uuid_random(uint8_t uuid[16], struct err *e);

#endif
