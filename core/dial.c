/* SPDX-License-Identifier: MIT */
#include "core/dial.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/log.h"

enum { NAP_MS = 10 };

int dial_await(int fd, short events, uint64_t end_ms, const char *who,
	       struct err *e)
{
	struct pollfd p = {.fd = fd, .events = events};
	uint64_t now = clock_ms();
	int r;

	while (now < end_ms) {
		uint64_t left = end_ms - now;

		r = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return err_sys(e, EXIT_FAILED, "poll");
		now = clock_ms();
	}
	return err_set(e, EXIT_TIMEOUT, "%s does not answer", who);
}

static int nobody(const char *path, struct err *e)
{
	bool none = errno == ENOENT || errno == ECONNREFUSED;

	return err_sys(e, none ? EXIT_NO_VM : EXIT_FAILED, "%s", path);
}

/* EAGAIN: as many wait for it as may wait; that passes. */
static int connect_until(int fd, const struct sockaddr_un *sa, uint64_t end_ms)
{
	while (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) < 0) {
		if (errno != EAGAIN || clock_ms() >= end_ms)
			return -1;
		poll(NULL, 0, NAP_MS);
	}
	return 0;
}

int dial(const char *path, uint64_t end_ms, struct err *e)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path))
		return err_set(e, EXIT_FAILED, "%s: path too long", path);
	strcpy(sa.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, EXIT_FAILED, "socket");
	if (connect_until(fd, &sa, end_ms) < 0) {
		nobody(path, e);
		close(fd);
		return -1;
	}
	return fd;
}
