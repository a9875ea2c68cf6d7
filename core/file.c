/* SPDX-License-Identifier: MIT */
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Read exactly `len` bytes; a file that shrinks meanwhile is an error. */
static int read_all(int fd, char *buf, size_t len)
{
	while (len) {
		ssize_t n = read(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : EIO;
			return -1;
		}
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

static int open_regular(const char *path, struct stat *st, enum exit_code code,
			struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_sys(e, code, "open %s", path);
	if (fstat(fd, st) < 0) {
		err_sys(e, code, "stat %s", path);
	} else if (!S_ISREG(st->st_mode)) {
		err_set(e, code, "%s: not a regular file", path);
	} else if (!st->st_size) {
		err_set(e, code, "%s: empty", path);
	} else {
		return fd;
	}
	close(fd);
	return -1;
}

void *file_read(const char *path, size_t max, size_t *len, struct err *e)
{
	struct stat st;
	char *buf = NULL;
	int fd = open_regular(path, &st, EXIT_FAILED, e);

	if (fd < 0)
		return NULL;
	if ((size_t)st.st_size > max) {
		err_set(e, EXIT_FAILED, "%s: larger than %zu bytes", path, max);
		goto out;
	}
	*len = (size_t)st.st_size;
	buf = malloc(*len + 1);
	if (!buf || read_all(fd, buf, *len) < 0) {
		err_sys(e, EXIT_FAILED, "read %s", path);
		free(buf);
		buf = NULL;
		goto out;
	}
	buf[*len] = '\0';
out:
	close(fd);
	return buf;
}

int file_check(const char *path, enum exit_code code, struct err *e)
{
	struct stat st;
	int fd = open_regular(path, &st, code, e);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int write_new(const char *path, const char *text)
{
	ssize_t len = (ssize_t)strlen(text), n;
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		      0600);

	if (fd < 0)
		return -1;
	n = write(fd, text, (size_t)len);
	if (n >= 0 && n < len)
		errno = ENOSPC;
	return close(fd) < 0 || n != len ? -1 : 0;
}

int file_write(const char *path, const char *text, struct err *e)
{
	char *new;
	int rc;

	if (asprintf(&new, "%s.new", path) < 0)
		return err_sys(e, EXIT_FAILED, "write %s", path);
	rc = write_new(new, text);
	if (!rc)
		rc = rename(new, path);
	if (rc < 0) {
		err_sys(e, EXIT_FAILED, "write %s", path);
		unlink(new);
	}
	free(new);
	return rc;
}
