/* SPDX-License-Identifier: MIT */
/* Bytes on their way: put at the end, dropped at the front. */
#ifndef QMP_BUF_H
#define QMP_BUF_H

#include <stddef.h>

/* All zero is an empty one. */
struct qmp_buf {
	char *data; /* `len` bytes from data + start on */
	size_t start, len, size;
};

/* Never NULL: an empty buffer may have no memory. */
static inline char *qmp_buf_at(const struct qmp_buf *b)
{
	static char none[1];

	return b->data ? b->data + b->start : none;
}

/* Put `len` bytes at the end. 0, or -1 without memory: *b is as before. */
int qmp_buf_put(struct qmp_buf *b, const void *data, size_t len);
int qmp_buf_puts(struct qmp_buf *b, const char *text);

/*
 * Drop the first `len` bytes. Memory that a large message took goes back to
 * the system when the buffer is empty.
 */
void qmp_buf_drop(struct qmp_buf *b, size_t len);

/* Empty it and free its memory. */
void qmp_buf_free(struct qmp_buf *b);

#endif
