/* SPDX-License-Identifier: MIT */
/*
 * The last bytes of a console, in a ring that can outlive the process.
 *
 * Positions count bytes in 64 bits, from a start that differs between
 * histories; 0 comes before all.
 */
#ifndef CONSOLE_HISTORY_H
#define CONSOLE_HISTORY_H

#include <stddef.h>
#include <stdint.h>
#include "console/sink.h"
#include "core/err.h"

struct history_head;

struct history {
	struct history_head *head;
	uint8_t *data;
	size_t size;
	uint64_t floor; /* older bytes are not to be trusted */
};

/*
 * `size` bytes, a power of two, kept in the file `keep` (not closed), where a
 * later process finds them again; -1: in memory. 0, or -1 and *e.
 */
int history_open(struct history *h, size_t size, int keep, struct err *e);
/* Unmap it; the file stays as it is. */
void history_close(struct history *h);

/* Add `n` bytes, at most `size`. All of them, or none if the process dies. */
void history_append(struct history *h, const uint8_t *buf, size_t n);

/* The positions of the first byte that is kept and behind the last. */
uint64_t history_first(const struct history *h);
uint64_t history_end(const struct history *h);
/* `from` if it is a position in this history, kept or not; or its start. */
uint64_t history_place(const struct history *h, uint64_t from);
/* The byte at `pos`, and how many are there in one piece. */
const uint8_t *history_at(const struct history *h, uint64_t pos, size_t *n);

/* How far the pty has got; a later process that gets the pty goes on there. */
uint64_t history_pty(const struct history *h);
void history_set_pty(struct history *h, uint64_t pos);

/*
 * The bytes to come are from ring `o`. Returns how many of those in the ring
 * are here already, because a process died between two steps.
 */
uint32_t history_origin(struct history *h, const struct con_origin *o);

#endif
