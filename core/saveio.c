/* SPDX-License-Identifier: MIT */
#include "core/saveio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TAKE_NOT = 2 }; /* the file is not one that takes from a pipe */

static int init(struct saveio *io, int fd, int cancel, struct err *e)
{
	struct stat st;

	memset(io, 0, sizeof(*io));
	io->fd = fd;
	io->cancel = cancel;
	if (fstat(fd, &st) < 0)
		return err_sys(e, EXIT_FAILED, "save file");
	/* a pipe that poll finds ready may have room for this and no more */
	io->piece = S_ISREG(st.st_mode) ? SAVEFILE_CONTENT_MAX : PIPE_BUF;
	io->direct = S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_CUR) == 0 &&
		     (fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY;
	io->content = malloc(SAVEFILE_CONTENT_MAX);
	if (!io->content)
		return err_set(e, EXIT_FAILED, "out of memory");
	return 0;
}

void saveio_free(struct saveio *io)
{
	free(io->content);
	io->content = NULL;
}

/* Wait until `fd` is ready, or somebody gives up. */
static int await(const struct saveio *io, int fd, short events, struct err *e)
{
	struct pollfd p[2] = {{.fd = fd, .events = events},
			      {.fd = io->cancel, .events = POLLIN}};

	while (poll(p, 2, -1) < 0) {
		if (errno != EINTR)
			return err_sys(e, EXIT_FAILED, "poll");
	}
	if (p[1].revents)
		return err_set(e, EXIT_FAILED, "interrupted");
	return 0;
}

int saveio_write(struct saveio *io, const void *data, size_t n, struct err *e)
{
	const uint8_t *p = data;

	while (n) {
		ssize_t r;

		if (await(io, io->fd, POLLOUT, e) < 0)
			return -1;
		r = write(io->fd, p, n < io->piece ? n : io->piece);
		if (r < 0 && errno != EINTR && errno != EAGAIN)
			return err_sys(e,
				       errno == EPIPE ? EXIT_DIED : EXIT_FAILED,
				       "write");
		if (r > 0) {
			p += r;
			n -= (size_t)r;
		}
	}
	return 0;
}

int saveio_create(struct saveio *io, int fd, int cancel, uint64_t expected,
		  struct err *e)
{
	uint8_t head[SAVEFILE_HEAD];

	if (init(io, fd, cancel, e) < 0)
		return -1;
	savefile_put_head(&io->at, expected, head);
	return saveio_write(io, head, sizeof(head), e);
}

int saveio_put(struct saveio *io, enum savefile_kind kind, const void *data,
	       size_t n, struct err *e)
{
	const uint8_t *p = data;
	uint8_t head[SAVEFILE_CHUNK];

	while (n) {
		uint32_t len = n < SAVEFILE_CONTENT_MAX ? (uint32_t)n
							: SAVEFILE_CONTENT_MAX;

		savefile_put(&io->at, kind, p, len, head);
		if (saveio_write(io, head, sizeof(head), e) < 0 ||
		    saveio_write(io, p, len, e) < 0)
			return -1;
		p += len;
		n -= len;
	}
	return 0;
}

/*
 * As much as there is, up to a whole chunk, to where io->fd is, or into
 * io->content. 1; 0 at the end; -1 and *e; TAKE_NOT.
 */
static int take(struct saveio *io, int from, size_t *len, struct err *e)
{
	ssize_t n;

	for (*len = 0; *len < SAVEFILE_CONTENT_MAX; *len += (size_t)n) {
		size_t room = SAVEFILE_CONTENT_MAX - *len;

		if (await(io, from, POLLIN, e) < 0)
			return -1;
		n = io->direct ? splice(from, NULL, io->fd, NULL, room, 0)
			       : read(from, io->content + *len, room);
		if (!n)
			return 0;
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0 && errno == EINVAL && io->direct && !*len)
			return TAKE_NOT;
		if (n < 0)
			return err_sys(e, EXIT_FAILED,
				       io->direct ? "write" : "read");
	}
	return 1;
}

/*
 * A page that goes from a pipe into a file is copied once this way, and not
 * three times. The checksum is that of what is in the file.
 */
static int put_direct(struct saveio *io, enum savefile_kind kind, int from,
		      size_t *len, struct err *e)
{
	off_t at = (off_t)io->at.total;
	uint8_t head[SAVEFILE_CHUNK];
	int more;

	if (lseek(io->fd, at + SAVEFILE_CHUNK, SEEK_SET) < 0)
		return err_sys(e, EXIT_FAILED, "seek");
	more = take(io, from, len, e);
	if (more < 0)
		return -1;
	if (more == TAKE_NOT || !*len)
		return lseek(io->fd, at, SEEK_SET) < 0
			       ? err_sys(e, EXIT_FAILED, "seek")
			       : more;
	if (pread(io->fd, io->content, *len, at + SAVEFILE_CHUNK) !=
	    (ssize_t)*len)
		return err_sys(e, EXIT_FAILED, "read");
	savefile_put(&io->at, kind, io->content, (uint32_t)*len, head);
	if (pwrite(io->fd, head, sizeof(head), at) != sizeof(head))
		return err_sys(e, EXIT_FAILED, "write");
	return more;
}

int saveio_put_pipe(struct saveio *io, enum savefile_kind kind, int from,
		    size_t *len, struct err *e)
{
	int more = io->direct ? put_direct(io, kind, from, len, e) : TAKE_NOT;

	if (more != TAKE_NOT)
		return more;
	io->direct = false; /* a file that is only appended to, say */
	more = take(io, from, len, e);
	if (more >= 0 && saveio_put(io, kind, io->content, *len, e) < 0)
		return -1;
	return more;
}

int saveio_put_end(struct saveio *io, struct err *e)
{
	uint8_t content[SAVEFILE_END];

	savefile_put_end(&io->at, content);
	return saveio_put(io, SAVEFILE_THE_END, content, sizeof(content), e);
}

/* All of `n` bytes. */
static int get(struct saveio *io, void *data, size_t n, struct err *e)
{
	uint8_t *p = data;

	while (n) {
		ssize_t r;

		if (await(io, io->fd, POLLIN, e) < 0)
			return -1;
		r = read(io->fd, p, n);
		if (!r)
			return err_set(e, EXIT_FAILED,
				       "cut short: it ends within the part "
				       "after byte %llu",
				       (unsigned long long)io->at.total);
		if (r < 0 && errno != EINTR && errno != EAGAIN)
			return err_sys(e, EXIT_FAILED, "read");
		if (r > 0) {
			p += r;
			n -= (size_t)r;
		}
	}
	return 0;
}

int saveio_open(struct saveio *io, int fd, int cancel, struct err *e)
{
	uint8_t head[SAVEFILE_HEAD];

	if (init(io, fd, cancel, e) < 0 || get(io, head, sizeof(head), e) < 0)
		return -1;
	return savefile_get_head(&io->at, head, e);
}

static int get_chunk(struct saveio *io, struct savefile_chunk *c, struct err *e)
{
	uint8_t head[SAVEFILE_CHUNK];

	if (get(io, head, sizeof(head), e) < 0)
		return -1;
	return savefile_get(&io->at, head, c, e);
}

static int get_content(struct saveio *io, const struct savefile_chunk *c,
		       struct err *e)
{
	if (get(io, io->content, c->len, e) < 0)
		return -1;
	return savefile_check(&io->at, c, io->content, e);
}

int saveio_next(struct saveio *io, struct savefile_chunk *c, struct err *e)
{
	return get_chunk(io, c, e) < 0 ? -1 : get_content(io, c, e);
}

/* EXIT_DIED if nobody takes it any more. */
static int give(int to, const uint8_t *p, size_t n, struct err *e)
{
	while (n) {
		ssize_t r = write(to, p, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_sys(e,
				       errno == EPIPE ? EXIT_DIED : EXIT_FAILED,
				       "pass it on");
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

/* What cannot go from the file itself goes from our copy. */
int saveio_pass(struct saveio *io, const struct savefile_chunk *c, int to,
		struct err *e)
{
	loff_t at = (loff_t)(io->at.total - c->len);
	size_t left = c->len;

	while (io->direct && left) {
		ssize_t n = splice(io->fd, &at, to, NULL, left, 0);

		if (n <= 0)
			break;
		left -= (size_t)n;
	}
	return give(to, io->content + c->len - left, left, e);
}

/* Over the content of a chunk, if the file is as long as that says. */
static int skip(struct saveio *io, uint64_t size, struct err *e)
{
	if (io->at.total > size)
		return err_set(e, EXIT_FAILED,
			       "cut short: %llu bytes, where a part ends at "
			       "%llu",
			       (unsigned long long)size,
			       (unsigned long long)io->at.total);
	if (lseek(io->fd, (off_t)io->at.total, SEEK_SET) < 0)
		return err_sys(e, EXIT_FAILED, "seek");
	return 0;
}

static int survey(struct saveio *io, uint64_t size, struct err *e)
{
	struct savefile_chunk c;

	do {
		if (get_chunk(io, &c, e) < 0)
			return -1;
		if (c.kind == SAVEFILE_CONFIG || c.kind == SAVEFILE_THE_END
			    ? get_content(io, &c, e) < 0
			    : skip(io, size, e) < 0)
			return -1;
	} while (c.kind != SAVEFILE_THE_END);
	if (io->at.total != size)
		return err_set(e, EXIT_FAILED, "something follows its end");
	return 0;
}

int saveio_survey(int fd, struct savefile *at, struct err *e)
{
	struct saveio io = {0};
	struct stat st;
	int rc = -1;

	if (fstat(fd, &st) < 0)
		return err_sys(e, EXIT_FAILED, "save file");
	if (!saveio_open(&io, fd, -1, e))
		rc = survey(&io, (uint64_t)st.st_size, e);
	*at = io.at;
	saveio_free(&io);
	if (lseek(fd, 0, SEEK_SET) < 0 && !rc)
		rc = err_sys(e, EXIT_FAILED, "seek");
	return rc;
}
