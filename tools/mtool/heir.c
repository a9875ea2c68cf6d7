/* SPDX-License-Identifier: MIT */
#include "tools/mtool/heir.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FDS_MAX = 2 + 2 * HEIR_PTYS_MAX };

/* The text that goes with the descriptors: the consoles' names, in order. */
struct note {
	char name[HEIR_PTYS_MAX][16];
};

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

int heir_send(int fd, const struct heir *h, struct err *e)
{
	struct note note = {0};
	struct iovec iov = {&note, sizeof(note)};
	union control control = {0};
	int fds[FDS_MAX] = {h->lock, h->listen};
	size_t n = 2 * sizeof(int) * (1 + h->nr_pty);
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(n),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	unsigned int i;

	for (i = 0; i < h->nr_pty; i++) {
		memcpy(note.name[i], h->pty[i].name, sizeof(note.name[i]));
		fds[2 + 2 * i] = h->pty[i].master;
		fds[3 + 2 * i] = h->pty[i].slave;
	}
	c->cmsg_level = SOL_SOCKET; /* analyzer: m has room for it */
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n);
	memcpy(CMSG_DATA(c), fds, n);
	if (sendmsg(fd, &m, MSG_NOSIGNAL) != (ssize_t)sizeof(note))
		return err_sys(e, EXIT_FAILED, "hand over");
	return 0;
}

void heir_close(struct heir *h)
{
	unsigned int i;

	close(h->lock);
	close(h->listen);
	for (i = 0; i < h->nr_pty; i++) {
		close(h->pty[i].master);
		close(h->pty[i].slave);
	}
}

/* The descriptors that came; what is no full set is closed. */
static int take_fds(struct msghdr *m, struct heir *h)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int fds[FDS_MAX];
	unsigned int i, nr;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return -1;
	nr = (unsigned int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(fds, CMSG_DATA(c), nr * sizeof(int));
	if (nr < 2 || nr % 2 || (m->msg_flags & MSG_CTRUNC)) {
		for (i = 0; i < nr; i++)
			close(fds[i]);
		return -1;
	}
	h->lock = fds[0];
	h->listen = fds[1];
	h->nr_pty = nr / 2 - 1;
	for (i = 0; i < h->nr_pty; i++) {
		h->pty[i].master = fds[2 + 2 * i];
		h->pty[i].slave = fds[3 + 2 * i];
	}
	return 0;
}

int heir_receive(int fd, int ms, struct heir *h, struct err *e)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct note note;
	struct iovec iov = {&note, sizeof(note)};
	union control control;
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	unsigned int i;
	ssize_t n;

	if (poll(&p, 1, ms) != 1)
		return err_set(e, EXIT_TIMEOUT,
			       "the old supervisor hands nothing over");
	n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return err_sys(e, EXIT_FAILED, "the old supervisor");
	if (take_fds(&m, h) < 0)
		return err_set(e, EXIT_FAILED,
			       "the old supervisor hands nothing over");
	if (n != (ssize_t)sizeof(note)) {
		heir_close(h);
		return err_set(e, EXIT_FAILED,
			       "the old supervisor makes no sense");
	}
	for (i = 0; i < h->nr_pty; i++) {
		memcpy(h->pty[i].name, note.name[i], sizeof(note.name[i]));
		h->pty[i].name[sizeof(h->pty[i].name) - 1] = '\0';
	}
	return 0;
}
