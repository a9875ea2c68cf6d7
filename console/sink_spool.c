/* SPDX-License-Identifier: MIT */
/* Console 1: the stream of a save, into a file while one is awaited. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console/sink.h"

struct con_spool {
	struct con_sink sink; /* first */
	int fd;		      /* -1: not armed */
	uint64_t cap, size;
	uint64_t lost; /* bytes since it was armed that are not in the file */
	int error;     /* why writing failed, errno; 0: it did not */
};

/* Returns how many bytes the file took. */
static size_t spool_write(struct con_spool *p, const uint8_t *buf, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = write(p->fd, buf + done, n - done);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0) {
			p->error = r < 0 ? errno : EIO;
			break;
		}
		done += (size_t)r;
	}
	return done;
}

/* After the first byte lost nothing more is written: no stream with holes. */
static void spool_output(struct con_sink *s, const uint8_t *buf, size_t n)
{
	struct con_spool *p = (struct con_spool *)s;
	size_t done = 0;

	if (p->fd < 0) {
		s->dropped += n;
		return;
	}
	if (!p->lost && n <= p->cap - p->size)
		done = spool_write(p, buf, n);
	p->size += done;
	p->lost += n - done;
	s->dropped += n - done;
}

static void spool_free(struct con_sink *s)
{
	free(s);
}

static const struct con_sink_ops spool_ops = {
	.output = spool_output,
	.free = spool_free,
};

struct con_sink *con_spool_new(struct err *e)
{
	struct con_spool *p = calloc(1, sizeof(*p));

	if (!p) {
		err_sys(e, EXIT_FAILED, "spool");
		return NULL;
	}
	p->sink.ops = &spool_ops;
	p->fd = -1;
	return &p->sink; /* analyzer: its first member */
}

void con_spool_arm(struct con_sink *s, int fd, uint64_t cap)
{
	struct con_spool *p = (struct con_spool *)s;

	p->fd = fd;
	p->cap = cap;
	p->size = p->lost = 0;
	p->error = 0;
}

int con_spool_finish(struct con_sink *s, uint64_t *bytes, struct err *e)
{
	struct con_spool *p = (struct con_spool *)s;

	p->fd = -1;
	*bytes = p->size;
	if (p->error)
		return err_set(e, EXIT_FAILED, "device state: %s",
			       strerror(p->error));
	if (p->lost)
		return err_set(e, EXIT_FAILED,
			       "device state: more than %llu bytes",
			       (unsigned long long)p->cap);
	return 0;
}
