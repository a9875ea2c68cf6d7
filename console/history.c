/* SPDX-License-Identifier: MIT */
#include "console/history.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "console/ring.h"

#define HEAD_MAGIC UINT64_C(0x3176656977746d6d)
#define HEAD_SIZE 4096

/*
 * In front of the bytes. `end` is the one store that commits new bytes: a
 * process killed before it has not got them (they are still in the console's
 * ring), after it it has, even if the ring does not know yet. The ring's
 * index is `base` + `end`, modulo 2^32.
 */
struct history_head {
	uint64_t magic;
	uint64_t size;
	uint64_t start; /* the position of the first byte ever */
	uint64_t end;	/* the position behind the last */
	uint64_t pty;	/* how far the pty has got */
	uint32_t base;
	uint32_t domid;
};

static bool head_valid(const struct history_head *d, size_t size)
{
	return d->magic == HEAD_MAGIC && d->size == size &&
	       d->start <= d->pty && d->pty <= d->end;
}

/*
 * Positions begin with the time, so that those of an earlier history, which a
 * viewer may come back with, are not taken for places in this one.
 */
static void head_init(struct history_head *d, size_t size)
{
	uint64_t start = (uint64_t)time(NULL) << 32;

	*d = (struct history_head){.magic = HEAD_MAGIC,
				   .size = size,
				   .start = start,
				   .end = start,
				   .pty = start,
				   .domid = ~0u};
}

/*
 * The blocks are allocated at once: a store to a hole would be a SIGBUS when
 * the file system is full.
 */
static void *map_file(int fd, size_t len)
{
	int error = posix_fallocate(fd, 0, (off_t)len);

	if (error) {
		errno = error;
		return MAP_FAILED;
	}
	return mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

int history_open(struct history *h, size_t size, int keep, struct err *e)
{
	size_t len = HEAD_SIZE + size;
	void *p = keep >= 0 ? map_file(keep, len)
			    : mmap(NULL, len, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return err_sys(e, EXIT_FAILED, "console history");
	h->head = p;
	h->data = (uint8_t *)p + HEAD_SIZE;
	h->size = size;
	if (!head_valid(h->head, size))
		head_init(h->head, size);
	/* A killed process may have half overwritten the oldest. */
	h->floor = h->head->start;
	if (h->head->end - h->floor > size - CON_RING_OUT)
		h->floor = h->head->end - (size - CON_RING_OUT);
	return 0;
}

void history_close(struct history *h)
{
	munmap(h->head, HEAD_SIZE + h->size);
	h->head = NULL;
}

void history_append(struct history *h, const uint8_t *buf, size_t n)
{
	size_t at = (size_t)(h->head->end & (h->size - 1));
	size_t first = h->size - at < n ? h->size - at : n;

	memcpy(h->data + at, buf, first);
	memcpy(h->data, buf + first, n - first);
	__atomic_store_n(&h->head->end, h->head->end + n, __ATOMIC_RELEASE);
}

uint64_t history_first(const struct history *h)
{
	uint64_t end = h->head->end;

	return end - h->floor > h->size ? end - h->size : h->floor;
}

uint64_t history_end(const struct history *h)
{
	return h->head->end;
}

uint64_t history_place(const struct history *h, uint64_t from)
{
	const struct history_head *d = h->head;

	return from >= d->start && from <= d->end ? from : d->start;
}

const uint8_t *history_at(const struct history *h, uint64_t pos, size_t *n)
{
	size_t at = (size_t)(pos & (h->size - 1));
	uint64_t left = h->head->end - pos;

	*n = left < h->size - at ? (size_t)left : h->size - at;
	return h->data + at;
}

uint64_t history_pty(const struct history *h)
{
	return h->head->pty;
}

void history_set_pty(struct history *h, uint64_t pos)
{
	h->head->pty = pos;
}

uint32_t history_origin(struct history *h, const struct con_origin *o)
{
	struct history_head *d = h->head;
	uint32_t skip = d->base + (uint32_t)d->end - o->cons;

	if (!o->takeover || d->domid != o->domid || skip > o->prod - o->cons)
		skip = 0;
	d->domid = o->domid;
	d->base = o->cons + skip - (uint32_t)d->end;
	return skip;
}
