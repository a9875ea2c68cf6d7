/* SPDX-License-Identifier: MIT */
/* QEMU's arguments: as the toolstack wrote them, and as QEMU gets them. */
#ifndef STUBDOM_ARGS_H
#define STUBDOM_ARGS_H

#include <stdbool.h>
#include "core/err.h"

enum {
	ARGS_MAX = 999,		  /* NNN has three digits */
	ARG_LEN_MAX = 4096,	  /* what fits into one xenstore node */
	ARGV_MAX = ARGS_MAX + 16, /* and what init puts before them */

	/*
	 * Descriptors in QEMU. Protocol: "console 2 (incoming domain state) is
	 * connected with FD 3"; that of console 1 is ours to choose.
	 */
	FD_RESTORE = 3,
	FD_SAVE = 4,
};

#define QMP_SOCKET "/run/qmp.sock"

/* A list of strings with room for execv's NULL. It does not own them. */
struct argv {
	unsigned int n;
	const char *v[ARGV_MAX + 1];
};

/* A node below image/dm-argv. */
struct arg_key {
	unsigned int nr;
	const char *name;
};

/*
 * Put the names of the argument nodes in order of their numbers: xenstore
 * lists them in any. `keys` has room for ARGS_MAX. Returns their number; -1
 * and *e if there are too many, none, one that is no number, or two of one
 * number.
 */
int arg_keys(char *const *names, unsigned int n, struct arg_key *keys,
	     struct err *e);

/*
 * QEMU's whole command line: the program, the stubdomain's own options, then
 * the toolstack's. `save` and `restore` say whether consoles 1 and 2 are open
 * as FD_SAVE and FD_RESTORE. Returns 0; -1 and *e if the arguments ask for a
 * restore and there is no console for it.
 */
int argv_build(struct argv *out, const struct argv *in, bool save, bool restore,
	       struct err *e);

#endif
