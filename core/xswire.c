/* SPDX-License-Identifier: MIT */
#include "core/xswire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#include "core/log.h"

enum {
	HEAD = sizeof(struct xsd_sockmsg),
	MESSAGE = HEAD + XENSTORE_PAYLOAD_MAX,
	AHEAD = 32, /* requests without an answer yet; a power of two */
};

struct xswire {
	int fd;
	bool is_socket;
	unsigned int limit_ms;
	int error; /* 0, or errno of all calls, and why */
	char why[80];
	xswire_event_fn *event;
	void *event_ctx;
	uint32_t id, answered; /* the latest request, the latest reply */
	uint32_t type[AHEAD];  /* of the request with this id modulo AHEAD */
	bool ahead;	       /* since xswire_ahead */
	bool waited_for;       /* the latest request, by its caller */
	int refused; /* 0, or errno of the first that was not, since then */
	int refusal; /* 0, or errno of the latest of all */
	uint32_t reply_type, reply_len;
	char reply[XENSTORE_PAYLOAD_MAX + 1];
	char out[MESSAGE];
	size_t out_len;
	char in[MESSAGE]; /* messages, the last one may be a part of one */
	size_t in_len;
};

/* --- a connection's beginning and end --- */

struct xswire *xswire_new(int fd)
{
	struct xswire *w = calloc(1, sizeof(*w));
	struct stat st;

	if (!w || fstat(fd, &st) < 0 ||
	    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) {
		free(w);
		close(fd);
		return NULL;
	}
	w->fd = fd;
	w->is_socket = S_ISSOCK(st.st_mode);
	w->limit_ms = XSWIRE_LIMIT_MS;
	return w;
}

/* A daemon's queue of those who knock is short: one has to wait for it. */
static int connect_to(const char *path)
{
	struct timeval limit = {.tv_sec = XSWIRE_LIMIT_MS / 1000};
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd, error;

	if (strlen(path) >= sizeof(sa.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(sa.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) &&
	    !connect(fd, (struct sockaddr *)&sa, sizeof(sa)))
		return fd;
	error = errno == EAGAIN ? ETIMEDOUT : errno;
	close(fd);
	errno = error;
	return -1;
}

struct xswire *xswire_open(const char *path)
{
	struct stat st;
	int fd;

	if (stat(path, &st) < 0)
		return NULL;
	fd = S_ISSOCK(st.st_mode) ? connect_to(path)
				  : open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? NULL : xswire_new(fd);
}

void xswire_close(struct xswire *w)
{
	if (!w)
		return;
	close(w->fd);
	free(w);
}

void xswire_limit(struct xswire *w, unsigned int ms)
{
	w->limit_ms = ms;
}

void xswire_on_event(struct xswire *w, xswire_event_fn *fn, void *ctx)
{
	w->event = fn;
	w->event_ctx = ctx;
}

int xswire_fd(const struct xswire *w)
{
	return w->fd;
}

const char *xswire_why(const struct xswire *w)
{
	return w->error ? w->why : NULL;
}

static void tell(struct xswire *w, const char *path, const char *token)
{
	if (w->event)
		w->event(w->event_ctx, path, token);
}

/* The descriptor stays until xswire_close, for whoever waits for it. */
__attribute__((format(printf, 3, 4))) static int broken(struct xswire *w,
							int error,
							const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->why, sizeof(w->why), fmt, ap);
	va_end(ap);
	w->error = error;
	if (w->is_socket)
		shutdown(w->fd, SHUT_RDWR); /* also for a daemon that hangs */
	tell(w, NULL, NULL);
	errno = error;
	return -1;
}

static int still_broken(const struct xswire *w)
{
	errno = w->error;
	return -1;
}

static int gone(struct xswire *w)
{
	return broken(w, ECONNRESET, "xenstored is gone");
}

static int nonsense(struct xswire *w, const char *what)
{
	return broken(w, EPROTO, "xenstored breaks its protocol: %s", what);
}

/* --- what comes in --- */

/* As daemon and kernel name it; what is unknown is what libxenstore makes. */
static int errno_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(xsd_errors) / sizeof(*xsd_errors); i++) {
		if (!strcmp(xsd_errors[i].errstring, name))
			return xsd_errors[i].errnum;
	}
	return EINVAL;
}

/* What is not there to be removed is removed. */
static void take_refusal(struct xswire *w, uint32_t type)
{
	w->refusal = errno_of(w->reply);
	if (!w->waited_for && !w->refused &&
	    (type != XS_RM || w->refusal != ENOENT))
		w->refused = w->refusal;
}

/* In the order of the requests. */
static int take_reply(struct xswire *w, const struct xsd_sockmsg *h,
		      const char *body)
{
	uint32_t type = w->type[h->req_id % AHEAD];

	if (w->answered == w->id || h->req_id != w->answered + 1)
		return nonsense(w, "a reply to no request");
	if (h->type != type && h->type != XS_ERROR)
		return nonsense(w, "a reply of another type");
	w->answered++;
	w->reply_type = h->type;
	w->reply_len = h->len;
	memcpy(w->reply, body, h->len);
	w->reply[h->len] = '\0';
	if (h->type == XS_ERROR)
		take_refusal(w, type);
	return 0;
}

/* Path and token, each with its NUL; more may follow some day. */
static int take_event(struct xswire *w, const struct xsd_sockmsg *h,
		      const char *body)
{
	const char *end = memchr(body, '\0', h->len);
	const char *token = end ? end + 1 : NULL;

	if (!token || !memchr(token, '\0', h->len - (size_t)(token - body)))
		return nonsense(w, "a watch event without its two strings");
	tell(w, body, token);
	return 0;
}

static int take_messages(struct xswire *w)
{
	struct xsd_sockmsg h;
	size_t at = 0;
	int rc = 0;

	while (!rc && w->in_len - at >= HEAD) {
		memcpy(&h, w->in + at, HEAD);
		if (h.len > XENSTORE_PAYLOAD_MAX)
			return nonsense(w, "a message that is too long");
		if (w->in_len - at < HEAD + h.len)
			break;
		rc = h.type == XS_WATCH_EVENT
			     ? take_event(w, &h, w->in + at + HEAD)
			     : take_reply(w, &h, w->in + at + HEAD);
		at += HEAD + h.len;
	}
	memmove(w->in, w->in + at, w->in_len - at);
	w->in_len -= at;
	return rc;
}

/* There is always room: a whole message does not stay. */
int xswire_receive(struct xswire *w)
{
	struct iovec room = {w->in + w->in_len, sizeof(w->in) - w->in_len};
	ssize_t n;

	if (w->error)
		return still_broken(w);
	n = readv(w->fd, &room, 1);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return gone(w);
	w->in_len += (size_t)n;
	return take_messages(w);
}

/* --- what goes out --- */

static int put_request(struct xswire *w, uint32_t type, uint32_t tx,
		       const struct iovec *part, unsigned int nr)
{
	struct xsd_sockmsg h = {.type = type, .req_id = w->id + 1, .tx_id = tx};
	unsigned int i;

	w->out_len = HEAD;
	for (i = 0; i < nr; i++) {
		if (part[i].iov_len > sizeof(w->out) - w->out_len) {
			errno = E2BIG;
			return -1;
		}
		memcpy(w->out + w->out_len, part[i].iov_base, part[i].iov_len);
		w->out_len += part[i].iov_len;
	}
	h.len = (uint32_t)(w->out_len - HEAD);
	memcpy(w->out, &h, HEAD);
	return 0;
}

/* A socket's SIGPIPE is nobody's business; a device has none. */
static ssize_t write_some(struct xswire *w, size_t sent)
{
	struct iovec rest = {w->out + sent, w->out_len - sent};

	if (w->is_socket)
		return sendto(w->fd, rest.iov_base, rest.iov_len, MSG_NOSIGNAL,
			      NULL, 0);
	return writev(w->fd, &rest, 1);
}

static int await(struct xswire *w, short events, uint64_t deadline)
{
	struct pollfd p = {.fd = w->fd, .events = events};
	uint64_t now = clock_ms();
	uint64_t left = deadline > now ? deadline - now : 0;
	struct timespec limit = {
		.tv_sec = (time_t)(left / 1000),
		.tv_nsec = (long)(left % 1000) * 1000000,
	};
	int n = ppoll(&p, 1, &limit, NULL);

	if (!n && !left)
		return broken(w, ETIMEDOUT,
			      "xenstored has not answered within %g s",
			      w->limit_ms / 1000.0);
	return n < 0 && errno != EINTR ? gone(w) : 0;
}

/* The daemon may have events to get rid of before it takes any more. */
static int send_request(struct xswire *w, uint64_t deadline)
{
	size_t sent = 0;
	ssize_t n;

	while (sent < w->out_len) {
		n = write_some(w, sent);
		if (n >= 0)
			sent += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			return gone(w);
		else if (await(w, POLLIN | POLLOUT, deadline) < 0 ||
			 xswire_receive(w) < 0)
			return -1;
	}
	return 0;
}

/* Until there are no more than so many without an answer. */
static int await_replies(struct xswire *w, uint32_t most, uint64_t deadline)
{
	while (w->id - w->answered > most) {
		if (await(w, POLLIN, deadline) < 0 || xswire_receive(w) < 0)
			return -1;
	}
	return 0;
}

static int make_request(struct xswire *w, uint32_t type, uint32_t tx,
			const struct iovec *part, unsigned int nr,
			uint64_t deadline)
{
	if (put_request(w, type, tx, part, nr) < 0 ||
	    send_request(w, deadline) < 0)
		return -1;
	w->id++;
	w->type[w->id % AHEAD] = type;
	return 0;
}

/* Half of the answers at once are fewer waits than one by one. */
static int post(struct xswire *w, uint32_t type, uint32_t tx,
		const struct iovec *part, unsigned int nr, uint64_t deadline)
{
	if (w->id - w->answered == AHEAD &&
	    await_replies(w, AHEAD / 2, deadline) < 0)
		return -1;
	return make_request(w, type, tx, part, nr, deadline);
}

/* Its reply is the latest one then. */
static int ask(struct xswire *w, uint32_t type, uint32_t tx,
	       const struct iovec *part, unsigned int nr, uint64_t deadline)
{
	int rc;

	if (await_replies(w, 0, deadline) < 0 ||
	    make_request(w, type, tx, part, nr, deadline) < 0)
		return -1;
	w->waited_for = true;
	rc = await_replies(w, 0, deadline);
	w->waited_for = false;
	return rc;
}

int xswire_request(struct xswire *w, uint32_t type, uint32_t tx,
		   const struct iovec *part, unsigned int nr,
		   const char **reply)
{
	uint64_t deadline = clock_ms() + w->limit_ms;

	if (w->error)
		return still_broken(w);
	if (w->ahead && !reply)
		return post(w, type, tx, part, nr, deadline);
	if (ask(w, type, tx, part, nr, deadline) < 0)
		return -1;
	if (w->reply_type == XS_ERROR) {
		errno = w->refusal;
		return -1;
	}
	if (reply)
		*reply = w->reply;
	return (int)w->reply_len;
}

int xswire_refusal(struct xswire *w)
{
	int refusal = w->refusal;

	w->refusal = 0;
	return refusal;
}

/* Linux's device keeps but one request, and overwrites it with the next. */
void xswire_ahead(struct xswire *w)
{
	w->ahead = w->is_socket;
	w->refused = 0;
}

int xswire_settle(struct xswire *w)
{
	int rc = w->error ? still_broken(w)
			  : await_replies(w, 0, clock_ms() + w->limit_ms);

	w->ahead = false;
	if (rc < 0 || !w->refused)
		return rc;
	errno = w->refused;
	return -1;
}
