/* SPDX-License-Identifier: MIT */
#include "tools/stubdom/qmp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/stubdom/say.h"
#include "tools/stubdom/session.h"
#include "tools/stubdom/vchan.h"

enum {
	CONNECT_RETRY_MS = 50,
	PUBLISH_RETRY_MS = 1000,
	CHUNK = 2048,	     /* the larger ring of a vchan */
	MOVES_PER_TURN = 64, /* then the rest of init gets its turn */
};

struct qmp {
	struct loop *loop;
	struct loop_timer *again; /* the next turn, if nothing else calls */
	struct xs *xs;
	char path[64]; /* libxenvchan has room for no more */
	const char *sock_path;

	struct vchan *vchan; /* NULL: none is published */
	struct loop_io *vchan_io;
	bool attached;	  /* a client has come to it */
	bool client_left; /* and has gone, all it wrote is read */

	int sock; /* to QEMU; -1: not connected */
	struct loop_io *sock_io;
	bool qemu_left; /* QEMU has closed it */

	struct session session;
	bool served;
	bool told; /* that publishing fails */
};

static void qmp_turn(void *ctx);

static void vchan_ready(void *ctx, uint32_t events)
{
	struct qmp *q = ctx;

	(void)events;
	vchan_ack(q->vchan);
	qmp_turn(q);
}

static void sock_ready(void *ctx, uint32_t events)
{
	(void)events;
	qmp_turn(ctx);
}

static void sock_close(struct qmp *q)
{
	loop_del(q->sock_io);
	q->sock_io = NULL;
	if (q->sock >= 0)
		close(q->sock);
	q->sock = -1;
	q->qemu_left = false;
}

static void client_close(struct qmp *q)
{
	loop_del(q->vchan_io);
	q->vchan_io = NULL;
	vchan_close(q->vchan);
	q->vchan = NULL;
	q->attached = q->client_left = false;
}

/*
 * QEMU takes one connection at a time and queues a few: this fails until it
 * has begun to listen, and again if a client starts sessions faster than QEMU
 * notices their end.
 */
static int sock_connect(struct qmp *q)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	char sync[64];

	q->sock =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (q->sock < 0)
		return -1;
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", q->sock_path);
	session_sync(&q->session, sync, sizeof(sync));
	if (connect(q->sock, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    send(q->sock, sync, strlen(sync), MSG_NOSIGNAL) < 0) {
		sock_close(q);
		return -1;
	}
	return 0;
}

/* epoll tells a hang-up even to who waits for nothing: then do not ask. */
static int sock_wait(struct qmp *q)
{
	uint32_t events = 0;
	struct err e;
	size_t len;

	session_to_qemu(&q->session, &len);
	if (session_qemu_room(&q->session) && !q->qemu_left)
		events |= EPOLLIN;
	if (len && !q->qemu_left)
		events |= EPOLLOUT;
	if (q->sock_io && events) {
		loop_mod(q->sock_io, events);
		return 0;
	}
	loop_del(q->sock_io);
	q->sock_io = NULL;
	if (!events)
		return 0;
	q->sock_io = loop_add(q->loop, q->sock, events, sock_ready, q, &e);
	return q->sock_io ? 0 : -1;
}

static size_t at_most(size_t room)
{
	return room < CHUNK ? room : CHUNK;
}

/* The four moves: each returns whether it got anything on. */
static bool from_client(struct qmp *q)
{
	char data[CHUNK];
	size_t room = at_most(session_client_room(&q->session));
	ssize_t n;

	if (!q->attached || !room)
		return false;
	n = vchan_read(q->vchan, data, room);
	if (n < 0)
		q->client_left = true;
	if (n <= 0)
		return false;
	if (session_from_client(&q->session, data, (size_t)n))
		sock_close(q);
	return true;
}

static bool to_client(struct qmp *q)
{
	size_t len;
	const char *data = session_to_client(&q->session, &len);
	ssize_t n;

	if (!q->attached || !len)
		return false;
	n = vchan_write(q->vchan, data, len);
	if (n <= 0)
		return false; /* if the client left, reading tells */
	session_client_took(&q->session, (size_t)n);
	return true;
}

static bool from_qemu(struct qmp *q)
{
	char data[CHUNK];
	size_t room = at_most(session_qemu_room(&q->session));
	ssize_t n;

	if (q->sock < 0 || q->qemu_left || !room)
		return false;
	n = recv(q->sock, data, room, MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		q->qemu_left = true;
	if (n <= 0)
		return false;
	session_from_qemu(&q->session, data, (size_t)n);
	return true;
}

static bool to_qemu(struct qmp *q)
{
	size_t len;
	const char *data = session_to_qemu(&q->session, &len);
	ssize_t n;

	if (q->sock < 0 || q->qemu_left || !len)
		return false;
	n = send(q->sock, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno == EAGAIN)
		return false;
	/* if QEMU has left there may still be something of it to read */
	session_qemu_took(&q->session, n < 0 ? len : (size_t)n);
	return true;
}

/* Move until nothing moves. Returns false if stopped before that. */
static bool shuttle(struct qmp *q)
{
	unsigned int i;

	for (i = 0; i < MOVES_PER_TURN; i++) {
		bool moved = from_client(q);

		moved |= to_qemu(q);
		moved |= from_qemu(q);
		moved |= to_client(q);
		if (!moved)
			return true;
	}
	return false;
}

static int publish(struct qmp *q)
{
	struct err e;

	q->vchan = vchan_open(q->xs, q->path, &e);
	if (q->vchan)
		q->vchan_io = loop_add(q->loop, vchan_fd(q->vchan), EPOLLIN,
				       vchan_ready, q, &e);
	if (!q->vchan_io) {
		client_close(q);
		if (!q->told)
			say("%s", e.msg);
		q->told = true;
		return -1;
	}
	if (!q->served)
		say("QMP is served at %s", q->path);
	q->served = true;
	q->told = false;
	return 0;
}

/* From its first client on an instance is no one else's. */
static void look_for_client(struct qmp *q)
{
	if (!q->vchan || q->attached || vchan_state(q->vchan) == VCHAN_WAITING)
		return;
	q->attached = true;
	vchan_unpublish(q->vchan);
}

/*
 * A conversation ends with either side; the client gets what QEMU said last.
 * An instance that still waits for its client can have another QEMU socket.
 */
static bool session_over(struct qmp *q)
{
	size_t len;

	session_to_client(&q->session, &len);
	if (!q->client_left && (!q->qemu_left || (q->attached && len)))
		return false;
	if (q->attached)
		client_close(q);
	sock_close(q);
	session_init(&q->session);
	return true;
}

/* One turn: do all that can be done now, and see to it that another comes. */
static void qmp_turn(void *ctx)
{
	struct qmp *q = ctx;
	bool idle;

	if (q->sock < 0 && sock_connect(q) < 0) {
		loop_timer_set(q->again, CONNECT_RETRY_MS);
		return;
	}
	look_for_client(q);
	idle = shuttle(q);
	if (session_over(q))
		loop_timer_set(q->again, CONNECT_RETRY_MS);
	else if (!q->vchan && q->session.phase == SESSION_OPEN &&
		 publish(q) < 0)
		loop_timer_set(q->again, PUBLISH_RETRY_MS);
	else if (!idle || q->sock < 0 || sock_wait(q) < 0)
		loop_timer_set(q->again, 0);
}

struct qmp *qmp_new(struct loop *loop, struct xs *xs, uint32_t target,
		    const char *sock_path, struct err *e)
{
	struct qmp *q = calloc(1, sizeof(*q));

	if (q)
		q->again = loop_timer_new(loop, qmp_turn, q);
	if (!q || !q->again) {
		free(q);
		err_sys(e, EXIT_FAILED, "qmp");
		return NULL;
	}
	q->loop = loop;
	q->xs = xs;
	q->sock = -1;
	q->sock_path = sock_path;
	session_init(&q->session);
	snprintf(q->path, sizeof(q->path), "device-model/%u/qmp-vchan", target);
	loop_timer_set(q->again, 0);
	return q;
}

void qmp_free(struct qmp *q)
{
	if (!q)
		return;
	shuttle(q); /* QEMU's last words may still be in its socket */
	client_close(q);
	sock_close(q);
	loop_timer_del(q->again);
	free(q);
}

bool qmp_served(const struct qmp *q)
{
	return q->served;
}
