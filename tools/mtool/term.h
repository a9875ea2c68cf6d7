/* SPDX-License-Identifier: MIT */
/* The user's terminal: raw and back again, and safe from what guests write. */
#ifndef TOOLS_MTOOL_TERM_H
#define TOOLS_MTOOL_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>
#include "core/err.h"

enum { TERM_LEAVE = 0x1d }; /* ^] */

struct term {
	int fd;		      /* the terminal; -1: not a terminal, or not raw */
	struct termios saved; /* as we found it */
};

/*
 * Make `fd` raw: every key goes through, no echo. Returns 0, also if `fd` is
 * not a terminal (nothing is done then), or -1 and *e.
 */
int term_raw(struct term *t, int fd, struct err *e);
/* As it was. May be called twice, or without term_raw having done anything. */
void term_restore(struct term *t);

/*
 * The signals that would end us and leave the terminal raw (HUP, INT, TERM,
 * TSTP), as a descriptor for poll. -1 and *e on failure. They are blocked
 * until term_signals_close.
 */
int term_signals_open(struct err *e);
void term_signals_close(int fd);
/* The signal that has come; 0: none. */
int term_signal(int fd);
/*
 * Do what signal `nr` would have done; the terminal must be restored before.
 * Returns only from TSTP.
 */
void term_obey(int nr);

/* What is left over between two calls of term_visible. */
struct term_text {
	bool cr; /* a CR whose next byte is not known */
};

/*
 * Make `n` bytes of unknown origin safe to show: control bytes become ^X,
 * bytes from 0x80 on \xNN; tab and newline stay, a CR before a newline goes.
 * `out` has room for 4 * n + 2 bytes. Returns how many were written.
 */
size_t term_visible(struct term_text *t, const uint8_t *in, size_t n,
		    char *out);

#endif
