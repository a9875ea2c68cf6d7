/* SPDX-License-Identifier: MIT */
/* A console on a pty, and on any number of sockets beside it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "console/sink.h"
#include "console/view.h"

enum { CHECK_MS = 1000 }; /* how often output looks after the slave */

struct con_pty {
	struct con_sink sink; /* first */
	int master;
	int slave; /* kept open: else each reader that leaves is an EIO */
	uint64_t checked_ms;
	bool shown; /* the view has the master, and closes it */
	char path[64];
};

/* Readers may come with any settings; until then no byte is changed. */
static int open_slave(struct con_pty *p)
{
	struct termios t;
	int fd = open(p->path, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		tcsetattr(fd, TCSANOW, &t);
	}
	if (p->slave >= 0)
		close(p->slave);
	p->slave = fd;
	return 0;
}

static int make_pty(struct con_pty *p, struct err *e)
{
	p->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (p->master < 0 || grantpt(p->master) < 0 ||
	    unlockpt(p->master) < 0 ||
	    ptsname_r(p->master, p->path, sizeof(p->path)) != 0 ||
	    open_slave(p) < 0)
		return err_sys(e, EXIT_FAILED, "pty");
	fchmod(p->slave, 0600);
	return 0;
}

static int adopt_pty(struct con_pty *p, int master, int slave, struct err *e)
{
	if (ptsname_r(master, p->path, sizeof(p->path)) != 0)
		return err_sys(e, EXIT_FAILED, "pty");
	p->master = master;
	p->slave = slave;
	return 0;
}

/*
 * Someone hung up the slave for all (vhangup; a getty does that). Ours is
 * dead then, the settings are the kernel's, with echo, and once the last
 * reader has left the master reports a hang-up without end. A new slave
 * mends all three.
 */
static int pty_repair(void *ctx)
{
	return open_slave(ctx);
}

static void check_slave(struct con_pty *p)
{
	struct pollfd pfd = {.fd = p->slave};
	uint64_t now = clock_ms();

	if (now - p->checked_ms < CHECK_MS)
		return;
	p->checked_ms = now;
	if (poll(&pfd, 1, 0) > 0 && (pfd.revents & (POLLHUP | POLLERR)))
		open_slave(p);
}

static void pty_kick(void *ctx)
{
	con_sink_kick(ctx);
}

static void pty_output(struct con_sink *s, const uint8_t *buf, size_t n)
{
	check_slave((struct con_pty *)s);
	con_view_output(s->view, buf, n);
	s->dropped = con_view_unseen(s->view);
}

static size_t pty_input(struct con_sink *s, uint8_t *buf, size_t room)
{
	return con_view_input(s->view, buf, room);
}

static uint32_t pty_origin(struct con_sink *s, const struct con_origin *o)
{
	return con_view_origin(s->view, o);
}

static void pty_free(struct con_sink *s)
{
	struct con_pty *p = (struct con_pty *)s;

	con_view_free(s->view);
	if (p->master >= 0 && !p->shown)
		close(p->master);
	if (p->slave >= 0)
		close(p->slave);
	free(p);
}

static const struct con_sink_ops pty_ops = {
	.output = pty_output,
	.input = pty_input,
	.origin = pty_origin,
	.free = pty_free,
};

static struct con_pty *alloc_pty(struct loop *loop, int keep, struct err *e)
{
	struct con_pty *p = calloc(1, sizeof(*p));

	if (!p) {
		err_sys(e, EXIT_FAILED, "pty");
		return NULL;
	}
	p->master = p->slave = -1;
	p->sink.ops = &pty_ops;
	p->sink.view =
		con_view_new(loop, CON_PTY_HISTORY, keep, pty_kick, p, e);
	if (!p->sink.view) {
		free(p);
		return NULL;
	}
	con_view_repair(p->sink.view, pty_repair);
	return p;
}

/* The view closes the master from then on. */
static int show_on_pty(struct con_pty *p, uint64_t from, struct err *e)
{
	if (con_view_add(p->sink.view, p->master, CON_VIEW_INPUT | CON_VIEW_PTY,
			 from, NULL, e) < 0)
		return -1;
	p->shown = true;
	return 0;
}

struct con_sink *con_pty_new(struct loop *loop, int keep, int master, int slave,
			     struct err *e)
{
	struct con_pty *p = alloc_pty(loop, keep, e);
	uint64_t from = 0;
	int r;

	if (!p)
		return NULL;
	if (master >= 0) {
		from = con_view_pty_position(p->sink.view);
		r = adopt_pty(p, master, slave, e);
	} else {
		r = make_pty(p, e);
	}
	if (r < 0 || show_on_pty(p, from, e) < 0) {
		if (master >= 0) /* still the caller's */
			p->master = p->slave = -1;
		pty_free(&p->sink);
		return NULL;
	}
	return &p->sink;
}

const char *con_pty_path(const struct con_sink *s)
{
	return ((const struct con_pty *)s)->path;
}

void con_pty_fds(const struct con_sink *s, int *master, int *slave)
{
	const struct con_pty *p = (const struct con_pty *)s;

	*master = p->master;
	*slave = p->slave;
}
