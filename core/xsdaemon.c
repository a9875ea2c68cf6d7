/* SPDX-License-Identifier: MIT */
/*
 * Which xenstore dom0 has: a daemon at its socket, or a stub domain behind
 * /dev/xen/xenbus. Left alone, libxenstore takes the device whenever the
 * socket does not answer; behind it nobody answers where a daemon has died,
 * and requests wait for ever.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>
#include <xenstore_lib.h>

#include "core/dial.h"
#include "core/xs.h"

enum {
	DIAL_MS = 30000, /* while a busy daemon has no room for one more */
	PROBE_MS = 1000,
};

static bool is_socket(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISSOCK(st.st_mode);
}

/*
 * A connection on which nothing is said: it ends with the daemon. From here
 * on this process has that socket or no xenstore, and so has libxenvchan,
 * which opens its own.
 */
static int dial_daemon(const char *path, struct err *e)
{
	int fd = dial(path, clock_ms() + DIAL_MS, e);

	if (fd < 0) {
		e->code = EXIT_HOST;
		return err_in(e, "xenstored does not answer (is it running?)");
	}
	if (!setenv("XENSTORED_PATH", path, 0))
		return fd;
	close(fd);
	return err_sys(e, EXIT_FAILED, "xenstore");
}

/* libxenstore's choice. */
static const char *device_path(void)
{
	const char *path = getenv("XENSTORED_PATH");

	if (path)
		return path;
	return access("/dev/xen/xenbus", F_OK) ? "/proc/xen/xenbus"
					       : "/dev/xen/xenbus";
}

/* xs_wire.h: any reply to "what is our domid", an error too, is a sign. */
static bool replies(int fd)
{
	static const char node[] = "domid";
	struct xsd_sockmsg head = {.type = XS_READ, .len = sizeof(node)};
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char request[sizeof(head) + sizeof(node)], reply[64];

	memcpy(request, &head, sizeof(head));
	memcpy(request + sizeof(head), node, sizeof(node));
	return write(fd, request, sizeof(request)) == sizeof(request) &&
	       poll(&p, 1, PROBE_MS) == 1 &&
	       read(fd, reply, sizeof(reply)) >= (ssize_t)sizeof(head);
}

static int probe_device(const char *socket, struct err *e)
{
	const char *path = device_path();
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	bool there = fd >= 0 && replies(fd);

	if (fd >= 0)
		close(fd);
	if (there)
		return 0;
	return err_set(e, EXIT_HOST,
		       "xenstored is not running: there is no socket %s, and "
		       "nothing answers at %s",
		       socket, path);
}

static int find(int *daemon, struct err *e)
{
	const char *path = xs_daemon_socket();

	*daemon = -1;
	if (!is_socket(path))
		return probe_device(path, e);
	*daemon = dial_daemon(path, e);
	return *daemon < 0 ? -1 : 0;
}

struct xs *xs_connect(struct log *log, struct err *e)
{
	int daemon;

	return find(&daemon, e) < 0 ? NULL : xs_connect_any(log, daemon, e);
}
