/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/mtool/consolecli.h"
#include "tools/mtool/ctl.h"
#include "tools/mtool/term.h"

enum {
	CHUNK = 4096,
	FOLLOW_MS = 100,
};

struct reader {
	const char *path;
	int fd;
	struct term_text text;
};

static int write_all(const char *buf, size_t n, struct err *e)
{
	while (n) {
		ssize_t r = write(STDOUT_FILENO, buf, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_sys(e, EXIT_FAILED, "standard output");
		buf += r;
		n -= (size_t)r;
	}
	return 0;
}

static int show(struct reader *r, const uint8_t *buf, size_t n, struct err *e)
{
	char text[4 * CHUNK + 2];

	return write_all(text, term_visible(&r->text, buf, n, text), e);
}

/* All that there is in `fd` now, behind what was read before. */
static int show_rest(struct reader *r, int fd, struct err *e)
{
	uint8_t buf[CHUNK];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		if (show(r, buf, (size_t)n, e) < 0)
			return -1;
	}
	return n < 0 ? err_sys(e, EXIT_FAILED, "%s", r->path) : 0;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/*
 * The old file, if there is one. Should the log be rotated just now, the old
 * one is what r->fd has open, and comes later.
 */
static int show_old(struct reader *r, struct err *e)
{
	char path[PATH_MAX];
	struct stat st, old;
	int fd, rc = 0;

	if ((size_t)snprintf(path, sizeof(path), "%s.1", r->path) >=
	    sizeof(path))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	if (fstat(fd, &old) == 0 && fstat(r->fd, &st) == 0 &&
	    !same_file(&st, &old))
		rc = show_rest(r, fd, e);
	close(fd);
	return rc;
}

static int open_log(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

/* The file at `path` is another one now: finish the old, go on with it. */
static int next_file(struct reader *r, struct err *e)
{
	struct stat st, now;
	int fd;

	if (fstat(r->fd, &st) < 0 || lstat(r->path, &now) < 0 ||
	    same_file(&st, &now))
		return 0;
	fd = open_log(r->path);
	if (fd < 0)
		return 0;
	if (show_rest(r, r->fd, e) < 0) {
		close(fd);
		return -1;
	}
	close(r->fd);
	r->fd = fd;
	return 0;
}

/* It was emptied in place: begin at the top. */
static void check_truncated(struct reader *r)
{
	struct stat st;

	if (fstat(r->fd, &st) == 0 && lseek(r->fd, 0, SEEK_CUR) > st.st_size)
		lseek(r->fd, 0, SEEK_SET);
}

/* The look at the VM comes first: what it last said is still read. */
static int follow_log(struct reader *r, const char *ctl_path, struct err *e)
{
	struct pollfd out = {.fd = STDOUT_FILENO};
	bool gone = false;

	while (!gone) {
		gone = ctl_vm_gone(ctl_path);
		check_truncated(r);
		if (next_file(r, e) < 0 || show_rest(r, r->fd, e) < 0)
			return -1;
		if (!gone && poll(&out, 1, FOLLOW_MS) > 0)
			return 0; /* nobody reads it any more */
	}
	return 0;
}

int log_show(const char *path, bool follow, const char *ctl_path, struct err *e)
{
	struct reader r = {.path = path};
	int rc;

	r.fd = open_log(path);
	if (r.fd < 0)
		return err_sys(e, EXIT_FAILED, "%s", path);
	rc = show_old(&r, e);
	if (rc == 0)
		rc = show_rest(&r, r.fd, e);
	if (rc == 0 && follow)
		rc = follow_log(&r, ctl_path, e);
	close(r.fd);
	return rc;
}
