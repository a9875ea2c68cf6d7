/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: any bytes as a save file, and as chunks behind a good head, whose
 * checksums are put right so that what they guard is reached. What is taken
 * must be within the limits; what is refused must say why, in one line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/crc32c.h"
#include "core/savefile.h"

static void must(bool promise)
{
	if (!promise)
		abort();
}

static void check_error(const struct err *e)
{
	must(*e->msg && memchr(e->msg, '\0', sizeof(e->msg)));
	must(!strchr(e->msg, '\n'));
}

static void set_crc(uint8_t *at, uint32_t crc)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		at[i] = (uint8_t)(crc >> 8 * i);
}

/* One chunk; how many bytes it took, 0 if it was refused. */
static size_t chunk(struct savefile *s, const uint8_t *data, size_t size,
		    bool *end)
{
	uint8_t head[SAVEFILE_CHUNK];
	struct savefile before = *s;
	struct savefile_chunk c;
	struct err e;

	if (size < SAVEFILE_CHUNK)
		return 0;
	memcpy(head, data, sizeof(head));
	set_crc(head + 12, crc32c(0, head, 12));
	if (savefile_get(s, head, &c, &e) < 0) {
		check_error(&e);
		return 0;
	}
	must(c.len && c.len <= SAVEFILE_CONTENT_MAX);
	must(c.kind >= before.last && c.kind <= before.last + 1);
	must(s->total == before.total + SAVEFILE_CHUNK + c.len);
	must(s->device <= SAVEFILE_DEVICE_MAX);
	data += SAVEFILE_CHUNK;
	size -= SAVEFILE_CHUNK;
	if (c.len > size)
		return 0;
	c.crc = crc32c(0, data, c.len);
	if (savefile_check(s, &c, data, &e) < 0) {
		check_error(&e);
		must(c.kind == SAVEFILE_THE_END);
		return 0;
	}
	*end = c.kind == SAVEFILE_THE_END;
	return SAVEFILE_CHUNK + c.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t head[SAVEFILE_HEAD];
	struct savefile s;
	bool end = false;
	struct err e;
	size_t n;

	if (size >= SAVEFILE_HEAD && savefile_get_head(&s, data, &e) < 0)
		check_error(&e);
	if (size >= 9 && savefile_device_ok(data, data[8], size, &e) < 0)
		check_error(&e);
	savefile_put_head(&s, size, head);
	must(!savefile_get_head(&s, head, &e));
	while (!end && (n = chunk(&s, data, size, &end))) {
		data += n;
		size -= n;
	}
	return 0;
}
