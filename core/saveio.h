/* SPDX-License-Identifier: MIT */
/*
 * A save file through a descriptor, whatever that is: the format is
 * core/savefile.h's. Every wait ends when the descriptor `cancel` has
 * something to read (-1: there is none): "interrupted" then.
 */
#ifndef CORE_SAVEIO_H
#define CORE_SAVEIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/err.h"
#include "core/savefile.h"

struct saveio {
	struct savefile at;
	int fd; /* the caller's */
	int cancel;
	size_t piece;	  /* bytes that a ready descriptor takes at once */
	bool direct;	  /* a file from its start, that can be read, too:
			     contents pass us by */
	uint8_t *content; /* of the last chunk read */
};

/* Write the head. -1 and *e; saveio_free in both cases. */
int saveio_create(struct saveio *io, int fd, int cancel, uint64_t expected,
		  struct err *e);
/* Write `n` bytes of this kind, in as many chunks as it takes. */
int saveio_put(struct saveio *io, enum savefile_kind kind, const void *data,
	       size_t n, struct err *e);
/*
 * Write one chunk of what comes out of the pipe `from`, *len bytes: 1; or what
 * was left of it, perhaps nothing: 0. -1 and *e.
 */
int saveio_put_pipe(struct saveio *io, enum savefile_kind kind, int from,
		    size_t *len, struct err *e);
int saveio_put_end(struct saveio *io, struct err *e);

/* Read the head. -1 and *e; saveio_free in both cases. */
int saveio_open(struct saveio *io, int fd, int cancel, struct err *e);
/*
 * Read the next chunk, checked, into *c and io->content, valid until the next
 * call. 0; -1 and *e, also if the stream ends before its END.
 */
int saveio_next(struct saveio *io, struct savefile_chunk *c, struct err *e);
/*
 * Pass the content of that chunk on to `to`. -1 and *e: EXIT_DIED if it is a
 * pipe that nobody reads any more.
 */
int saveio_pass(struct saveio *io, const struct savefile_chunk *c, int to,
		struct err *e);
void saveio_free(struct saveio *io);

/*
 * Whether a regular file is whole, from its head, every chunk's head, CONFIG
 * and END, without reading what is in the others. *at tells its sizes. The
 * descriptor is at its beginning before and afterwards.
 */
int saveio_survey(int fd, struct savefile *at, struct err *e);

/* Write `n` bytes; as above. */
int saveio_write(struct saveio *io, const void *data, size_t n, struct err *e);

#endif
