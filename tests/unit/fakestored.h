/* SPDX-License-Identifier: MIT */
/*
 * A xenstored in a process of its own, as little of it as our tests need: at a
 * socket, or at the other end of a pty, which is a device like
 * /dev/xen/xenbus.
 */
#ifndef TESTS_UNIT_FAKESTORED_H
#define TESTS_UNIT_FAKESTORED_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

enum { FAKE_CLIENTS = 16 };

static inline void fake_reply(int fd, struct xsd_sockmsg h, uint32_t type,
			      const char *text, size_t len)
{
	char reply[64];

	h.type = type;
	h.len = (uint32_t)len;
	memcpy(reply, &h, sizeof(h));
	memcpy(reply + sizeof(h), text, len);
	if (write(fd, reply, sizeof(h) + len) != (ssize_t)(sizeof(h) + len))
		_exit(1);
}

static inline bool fake_all(int fd, void *buf, size_t len)
{
	size_t got = 0;
	ssize_t n = 1;

	while (got < len && n > 0) {
		n = read(fd, (char *)buf + got, len - got);
		got += n > 0 ? (size_t)n : 0;
	}
	return got == len;
}

/* /there holds "yes"; nothing else is there, and all may be written. */
static inline bool fake_request(int fd, unsigned int *watches)
{
	char body[XENSTORE_PAYLOAD_MAX + 1];
	struct xsd_sockmsg h;

	if (!fake_all(fd, &h, sizeof(h)) || h.len > XENSTORE_PAYLOAD_MAX ||
	    !fake_all(fd, body, h.len))
		return false;
	body[h.len] = '\0';
	if (h.type == XS_WATCH)
		++*watches;
	if (h.type == XS_READ && !strcmp(body, "/there"))
		fake_reply(fd, h, h.type, "yes", 3);
	else if (h.type == XS_READ && strcmp(body, "/"))
		fake_reply(fd, h, XS_ERROR, "ENOENT", 7);
	else if (h.type == XS_READ)
		fake_reply(fd, h, h.type, "", 0);
	else if (h.type == XS_TRANSACTION_START)
		fake_reply(fd, h, h.type, "1", 2);
	else
		fake_reply(fd, h, h.type, "OK", 3);
	return true;
}

/* Serve until killed, or dead by its own hand after `mortal` watches. */
static inline void fake_serve(int listener, int fd, unsigned int mortal)
{
	struct pollfd p[FAKE_CLIENTS] = {{.fd = listener, .events = POLLIN},
					 {.fd = fd, .events = POLLIN}};
	unsigned int i, nr = 2, watches = 0;

	while (poll(p, nr, -1) > 0) {
		if (p[0].revents && nr < FAKE_CLIENTS)
			p[nr++] = (struct pollfd){
				.fd = accept(listener, NULL, NULL),
				.events = POLLIN,
			};
		for (i = 1; i < nr; i++) {
			if (!p[i].revents || fake_request(p[i].fd, &watches))
				continue;
			close(p[i].fd);
			p[i].fd = -1;
		}
		if (mortal && watches >= mortal)
			raise(SIGKILL);
	}
}

static inline pid_t fake_fork(int listener, int fd, unsigned int mortal)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fake_serve(listener, fd, mortal);
	_exit(1);
}

static inline int fake_listen(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(fd, 1) < 0)
		abort();
	return fd;
}

static inline pid_t fake_daemon(const char *path, unsigned int mortal)
{
	int fd = fake_listen(path);
	pid_t pid = fake_fork(fd, -1, mortal);

	close(fd);
	return pid;
}

/* Its end of the pty; `slave` keeps it from hanging up between two clients. */
static inline int fake_device(char *path, size_t size, int *slave)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios t;

	if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0 ||
	    ptsname_r(fd, path, size))
		abort();
	*slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	tcgetattr(*slave, &t);
	cfmakeraw(&t);
	tcsetattr(*slave, TCSANOW, &t);
	return fd;
}

static inline void fake_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
