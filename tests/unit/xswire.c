/* SPDX-License-Identifier: MIT */
/* Xenstore's wire: what is sent, what may come back, and what must not. */
#include "core/xswire.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "core/log.h"
#include "core/xsreq.h"
#include "tests/unit/tap.h"
#include "tests/unit/xswire_peer.h"

enum { SHORT_MS = 200, FLOOD = 5000 };

struct bench {
	struct peer peer;
	struct xswire *w;
	unsigned int events, ends;
	char path[64], token[64]; /* of the last event */
	char body[XENSTORE_PAYLOAD_MAX + 1];
};

static void on_event(void *ctx, const char *path, const char *token)
{
	struct bench *b = ctx;

	if (!path) {
		b->ends++;
		return;
	}
	b->events++;
	snprintf(b->path, sizeof(b->path), "%s", path);
	snprintf(b->token, sizeof(b->token), "%s", token);
}

static void begin(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	b->w = xswire_new(peer_open(&b->peer));
	if (!b->w)
		abort();
	xswire_on_event(b->w, on_event, b);
}

static void end(struct bench *b)
{
	xswire_close(b->w);
	close(b->peer.fd);
}

static int read_x(struct bench *b, const char **value)
{
	return xsreq_read(b->w, XBT_NULL, "/x", value);
}

/* It fails with this errno, now and for ever, and says so. */
static void is_broken(struct bench *b, int error, const char *why,
		      const char *what)
{
	uint64_t start = clock_ms();
	const char *value;

	errno = 0;
	is_int(read_x(b, &value), -1, "%s: a request fails", what);
	is_int(errno, error, "%s: with this errno", what);
	ok(xswire_why(b->w) && strstr(xswire_why(b->w), why), "%s: %s", what,
	   xswire_why(b->w) ? xswire_why(b->w) : "no reason");
	is_int(b->ends, 1, "%s: told once", what);
	errno = 0;
	is_int(xswire_receive(b->w), -1, "%s: nothing comes any more", what);
	is_int(errno, error, "%s: for the same reason", what);
	ok(clock_ms() - start < SHORT_MS, "%s: at once", what);
}

/* Answers a read with this number when it comes, or after 3 s. */
static void answer_read(const struct peer *p, uint32_t id, uint32_t type,
			const char *text)
{
	char body[XENSTORE_PAYLOAD_MAX + 1];
	unsigned int i;

	for (i = 0; i < 3000 && peer_heard(p, body).type != XS_READ; i++)
		usleep(1000);
	peer_say(p, type, id, text, strlen(text) + (type == XS_ERROR));
}

/* read_x, which such a daemon hears and answers. */
static int read_answered(struct bench *b, uint32_t id, uint32_t type,
			 const char *text, const char **value)
{
	pid_t pid = fork();
	int rc;

	if (!pid) {
		answer_read(&b->peer, id, type, text);
		_exit(0);
	}
	rc = read_x(b, value);
	waitpid(pid, NULL, 0);
	errno = rc < 0 ? errno : 0;
	b->peer.replies = id;
	return rc;
}

/* --- requests and replies --- */

static void test_reply(void)
{
	const char *value;
	struct xsd_sockmsg h;
	struct bench b;

	begin(&b);
	peer_reply(&b.peer, XS_READ, "value", 5);
	is_int(xsreq_read(b.w, 7, "/x", &value), 5, "a reply's length");
	is_str(value, "value", "and its text");
	h = peer_heard(&b.peer, b.body);
	is_int(h.type, XS_READ, "the request has its type");
	is_int(h.tx_id, 7, "and its transaction");
	is_int(h.req_id, 1, "and a number");
	is_str(b.body, "/x|", "and its payload");
	peer_reply(&b.peer, XS_READ, "", 0);
	is_int(read_x(&b, &value), 0, "an empty one");
	is_str(value, "", "is an empty text");
	is_int(peer_heard(&b.peer, b.body).req_id, 2,
	       "each has another number");
	memset(b.body, 'x', sizeof(b.body));
	peer_reply(&b.peer, XS_READ, b.body, XENSTORE_PAYLOAD_MAX);
	is_int(read_x(&b, &value), XENSTORE_PAYLOAD_MAX, "the longest one");
	is_int(strlen(value), XENSTORE_PAYLOAD_MAX, "is whole");
	end(&b);
}

static void test_errors(void)
{
	static const struct {
		const char *name;
		int error;
	} errors[] = {{"ENOENT", ENOENT}, {"EACCES", EACCES},
		      {"EAGAIN", EAGAIN}, {"ENOSPC", ENOSPC},
		      {"EQUOTA", EINVAL}, {"", EINVAL}};
	const char *value;
	struct bench b;
	unsigned int i;

	begin(&b);
	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		peer_error(&b.peer, errors[i].name);
		errno = 0;
		is_int(read_x(&b, &value), -1, "refused: '%s'", errors[i].name);
		is_int(errno, errors[i].error, "which is errno");
	}
	ok(!xswire_why(b.w), "that breaks nothing");
	peer_reply(&b.peer, XS_READ, "yes", 3);
	is_int(read_x(&b, &value), 3, "and the next request is served");
	end(&b);
}

static void test_too_long(void)
{
	const char *value;
	struct bench b;

	begin(&b);
	memset(b.body, 'x', sizeof(b.body));
	errno = 0;
	is_int(xsreq_write(b.w, XBT_NULL, "/x", b.body,
			   XENSTORE_PAYLOAD_MAX - 2),
	       -1, "a payload that is one byte too long");
	is_int(errno, E2BIG, "is refused");
	is_int(peer_heard(&b.peer, b.body).type, XS_INVALID, "and not sent");
	peer_ok(&b.peer, XS_WRITE);
	is_int(xsreq_write(b.w, XBT_NULL, "/x", b.body,
			   XENSTORE_PAYLOAD_MAX - 3),
	       0, "the longest one is sent");
	is_int(peer_heard(&b.peer, b.body).len, XENSTORE_PAYLOAD_MAX,
	       "as it is");
	peer_reply(&b.peer, XS_READ, "yes", 3);
	is_int(read_x(&b, &value), 3, "and all goes on");
	end(&b);
}

/* --- requests whose replies come later --- */

static void hang_up(const struct peer *p)
{
	shutdown(p->fd, SHUT_RDWR);
}

static int write_x(struct bench *b)
{
	return xsreq_write(b->w, 3, "/x", "text", 4);
}

static void test_ahead(void)
{
	const char *value;
	struct bench b;

	begin(&b);
	xswire_ahead(b.w);
	is_int(write_x(&b) | xsreq_rm(b.w, 3, "/x"), 0,
	       "ahead: two that nobody has answered");
	is_int(peer_heard(&b.peer, b.body).type, XS_WRITE, "are sent");
	is_int(peer_heard(&b.peer, b.body).type, XS_RM, "both of them");
	peer_ok(&b.peer, XS_WRITE);
	peer_event(&b.peer, "/a", "1");
	peer_ok(&b.peer, XS_RM);
	is_int(read_answered(&b, 3, XS_READ, "yes", &value), 3,
	       "one with a reply waits for theirs");
	is_str(value, "yes", "and gets its own");
	is_int(b.events, 1, "events come in between");
	is_int(write_x(&b), 0, "one more");
	peer_ok(&b.peer, XS_WRITE);
	is_int(xswire_settle(b.w), 0, "settled: all of them were done");
	peer_error(&b.peer, "ENOSPC");
	is_int(write_x(&b), -1, "the next one is waited for");
	is_int(errno, ENOSPC, "as ever");
	end(&b);
}

static void test_ahead_refused(void)
{
	const char *value;
	struct bench b;

	begin(&b);
	xswire_ahead(b.w);
	peer_ok(&b.peer, XS_WRITE);
	peer_error(&b.peer, "ENOSPC");
	peer_error(&b.peer, "EACCES");
	is_int(write_x(&b) | write_x(&b) | write_x(&b), 0, "ahead: three");
	is_int(read_answered(&b, 4, XS_ERROR, "ENOENT", &value), -1,
	       "and one that is waited for");
	is_int(errno, ENOENT, "which is told why it was refused");
	errno = 0;
	is_int(xswire_settle(b.w), -1, "settled: not all were done");
	is_int(errno, ENOSPC, "for the reason of the first that was not");
	xswire_ahead(b.w);
	peer_error(&b.peer, "ENOENT");
	is_int(xsreq_rm(b.w, 3, "/x"), 0, "ahead again: a removal");
	is_int(xswire_settle(b.w), 0, "of what is not there is done");
	xswire_ahead(b.w);
	peer_error(&b.peer, "ENOENT");
	is_int(write_x(&b), 0, "ahead again: a write");
	is_int(xswire_settle(b.w), -1, "into what is not there is not");
	ok(!xswire_why(b.w), "nothing of this breaks it");
	end(&b);
}

/* More than may be without an answer. */
static void test_ahead_many(void)
{
	unsigned int i, heard = 0;
	struct bench b;
	int rc = 0;

	begin(&b);
	xswire_ahead(b.w);
	for (i = 0; i < 1000 && !rc; i++) {
		rc = write_x(&b);
		heard += peer_heard(&b.peer, b.body).type == XS_WRITE;
		peer_ok(&b.peer, XS_WRITE);
	}
	is_int(rc, 0, "ahead: 1000");
	is_int(heard, 1000, "all are sent");
	is_int(xswire_settle(b.w), 0, "and answered");
	end(&b);
}

static void test_ahead_silence(void)
{
	unsigned int i;
	struct bench b;
	int rc = 0;

	begin(&b);
	xswire_limit(b.w, SHORT_MS);
	xswire_ahead(b.w);
	for (i = 0; i < 1000 && !rc; i++)
		rc = write_x(&b);
	is_int(rc, -1, "ahead: not for ever, without an answer");
	ok(i > 1 && i < 100, "but for some: %u", i);
	is_int(xswire_settle(b.w), -1, "settled: it is broken");
	is_broken(&b, ETIMEDOUT, "has not answered within 0.2 s", "ahead");
	end(&b);
	begin(&b);
	xswire_ahead(b.w);
	is_int(write_x(&b), 0, "ahead, and the daemon goes");
	hang_up(&b.peer);
	is_int(xswire_settle(b.w), -1, "which is told when all are settled");
	is_int(errno, ECONNRESET, "with its errno");
	end(&b);
	begin(&b);
	xswire_ahead(b.w);
	peer_say(&b.peer, XS_WRITE, 2, "OK", 3);
	is_int(write_x(&b) | write_x(&b), 0, "ahead: two");
	is_int(xswire_settle(b.w), -1, "answered in another order");
	is_int(errno, EPROTO, "is no answer");
	end(&b);
}

/* --- events --- */

static void test_events(void)
{
	const char *value;
	struct bench b;

	begin(&b);
	peer_event(&b.peer, "/a", "1");
	peer_event(&b.peer, "/b", "2");
	peer_reply(&b.peer, XS_READ, "yes", 3);
	peer_event(&b.peer, "@releaseDomain", "3");
	is_int(read_x(&b, &value), 3, "two events before a reply, one behind");
	is_str(value, "yes", "the reply is the reply");
	is_int(xswire_receive(b.w), 0, "nothing is left to come");
	is_int(b.events, 3, "all of them are told");
	is_str(b.path, "@releaseDomain", "with their path");
	is_str(b.token, "3", "and their token");
	is_int(xswire_receive(b.w), 0, "again");
	is_int(b.events, 3, "each once");
	end(&b);
}

static void test_pieces(void)
{
	struct xsd_sockmsg h = {.type = XS_WATCH_EVENT, .len = 5};
	char message[sizeof(h) + 5];
	unsigned int i, early = 0;
	struct bench b;

	begin(&b);
	memcpy(message, &h, sizeof(h));
	memcpy(message + sizeof(h), "/a\0t", 5);
	for (i = 0; i < sizeof(message); i++) {
		early += b.events;
		peer_write(&b.peer, &message[i], 1);
		xswire_receive(b.w);
	}
	is_int(early, 0, "an event byte by byte: not before its end");
	is_int(b.events, 1, "and then");
	is_str(b.path, "/a", "with its path");
	is_str(b.token, "t", "and its token");
	end(&b);
}

/* A daemon that hears nothing before it is rid of its events. */
static void flood(const struct peer *p, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		peer_event(p, "/somewhere/below/what/is/watched", "1");
	answer_read(p, 1, XS_READ, "yes");
}

static void test_flood(void)
{
	const char *value;
	struct bench b;
	pid_t pid;

	begin(&b);
	pid = fork();
	if (!pid) {
		flood(&b.peer, FLOOD);
		_exit(0);
	}
	is_int(read_x(&b, &value), 3, "a reply behind %d events", FLOOD);
	is_int(b.events, FLOOD, "all of which are told");
	waitpid(pid, NULL, 0);
	end(&b);
}

/* --- what breaks it --- */

static void breaks(int error, const char *why, const char *what,
		   void (*act)(const struct peer *))
{
	struct bench b;

	begin(&b);
	xswire_limit(b.w, SHORT_MS * 10);
	act(&b.peer);
	is_broken(&b, error, why, what);
	end(&b);
}

static void say_too_much(const struct peer *p)
{
	struct xsd_sockmsg h = {.type = XS_WATCH_EVENT,
				.len = XENSTORE_PAYLOAD_MAX + 1};

	peer_write(p, &h, sizeof(h));
}

static void say_much_too_much(const struct peer *p)
{
	struct xsd_sockmsg h = {
		.type = XS_READ, .req_id = 1, .len = UINT32_MAX};

	peer_write(p, &h, sizeof(h));
}

static void answer_another(const struct peer *p)
{
	peer_say(p, XS_READ, 2, "no", 2);
}

static void answer_twice(const struct peer *p)
{
	peer_say(p, XS_READ, 1, "yes", 3);
	peer_say(p, XS_READ, 1, "yes", 3);
}

static void answer_otherwise(const struct peer *p)
{
	peer_say(p, XS_WRITE, 1, "OK", 3);
}

static void no_token(const struct peer *p)
{
	peer_say(p, XS_WATCH_EVENT, 0, "/path", 6);
}

static void no_end(const struct peer *p)
{
	peer_say(p, XS_WATCH_EVENT, 0, "/path\0token", 11);
}

static void no_event(const struct peer *p)
{
	peer_say(p, XS_WATCH_EVENT, 0, "", 0);
}

static void hang_up_in_head(const struct peer *p)
{
	peer_write(p, "\0\0\0", 3);
	shutdown(p->fd, SHUT_WR);
}

static void hang_up_in_body(const struct peer *p)
{
	struct xsd_sockmsg h = {.type = XS_READ, .req_id = 1, .len = 3};

	peer_write(p, &h, sizeof(h));
	peer_write(p, "ye", 2);
	shutdown(p->fd, SHUT_WR);
}

static void test_nonsense(void)
{
	breaks(EPROTO, "protocol", "a message too long", say_too_much);
	breaks(EPROTO, "protocol", "4 GiB", say_much_too_much);
	breaks(EPROTO, "protocol", "another's reply", answer_another);
	breaks(EPROTO, "protocol", "two replies", answer_twice);
	breaks(EPROTO, "protocol", "a reply of another type", answer_otherwise);
	breaks(EPROTO, "protocol", "an event without token", no_token);
	breaks(EPROTO, "protocol", "a token without end", no_end);
	breaks(EPROTO, "protocol", "an empty event", no_event);
}

static void test_gone(void)
{
	const char *value;
	struct bench b;

	breaks(ECONNRESET, "gone", "an end", hang_up);
	breaks(ECONNRESET, "gone", "an end in a header", hang_up_in_head);
	breaks(ECONNRESET, "gone", "an end in a payload", hang_up_in_body);
	begin(&b);
	peer_reply(&b.peer, XS_READ, "yes", 3);
	shutdown(b.peer.fd, SHUT_WR);
	is_int(read_x(&b, &value), 3, "a last word counts");
	is_broken(&b, ECONNRESET, "gone", "but is the last one");
	end(&b);
}

static void test_unasked(void)
{
	struct bench b;

	begin(&b);
	peer_say(&b.peer, XS_READ, 0, "yes", 3);
	is_int(xswire_receive(b.w), -1, "a reply before any request");
	is_broken(&b, EPROTO, "no request", "unasked");
	end(&b);
}

static void test_silence(void)
{
	uint64_t start = clock_ms(), took;
	const char *value;
	struct bench b;

	begin(&b);
	xswire_limit(b.w, SHORT_MS);
	peer_event(&b.peer, "/a", "1");
	is_int(read_x(&b, &value), -1, "a daemon that does not answer");
	is_int(errno, ETIMEDOUT, "is not waited for");
	took = clock_ms() - start;
	ok(took >= SHORT_MS && took < SHORT_MS * 10, "for ever: %llu ms",
	   (unsigned long long)took);
	is_int(b.events, 1, "its events count");
	is_broken(&b, ETIMEDOUT, "has not answered within 0.2 s", "silent");
	peer_heard(&b.peer, b.body);
	is_int(peer_heard(&b.peer, b.body).type, XS_INVALID - 1,
	       "it sees that nobody waits any more");
	end(&b);
}

/* --- the requests --- */

static void sent(struct bench *b, uint32_t type, uint32_t tx, const char *body)
{
	struct xsd_sockmsg h = peer_heard(&b->peer, b->body);

	is_int(h.type, type, "request %u", type);
	is_int(h.tx_id, tx, "its transaction");
	is_str(b->body, body, "its payload");
}

static void test_requests(void)
{
	struct xs_permissions p[] = {{0, XS_PERM_NONE},
				     {7, XS_PERM_READ},
				     {8, XS_PERM_WRITE},
				     {9, XS_PERM_READ | XS_PERM_WRITE}};
	struct bench b;

	begin(&b);
	peer_ok(&b.peer, XS_WRITE);
	is_int(xsreq_write(b.w, 3, "/a", "text", 4), 0, "write");
	sent(&b, XS_WRITE, 3, "/a|text");
	peer_ok(&b.peer, XS_RM);
	is_int(xsreq_rm(b.w, 3, "/a"), 0, "rm");
	sent(&b, XS_RM, 3, "/a|");
	peer_ok(&b.peer, XS_SET_PERMS);
	is_int(xsreq_set_perms(b.w, 3, "/a", p, 4), 0, "set perms");
	sent(&b, XS_SET_PERMS, 3, "/a|n0|r7|w8|b9|");
	peer_ok(&b.peer, XS_INTRODUCE);
	is_int(xsreq_introduce(b.w, 5, 0x123456789aUL, 2), 0, "introduce");
	sent(&b, XS_INTRODUCE, 0, "5|78187493530|2|");
	peer_ok(&b.peer, XS_SET_TARGET);
	is_int(xsreq_set_target(b.w, 6, 5), 0, "set target");
	sent(&b, XS_SET_TARGET, 0, "6|5|");
	peer_ok(&b.peer, XS_RESUME);
	is_int(xsreq_resume(b.w, 5), 0, "resume");
	sent(&b, XS_RESUME, 0, "5|");
	peer_ok(&b.peer, XS_WATCH);
	is_int(xsreq_watch(b.w, "/a", "t"), 0, "watch");
	sent(&b, XS_WATCH, 0, "/a|t|");
	peer_ok(&b.peer, XS_UNWATCH);
	is_int(xsreq_unwatch(b.w, "/a", "t"), 0, "unwatch");
	sent(&b, XS_UNWATCH, 0, "/a|t|");
	end(&b);
}

static void test_transaction(void)
{
	struct bench b;

	begin(&b);
	peer_reply(&b.peer, XS_TRANSACTION_START, "4711", 5);
	is_int(xsreq_begin(b.w), 4711, "a transaction");
	sent(&b, XS_TRANSACTION_START, 0, "|");
	peer_ok(&b.peer, XS_TRANSACTION_END);
	is_int(xsreq_end(b.w, 4711, true), 0, "is committed");
	sent(&b, XS_TRANSACTION_END, 4711, "T|");
	peer_error(&b.peer, "EAGAIN");
	is_int(xsreq_end(b.w, 5, false), -1, "or given up");
	is_int(errno, EAGAIN, "with what there is to say");
	sent(&b, XS_TRANSACTION_END, 5, "F|");
	peer_reply(&b.peer, XS_TRANSACTION_START, "no", 3);
	is_int(xsreq_begin(b.w), XBT_NULL, "one without a number is none");
	is_int(errno, EPROTO, "which is told");
	end(&b);
}

/* --- directories --- */

static void lists(struct bench *b, const char *want, const char *what)
{
	char got[128] = "";
	unsigned int i, nr = 99;
	char **names = xsreq_directory(b->w, 3, "/d", &nr);

	if (!ok(names, "%s", what))
		return;
	for (i = 0; i < nr; i++) {
		strcat(got, names[i]);
		strcat(got, "|");
	}
	is_str(got, want, "%s: %u names", what, nr);
	free(names);
}

static void fails_to_list(struct bench *b, int error, const char *what)
{
	unsigned int nr;

	errno = 0;
	ok(!xsreq_directory(b->w, 3, "/d", &nr), "%s", what);
	is_int(errno, error, "%s: errno", what);
}

static void test_directory(void)
{
	struct bench b;

	begin(&b);
	peer_reply(&b.peer, XS_DIRECTORY, "a\0bc\0d", 7);
	lists(&b, "a|bc|d|", "a directory");
	sent(&b, XS_DIRECTORY, 3, "/d|");
	peer_reply(&b.peer, XS_DIRECTORY, "", 0);
	lists(&b, "", "an empty one");
	sent(&b, XS_DIRECTORY, 3, "/d|");
	peer_error(&b.peer, "ENOENT");
	fails_to_list(&b, ENOENT, "none");
	end(&b);
}

struct part {
	uint32_t type;
	const char *text;
	size_t len;
};

/*
 * A daemon that gives these answers, one after the other and again from the
 * second one, and writes what it was asked to `heard`.
 */
static pid_t answer(struct bench *b, const struct part *p, unsigned int nr,
		    int heard)
{
	struct xsd_sockmsg h;
	pid_t pid = fork();
	unsigned int i = 0;

	if (pid)
		return pid;
	xswire_close(b->w);
	while (recv(b->peer.fd, &h, sizeof(h), MSG_WAITALL) > 0) {
		if (recv(b->peer.fd, b->body, h.len, MSG_WAITALL) < 0 ||
		    write(heard, b->body, h.len) < 0)
			break;
		peer_say(&b->peer, p[i].type, h.req_id, p[i].text, p[i].len);
		i = i + 1 < nr ? i + 1 : 1;
	}
	_exit(0);
}

/* Lists "/d"; `want` NULL: it fails with `error`. */
static void in_parts(const struct part *p, unsigned int nr, const char *want,
		     int error, const char *offsets, const char *what)
{
	char heard[512];
	struct bench b;
	ssize_t i, n;
	int fds[2];
	pid_t pid;

	begin(&b);
	if (pipe(fds) < 0)
		abort();
	pid = answer(&b, p, nr, fds[1]);
	if (want)
		lists(&b, want, what);
	else
		fails_to_list(&b, error, what);
	ok(!xswire_why(b.w), "%s: that breaks nothing", what);
	end(&b);
	close(fds[1]);
	waitpid(pid, NULL, 0);
	n = read(fds[0], heard, sizeof(heard) - 1);
	for (i = 0; i < n; i++)
		heard[i] = heard[i] ? heard[i] : '|';
	heard[n < 0 ? 0 : n] = '\0';
	if (offsets)
		is_str(heard, offsets, "%s: it is asked so", what);
	close(fds[0]);
}

#define IN_PARTS(p, ...) in_parts(p, sizeof(p) / sizeof(*(p)), __VA_ARGS__)
#define TOO_BIG                      \
	{                            \
		XS_ERROR, "E2BIG", 6 \
	}
#define PART(text)                                        \
	{                                                 \
		XS_DIRECTORY_PART, text, sizeof(text) - 1 \
	}

static void test_parts(void)
{
	static const struct part whole[] = {TOO_BIG, PART("17\0a\0bc\0"),
					    PART("17\0d\0\0")},
				 apart[] = {TOO_BIG, PART("17\0a\0bc\0"),
					    PART("17\0\0")},
				 bare[] = {TOO_BIG, PART("17\0a\0"),
					   PART("17\0")},
				 changes[] = {TOO_BIG, PART("17\0a\0bc\0"),
					      PART("18\0x\0"),
					      PART("18\0y\0\0")},
				 never[] = {TOO_BIG, PART("1\0a\0"),
					    PART("2\0a\0"), PART("3\0a\0")},
				 unknown[] = {TOO_BIG, {XS_ERROR, "ENOSYS", 7}};

	IN_PARTS(whole, "a|bc|d|", 0, "/d|/d|0|/d|5|", "a long one");
	IN_PARTS(apart, "a|bc|", 0, "/d|/d|0|/d|5|",
		 "whose end is a part of its own");
	IN_PARTS(bare, "a|", 0, "/d|/d|0|/d|2|", "or no name at all");
	IN_PARTS(changes, "y|", 0, NULL, "one that changes meanwhile");
	IN_PARTS(never, NULL, EAGAIN, NULL, "and never stops");
	IN_PARTS(unknown, NULL, E2BIG, "/d|/d|0|",
		 "a daemon that knows no parts");
}

/* SIGPIPE is not ignored here, and would be this test's end. */
int main(void)
{
	signal(SIGPIPE, SIG_DFL);
	test_reply();
	test_errors();
	test_too_long();
	test_ahead();
	test_ahead_refused();
	test_ahead_many();
	test_ahead_silence();
	test_events();
	test_pieces();
	test_flood();
	test_nonsense();
	test_gone();
	test_unasked();
	test_silence();
	test_requests();
	test_transaction();
	test_directory();
	test_parts();
	return done_testing();
}
