/* SPDX-License-Identifier: MIT */
/*
 * The daemon's end of a connection, played by the test itself: requests count
 * from 1, so that a reply can lie there before its request is made.
 */
#ifndef TESTS_UNIT_XSWIRE_PEER_H
#define TESTS_UNIT_XSWIRE_PEER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

struct peer {
	int fd;
	uint32_t replies;
};

/* Our end of a new connection. */
static inline int peer_open(struct peer *p)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	*p = (struct peer){.fd = pair[0]};
	return pair[1];
}

static inline void peer_write(const struct peer *p, const void *buf, size_t len)
{
	if (write(p->fd, buf, len) != (ssize_t)len)
		abort();
}

static inline void peer_say(const struct peer *p, uint32_t type, uint32_t id,
			    const void *body, size_t len)
{
	char buf[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
	struct xsd_sockmsg h = {.type = type, .req_id = id};

	h.len = (uint32_t)len;
	memcpy(buf, &h, sizeof(h));
	memcpy(buf + sizeof(h), body, len);
	peer_write(p, buf, sizeof(h) + len);
}

/* To the next request that there will be. */
static inline void peer_reply(struct peer *p, uint32_t type, const void *body,
			      size_t len)
{
	peer_say(p, type, ++p->replies, body, len);
}

static inline void peer_ok(struct peer *p, uint32_t type)
{
	peer_reply(p, type, "OK", 3);
}

static inline void peer_error(struct peer *p, const char *name)
{
	peer_reply(p, XS_ERROR, name, strlen(name) + 1);
}

static inline void peer_event(const struct peer *p, const char *path,
			      const char *token)
{
	char body[512];
	size_t len = strlen(path) + 1;

	memcpy(body, path, len);
	memcpy(body + len, token, strlen(token) + 1);
	peer_say(p, XS_WATCH_EVENT, 0, body, len + strlen(token) + 1);
}

/*
 * The next request; its payload goes to `body`, where '|' stands for NUL.
 * Type 0xffff: there is none, 0xfffe: nobody will make one any more.
 */
static inline struct xsd_sockmsg peer_heard(const struct peer *p,
					    char body[XENSTORE_PAYLOAD_MAX + 1])
{
	struct xsd_sockmsg h = {.type = XS_INVALID};
	ssize_t n = recv(p->fd, &h, sizeof(h), MSG_DONTWAIT);
	uint32_t i;

	*body = '\0';
	if (!n)
		h.type = XS_INVALID - 1;
	if (n != sizeof(h))
		return h;
	if (h.len && recv(p->fd, body, h.len, MSG_DONTWAIT) != (ssize_t)h.len)
		abort();
	for (i = 0; i < h.len; i++)
		body[i] = body[i] ? body[i] : '|';
	body[h.len] = '\0';
	return h;
}

#endif
