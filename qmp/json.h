/* SPDX-License-Identifier: MIT */
/*
 * JSON as text: is it an object, where does it end, what are its members.
 * Messages are passed on as they were written, so that nothing is lost (a
 * number of any size stays what it is) and a large one costs its own size
 * and no more. Where a tree is wanted, jansson makes it of such a part.
 */
#ifndef QMP_JSON_H
#define QMP_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QMP_DEPTH_MAX = 256 }; /* of nesting */

/* A part of a message; `len` 0: there is none. */
struct qmp_span {
	const char *at;
	size_t len;
};

enum qmp_scan_result {
	QMP_SCAN_MORE, /* all taken, and it is not complete */
	QMP_SCAN_DONE, /* the object's last brace was taken */
	QMP_SCAN_BAD,  /* `why` tells; the byte it is about was not taken */
};

/* All zero: at the beginning. */
struct qmp_scan {
	uint8_t state;
	uint8_t more;	/* bytes still to come of a character or escape */
	uint8_t lo, hi; /* what the next of them must lie in */
	bool key;	/* the string is a member's name */
	uint16_t depth;
	uint32_t array[QMP_DEPTH_MAX / 32]; /* bit: this level is one */
	const char *word;		    /* the rest of true, false, null */
	const char *why;
};

/*
 * Check the next `len` bytes of an object in UTF-8 (RFC 8259), that may come
 * in pieces. *taken says how many of them were taken.
 */
enum qmp_scan_result qmp_scan(struct qmp_scan *s, const char *data, size_t len,
			      size_t *taken);

/* Whether `text` is one whole object and nothing else; or *why not. */
bool qmp_is_object(struct qmp_span text, const char **why);

struct qmp_member {
	const char *name;
	struct qmp_span value; /* as it stands there */
};

/*
 * Find `nr` members of the object `text`, which was found to be one. Returns
 * 0, or -1 if one of them is there twice. *other gets the name, in quotes, of
 * the first member that is none of them; it may be NULL.
 */
int qmp_members(struct qmp_span text, struct qmp_member *m, unsigned int nr,
		struct qmp_span *other);

/* The value as a tree, the caller's; NULL if jansson does not take it. */
json_t *qmp_value(struct qmp_span text);

/* The same for a string, as text that is the caller's to free. */
char *qmp_string(struct qmp_span text);

/*
 * Make a text that a stubdomain wrote fit for a terminal: what is not
 * printable ASCII becomes '?'.
 */
void qmp_printable(char *text);

#endif
