/* SPDX-License-Identifier: MIT */
#include "core/savefile.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "core/crc32c.h"

static const char magic[8] = {'M', 'T', 'O', 'O', 'L', 'S', 'A', 'V'};
static const char qemu_magic[4] = {'Q', 'E', 'V', 'M'};

enum { QEMU_VERSION = 3 }; /* QEMU_VM_FILE_VERSION, for 15 years now */

static void put32(uint8_t *p, uint32_t n)
{
	n = htole32(n);
	memcpy(p, &n, sizeof(n));
}

static void put64(uint8_t *p, uint64_t n)
{
	n = htole64(n);
	memcpy(p, &n, sizeof(n));
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	return le32toh(n);
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t n;

	memcpy(&n, p, sizeof(n));
	return le64toh(n);
}

/* Whether a chunk of `kind` may follow one of `last`. */
static bool may_follow(enum savefile_kind last, enum savefile_kind kind)
{
	if (kind == last)
		return kind == SAVEFILE_MEMORY || kind == SAVEFILE_DEVICE;
	return kind == last + 1;
}

static void count(struct savefile *s, enum savefile_kind kind, uint32_t len)
{
	s->last = kind;
	s->total += SAVEFILE_CHUNK + len;
	if (kind == SAVEFILE_MEMORY)
		s->memory += len;
	if (kind == SAVEFILE_DEVICE)
		s->device += len;
}

void savefile_put_head(struct savefile *s, uint64_t expected,
		       uint8_t head[SAVEFILE_HEAD])
{
	memset(s, 0, sizeof(*s));
	s->total = SAVEFILE_HEAD;
	s->expected = expected;
	memset(head, 0, SAVEFILE_HEAD);
	memcpy(head, magic, sizeof(magic));
	put32(head + 8, SAVEFILE_VERSION);
	put64(head + 16, expected);
	put32(head + 28, crc32c(0, head, 28));
}

void savefile_put(struct savefile *s, enum savefile_kind kind,
		  const void *content, uint32_t len,
		  uint8_t chunk[SAVEFILE_CHUNK])
{
	assert(len && len <= SAVEFILE_CONTENT_MAX && may_follow(s->last, kind));
	put32(chunk, kind);
	put32(chunk + 4, len);
	put32(chunk + 8, crc32c(0, content, len));
	put32(chunk + 12, crc32c(0, chunk, 12));
	count(s, kind, len);
}

void savefile_put_end(const struct savefile *s, uint8_t content[SAVEFILE_END])
{
	put64(content, s->total);
	put64(content + 8, s->memory);
	put64(content + 16, s->device);
}

int savefile_get_head(struct savefile *s, const uint8_t head[SAVEFILE_HEAD],
		      struct err *e)
{
	memset(s, 0, sizeof(*s));
	if (memcmp(head, magic, sizeof(magic)) != 0)
		return err_set(e, EXIT_FAILED,
			       "not a guest that mtool has saved");
	/* what comes before the version never changes, the rest may */
	if (get32(head + 8) > SAVEFILE_VERSION)
		return err_set(e, EXIT_FAILED,
			       "saved by a newer mtool: format %u, known is %d",
			       get32(head + 8), SAVEFILE_VERSION);
	if (get32(head + 28) != crc32c(0, head, 28) || !get32(head + 8))
		return err_set(e, EXIT_FAILED, "its head is damaged");
	s->total = SAVEFILE_HEAD;
	s->expected = get64(head + 16);
	return 0;
}

static int damaged(const struct savefile *s, const char *what, struct err *e)
{
	return err_set(e, EXIT_FAILED, "damaged at byte %llu: %s",
		       (unsigned long long)s->total, what);
}

int savefile_get(struct savefile *s, const uint8_t chunk[SAVEFILE_CHUNK],
		 struct savefile_chunk *out, struct err *e)
{
	uint32_t kind = get32(chunk);

	if (get32(chunk + 12) != crc32c(0, chunk, 12))
		return damaged(s, "wrong checksum of a chunk's head", e);
	out->len = get32(chunk + 4);
	out->crc = get32(chunk + 8);
	if (kind < SAVEFILE_CONFIG || kind > SAVEFILE_THE_END)
		return damaged(s, "unknown kind of chunk", e);
	out->kind = (enum savefile_kind)kind;
	if (!may_follow(s->last, out->kind))
		return damaged(s, "chunk out of order", e);
	if (!out->len || out->len > SAVEFILE_CONTENT_MAX ||
	    (out->kind == SAVEFILE_THE_END && out->len != SAVEFILE_END))
		return damaged(s, "chunk of an impossible length", e);
	if (out->kind == SAVEFILE_DEVICE &&
	    out->len > SAVEFILE_DEVICE_MAX - s->device)
		return damaged(s, "too much device state", e);
	count(s, out->kind, out->len);
	return 0;
}

int savefile_check(const struct savefile *s, const struct savefile_chunk *c,
		   const void *content, struct err *e)
{
	const uint8_t *p = content;

	if (crc32c(0, content, c->len) != c->crc)
		return damaged(s, "wrong checksum before it", e);
	if (c->kind != SAVEFILE_THE_END)
		return 0;
	if (get64(p) != s->total - SAVEFILE_CHUNK - SAVEFILE_END ||
	    get64(p + 8) != s->memory || get64(p + 16) != s->device)
		return damaged(s, "a part of it is missing", e);
	return 0;
}

int savefile_device_ok(const uint8_t first[8], uint8_t last, uint64_t len,
		       struct err *e)
{
	if (!len)
		return err_set(e, EXIT_FAILED, "device state: none came");
	if (len < SAVEFILE_DEVICE_MIN || len > SAVEFILE_DEVICE_MAX)
		return err_set(e, EXIT_FAILED,
			       "device state: %llu bytes cannot be one",
			       (unsigned long long)len);
	if (memcmp(first, qemu_magic, sizeof(qemu_magic)) != 0)
		return err_set(e, EXIT_FAILED,
			       "device state: it does not begin as QEMU's do");
	if (first[4] || first[5] || first[6] || first[7] != QEMU_VERSION)
		return err_set(e, EXIT_FAILED,
			       "device state: not QEMU's version %d",
			       QEMU_VERSION);
	if (last)
		return err_set(e, EXIT_FAILED,
			       "device state: %llu bytes came, without an end",
			       (unsigned long long)len);
	return 0;
}
