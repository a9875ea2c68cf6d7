/* SPDX-License-Identifier: MIT */
/* Sockets that we listen at, and connecting to them. */
#include "core/listen.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/dial.h"
#include "core/log.h"
#include "tests/unit/tap.h"

enum { WAIT_MS = 20000 };

struct stage {
	struct loop *loop;
	struct loop_timer *end;
	unsigned int came; /* how many have connected */
	char dir[32], path[48];
	struct err e;
};

static void end_run(void *ctx)
{
	loop_stop(ctx);
}

static void on_peer(void *ctx, int fd)
{
	struct stage *st = ctx;

	st->came++;
	close(fd);
	loop_stop(st->loop);
}

static void stage_open(struct stage *st)
{
	memset(st, 0, sizeof(*st));
	st->loop = loop_new(&st->e);
	st->end = loop_timer_new(st->loop, end_run, st->loop);
	strcpy(st->dir, "/tmp/mtool-test-XXXXXX");
	if (!mkdtemp(st->dir))
		abort();
	snprintf(st->path, sizeof(st->path), "%s/sock", st->dir);
}

static void stage_close(struct stage *st)
{
	loop_timer_del(st->end);
	loop_free(st->loop);
	rmdir(st->dir);
}

/* Until a peer is there, or for `ms`. */
static void run(struct stage *st, uint64_t ms)
{
	loop_timer_set(st->end, ms);
	loop_run(st->loop, &st->e);
}

static int connect_to(struct stage *st)
{
	return dial(st->path, clock_ms() + WAIT_MS, &st->e);
}

static void test_listen(void)
{
	struct stage st;
	struct listener *l;
	struct stat sb;
	int fd;

	stage_open(&st);
	is_int(connect_to(&st), -1, "where nobody listens");
	is_int(st.e.code, EXIT_NO_VM, "is no VM");
	l = listener_new(st.loop, st.path, -1, on_peer, &st, &st.e);
	ok(l && stat(st.path, &sb) == 0 && S_ISSOCK(sb.st_mode) &&
		   (sb.st_mode & 0777) == 0600,
	   "a socket for its owner alone");
	fd = connect_to(&st);
	run(&st, WAIT_MS);
	ok(fd >= 0 && st.came == 1, "who connects is told of");
	close(fd);
	listener_free(l);
	ok(stat(st.path, &sb) < 0, "the socket goes with it");
	stage_close(&st);
}

/* Another process of ours goes on where one has listened. */
static void test_taken_over(void)
{
	struct stage st;
	struct listener *l, *heir;
	char moved[64];
	int fd;

	stage_open(&st);
	l = listener_new(st.loop, st.path, -1, on_peer, &st, &st.e);
	fd = connect_to(&st);
	heir = listener_new(st.loop, st.path, dup(listener_fd(l)), on_peer, &st,
			    &st.e);
	snprintf(moved, sizeof(moved), "%s.old", st.path);
	listener_moved(l, moved);
	listener_free(l);
	run(&st, WAIT_MS);
	ok(heir && st.came == 1, "who knocked before is let in by the heir");
	close(fd);
	listener_free(heir);
	ok(access(st.path, F_OK) < 0, "who removes its own socket, no other");
	stage_close(&st);
}

/* As many descriptors as may be; returns how many, in fd[]. */
static unsigned int exhaust(int fd[64])
{
	struct rlimit limit = {64, 64};
	unsigned int n = 0;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 64;
	setrlimit(RLIMIT_NOFILE, &limit);
	while (n < 64 && (fd[n] = dup(0)) >= 0)
		n++;
	return n;
}

static void test_exhausted(void)
{
	struct stage st;
	struct listener *l;
	int fd[64], peer;
	unsigned int n;
	uint64_t begin, cpu;

	stage_open(&st);
	l = listener_new(st.loop, st.path, -1, on_peer, &st, &st.e);
	peer = connect_to(&st);
	n = exhaust(fd);
	begin = clock_ms();
	cpu = (uint64_t)clock();
	run(&st, 500);
	ok(st.came == 0 && clock_ms() - begin >= 500,
	   "without a descriptor nobody is let in");
	cpu = ((uint64_t)clock() - cpu) * 1000 / CLOCKS_PER_SEC;
	ok(cpu < 250, "and it does not spin: %llu ms of CPU in 500",
	   (unsigned long long)cpu);
	while (n)
		close(fd[--n]);
	run(&st, WAIT_MS);
	is_int(st.came, 1, "until there is one again");
	close(peer);
	listener_free(l);
	stage_close(&st);
}

static void test_refused(void)
{
	struct stage st;
	char path[200];

	stage_open(&st);
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	ok(!listener_new(st.loop, path, -1, on_peer, &st, &st.e) &&
		   strstr(st.e.msg, "path too long"),
	   "a path too long for a socket");
	ok(!listener_new(st.loop, "/nowhere/sock", -1, on_peer, &st, &st.e) &&
		   strstr(st.e.msg, "/nowhere/sock"),
	   "a directory that is not there: %s", st.e.msg);
	stage_close(&st);
}

int main(void)
{
	test_listen();
	test_taken_over();
	test_exhausted();
	test_refused();
	return done_testing();
}
