/* SPDX-License-Identifier: MIT */
/*
 * The supervisor when xenstored dies: it tells once, does not spin, and sees
 * what becomes of its domains all the same.
 */
#include "core/xs.h"

#include <sys/resource.h>

#include "tests/unit/fakestored.h"
#include "tests/unit/tap.h"
#include "tools/mtool/superviseint.h"
#include "tools/mtool/superviseqmp.h"
#include "tools/mtool/supervisesave.h"
#include "tools/mtool/teardown.h"
#include "tools/mtool/vmconfig.h"

enum { TARGET = 7, STUB = 8, NOTICED_MS = 10000, REST_MS = 1000 };

static struct {
	bool destroyed; /* the guest */
	unsigned int looks;
	char ended[96];
} w;

/* --- what supervisewatch.c uses of the rest --- */

int hyp_dom_get(struct hyp *h, uint32_t domid, struct hyp_dom *out,
		struct err *e)
{
	(void)h, (void)e;
	memset(out, 0, sizeof(*out));
	out->domid = domid;
	w.looks++;
	return domid == TARGET && w.destroyed ? 0 : 1;
}

void sup_end(struct supervise *s, enum supervise_end how, const char *why, ...)
{
	va_list ap;

	s->how = how;
	va_start(ap, why);
	vsnprintf(w.ended, sizeof(w.ended), why, ap);
	va_end(ap);
	loop_stop(s->loop);
}

int hyp_dom_pause(struct hyp *h, uint32_t domid, struct err *e)
{
	(void)h, (void)domid, (void)e;
	return 0;
}

int vm_drop_stub(struct hyp *h, struct xs *xs, const struct vm_record *r,
		 struct err *e)
{
	(void)h, (void)xs, (void)r, (void)e;
	return 0;
}

enum vm_action vm_action_for(const struct vm_config *cfg, unsigned int reason)
{
	(void)cfg, (void)reason;
	return ACTION_DESTROY;
}

int rundir_note(struct rundir *r, struct err *e, const char *fmt, ...)
{
	(void)r, (void)e, (void)fmt;
	return 0;
}

int rundir_note_end(struct rundir *r, const char *why, struct err *e)
{
	(void)r, (void)why, (void)e;
	return 0;
}

void con_server_drain(struct con_server *s, uint32_t domid)
{
	(void)s, (void)domid;
}

void sup_consoles_close_stub(struct supervise *s)
{
	(void)s;
}

void supervise_last_words(struct supervise *s, char *buf, size_t size)
{
	(void)s;
	snprintf(buf, size, "none");
}

void supervise_qmp_alive(struct supervise *s, void (*then)(struct supervise *s))
{
	then(s);
}

void supervise_qmp_close(struct supervise *s)
{
	(void)s;
}

bool supervise_save_dm_died(struct supervise *s, const char *what)
{
	(void)s, (void)what;
	return false;
}

bool supervise_save_shutdown(struct supervise *s, unsigned int reason)
{
	(void)s, (void)reason;
	return false;
}

/* --- */

static void stop(void *ctx)
{
	loop_stop(ctx);
}

static void run_for(struct supervise *s, unsigned int ms)
{
	struct loop_timer *end = loop_timer_new(s->loop, stop, s->loop);
	struct err e;

	loop_timer_set(end, ms);
	loop_run(s->loop, &e);
	loop_timer_del(end);
}

static uint64_t cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static unsigned int count(const char *text, const char *what)
{
	unsigned int nr = 0;

	while ((text = strstr(text, what)) && ++nr)
		text++;
	return nr;
}

static void test_gone(struct supervise *s, pid_t daemon, char **log)
{
	uint64_t cpu;

	run_for(s, REST_MS / 2);
	is_int(w.looks, 0, "while it lives nobody looks unasked");
	fake_kill(daemon);
	cpu = cpu_us();
	run_for(s, REST_MS);
	cpu = cpu_us() - cpu;
	fflush(s->log.out);
	is_int(count(*log, "xenstored is gone"), 1, "its end is told, once");
	ok(strstr(*log, "mtool supervise --replace g"),
	   "with what helps when it is back");
	ok(cpu < REST_MS * 1000 / 4, "the loop rests: %llu us of CPU",
	   (unsigned long long)cpu);
	is_int(s->how, END_NOT, "the VM goes on");
	w.destroyed = true;
	run_for(s, NOTICED_MS);
	is_int(s->how, END_DESTROY, "the end of its guest is seen");
	is_str(w.ended, "guest was destroyed", "for what it is");
	ok(w.looks < 10, "by %u looks", w.looks);
	fflush(s->log.out);
	is_int(count(*log, "\n"), 1, "one line is all that was logged");
}

int main(void)
{
	struct vm_config *cfg = calloc(1, sizeof(*cfg));
	struct vm vm = {.cfg = cfg};
	struct supervise s = {.vm = &vm, .released = true, .creator = -1};
	char dir[] = "/tmp/watch-XXXXXX", path[64], *log;
	size_t size;
	struct err e;
	pid_t daemon;

	signal(SIGPIPE, SIG_IGN);
	if (!cfg || !mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	snprintf(cfg->name, sizeof(cfg->name), "g");
	vm.record.target = TARGET;
	vm.record.stub = STUB;
	log_init(&s.log, open_memstream(&log, &size), LOG_WARN);
	daemon = fake_daemon(path, 0);
	setenv("XENSTORED_PATH", path, 1);
	s.loop = loop_new(&e);
	s.xs = xs_connect(&s.log, &e);
	ok(s.xs && !xs_attach(s.xs, s.loop, &e) && !sup_watch_open(&s, &e),
	   "it looks after its domains");
	test_gone(&s, daemon, &log);
	sup_watch_close(&s);
	xs_disconnect(s.xs);
	loop_free(s.loop);
	fclose(s.log.out);
	free(log);
	free(cfg);
	unlink(path);
	rmdir(dir);
	return done_testing();
}
