/* SPDX-License-Identifier: MIT */
/*
 * The client's end of the channel. Both ends are libxenvchan itself; below it
 * is a Xen of one process.
 */
#include "qmp/vchan.h"

#include "core/log.h"
#include "tests/unit/stubdom_fakexen.h"
#include "tests/unit/tap.h"

#define RELATIVE "device-model/7/qmp-vchan"
#define SERVER DOMAIN RELATIVE

struct bench {
	struct loop *loop;
	struct loop_timer *end;
	struct log log;
	struct qmp_link *link;
	struct libxenvchan *server;
	unsigned int wakes;
	struct err e;
};

/* What vchan.c uses of core/xs.h. */
static struct {
	xs_watch_fn *fn;
	void *ctx;
	char path[80];
} watch;

struct xs_watcher *xs_watch_add(struct xs *xs, const char *path,
				xs_watch_fn *fn, void *ctx, struct err *e)
{
	(void)xs, (void)e;
	watch.fn = fn;
	watch.ctx = ctx;
	snprintf(watch.path, sizeof(watch.path), "%s", path);
	return (struct xs_watcher *)&watch;
}

void xs_watch_del(struct xs_watcher *w)
{
	(void)w;
	watch.fn = NULL;
}

int xs_read_str(struct xs *xs, xs_transaction_t t, const char *path, char *buf,
		size_t size)
{
	struct node *n = node_find(path);

	(void)xs, (void)t;
	if (!n)
		return -1;
	snprintf(buf, size, "%s", n->value);
	return (int)strlen(buf);
}

static void end_run(void *ctx)
{
	loop_stop(ctx);
}

static void run(struct bench *b)
{
	loop_timer_set(b->end, 5);
	loop_run(b->loop, &b->e);
}

static void on_wake(void *ctx)
{
	((struct bench *)ctx)->wakes++;
}

static void serve(struct bench *b)
{
	b->server = libxenvchan_server_init(NULL, 0, RELATIVE, 0, 0);
	b->server->blocking = 0;
	free(b->server->xs_path);
	b->server->xs_path = NULL;
}

static void unpublish(void)
{
	xs_del(NULL, XBT_NULL, RELATIVE "/ring-ref");
	xs_del(NULL, XBT_NULL, RELATIVE "/event-channel");
}

static void stop_serving(struct bench *b)
{
	libxenvchan_close(b->server);
	b->server = NULL;
}

static int attach(struct bench *b)
{
	return b->link->ops->connect(b->link, &b->e);
}

static ssize_t get(struct bench *b, char *data, size_t size)
{
	return b->link->ops->read(b->link, data, size, &b->e);
}

static ssize_t put(struct bench *b, const char *data, size_t size)
{
	return b->link->ops->write(b->link, data, size, &b->e);
}

static void open_bench(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	memset(xen.node, 0, sizeof(xen.node));
	b->loop = loop_new(&b->e);
	b->end = loop_timer_new(b->loop, end_run, b->loop);
	log_init(&b->log, stderr, LOG_ERROR);
	b->link = qmp_vchan_new(b->loop, NULL, &b->log, 5, 7, &b->e);
	b->link->wake = on_wake;
	b->link->ctx = b;
}

static void close_bench(struct bench *b)
{
	b->link->ops->free(b->link);
	if (b->server)
		stop_serving(b);
	loop_timer_del(b->end);
	loop_free(b->loop);
	ok(!watch.fn, "the watch is taken off");
}

static void test_comes_and_goes(void)
{
	struct bench b;
	char data[64];
	int i;

	open_bench(&b);
	is_str(watch.path, SERVER, "the nodes are watched");
	watch.fn(watch.ctx, SERVER);
	is_int(b.wakes, 1, "every change wakes");
	is_int(attach(&b), 0, "nobody is there");
	for (i = 0; i < 3; i++) {
		serve(&b);
		is_int(attach(&b), 1, "connected");
		watch.fn(watch.ctx, SERVER);
		unpublish();
		libxenvchan_write(b.server, "hello", 5);
		b.wakes = 0;
		run(&b);
		ok(b.wakes > 0, "woken by bytes");
		is_int(get(&b, data, sizeof(data)), 5, "which are read");
		is_int(get(&b, data, sizeof(data)), 0, "no more");
		libxenvchan_write(b.server, "bye", 3);
		stop_serving(&b);
		b.wakes = 0;
		run(&b);
		ok(b.wakes > 0, "woken by its end");
		is_int(get(&b, data, sizeof(data)), 3, "what it said last");
		is_int(get(&b, data, sizeof(data)), -1, "then the end");
		is_int(b.e.code, EXIT_DIED, "as such");
		is_int(put(&b, "x", 1), -1, "nothing can be sent either");
		b.link->ops->close(b.link);
		is_int(attach(&b), 0, "nobody is there");
	}
	close_bench(&b);
}

static void test_full(void)
{
	struct bench b;
	char data[4096] = {'x'}, got[4096];
	ssize_t n, sum;

	open_bench(&b);
	serve(&b);
	attach(&b);
	n = put(&b, data, sizeof(data));
	is_int(n, 1024, "as much as the ring takes");
	is_int(put(&b, data, sizeof(data)), 0, "and no more: it does not wait");
	b.wakes = 0;
	is_int(libxenvchan_read(b.server, got, sizeof(got)), 1024, "read");
	run(&b);
	ok(b.wakes > 0, "woken by room");
	is_int(put(&b, data, 10), 10, "which there is");
	libxenvchan_write(b.server, data, sizeof(data));
	for (sum = 0; (n = get(&b, got, 100)) > 0; sum += n)
		;
	is_int(sum, 2048, "all of the other ring, in pieces");
	close_bench(&b);
}

/* One client at a time: the hypervisor sees to that. */
static void test_busy(void)
{
	struct bench b;
	struct libxenvchan *other;

	open_bench(&b);
	serve(&b);
	other = libxenvchan_client_init(NULL, 5, SERVER);
	is_int(attach(&b), -1, "somebody else is connected");
	libxenvchan_close(other);
	close_bench(&b);
}

static void test_indices(void)
{
	struct bench b;
	char data[64];

	ok(qmp_vchan_sane(5, 5, 10) && qmp_vchan_sane(1024, 0, 10) &&
		   qmp_vchan_sane(3, UINT32_MAX - 7, 10),
	   "indices that make sense");
	ok(!qmp_vchan_sane(1025, 0, 10) && !qmp_vchan_sane(0, 1, 10) &&
		   !qmp_vchan_sane(0, 0, 32) && !qmp_vchan_sane(0, 0, -1),
	   "indices that do not");
	open_bench(&b);
	serve(&b);
	attach(&b);
	b.server->ring->right.prod = b.server->ring->right.cons + 2049;
	is_int(get(&b, data, sizeof(data)), -1, "too much to read");
	ok(strstr(b.e.msg, "out of range"), "is named: %s", b.e.msg);
	b.server->ring->right.prod = b.server->ring->right.cons;
	is_int(get(&b, data, sizeof(data)), 0, "(and back)");
	b.server->ring->left.cons = b.server->ring->left.prod + 1;
	is_int(put(&b, "x", 1), -1, "more taken than was given");
	close_bench(&b);
}

/* Rings of any order, a server that is dead already: one clear end. */
static void test_page(void)
{
	static const uint16_t orders[] = {0, 9, 12, 15, 21, 32, 65535};
	struct bench b;
	unsigned int i;
	char data[64];

	for (i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		open_bench(&b);
		serve(&b);
		b.server->ring->left_order = orders[i];
		if (attach(&b) == 1)
			ok(get(&b, data, sizeof(data)) <= 0, "order %u: empty",
			   orders[i]);
		else
			ok(*b.e.msg, "order %u: %s", orders[i], b.e.msg);
		close_bench(&b);
	}
	open_bench(&b);
	serve(&b);
	b.server->ring->srv_live = 0;
	if (attach(&b) == 1)
		is_int(get(&b, data, sizeof(data)), -1,
		       "a server that is dead: the end");
	close_bench(&b);
}

int main(void)
{
	test_comes_and_goes();
	test_full();
	test_busy();
	test_indices();
	test_page();
	return done_testing();
}
