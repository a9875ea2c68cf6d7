/* SPDX-License-Identifier: MIT */
/* Finding xenstored, and noticing that it is gone. */
#include "core/xs.h"

#include <errno.h>
#include <sys/resource.h>

#include "core/xsint.h"
#include "tests/unit/fakestored.h"
#include "tests/unit/tap.h"
#include "tests/unit/xswire_peer.h"
#include "tools/mtool/guestctl.h"
#include "tools/mtool/wait.h"

enum { AT_ONCE_MS = 500, PROBED_MS = 1900, QUIET_MS = 300 };

struct bench {
	char dir[32], path[64];
	struct log log;
	struct err e;
};

static struct xs *connect_to(struct bench *b, const char *path)
{
	setenv("XENSTORED_PATH", path, 1);
	return xs_connect(&b->log, &b->e);
}

/* --- there is none --- */

static void refuses(struct bench *b, const char *path, unsigned int limit_ms,
		    const char *what)
{
	uint64_t start = clock_ms();
	struct xs *xs = connect_to(b, path);
	uint64_t took = clock_ms() - start;

	ok(!xs, "%s: no connection", what);
	is_int(b->e.code, EXIT_HOST, "%s: the host's fault", what);
	ok(strstr(b->e.msg, "xenstored") && strstr(b->e.msg, path),
	   "%s: it is said where nobody answers", what);
	ok(took < limit_ms, "%s: within %u ms", what, limit_ms);
	printf("# %llu ms: %s\n", (unsigned long long)took, b->e.msg);
	xs_disconnect(xs);
}

static void test_nobody(struct bench *b)
{
	close(fake_listen(b->path));
	refuses(b, b->path, AT_ONCE_MS, "a socket that nobody serves");
	unlink(b->path);
	refuses(b, b->path, AT_ONCE_MS, "no socket");
	unsetenv("XENSTORED_PATH");
	setenv("XENSTORED_RUNDIR", b->dir, 1);
	ok(!xs_connect(&b->log, &b->e), "none in XENSTORED_RUNDIR");
	ok(strstr(b->e.msg, b->path), "which counts: %s", b->e.msg);
	unsetenv("XENSTORED_RUNDIR");
}

static void test_device(struct bench *b)
{
	char path[64], value[8];
	int slave, fd = fake_device(path, sizeof(path), &slave);
	struct xs *xs;
	pid_t pid;

	refuses(b, path, PROBED_MS, "a device behind which nobody answers");
	tcflush(slave, TCIOFLUSH);
	tcflush(fd, TCIOFLUSH);
	pid = fake_fork(-1, fd, 0);
	xs = connect_to(b, path);
	if (ok(xs, "one behind which somebody does is used"))
		is_int(xs_read_str(xs, XBT_NULL, "/there", value,
				   sizeof(value)),
		       3, "and answers");
	xs_disconnect(xs);
	fake_kill(pid);
	close(slave);
	close(fd);
}

/* --- it is there, and then it is not --- */

static int write_txn(void *ctx, xs_transaction_t t, struct err *e)
{
	if (xs_put(ctx, t, "/x", "1") < 0)
		return err_sys(e, EXIT_FAILED, "write /x");
	return 0;
}

static void fails_for_good(struct bench *b, struct xs *xs, const char *what)
{
	uint64_t start = clock_ms();
	unsigned int i;

	for (i = 0; i < 3; i++) {
		b->e.code = EXIT_DONE;
		xs_transact(xs, "x", write_txn, xs, &b->e);
		is_int(b->e.code, EXIT_HOST, "%s: a transaction fails", what);
		ok(strstr(b->e.msg, "xenstored is gone"), "and says why: %s",
		   b->e.msg);
	}
	is_int(guest_answered(xs, 1, "poweroff", &b->e), -1,
	       "%s: what cannot be read is no answer of a guest", what);
	is_int(b->e.code, EXIT_HOST, "but the host's fault");
	ok(clock_ms() - start < AT_ONCE_MS, "all of it at once");
}

static void test_calls(struct bench *b)
{
	pid_t pid = fake_daemon(b->path, 0);
	struct xs *xs = connect_to(b, b->path);

	is_int(xs_transact(xs, "x", write_txn, xs, &b->e), 0,
	       "a daemon that serves");
	is_int(guest_answered(xs, 1, "poweroff", &b->e), 1,
	       "a node that was removed is an answer");
	ok(xs_del(xs, XBT_NULL, "/x") == 0, "it removes");
	errno = ENOENT;
	xs_fail(xs, &b->e, "read %s", "/x");
	is_int(b->e.code, EXIT_FAILED, "what it refuses is no fault of its");
	is_str(b->e.msg, "read /x: No such file or directory", "but told");
	fake_kill(pid);
	fails_for_good(b, xs, "killed");
	xs_disconnect(xs);
}

/* --- transactions --- */

/* A daemon that gives these answers, one after the other. */
static struct xs *scripted(struct bench *b, const char *const *reply,
			   pid_t *pid)
{
	struct peer p;
	int ours = peer_open(&p);
	char body[XENSTORE_PAYLOAD_MAX];
	struct xsd_sockmsg h;

	*pid = fork();
	if (*pid) {
		close(p.fd);
		return xs_over(xswire_new(ours), &b->log);
	}
	close(ours);
	for (; *reply && recv(p.fd, &h, sizeof(h), MSG_WAITALL) > 0; reply++) {
		if (recv(p.fd, body, h.len, MSG_WAITALL) < 0)
			break;
		peer_say(&p, **reply == 'E' ? XS_ERROR : h.type, h.req_id,
			 *reply, strlen(*reply) + 1);
	}
	_exit(0);
}

static int transacts(struct bench *b, const char *const *reply)
{
	pid_t pid;
	struct xs *xs = scripted(b, reply, &pid);
	int rc;

	*b->e.msg = '\0';
	rc = xs_transact(xs, "x", write_txn, xs, &b->e);
	xs_disconnect(xs);
	waitpid(pid, NULL, 0);
	return rc;
}

static void test_transact(struct bench *b)
{
	static const char *const done[] = {"1", "OK", "OK", NULL};
	static const char *const late[] = {"1",	 "OK", "EAGAIN", "2",
					   "OK", "OK", NULL};
	static const char *const torn[] = {"1",	 "EIO", "OK", "2",
					   "OK", "OK",	NULL};
	static const char *const full[] = {"1", "ENOSPC", "OK", NULL};

	is_int(transacts(b, done), 0, "a transaction");
	is_int(transacts(b, late), 0, "one that another one was before");
	is_int(transacts(b, torn), 0, "one that does not fit together");
	is_int(transacts(b, full), -1, "one that is refused");
	is_str(b->e.msg, "x: write /x: No space left on device",
	       "is not tried again");
}

struct seen {
	struct loop *loop;
	unsigned int gone;
};

static void on_gone(void *ctx)
{
	((struct seen *)ctx)->gone++;
}

static void nothing(void *ctx, const char *path)
{
	(void)ctx, (void)path;
}

static void stop(void *ctx)
{
	loop_stop(ctx);
}

static uint64_t cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void run_for(struct loop *loop, unsigned int ms, struct err *e)
{
	struct loop_timer *end = loop_timer_new(loop, stop, loop);

	loop_timer_set(end, ms);
	loop_run(loop, e);
	loop_timer_del(end);
}

static void test_loop(struct bench *b)
{
	pid_t pid = fake_daemon(b->path, 0);
	struct seen seen = {.loop = loop_new(&b->e)};
	struct xs *xs = connect_to(b, b->path);
	struct xs_watcher *w;
	uint64_t cpu;

	ok(!xs_attach(xs, seen.loop, &b->e), "in a loop");
	xs_on_gone(xs, on_gone, &seen);
	w = xs_watch_add(xs, "/there", nothing, NULL, &b->e);
	run_for(seen.loop, QUIET_MS, &b->e);
	is_int(seen.gone, 0, "it lives, and nothing is told");
	fake_kill(pid);
	cpu = cpu_us();
	run_for(seen.loop, QUIET_MS, &b->e);
	cpu = cpu_us() - cpu;
	is_int(seen.gone, 1, "its end is told, once");
	ok(cpu < QUIET_MS * 1000 / 4, "and the loop rests: %llu us of CPU",
	   (unsigned long long)cpu);
	fails_for_good(b, xs, "with a watch");
	xs_watch_del(w);
	xs_detach(xs);
	loop_free(seen.loop);
	xs_disconnect(xs);
}

/* Neither may fall back to a device: the first one has found a daemon. */
static void test_again(struct bench *b)
{
	pid_t pid = fake_daemon(b->path, 0);
	struct xs *xs;

	unsetenv("XENSTORED_PATH");
	setenv("XENSTORED_RUNDIR", b->dir, 1);
	xs = xs_connect(&b->log, &b->e);
	ok(xs, "found by XENSTORED_RUNDIR");
	is_str(getenv("XENSTORED_PATH"), b->path,
	       "the process keeps to this socket");
	unsetenv("XENSTORED_RUNDIR");
	xs_disconnect(xs);
	fake_kill(pid);
	unlink(b->path);
	ok(!xs_connect(&b->log, &b->e), "which is gone now");
}

/* A wait needs no limit of its own for this. */
static void test_wait(struct bench *b)
{
	pid_t pid = fake_daemon(b->path, 2);
	struct wait_ctx c = {
		.xs = connect_to(b, b->path),
		.signal_fd = -1,
		.supervisor_fd = -1,
		.limit_ms = 20000,
		.limit_name = "-t",
	};
	uint64_t start = clock_ms();

	is_int(wait_running(&c, &b->e), -1, "a wait ends when it dies");
	is_int(b->e.code, EXIT_HOST, "by the host's fault");
	ok(strstr(b->e.msg, "xenstored is gone"), "which is said: %s",
	   b->e.msg);
	ok(clock_ms() - start < 2000, "at once");
	xs_disconnect(c.xs);
	fake_kill(pid);
}

int main(void)
{
	struct bench b = {.dir = "/tmp/xs-XXXXXX"};

	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(b.dir))
		return 1;
	snprintf(b.path, sizeof(b.path), "%s/socket", b.dir);
	log_init(&b.log, stderr, LOG_ERROR);
	test_nobody(&b);
	test_device(&b);
	test_calls(&b);
	test_transact(&b);
	test_loop(&b);
	test_again(&b);
	test_wait(&b);
	unlink(b.path);
	rmdir(b.dir);
	return done_testing();
}
