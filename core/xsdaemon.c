/* SPDX-License-Identifier: MIT */
/*
 * Which xenstore dom0 has: a daemon at its socket, or a stub domain behind
 * /dev/xen/xenbus. The device is there in any case, and where a daemon has
 * died nobody answers behind it: so it counts only if there is no socket, and
 * has to answer soon.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/xsint.h"

enum { PROBE_MS = 1000 };

static bool is_socket(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISSOCK(st.st_mode);
}

/* Xen's defaults, and the variables that its libxenstore heeds. */
static void socket_path(char *path, size_t size)
{
	const char *named = getenv("XENSTORED_PATH");
	const char *dir = getenv("XENSTORED_RUNDIR");

	if (named)
		snprintf(path, size, "%s", named);
	else
		snprintf(path, size, "%s/socket",
			 dir ? dir : "/var/run/xenstored");
}

static const char *device_path(void)
{
	const char *path = getenv("XENSTORED_PATH");

	if (path)
		return path;
	return access("/dev/xen/xenbus", F_OK) ? "/proc/xen/xenbus"
					       : "/dev/xen/xenbus";
}

/* "What is our domid": any reply, an error too, is a sign. */
static bool answers(struct xswire *wire)
{
	const char *domid;

	xswire_limit(wire, PROBE_MS);
	xsreq_read(wire, XBT_NULL, "domid", &domid);
	xswire_limit(wire, XSWIRE_LIMIT_MS);
	return !xswire_why(wire);
}

static struct xs *connect_device(const char *socket, struct log *log,
				 struct err *e)
{
	const char *path = device_path();
	struct xswire *wire = xswire_open(path);
	struct xs *xs;

	if (!wire || !answers(wire)) {
		xswire_close(wire);
		err_set(e, EXIT_HOST,
			"xenstored is not running: there is no socket %s, and "
			"nothing answers at %s",
			socket, path);
		return NULL;
	}
	xs = xs_over(wire, log);
	if (!xs)
		err_sys(e, EXIT_HOST, "xenstore");
	return xs;
}

struct xs *xs_connect(struct log *log, struct err *e)
{
	char socket[XS_PATH_MAX];

	socket_path(socket, sizeof(socket));
	if (!is_socket(socket))
		return connect_device(socket, log, e);
	/*
	 * From here on this process has that socket or no xenstore, and so has
	 * libxenvchan, which opens its own.
	 */
	if (setenv("XENSTORED_PATH", socket, 0)) {
		err_sys(e, EXIT_HOST, "xenstore");
		return NULL;
	}
	return xs_connect_at(socket, log, e);
}
