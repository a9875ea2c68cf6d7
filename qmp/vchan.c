/* SPDX-License-Identifier: MIT */
#include "qmp/vchan.h"

#include <libxenvchan.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

/* libxenvchan has room for 64 bytes, and appends "/event-channel". */
enum { PATH_SIZE = 64 - sizeof("/event-channel") + 1 };

struct qmp_vchan {
	struct qmp_link link; /* first */
	struct loop *loop;
	struct xs *xs;
	struct log *log;
	uint32_t stub;
	char path[PATH_SIZE];
	struct xs_watcher *nodes;
	struct libxenvchan *lib; /* NULL: not connected */
	struct loop_io *io;
};

static void wake(struct qmp_vchan *v)
{
	if (v->link.wake)
		v->link.wake(v->link.ctx);
}

/* "running" says nothing of QMP: these nodes do. */
static void nodes_changed(void *ctx, const char *path)
{
	struct qmp_vchan *v = ctx;

	(void)path;
	if (!v->lib)
		wake(v);
}

static void rings_changed(void *ctx, uint32_t events)
{
	struct qmp_vchan *v = ctx;

	(void)events;
	libxenvchan_wait(v->lib);
	wake(v);
}

/* The directory stays when its server has gone. */
static bool is_published(struct qmp_vchan *v)
{
	static const char *const nodes[] = {"ring-ref", "event-channel"};
	char path[XS_PATH_MAX], value[32];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", v->path, nodes[i]);
		if (xs_read_str(v->xs, XBT_NULL, path, value, sizeof(value)) <
		    0)
			return false;
	}
	return true;
}

static void vchan_close(struct qmp_link *l)
{
	struct qmp_vchan *v = (struct qmp_vchan *)l;

	loop_del(v->io);
	v->io = NULL;
	if (v->lib)
		libxenvchan_close(v->lib);
	v->lib = NULL;
}

/*
 * The hypervisor lets one client in: while another is connected, or is still
 * being taken apart, this fails. The library's errno means nothing.
 */
static int vchan_connect(struct qmp_link *l, struct err *e)
{
	struct qmp_vchan *v = (struct qmp_vchan *)l;

	if (!is_published(v))
		return 0;
	v->lib = libxenvchan_client_init(&v->log->xtl, (int)v->stub, v->path);
	if (!v->lib)
		return err_set(e, EXIT_FAILED, "vchan: cannot connect to %s",
			       v->path);
	v->lib->blocking = 0; /* the library leaves it as malloc gave it */
	v->io = loop_add(v->loop, libxenvchan_fd_for_select(v->lib), EPOLLIN,
			 rings_changed, v, e);
	if (!v->io) {
		vchan_close(l);
		return -1;
	}
	return 1;
}

bool qmp_vchan_sane(uint32_t prod, uint32_t cons, int order)
{
	return order >= 0 && order < 32 && prod - cons <= UINT32_C(1) << order;
}

static int check_ring(const struct libxenvchan_ring *r, struct err *e)
{
	uint32_t prod = __atomic_load_n(&r->shr->prod, __ATOMIC_RELAXED);
	uint32_t cons = __atomic_load_n(&r->shr->cons, __ATOMIC_RELAXED);

	if (qmp_vchan_sane(prod, cons, r->order))
		return 0;
	return err_set(e, EXIT_FAILED,
		       "vchan: ring indices out of range: %u, %u", prod, cons);
}

static ssize_t moved(const struct libxenvchan_ring *ring, int n, struct err *e)
{
	if (n > 0)
		return n;
	if (n < 0)
		return err_set(e, EXIT_DIED, "the stubdomain has closed it");
	return check_ring(ring, e);
}

static ssize_t vchan_read(struct qmp_link *l, char *data, size_t len,
			  struct err *e)
{
	struct libxenvchan *lib = ((struct qmp_vchan *)l)->lib;

	return moved(&lib->read, libxenvchan_read(lib, data, len), e);
}

static ssize_t vchan_write(struct qmp_link *l, const char *data, size_t len,
			   struct err *e)
{
	struct libxenvchan *lib = ((struct qmp_vchan *)l)->lib;

	return moved(&lib->write, libxenvchan_write(lib, data, len), e);
}

static void vchan_free(struct qmp_link *l)
{
	struct qmp_vchan *v = (struct qmp_vchan *)l;

	vchan_close(l);
	xs_watch_del(v->nodes);
	free(v);
}

static const struct qmp_link_ops vchan_ops = {
	.connect = vchan_connect,
	.read = vchan_read,
	.write = vchan_write,
	.close = vchan_close,
	.free = vchan_free,
};

struct qmp_link *qmp_vchan_new(struct loop *loop, struct xs *xs,
			       struct log *log, uint32_t stub, uint32_t target,
			       struct err *e)
{
	struct qmp_vchan *v = calloc(1, sizeof(*v));

	if (!v) {
		err_sys(e, EXIT_FAILED, "vchan");
		return NULL;
	}
	v->link.ops = &vchan_ops;
	v->loop = loop;
	v->xs = xs;
	v->log = log;
	v->stub = stub;
	snprintf(v->path, sizeof(v->path),
		 "/local/domain/%u/device-model/%u/qmp-vchan", stub, target);
	v->nodes = xs_watch_add(xs, v->path, nodes_changed, v, e);
	if (!v->nodes) {
		free(v);
		return NULL;
	}
	return &v->link;
}
