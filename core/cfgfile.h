/* SPDX-License-Identifier: MIT */
/*
 * xl.cfg syntax: text becomes a list of keys with their values, file and
 * line. Knows no key; what the keys mean is core/config.h. Pure.
 *
 *	key = 'string'; key = "string"	# with \\ \' \"
 *	key = 512; key = 0x200; key = -3600
 *	key = [ 'a', 2,			# over several lines, too
 *		'c', ]
 *	key += ...			# strings and lists grow
 *
 * A later assignment replaces an earlier one. As in xl, a number and a string
 * that holds it are the same.
 */
#ifndef CORE_CFGFILE_H
#define CORE_CFGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "core/err.h"

enum {
	CFG_FILE_MAX = 1024 * 1024, /* bytes of one file */
	CFG_TEXT_MAX = 4096,	    /* bytes of one string */
	CFG_LIST_MAX = 256,	    /* strings of one list */
	CFG_KEYS_MAX = 512,
	CFG_KEY_MAX = 64, /* bytes of a key's name */
};

/* One string or number. No control characters are in it. */
struct cfg_text {
	char *text;
	const char *file;  /* as given to cfg_read; not owned */
	unsigned int line; /* 0: there are no lines, as on the command line */
	bool quoted;	   /* else it is a number */
};

struct cfg_entry {
	char *key;
	bool list;		/* else nr is 1 */
	struct cfg_text *value; /* nr of them */
	unsigned int nr;
	const char *file; /* where the key was assigned last */
	unsigned int line;
};

struct cfg {
	struct cfg_entry *entry;
	unsigned int nr;
};

/* An empty list; cfg_free releases everything in it. */
void cfg_init(struct cfg *c);
void cfg_free(struct cfg *c);

/*
 * Add what is in `text`, `len` bytes of the file called `file`, which must
 * outlive *c. -1 and *e ("FILE:LINE: KEY: what") at the first error; *c still
 * needs cfg_free.
 */
int cfg_read(struct cfg *c, const char *file, const char *text, size_t len,
	     struct err *e);

/*
 * Add one word KEY=VALUE of a command line. VALUE is as in a file, or a
 * string without quotes: the shell has taken them.
 */
int cfg_word(struct cfg *c, const char *file, const char *word, struct err *e);

/* The list as text that cfg_read takes: each key once, in one form. */
void cfg_write(const struct cfg *c, FILE *out);

/* NULL if `key` is not there. */
const struct cfg_entry *cfg_find(const struct cfg *c, const char *key);

/* Put "FILE:LINE: " before *e; line 0 is left out. Returns -1. */
int cfg_err_at(struct err *e, const char *file, unsigned int line);

#endif
