/* SPDX-License-Identifier: MIT */
#include "tools/stubdom/vchan.h"

#include <libxenvchan.h>
#include <stdio.h>
#include <stdlib.h>

struct vchan {
	struct libxenvchan *lib;
	struct xs *xs;
	const char *path;
};

/*
 * Sizes 0 give the rings everybody has: 1024 bytes to the server, 2048 to the
 * client, in one page.
 */
struct vchan *vchan_open(struct xs *xs, const char *path, struct err *e)
{
	struct vchan *v = calloc(1, sizeof(*v));

	if (!v) {
		err_sys(e, EXIT_FAILED, "vchan");
		return NULL;
	}
	v->xs = xs;
	v->path = path;
	v->lib = libxenvchan_server_init(NULL, 0, path, 0, 0);
	if (!v->lib) {
		err_sys(e, EXIT_FAILED, "vchan server at %s", path);
		free(v);
		return NULL;
	}
	v->lib->blocking = 0; /* libxenvchan leaves it as malloc gave it */
	/* it would remove the directory when it closes */
	free(v->lib->xs_path);
	v->lib->xs_path = NULL;
	return v;
}

void vchan_unpublish(struct vchan *v)
{
	static const char *const nodes[] = {"ring-ref", "event-channel"};
	char path[XS_PATH_MAX];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", v->path, nodes[i]);
		xs_del(v->xs, XBT_NULL, path);
	}
}

void vchan_close(struct vchan *v)
{
	if (!v)
		return;
	vchan_unpublish(v);
	libxenvchan_close(v->lib);
	free(v);
}

int vchan_fd(struct vchan *v)
{
	return libxenvchan_fd_for_select(v->lib);
}

void vchan_ack(struct vchan *v)
{
	libxenvchan_wait(v->lib);
}

/* The byte is the client's to write: any but 0 and 2 is taken for a client. */
enum vchan_state vchan_state(struct vchan *v)
{
	switch (libxenvchan_is_open(v->lib)) {
	case 0:
		return VCHAN_LEFT;
	case 2:
		return VCHAN_WAITING;
	default:
		return VCHAN_ATTACHED;
	}
}

/*
 * The library bounds what is in a ring by the ring's size: indices that make
 * no sense read as an empty or a full ring.
 */
ssize_t vchan_read(struct vchan *v, char *data, size_t len)
{
	return libxenvchan_read(v->lib, data, len);
}

ssize_t vchan_write(struct vchan *v, const char *data, size_t len)
{
	return libxenvchan_write(v->lib, data, len);
}
