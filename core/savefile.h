/* SPDX-License-Identifier: MIT */
/*
 * The format of a saved guest, and of one that migrates: a stream that is
 * written and read from its first byte to its last.
 *
 *	head	32 bytes: "MTOOLSAV", u32 version, u32 0, u64 expected memory
 *		stream in bytes (a guess, for progress), u32 0, u32 CRC of the
 *		28 bytes before
 *	chunk	16 bytes: u32 kind, u32 length, u32 CRC of the content, u32 CRC
 *		of the 12 bytes before; then the content
 *
 * All numbers are little endian; CRC is CRC-32C. The chunks are, in this
 * order, each kind's contents being one after the other what it stands for:
 *
 *	CONFIG	one: JSON, what the VM is made of (tools/mtool/savemeta.h)
 *	MEMORY	at least one: libxenguest's migration stream (version 2) of
 *		memory, vcpus and Xen's devices, as it is
 *	DEVICE	at least one: QEMU's device state, as it is
 *	END	one: u64 bytes from the start of the head to here, u64 bytes of
 *		MEMORY, u64 bytes of DEVICE
 *
 * Nothing follows END. Pure.
 */
#ifndef CORE_SAVEFILE_H
#define CORE_SAVEFILE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/err.h"

enum {
	SAVEFILE_VERSION = 1,
	SAVEFILE_HEAD = 32,  /* bytes of a head */
	SAVEFILE_CHUNK = 16, /* bytes before a content */
	SAVEFILE_CONTENT_MAX = 1 << 20,
	SAVEFILE_END = 24,	       /* bytes of END's content */
	SAVEFILE_DEVICE_MAX = 4 << 20, /* bytes of device state */
	SAVEFILE_DEVICE_MIN = 9,       /* magic, version and end mark */
};

enum savefile_kind {
	SAVEFILE_NOTHING, /* only the head was there */
	SAVEFILE_CONFIG,
	SAVEFILE_MEMORY,
	SAVEFILE_DEVICE,
	SAVEFILE_THE_END,
};

/* How far a stream has been written or read; all zero at first. */
struct savefile {
	enum savefile_kind last; /* kind of the last chunk */
	uint64_t total;		 /* bytes so far */
	uint64_t memory, device; /* bytes of these contents */
	uint64_t expected;	 /* of the head */
};

struct savefile_chunk {
	enum savefile_kind kind;
	uint32_t len, crc; /* of the content */
};

/* --- writing --- */

/* Fill in the head; the stream has begun. */
void savefile_put_head(struct savefile *s, uint64_t expected,
		       uint8_t head[SAVEFILE_HEAD]);
/*
 * Fill in what is to be written before `content`, 1..SAVEFILE_CONTENT_MAX
 * bytes of a kind that may come now.
 */
void savefile_put(struct savefile *s, enum savefile_kind kind,
		  const void *content, uint32_t len,
		  uint8_t chunk[SAVEFILE_CHUNK]);
/* END's content, to be given to savefile_put. */
void savefile_put_end(const struct savefile *s, uint8_t content[SAVEFILE_END]);

/* --- reading: nothing that is found there is believed --- */

/* EXIT_FAILED: no such file, damaged, or of a newer version. */
int savefile_get_head(struct savefile *s, const uint8_t head[SAVEFILE_HEAD],
		      struct err *e);
/* The next chunk: of a kind that may come now, and of a length it may have. */
int savefile_get(struct savefile *s, const uint8_t chunk[SAVEFILE_CHUNK],
		 struct savefile_chunk *out, struct err *e);
/* Its content. For END that its numbers are what was read. */
int savefile_check(const struct savefile *s, const struct savefile_chunk *c,
		   const void *content, struct err *e);

/*
 * Whether `len` bytes, of which the first four and the last are given, can be
 * QEMU's device state: migration/savevm.c, QEMU_VM_FILE_MAGIC .. QEMU_VM_EOF.
 * A console that was not raw, or a stream cut short, shows here. -1 and *e.
 */
int savefile_device_ok(const uint8_t first[8], uint8_t last, uint64_t len,
		       struct err *e);

#endif
