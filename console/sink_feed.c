/* SPDX-License-Identifier: MIT */
/* Console 2: the stream of a restore, from memory into the ring. */
#include <stdlib.h>
#include <string.h>

#include "console/sink.h"

struct con_feed {
	struct con_sink sink; /* first */
	const uint8_t *data;
	size_t left;
	uint64_t since_ms; /* when a byte last moved */
};

/* An echo by the guest's tty, or anything else: not for us. */
static void feed_output(struct con_sink *s, const uint8_t *buf, size_t n)
{
	(void)buf;
	s->dropped += n;
}

static size_t feed_input(struct con_sink *s, uint8_t *buf, size_t room)
{
	struct con_feed *f = (struct con_feed *)s;
	size_t n = f->left < room ? f->left : room;

	if (!n)
		return 0;
	memcpy(buf, f->data, n);
	f->data += n;
	f->left -= n;
	f->since_ms = clock_ms();
	return n;
}

static void feed_free(struct con_sink *s)
{
	free(s);
}

static const struct con_sink_ops feed_ops = {
	.output = feed_output,
	.input = feed_input,
	.free = feed_free,
};

struct con_sink *con_feed_new(struct err *e)
{
	struct con_feed *f = calloc(1, sizeof(*f));

	if (!f) {
		err_sys(e, EXIT_FAILED, "feed");
		return NULL;
	}
	f->sink.ops = &feed_ops;
	return &f->sink; /* analyzer: its first member */
}

void con_feed_start(struct con_sink *s, const void *data, size_t n)
{
	struct con_feed *f = (struct con_feed *)s;

	f->data = data;
	f->left = n;
	f->since_ms = clock_ms();
	con_sink_kick(s);
}

void con_feed_stop(struct con_sink *s)
{
	struct con_feed *f = (struct con_feed *)s;

	f->data = NULL;
	f->left = 0;
}

size_t con_feed_left(const struct con_sink *s, uint64_t *since_ms)
{
	const struct con_feed *f = (const struct con_feed *)s;

	*since_ms = f->since_ms;
	return f->left;
}
