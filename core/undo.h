/* SPDX-License-Identifier: MIT */
/*
 * What to do if a later step fails: a stack of actions, run in reverse.
 * Fixed size: pushing never fails, so no step is ever taken that could not be
 * taken back.
 */
#ifndef CORE_UNDO_H
#define CORE_UNDO_H

#include <stdint.h>

enum { UNDO_MAX = 64 };

/* An action must not fail; what it meets it logs itself. */
typedef void undo_fn(void *ctx, uint64_t arg);

struct undo {
	struct {
		undo_fn *fn;
		void *ctx;
		uint64_t arg;
	} entry[UNDO_MAX];
	unsigned int nr;
};

/* Start empty. */
void undo_init(struct undo *u);

/* Remember fn(ctx, arg). `ctx` must live until run or dismissed. */
void undo_push(struct undo *u, undo_fn *fn, void *ctx, uint64_t arg);

/* Run all in reverse order of pushing; the stack is empty afterwards. */
void undo_run(struct undo *u);

/* All went well: forget everything. */
void undo_dismiss(struct undo *u);

#endif
