/* SPDX-License-Identifier: MIT */
/* How far long work has come: for people on a terminal, for programs as JSON */
#ifndef TOOLS_MTOOL_PROGRESS_H
#define TOOLS_MTOOL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
	const char *name;     /* of the VM */
	const char *verb;     /* "save" */
	FILE *out;	      /* NULL: tell nobody */
	bool json;	      /* lines for programs, not one that changes */
	uint64_t done, total; /* bytes; the total is a guess */
	uint64_t start_ms, told_ms;
};

/*
 * Begin. With `json` to `stream`, one object a line; else only if that is a
 * terminal and not `quiet`. `name` and `verb` must outlive it.
 */
void progress_start(struct progress *p, const char *name, const char *verb,
		    uint64_t total, FILE *stream, bool json, bool quiet);
/* `n` bytes more. */
void progress_add(struct progress *p, uint64_t n);
/* The line goes away; programs are told how it ended. */
void progress_end(struct progress *p, bool good);

/* What people see, without an end of line; for tests. */
void progress_text(const struct progress *p, uint64_t now_ms, char *buf,
		   size_t size);

#endif
