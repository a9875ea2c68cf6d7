/* SPDX-License-Identifier: MIT */
/*
 * The stubdomain's QMP server against clients that come, leave and misbehave.
 * Server and client are libxenvchan itself; below it is a Xen of one process,
 * behind it a QEMU that does what the test says.
 */
#include "tools/stubdom/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "tests/unit/stubdom_fakexen.h"
#include "tests/unit/tap.h"

#define VCHAN "device-model/7/qmp-vchan"
#define GREETING "{\"QMP\": {\"version\": {}}}\r\n"

/* ---- a QEMU that does what the test says ---- */

struct qemu {
	struct sockaddr_un sa;
	int lsock, sock;			/* -1: closed */
	bool mute;				/* accepts, and says nothing */
	bool deaf;				/* reads nothing */
	const char *stale_before, *stale_after; /* the greeting */
	unsigned int conversations;
	char *heard; /* since the last conversation began, but for syncs */
	size_t len;
};

static void qemu_listen(struct qemu *q)
{
	q->lsock = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	unlink(q->sa.sun_path);
	if (bind(q->lsock, (struct sockaddr *)&q->sa, sizeof(q->sa)) < 0 ||
	    listen(q->lsock, 1) < 0)
		abort();
}

static void qemu_say(struct qemu *q, const char *text)
{
	if (send(q->sock, text, strlen(text), MSG_NOSIGNAL) < 0 &&
	    errno != EPIPE && errno != ECONNRESET)
		ok(false, "QEMU speaks: %s", strerror(errno));
}

static void qemu_hang_up(struct qemu *q)
{
	close(q->sock);
	q->sock = -1;
}

static void qemu_accept(struct qemu *q)
{
	q->sock = accept(q->lsock, NULL, NULL);
	if (q->sock < 0)
		return;
	fcntl(q->sock, F_SETFL, O_NONBLOCK);
	q->conversations++;
	q->len = 0;
	if (q->mute)
		return;
	qemu_say(q, q->stale_before);
	qemu_say(q, GREETING);
	qemu_say(q, q->stale_after);
}

/* Answer the server's own command and forget it. */
static void qemu_answer_sync(struct qemu *q)
{
	static const char sync[] = "\"id\":\"stubdom-";
	char *at, *end, reply[128];

	q->heard[q->len] = '\0';
	at = strstr(q->heard, sync);
	end = at ? strchr(at, '}') : NULL;
	if (!end || q->mute)
		return;
	snprintf(reply, sizeof(reply), "{%.*s, \"error\": {}}\r\n",
		 (int)(end - at), at);
	qemu_say(q, reply);
	q->len -= (size_t)(end + 1 - q->heard);
	memmove(q->heard, end + 1, q->len + 1);
}

static void qemu_turn(struct qemu *q)
{
	ssize_t n;

	if (q->lsock < 0)
		return;
	if (q->sock < 0)
		qemu_accept(q);
	if (q->sock < 0 || q->deaf)
		return;
	q->heard = realloc(q->heard, q->len + 65537);
	n = recv(q->sock, q->heard + q->len, 65536, 0);
	if (n == 0) {
		qemu_hang_up(q);
	} else if (n > 0) {
		q->len += (size_t)n;
		qemu_answer_sync(q);
	}
}

/* ---- the test bench ---- */

struct bench {
	struct loop *loop;
	struct loop_timer *stop;
	struct qmp *qmp;
	struct qemu qemu;
};

static void stop(void *ctx)
{
	loop_stop(ctx);
}

static void run(struct bench *b, unsigned int ms)
{
	struct err e;

	loop_timer_set(b->stop, ms);
	loop_run(b->loop, &e);
}

static void turn(struct bench *b)
{
	qemu_turn(&b->qemu);
	run(b, 1);
}

/* Turn until `path` exists, or is gone, for two seconds at most. */
static bool wait_node(struct bench *b, const char *path, bool wanted)
{
	unsigned int i;

	for (i = 0; i < 2000 && node_exists(path) != wanted; i++)
		turn(b);
	return node_exists(path) == wanted;
}

static void bench_open(struct bench *b)
{
	struct err e;

	memset(b, 0, sizeof(*b));
	b->qemu.lsock = b->qemu.sock = -1;
	b->qemu.stale_before = b->qemu.stale_after = "";
	b->qemu.sa.sun_family = AF_UNIX;
	snprintf(b->qemu.sa.sun_path, sizeof(b->qemu.sa.sun_path),
		 "%s/stubdom-qmp.%d", getenv("TMPDIR") ?: "/tmp", getpid());
	b->loop = loop_new(&e);
	b->stop = loop_timer_new(b->loop, stop, b->loop);
	b->qmp = qmp_new(b->loop, NULL, 7, b->qemu.sa.sun_path, &e);
}

static void bench_close(struct bench *b)
{
	qmp_free(b->qmp);
	loop_timer_del(b->stop);
	loop_free(b->loop);
	if (b->qemu.sock >= 0)
		close(b->qemu.sock);
	if (b->qemu.lsock >= 0)
		close(b->qemu.lsock);
	unlink(b->qemu.sa.sun_path);
	free(b->qemu.heard);
}

static struct libxenvchan *client_try(void)
{
	struct libxenvchan *c = libxenvchan_client_init(NULL, 5, DOMAIN VCHAN);

	if (c)
		c->blocking = 0;
	return c;
}

/* A client that waits for the nodes, as they do. */
static struct libxenvchan *client_open(struct bench *b)
{
	struct libxenvchan *c;

	wait_node(b, VCHAN "/event-channel", true);
	c = client_try();
	if (!c) {
		ok(false, "a client gets in");
		exit(done_testing());
	}
	return c;
}

/* Read `len` bytes, or what there is until a second has passed or the end. */
static size_t client_read(struct bench *b, struct libxenvchan *c, char *data,
			  size_t len)
{
	uint64_t end = clock_ms() + 1000;
	size_t got = 0;
	int n = 0;

	while (got < len && n >= 0 && clock_ms() < end) {
		n = libxenvchan_read(c, data + got, len - got);
		if (n > 0)
			got += (size_t)n;
		else
			turn(b);
	}
	return got;
}

/* The next bytes are exactly this. */
static void client_gets(struct bench *b, struct libxenvchan *c,
			const char *want, const char *what)
{
	char text[512];
	size_t got = client_read(b, c, text, strlen(want));

	text[got] = '\0';
	is_str(text, want, "%s", what);
}

static void client_says(struct bench *b, struct libxenvchan *c,
			const char *text)
{
	size_t len = strlen(text);
	int n = 0;

	while (len && n >= 0) {
		n = libxenvchan_write(c, text, len);
		text += n;
		len -= (size_t)n;
		turn(b);
	}
}

static bool qemu_hears(struct bench *b, const char *want)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		turn(b);
		if (b->qemu.heard && !strcmp(b->qemu.heard, want))
			return true;
	}
	return false;
}

/* ---- the tests ---- */

static void published_when_qemu_speaks(void)
{
	struct bench b;

	bench_open(&b);
	run(&b, 120);
	ok(!node_exists(VCHAN "/ring-ref"), "no QEMU, no nodes");
	b.qemu.mute = true;
	qemu_listen(&b.qemu);
	run(&b, 120);
	qemu_turn(&b.qemu);
	run(&b, 20);
	ok(!qmp_served(b.qmp), "it accepts but says nothing: no nodes yet");
	b.qemu.mute = false;
	qemu_hang_up(&b.qemu);
	ok(wait_node(&b, VCHAN "/ring-ref", true), "it speaks: nodes");
	ok(qmp_served(b.qmp), "and it is known");
	bench_close(&b);
	ok(!node_exists(VCHAN "/ring-ref"), "the nodes go with the server");
}

static void one_client_at_a_time(void)
{
	struct libxenvchan *c, *second;
	struct bench b;

	bench_open(&b);
	qemu_listen(&b.qemu);
	c = client_open(&b);
	second = client_try();
	ok(!second, "a second one cannot bind the port");
	ok(wait_node(&b, VCHAN "/ring-ref", false), "then finds no nodes");
	client_gets(&b, c, GREETING, "the first one is greeted");
	client_says(&b, c, "{\"execute\":1}");
	ok(qemu_hears(&b, "{\"execute\":1}"), "QEMU hears it");
	qemu_say(&b.qemu, "{\"return\": 1}\r\n");
	client_gets(&b, c, "{\"return\": 1}\r\n", "and is heard");
	is_int(b.qemu.conversations, 1, "in one conversation");
	libxenvchan_close(c);
	ok(wait_node(&b, VCHAN "/ring-ref", true), "the next one is awaited");
	bench_close(&b);
}

static void every_client_is_greeted_cleanly(void)
{
	struct libxenvchan *c;
	char text[512];
	struct bench b;
	unsigned int i, bad = 0;
	size_t n;

	bench_open(&b);
	qemu_listen(&b.qemu);
	b.qemu.stale_before = "urn\": [1]}\r\n{\"return\": [2]}\r\n";
	b.qemu.stale_after = "{\"return\": [3], \"id\": \"old\"}\r\n";
	for (i = 0; i < 40; i++) {
		c = client_open(&b);
		n = client_read(&b, c, text, strlen(GREETING));
		text[n] = '\0';
		bad += strcmp(text, GREETING) != 0;
		client_says(&b, c, i % 2 ? "{\"half" : "{\"whole\":1}");
		if (b.qemu.sock >= 0)
			qemu_say(&b.qemu, "{\"return\": \"left in the ring");
		run(&b, i % 3);
		libxenvchan_close(c);
	}
	is_int(bad, 0, "40 clients, 40 greetings, first thing");
	c = client_open(&b);
	client_gets(&b, c, GREETING, "one more");
	qemu_say(&b.qemu, "{}");
	client_gets(&b, c, "{}", "with nothing old behind the greeting");
	libxenvchan_close(c);
	bench_close(&b);
}

static void client_that_only_knocks(void)
{
	struct libxenvchan *c;
	struct bench b;

	bench_open(&b);
	qemu_listen(&b.qemu);
	libxenvchan_close(client_open(&b));
	c = client_open(&b);
	client_gets(&b, c, GREETING, "the next one is greeted");
	client_says(&b, c, "{}");
	ok(qemu_hears(&b, "{}"), "and heard");
	libxenvchan_close(c);
	bench_close(&b);
}

static void last_words_arrive(void)
{
	struct libxenvchan *c;
	char words[5001];
	struct bench b;

	bench_open(&b);
	qemu_listen(&b.qemu);
	c = client_open(&b);
	client_gets(&b, c, GREETING, "greeted");
	libxenvchan_write(c, "{\"execute\":\"quit\"}", 18);
	libxenvchan_close(c);
	b.qemu.deaf = true; /* so that it is heard after the end */
	run(&b, 20);
	b.qemu.deaf = false;
	qemu_turn(&b.qemu);
	is_str(b.qemu.heard, "{\"execute\":\"quit\"}",
	       "a client's that leaves at once");
	c = client_open(&b);
	client_gets(&b, c, GREETING, "greeted");
	memset(words, 'w', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	qemu_say(&b.qemu, words);
	qemu_hang_up(&b.qemu);
	run(&b, 20); /* more than the channel holds */
	is_int(client_read(&b, c, words, sizeof(words) - 1), sizeof(words) - 1,
	       "QEMU's, when it quits");
	run(&b, 20);
	is_int(libxenvchan_is_open(c), 0, "then the channel closes");
	libxenvchan_close(c);
	c = client_open(&b);
	client_gets(&b, c, GREETING, "and if QEMU is there again, so are we");
	qemu_say(&b.qemu, "bye");
	bench_close(&b);
	is_int(libxenvchan_read(c, words, sizeof(words)), 3,
	       "as when the server ends before it has seen them");
	libxenvchan_close(c);
}

static void markers(void)
{
	struct libxenvchan *c;
	struct bench b;
	unsigned int before;

	bench_open(&b);
	qemu_listen(&b.qemu);
	c = client_open(&b);
	client_says(&b, c, "\1{\"a\":1}");
	client_gets(&b, c, GREETING, "greeted");
	ok(qemu_hears(&b, "{\"a\":1}"), "a leading marker is swallowed");
	before = b.qemu.conversations;
	qemu_say(&b.qemu, "{\"return\": ");
	client_gets(&b, c, "{\"return\": ", "half a reply");
	client_says(&b, c, "{\"b\":\1{\"c\":1}");
	client_gets(&b, c, "\r\n" GREETING,
		    "a later marker: a new greeting on its own line");
	is_int(b.qemu.conversations, before + 1, "from a new conversation");
	ok(qemu_hears(&b, "{\"c\":1}"), "which has only what came after it");
	libxenvchan_close(c);
	bench_close(&b);
}

/* QEMU queues two connections; more are refused until it looks. */
static void many_markers(void)
{
	struct libxenvchan *c;
	struct bench b;
	unsigned int i;

	bench_open(&b);
	qemu_listen(&b.qemu);
	c = client_open(&b);
	for (i = 0; i < 8; i++) {
		libxenvchan_write(c, "\1", 1);
		run(&b, 1);
	}
	libxenvchan_write(c, "{\"d\":1}", 7);
	ok(qemu_hears(&b, "{\"d\":1}"), "the last conversation is heard");
	libxenvchan_close(c);
	bench_close(&b);
}

static char pattern(size_t i)
{
	return (char)('a' + i % 23);
}

static void megabytes_down(void)
{
	enum { TOTAL = 1 << 20 };
	size_t sent = 0, got = 0, i, wrong = 0;
	struct libxenvchan *c;
	char data[8192];
	struct bench b;
	ssize_t n;

	bench_open(&b);
	qemu_listen(&b.qemu);
	c = client_open(&b);
	client_gets(&b, c, GREETING, "greeted");
	while (got < TOTAL) {
		for (i = 0; i < sizeof(data); i++)
			data[i] = pattern(sent + i);
		n = send(b.qemu.sock, data, sizeof(data), MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
		run(&b, 0);
		n = libxenvchan_read(c, data, sizeof(data));
		for (i = 0; n > 0 && i < (size_t)n; i++)
			wrong += data[i] != pattern(got + i);
		got += n > 0 ? (size_t)n : 0;
	}
	is_int(wrong, 0, "a megabyte of reply, every byte in its place");
	libxenvchan_close(c);
	bench_close(&b);
}

/* CPU time that half a second of waiting takes, in ms. */
static long idle_cost(struct bench *b)
{
	clock_t before = clock();

	run(b, 500);
	return (long)((clock() - before) * 1000 / CLOCKS_PER_SEC);
}

static void nobody_spins(void)
{
	struct libxenvchan *c;
	char data[2048];
	struct bench b;
	size_t held = 0;
	int n;

	bench_open(&b);
	ok(idle_cost(&b) < 100, "while there is no QEMU");
	qemu_listen(&b.qemu);
	wait_node(&b, VCHAN "/ring-ref", true);
	ok(idle_cost(&b) < 100, "while there is no client");
	c = client_open(&b);
	client_gets(&b, c, GREETING, "greeted");
	memset(data, 'x', sizeof(data));
	while (send(b.qemu.sock, data, sizeof(data), MSG_NOSIGNAL) > 0)
		run(&b, 1);
	ok(idle_cost(&b) < 100, "while the client does not read");
	b.qemu.deaf = true;
	do {
		n = libxenvchan_write(c, data, sizeof(data));
		held += (size_t)n;
		run(&b, 1);
	} while (n);
	ok(idle_cost(&b) < 100, "while QEMU does not read either (%zu held)",
	   held);
	qemu_hang_up(&b.qemu);
	ok(idle_cost(&b) < 100, "while QEMU has left and the client sleeps");
	libxenvchan_close(c);
	b.qemu.deaf = false;
	c = client_open(&b);
	client_gets(&b, c, GREETING, "and all is well again");
	libxenvchan_close(c);
	bench_close(&b);
}

static void hostile_ring(void)
{
	struct libxenvchan *c;
	struct bench b;

	bench_open(&b);
	qemu_listen(&b.qemu);
	c = client_open(&b);
	client_gets(&b, c, GREETING, "greeted");
	c->ring->left.prod = c->ring->left.cons + 100000;
	c->ring->right.cons = c->ring->right.prod + 5;
	c->ring->left_order = 31;
	c->ring->cli_live = 77;
	qemu_say(&b.qemu, "{}");
	xenevtchn_notify(c->event, c->event_port);
	ok(idle_cost(&b) < 100, "senseless indices: nothing moves");
	is_str(b.qemu.heard, "", "QEMU hears nothing of it");
	libxenvchan_close(c);
	c = client_open(&b);
	client_gets(&b, c, GREETING, "the next client is served");
	libxenvchan_close(c);
	bench_close(&b);
}

int main(void)
{
	published_when_qemu_speaks();
	one_client_at_a_time();
	every_client_is_greeted_cleanly();
	client_that_only_knocks();
	last_words_arrive();
	markers();
	many_markers();
	megabytes_down();
	nobody_spins();
	hostile_ring();
	return done_testing();
}
