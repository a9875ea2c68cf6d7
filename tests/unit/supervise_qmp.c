/* SPDX-License-Identifier: MIT */
/*
 * When the supervisor takes its device model for dead, and when not. Both ends
 * of the channel are libxenvchan; below it is a Xen of one process.
 */
#include "tools/mtool/superviseint.h" /* before libxenvchan's header */
#include "tools/mtool/superviseqmp.h"

#include <sys/stat.h>

#include "core/log.h"
#include "qmp/json.h"
#include "tests/unit/isolate.h"
#include "tests/unit/stubdom_fakexen.h"
#include "tests/unit/tap.h"

#define NAME "g"
#define PATH "device-model/7/qmp-vchan"
#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"

enum { SOON_MS = 1500 }; /* a death must be known by then */

struct bench {
	struct supervise s;
	struct vm vm;
	struct vm_config cfg;
	struct loop_timer *end, *serve;
	struct libxenvchan *server;
	bool mute; /* it answers nothing but qmp_capabilities */
	char in[1024];
	size_t len;
	unsigned int deaths, alive;
	struct err e;
};

/* --- what superviseqmp.c uses of the rest of the supervisor --- */

static struct {
	xs_watch_fn *fn;
	void *ctx;
} watch;

struct xs_watcher *xs_watch_add(struct xs *xs, const char *path,
				xs_watch_fn *fn, void *ctx, struct err *e)
{
	(void)xs, (void)path, (void)e;
	watch.fn = fn;
	watch.ctx = ctx;
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

void con_server_drain(struct con_server *s, uint32_t domid)
{
	(void)s, (void)domid;
}

void sup_dm_died(struct supervise *s, const char *what)
{
	(void)what;
	((struct bench *)s)->deaths++; /* its first member */
	supervise_qmp_close(s);
}

static void alive(struct supervise *s)
{
	((struct bench *)s)->alive++;
}

/* --- a stubdomain --- */

static void say(struct bench *b, const char *text)
{
	if (libxenvchan_write(b->server, text, strlen(text)) < 0)
		ok(false, "the server can write");
}

static void answer(struct bench *b, char *line)
{
	struct qmp_member m = {.name = "id"};
	bool opening = strstr(line, "qmp_capabilities");
	char text[160];

	/* the marker */
	line += *line == 1;
	qmp_members((struct qmp_span){line, strlen(line)}, &m, 1, NULL);
	snprintf(text, sizeof(text), "{\"return\": {}, \"id\": %.*s}\r\n",
		 (int)m.value.len, m.value.at);
	if (opening || !b->mute)
		say(b, text);
}

static void serve(void *ctx)
{
	struct bench *b = ctx;
	char *nl;
	int n = libxenvchan_read(b->server, b->in + b->len,
				 sizeof(b->in) - 1 - b->len);

	if (n > 0)
		b->len += (size_t)n;
	b->in[b->len] = '\0';
	while ((nl = strchr(b->in, '\n'))) {
		*nl = '\0';
		answer(b, b->in);
		b->len -= (size_t)(nl + 1 - b->in);
		memmove(b->in, nl + 1, b->len + 1);
	}
	loop_timer_set(b->serve, 1);
}

static void stub_comes(struct bench *b)
{
	b->server = libxenvchan_server_init(NULL, 0, PATH, 0, 0);
	b->server->blocking = 0;
	free(b->server->xs_path);
	b->server->xs_path = NULL;
	b->len = 0;
	say(b, GREETING);
	watch.fn(watch.ctx, PATH);
	loop_timer_set(b->serve, 1);
}

static void stub_goes(struct bench *b)
{
	loop_timer_stop(b->serve);
	xs_del(NULL, XBT_NULL, PATH "/ring-ref");
	xs_del(NULL, XBT_NULL, PATH "/event-channel");
	libxenvchan_close(b->server);
	b->server = NULL;
}

/* --- the bench --- */

static void end_run(void *ctx)
{
	loop_stop(ctx);
}

static void run(struct bench *b, uint64_t ms)
{
	loop_timer_set(b->end, ms);
	loop_run(b->s.loop, &b->e);
}

static void open_bench(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	memset(xen.node, 0, sizeof(xen.node));
	mkdir(RUN_ROOT, 0700);
	mkdir(RUN_ROOT "/" NAME, 0700);
	snprintf(b->cfg.name, sizeof(b->cfg.name), NAME);
	b->cfg.qmp_marker = true;
	b->vm.cfg = &b->cfg;
	b->vm.record.stub = 5;
	b->vm.record.target = 7;
	b->s.vm = &b->vm;
	b->s.loop = loop_new(&b->e);
	b->s.log_stream = fopen("/dev/null", "w");
	b->s.released = true;
	log_init(&b->s.log, b->s.log_stream, LOG_WARN);
	b->end = loop_timer_new(b->s.loop, end_run, b->s.loop);
	b->serve = loop_timer_new(b->s.loop, serve, b);
	if (supervise_qmp_open(&b->s, &b->e) < 0)
		ok(false, "open: %s", b->e.msg);
	stub_comes(b);
	run(b, 50);
}

static void close_bench(struct bench *b)
{
	if (b->server)
		stub_goes(b);
	supervise_qmp_close(&b->s);
	supervise_qmp_close(&b->s);
	ok(!watch.fn, "closed");
	loop_timer_del(b->end);
	loop_timer_del(b->serve);
	loop_free(b->s.loop);
	fclose(b->s.log_stream);
	is_int(rmdir(RUN_ROOT "/" NAME), 0, "nothing is left");
}

static void test_death(void)
{
	struct bench b;

	open_bench(&b);
	run(&b, SOON_MS);
	is_int(b.deaths, 0, "all is well");
	stub_goes(&b);
	run(&b, SOON_MS);
	is_int(b.deaths, 1, "the channel is closed and stays so: dead");
	close_bench(&b);
}

static void test_comes_back(void)
{
	struct bench b;

	open_bench(&b);
	stub_goes(&b);
	run(&b, 100);
	stub_comes(&b);
	run(&b, SOON_MS);
	is_int(b.deaths, 0, "another server comes at once: alive");
	close_bench(&b);
}

static void test_not_ours(void)
{
	struct bench b;

	open_bench(&b);
	b.s.released = false;
	stub_goes(&b);
	run(&b, SOON_MS);
	is_int(b.deaths, 0, "as long as it is being created: its creator's");
	b.s.released = true;
	run(&b, SOON_MS);
	is_int(b.deaths, 1, "then ours");
	close_bench(&b);
	open_bench(&b);
	b.s.shutdown_seen = true;
	stub_goes(&b);
	run(&b, SOON_MS);
	is_int(b.deaths, 0, "a guest that has shut down needs none");
	close_bench(&b);
}

/* The guest has shut down: because its device model died? */
static void test_alive(void)
{
	struct bench b;

	open_bench(&b);
	supervise_qmp_alive(&b.s, alive);
	supervise_qmp_alive(&b.s, alive);
	is_int(b.alive, 0, "it is asked");
	run(&b, 100);
	is_int(b.alive, 1, "and answers: told once");
	b.mute = true;
	supervise_qmp_alive(&b.s, alive);
	run(&b, 100);
	stub_goes(&b);
	run(&b, SOON_MS);
	ok(b.deaths == 1 && b.alive == 1, "it goes instead: dead");
	supervise_qmp_alive(&b.s, alive);
	is_int(b.alive, 2, "without one, no time is lost");
	close_bench(&b);

	open_bench(&b);
	b.mute = true;
	supervise_qmp_alive(&b.s, alive);
	run(&b, 2100);
	is_int(b.alive, 1, "it does not answer: no more is waited for");
	stub_goes(&b);
	run(&b, 20);
	supervise_qmp_alive(&b.s, alive);
	run(&b, SOON_MS);
	ok(b.deaths == 1 && b.alive == 1, "it has just gone: dead");
	close_bench(&b);

	open_bench(&b);
	b.mute = true;
	supervise_qmp_alive(&b.s, alive);
	run(&b, 20);
	stub_goes(&b);
	run(&b, 20);
	is_int(b.alive, 0, "it goes");
	stub_comes(&b);
	run(&b, SOON_MS);
	ok(!b.deaths && b.alive == 1, "and comes back: alive");
	close_bench(&b);
}

int main(void)
{
	const char *missing = isolate();

	if (missing) {
		printf("1..0 # SKIP %s: %s\n", missing, strerror(errno));
		return 0;
	}
	test_death();
	test_comes_back();
	test_not_ours();
	test_alive();
	return done_testing();
}
