/* SPDX-License-Identifier: MIT */
/*
 * Which xenstore dom0 has: a daemon at its socket, or a stub domain behind
 * /dev/xen/xenbus. Left alone, libxenstore takes the device whenever the
 * socket does not answer; behind it nobody answers where a daemon has died,
 * and requests wait for ever.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>
#include <xenstore_lib.h>

#include "core/num.h"
#include "core/xs.h"

enum { PROBE_MS = 1000 };

static bool is_socket(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISSOCK(st.st_mode);
}

static bool leads_to(int fd, const struct sockaddr_un *daemon)
{
	struct sockaddr_un peer = {0};
	socklen_t len = sizeof(peer);

	return !getpeername(fd, (struct sockaddr *)&peer, &len) &&
	       peer.sun_family == AF_UNIX &&
	       !strncmp(peer.sun_path, daemon->sun_path, sizeof(peer.sun_path));
}

/*
 * libxenstore shows its connection to nobody, and ends its thread without a
 * word when the daemon does: a copy of the descriptor hangs up, too. Or -1.
 */
static int copy_connection(const char *socket)
{
	struct sockaddr_un daemon = {.sun_family = AF_UNIX};
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *d;
	uint64_t fd;
	int copy = -1;

	snprintf(daemon.sun_path, sizeof(daemon.sun_path), "%s", socket);
	while (dir && copy < 0 && (d = readdir(dir))) {
		if (!num_parse(d->d_name, 0, INT_MAX, &fd) &&
		    leads_to((int)fd, &daemon))
			copy = fcntl((int)fd, F_DUPFD_CLOEXEC, 3);
	}
	if (dir)
		closedir(dir);
	return copy;
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

struct xs *xs_connect(struct log *log, struct err *e)
{
	const char *socket = xs_daemon_socket();
	struct xs *xs;

	if (!is_socket(socket))
		return probe_device(socket, e) < 0 ? NULL
						   : xs_connect_any(log, e);
	/*
	 * From here on this process has that socket or no xenstore, and so has
	 * libxenvchan, which opens its own.
	 */
	if (setenv("XENSTORED_PATH", socket, 0)) {
		err_sys(e, EXIT_HOST, "xenstore");
		return NULL;
	}
	xs = xs_connect_any(log, e);
	if (xs)
		xs_heed_daemon(xs, copy_connection(socket));
	else
		err_in(e, "%s", socket);
	return xs;
}
