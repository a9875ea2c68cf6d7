/* SPDX-License-Identifier: MIT */
#include "qmp/buf.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum {
	SIZE_MIN = 512,
	SIZE_KEPT = 4096,      /* of an empty buffer */
	SIZE_LARGE = 64 << 10, /* worth telling malloc that it is free */
};

static int grow(struct qmp_buf *b, size_t need)
{
	size_t size = b->size ? b->size : SIZE_MIN;
	char *data;

	while (size < need)
		size *= 2;
	data = realloc(b->data, size);
	if (!data)
		return -1;
	b->data = data;
	b->size = size;
	return 0;
}

int qmp_buf_put(struct qmp_buf *b, const void *data, size_t len)
{
	if (!len)
		return 0;
	if (b->start && b->start + b->len + len > b->size) {
		memmove(b->data, b->data + b->start, b->len);
		b->start = 0;
	}
	if (b->start + b->len + len > b->size && grow(b, b->len + len) < 0)
		return -1;
	memcpy(b->data + b->start + b->len, data, len);
	b->len += len;
	return 0;
}

int qmp_buf_puts(struct qmp_buf *b, const char *text)
{
	return qmp_buf_put(b, text, strlen(text));
}

void qmp_buf_drop(struct qmp_buf *b, size_t len)
{
	b->start += len;
	b->len -= len;
	if (b->len)
		return;
	b->start = 0;
	if (b->size > SIZE_KEPT)
		qmp_buf_free(b);
}

void qmp_buf_free(struct qmp_buf *b)
{
	size_t size = b->size;

	free(b->data);
	memset(b, 0, sizeof(*b));
	if (size >= SIZE_LARGE)
		malloc_trim(0);
}
