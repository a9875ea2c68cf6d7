/* SPDX-License-Identifier: MIT */
/* Watches: told by the loop, whenever they have come, and never too much. */
#include <errno.h>
#include <stdio.h>

#include "core/xsint.h"
#include "tests/unit/tap.h"
#include "tests/unit/xswire_peer.h"

enum { LIMIT_MS = 200, TURN_MS = 50 };

struct bench {
	struct peer peer;
	struct log log;
	struct err e;
	struct loop *loop;
	struct loop_timer *stop;
	struct xs *xs;
	unsigned int gone;
};

struct seen {
	unsigned int calls;
	char paths[512]; /* each with a blank */
	struct bench *b;
	struct xs_watcher *w;
};

static void on_change(void *ctx, const char *path)
{
	struct seen *s = ctx;

	s->calls++;
	if (strlen(s->paths) + strlen(path) + 2 <= sizeof(s->paths)) {
		strcat(s->paths, path);
		strcat(s->paths, " ");
	}
}

static void stop(void *ctx)
{
	loop_stop(ctx);
}

static void on_gone(void *ctx)
{
	((struct bench *)ctx)->gone++;
}

static void begin(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	log_init(&b->log, stderr, LOG_ERROR);
	b->loop = loop_new(&b->e);
	b->stop = loop_timer_new(b->loop, stop, b->loop);
	b->xs = xs_over(xswire_new(peer_open(&b->peer)), &b->log);
	xswire_limit(b->xs->wire, LIMIT_MS);
	xs_on_gone(b->xs, on_gone, b);
	if (xs_attach(b->xs, b->loop, &b->e) < 0)
		abort();
}

static void end(struct bench *b)
{
	xs_disconnect(b->xs);
	loop_timer_del(b->stop);
	loop_free(b->loop);
	close(b->peer.fd);
}

static void run(struct bench *b)
{
	loop_timer_set(b->stop, TURN_MS);
	loop_run(b->loop, &b->e);
}

static struct xs_watcher *watch(struct bench *b, const char *path,
				xs_watch_fn *fn, void *ctx)
{
	peer_ok(&b->peer, XS_WATCH);
	return xs_watch_add(b->xs, path, fn, ctx, &b->e);
}

static int read_x(struct bench *b)
{
	char value[8];

	peer_reply(&b->peer, XS_READ, "1", 1);
	return xs_read_str(b->xs, XBT_NULL, "/x", value, sizeof(value));
}

static void test_told(void)
{
	struct seen a = {0}, c = {0};
	struct bench b;

	begin(&b);
	ok(watch(&b, "/a", on_change, &a), "a watch");
	ok(watch(&b, "/c", on_change, &c), "another one");
	peer_event(&b.peer, "/a", "0");
	peer_event(&b.peer, "/c", "1");
	run(&b);
	is_str(a.paths, "/a ", "the first one is told its event");
	is_str(c.paths, "/c ", "the second one, too");
	peer_event(&b.peer, "/a/1", "0");
	peer_event(&b.peer, "/a/2", "0");
	is_int(read_x(&b), 1, "a request behind which events wait");
	is_str(a.paths, "/a ", "nobody is told while it is made");
	run(&b);
	is_str(a.paths, "/a /a/1 /a/2 ",
	       "but afterwards, when nothing comes any more");
	is_str(c.paths, "/c ", "and nobody else");
	peer_event(&b.peer, "/a/3", "7");
	run(&b);
	is_int(a.calls + c.calls, 4, "a token that nobody has");
	end(&b);
}

static void test_coalesced(void)
{
	struct seen a = {0}, c = {0};
	struct bench b;
	unsigned int i;
	char path[16];

	begin(&b);
	watch(&b, "/a", on_change, &a);
	watch(&b, "/c", on_change, &c);
	for (i = 0; i < 100; i++)
		peer_event(&b.peer, i % 2 ? "/a/1" : "/a/2", "0");
	read_x(&b);
	run(&b);
	is_str(a.paths, "/a/2 /a/1 ", "100 events of two nodes are two");
	for (i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "/a/%u", i);
		peer_event(&b.peer, path, "0");
	}
	peer_event(&b.peer, "/c", "1");
	read_x(&b);
	*a.paths = '\0';
	run(&b);
	is_str(a.paths, "/a ", "of 100 nodes: the watch's own path, once");
	is_str(c.paths, "/c ", "which takes nothing from others");
	peer_event(&b.peer, "/a/5", "0");
	run(&b);
	is_str(a.paths, "/a /a/5 ", "and then each is told again");
	end(&b);
}

/* --- what may be done in a callback --- */

static void remove_both(void *ctx, const char *path)
{
	struct seen *s = ctx;

	on_change(s, path);
	peer_ok(&s->b->peer, XS_UNWATCH);
	xs_watch_del(s[0].w);
	peer_ok(&s->b->peer, XS_UNWATCH);
	xs_watch_del(s[1].w);
}

static void test_removed(void)
{
	struct bench b;
	struct seen s[3] = {{.b = &b}, {.b = &b}, {.b = &b}};

	begin(&b);
	s[0].w = watch(&b, "/a", remove_both, &s[0]);
	s[1].w = watch(&b, "/b", on_change, &s[1]);
	s[2].w = watch(&b, "/c", on_change, &s[2]);
	peer_event(&b.peer, "/a", "0");
	peer_event(&b.peer, "/a/1", "0");
	peer_event(&b.peer, "/b", "1");
	peer_event(&b.peer, "/c", "2");
	run(&b);
	is_str(s[0].paths, "/a ", "one that removes itself is told once");
	is_str(s[1].paths, "", "and another is not told any more");
	is_str(s[2].paths, "/c ", "a third one is");
	peer_event(&b.peer, "/a", "0");
	run(&b);
	is_int(s[0].calls + s[1].calls, 1, "a late event is nobody's");
	end(&b);
}

static void ask(void *ctx, const char *path)
{
	struct seen *s = ctx;

	on_change(s, path);
	if (s->calls < 5) {
		peer_event(&s->b->peer, s->calls % 2 ? "/a/1" : "/a/2", "0");
		read_x(s->b);
	}
}

static void test_asks(void)
{
	struct bench b;
	struct seen s = {.b = &b};

	begin(&b);
	watch(&b, "/a", ask, &s);
	peer_event(&b.peer, "/a", "0");
	run(&b);
	is_str(s.paths, "/a /a/1 /a/2 /a/1 /a/2 ",
	       "events that come by its own requests are told");
	end(&b);
}

/* --- the end --- */

static void test_refused(void)
{
	struct seen a = {0};
	struct bench b;

	begin(&b);
	peer_error(&b.peer, "ENOSPC");
	ok(!xs_watch_add(b.xs, "/a", on_change, &a, &b.e), "a watch refused");
	is_int(b.e.code, EXIT_FAILED, "is a failure");
	is_str(b.e.msg, "watch /a: No space left on device", "that is told");
	end(&b);
}

static void test_leaving(void)
{
	char body[XENSTORE_PAYLOAD_MAX + 1];
	struct seen a = {0};
	struct bench b;

	begin(&b);
	watch(&b, "/a", on_change, &a);
	peer_heard(&b.peer, body);
	peer_event(&b.peer, "/a", "0");
	read_x(&b);
	peer_heard(&b.peer, body);
	xs_disconnect(b.xs);
	b.xs = NULL;
	is_int(peer_heard(&b.peer, body).type, XS_INVALID - 1,
	       "who leaves says nothing, and what was to be told is dropped");
	end(&b);
}

static void test_gone(void)
{
	struct seen a = {0};
	struct bench b;

	begin(&b);
	watch(&b, "/a", on_change, &a);
	peer_event(&b.peer, "/a", "0");
	shutdown(b.peer.fd, SHUT_RDWR);
	run(&b);
	is_int(b.gone, 1, "an end is told");
	run(&b);
	is_int(b.gone, 1, "once");
	end(&b);
}

static void test_silence(void)
{
	struct seen a = {0};
	struct bench b;
	char value[8];

	begin(&b);
	watch(&b, "/a", on_change, &a);
	if (xs_read_str(b.xs, XBT_NULL, "/x", value, sizeof(value)) < 0)
		xs_fail(b.xs, &b.e, "read /x");
	is_int(b.e.code, EXIT_HOST, "a daemon that does not answer");
	is_str(b.e.msg, "read /x: xenstored has not answered within 0.2 s",
	       "is named, and how long it had");
	is_int(b.gone, 0, "nobody is told while a request is made");
	run(&b);
	is_int(b.gone, 1, "but then it counts as gone");
	end(&b);
}

/* What goes wrong before there is a loop is told when there is one. */
static void test_early(void)
{
	struct seen a = {0};
	struct bench b;

	begin(&b);
	xs_detach(b.xs);
	watch(&b, "/a", on_change, &a);
	peer_event(&b.peer, "/a", "0");
	read_x(&b);
	ok(!xs_attach(b.xs, b.loop, &b.e), "a loop after the event");
	run(&b);
	is_str(a.paths, "/a ", "it is told");
	xs_detach(b.xs);
	peer_say(&b.peer, XS_WATCH_EVENT, 0, "", 0);
	is_int(read_x(&b), -1, "broken while there is no loop");
	xs_attach(b.xs, b.loop, &b.e);
	run(&b);
	is_int(b.gone, 1, "that, too");
	end(&b);
}

int main(void)
{
	test_told();
	test_coalesced();
	test_removed();
	test_asks();
	test_refused();
	test_leaving();
	test_gone();
	test_silence();
	test_early();
	return done_testing();
}
