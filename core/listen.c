/* SPDX-License-Identifier: MIT */
#include "core/listen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { PAUSE_MS = 100, BACKLOG = 32 };

struct listener {
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int fd;
	struct loop_io *io;
	struct loop_timer *pause; /* after a lack of descriptors */
	listen_fn *fn;
	void *ctx;
};

static bool peer_allowed(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return false;
	return cred.uid == 0 || cred.uid == geteuid();
}

static void again(void *ctx)
{
	struct listener *l = ctx;

	loop_mod(l->io, EPOLLIN);
}

static void ready(void *ctx, uint32_t events)
{
	struct listener *l = ctx;
	int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd >= 0) {
		if (peer_allowed(fd))
			l->fn(l->ctx, fd);
		else
			close(fd);
		return;
	}
	if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)
		return;
	loop_mod(l->io, 0); /* it would be ready all the time */
	loop_timer_set(l->pause, PAUSE_MS);
}

static int bind_socket(struct listener *l, const char *path, struct err *e)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(sa.sun_path))
		return err_set(e, EXIT_FAILED, "%s: path too long", path);
	strcpy(sa.sun_path, path);
	strcpy(l->path, path);
	if (l->fd >= 0)
		return 0;
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* The mode of the descriptor becomes that of the file (unix(7)). */
	if (l->fd < 0 || fchmod(l->fd, 0600) < 0)
		return err_sys(e, EXIT_FAILED, "%s", path);
	unlink(path);
	if (bind(l->fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(l->fd, BACKLOG) < 0)
		return err_sys(e, EXIT_FAILED, "%s", path);
	return 0;
}

struct listener *listener_new(struct loop *loop, const char *path, int fd,
			      listen_fn *fn, void *ctx, struct err *e)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (!l) {
		err_sys(e, EXIT_FAILED, "%s", path);
		return NULL;
	}
	l->fd = fd;
	l->fn = fn;
	l->ctx = ctx;
	l->pause = loop_timer_new(loop, again, l);
	if (!l->pause)
		err_sys(e, EXIT_FAILED, "%s", path);
	else if (bind_socket(l, path, e) == 0)
		l->io = loop_add(loop, l->fd, EPOLLIN, ready, l, e);
	if (!l->io) {
		listener_free(l);
		return NULL;
	}
	return l;
}

int listener_fd(const struct listener *l)
{
	return l->fd;
}

void listener_moved(struct listener *l, const char *path)
{
	snprintf(l->path, sizeof(l->path), "%s", path);
}

void listener_free(struct listener *l)
{
	if (!l)
		return;
	loop_timer_del(l->pause);
	loop_del(l->io);
	if (l->fd >= 0)
		close(l->fd);
	if (l->path[0])
		unlink(l->path);
	free(l);
}
