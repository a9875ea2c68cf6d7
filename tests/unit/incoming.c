/* SPDX-License-Identifier: MIT */
/*
 * What a restore has that a fresh start has not: its plan, the processes that
 * work for it, and the words of a migration.
 */
#include "tools/mtool/handshake.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/qemuargs.h"
#include "tests/unit/tap.h"
#include "tools/mtool/progress.h"
#include "tools/mtool/vmplan.h"
#include "tools/mtool/worker.h"

#define BASE "name='g';memory=64;vga='none';disk=['/a,,hda'];uuid="
#define T "/local/domain/" PLAN_T
#define UUID "'01234567-89ab-cdef-0123-456789abcdef';"

/* --- the plan --- */

static int step(const struct plan *p, enum plan_op op, enum plan_dom dom)
{
	unsigned int i;

	for (i = 0; i < p->nr_step; i++) {
		if (p->step[i].op == op && p->step[i].dom == dom)
			return (int)i;
	}
	return -1;
}

/* The only step that writes it; -1. */
static int with_node(const struct plan *p, const char *path)
{
	unsigned int i, j;
	int found = -1;

	for (i = 0; i < p->nr_step; i++) {
		for (j = 0; j < p->step[i].nr_node; j++) {
			if (strcmp(p->step[i].node[j].path, path))
				continue;
			if (found >= 0)
				return -1;
			found = (int)i;
		}
	}
	return found;
}

/* The last argument below image/DIR, and how many are -incoming. */
static const char *last_arg(const struct plan *p, const char *dir,
			    unsigned int *incoming)
{
	const char *last = NULL;
	unsigned int i, j;

	*incoming = 0;
	for (i = 0; i < p->nr_step; i++) {
		for (j = 0; j < p->step[i].nr_node; j++) {
			const struct plan_node *n = &p->step[i].node[j];

			if (!strstr(n->path, dir))
				continue;
			last = n->value;
			*incoming += !strcmp(last, "-incoming");
		}
	}
	return last;
}

static void plan(struct vm_plan *v, struct vm_config *cfg, const char *text,
		 bool incoming)
{
	static const uint8_t stub_uuid[16] = {1};
	static struct vm_paths paths = {"/hvmloader", "/bios", "/k", "/r"};
	struct err e;

	if (config_parse(cfg, text, strlen(text), "t", &e) < 0)
		ok(false, "%s", e.msg);
	cfg->incoming = incoming;
	if (vm_plan_make(v, cfg, &paths, stub_uuid, &e) < 0)
		ok(false, "%s", e.msg);
}

static void test_order(void)
{
	struct vm_config cfg;
	struct vm_plan v;
	const struct plan *p = &v.plan;

	plan(&v, &cfg, BASE UUID, true);
	ok(step(p, OP_BUILD, DOM_TARGET) < 0, "nothing is built for the guest");
	ok(step(p, OP_CREATE, DOM_TARGET) < step(p, OP_READ, DOM_TARGET) &&
		   step(p, OP_READ, DOM_TARGET) < step(p, OP_CREATE, DOM_STUB),
	   "its memory is read while the stub is built");
	ok(step(p, OP_SUPERVISE, DOM_HOST) < step(p, OP_UNPAUSE, DOM_STUB) &&
		   step(p, OP_UNPAUSE, DOM_STUB) <
			   step(p, OP_AWAIT, DOM_TARGET),
	   "and while it boots, somebody looking after it");
	ok(step(p, OP_AWAIT, DOM_TARGET) < with_node(p, T "/store/ring-ref") &&
		   step(p, OP_AWAIT, DOM_TARGET) <
			   with_node(p, T "/console/ring-ref") &&
		   step(p, OP_AWAIT, DOM_TARGET) <
			   step(p, OP_INTRODUCE, DOM_TARGET),
	   "nobody is told where its rings are before it is there");
	ok(step(p, OP_INTRODUCE, DOM_TARGET) <
			   step(p, OP_SUPERVISE, DOM_TARGET) &&
		   step(p, OP_SET_TARGET, DOM_STUB) <
			   step(p, OP_SUPERVISE, DOM_TARGET) &&
		   step(p, OP_SUPERVISE, DOM_TARGET) <
			   step(p, OP_WAIT_DM, DOM_STUB),
	   "then the stub goes on, and may act for it");
	vm_plan_free(&v);
	config_free(&cfg);
	plan(&v, &cfg, BASE UUID, false);
	ok(step(p, OP_READ, DOM_TARGET) < 0 &&
		   step(p, OP_AWAIT, DOM_TARGET) < 0,
	   "a fresh start has no such steps");
	vm_plan_free(&v);
	config_free(&cfg);
}

/* Both conventions of the protocol, each in its own directory. */
static void test_args(void)
{
	static const struct {
		const char *protocol, *argv, *args;
	} t[] = {
		{"both", "$STUBDOM_RESTORE_INCOMING_ARG", "fd:3"},
		{"merged", "$STUBDOM_RESTORE_INCOMING_ARG", NULL},
		{"v5", NULL, "fd:3"},
	};
	struct vm_config cfg;
	unsigned int i, nr;
	struct vm_plan v;
	char text[256];

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		snprintf(text, sizeof(text),
			 BASE UUID "stubdomain_protocol='%s'", t[i].protocol);
		plan(&v, &cfg, text, true);
		if (t[i].argv)
			is_str(last_arg(&v.plan, "/dm-argv/", &nr), t[i].argv,
			       "%s: the stub's own word", t[i].protocol);
		else
			ok(!last_arg(&v.plan, "/dm-argv/", &nr), "no dm-argv");
		is_int(nr, t[i].argv != NULL, "behind one -incoming");
		if (t[i].args)
			is_str(last_arg(&v.plan, "/dmargs/", &nr), t[i].args,
			       "%s: descriptor 3", t[i].protocol);
		else
			ok(!last_arg(&v.plan, "/dmargs/", &nr), "no dmargs");
		is_int(nr, t[i].args != NULL, "behind one -incoming");
		vm_plan_free(&v);
		config_free(&cfg);
	}
	plan(&v, &cfg, BASE UUID, false);
	last_arg(&v.plan, "/dm-argv/", &nr);
	is_int(nr, 0, "a fresh start has none");
	vm_plan_free(&v);
	config_free(&cfg);
}

/* --- workers --- */

static int works(void *ctx, struct err *e)
{
	snprintf(e->msg, sizeof(e->msg), "%s", (const char *)ctx);
	return 0;
}

static int fails(void *ctx, struct err *e)
{
	return err_set(e, EXIT_BUSY, "%s", (const char *)ctx);
}

static int hangs(void *ctx, struct err *e)
{
	(void)ctx;
	pause(); /* no signal comes that it could heed */
	return err_set(e, EXIT_FAILED, "was woken");
}

static int dies(void *ctx, struct err *e)
{
	(void)ctx, (void)e;
	raise(SIGKILL);
	return 0;
}

static void test_workers(void)
{
	struct worker w;
	char said[16];
	struct err e;
	int cancel[2], status;

	if (pipe(cancel) < 0)
		abort();
	worker_start(&w, works, "12 34", &e);
	is_int(worker_wait(&w, cancel[0], said, sizeof(said), &e), 0, "works");
	is_str(said, "12 34", "and says what came of it");
	worker_start(&w, fails, "no room", &e);
	is_int(worker_wait(&w, cancel[0], NULL, 0, &e), -1, "fails");
	ok(e.code == EXIT_BUSY && !strcmp(e.msg, "no room"), "and says why");
	worker_start(&w, dies, NULL, &e);
	is_int(worker_wait(&w, cancel[0], NULL, 0, &e), -1, "dies: %s", e.msg);
	if (write(cancel[1], "x", 1) != 1)
		abort();
	worker_start(&w, hangs, NULL, &e);
	is_int(worker_wait(&w, cancel[0], NULL, 0, &e), -1, "hangs");
	is_str(e.msg, "interrupted", "until the user has enough");
	ok(!w.pid, "and is no more");
	worker_kill(&w);
	worker_start(&w, hangs, NULL, &e);
	if (!fork()) {
		worker_leave(&w);
		worker_kill(&w);
		_exit(fcntl(w.fd, F_GETFD) < 0 ? 0 : 1);
	}
	wait(&status);
	is_int(status, 0, "a child process lets go of it");
	is_int(kill(w.pid, 0), 0, "and that does it no harm");
	worker_kill(&w);
	ok(!w.pid, "one that hangs can be killed");
}

/* --- words --- */

static int heard(const char *said, const char *want, struct err *e)
{
	int p[2], rc;

	if (pipe(p) < 0 || write(p[1], said, strlen(said)) < 0)
		abort();
	close(p[1]);
	rc = handshake_await(p[0], want, -1, 1000, e);
	close(p[0]);
	return rc;
}

static void test_words(void)
{
	char long_line[3000];
	struct err e;
	int p[2];

	is_int(heard("ready\n", "ready", &e), 0, "the right word");
	is_int(heard("error 4 g: busy\n", "ready", &e), -1, "an error");
	ok(e.code == EXIT_BUSY && strstr(e.msg, "g: busy"), "is passed on: %s",
	   e.msg);
	is_int(heard("error 99 x\n", "ready", &e), -1, "%s", e.msg);
	is_int(e.code, EXIT_FAILED, "an unknown code");
	is_int(heard("bash: mtool: not \033[2Jfound\n", "ready", &e), -1, "%s",
	       e.msg);
	is_int(heard("", "ready", &e), -1, "nobody: %s", e.msg);
	is_int(e.code, EXIT_DIED, "has hung up");
	is_int(heard("rea", "ready", &e), -1, "half a word: %s", e.msg);
	memset(long_line, 'x', sizeof(long_line) - 1);
	long_line[sizeof(long_line) - 1] = '\0';
	is_int(heard(long_line, "ready", &e), -1, "endless: %s", e.msg);
	if (pipe(p) < 0)
		abort();
	is_int(handshake_await(p[0], "ready", -1, 20, &e), -1, "%s", e.msg);
	is_int(e.code, EXIT_TIMEOUT, "in time");
}

static void test_progress(void)
{
	struct progress p = {.name = "g",
			     .verb = "save",
			     .done = 100 << 20,
			     .total = 260 << 20,
			     .start_ms = 1000};
	char text[160];

	progress_text(&p, 2000, text, sizeof(text));
	is_str(text, "g: save: 100 of 260 MiB, 100 MiB/s, 2 s left",
	       "under way");
	progress_text(&p, 1000, text, sizeof(text));
	is_str(text, "g: save: 100 of 260 MiB, 0 MiB/s", "in no time");
	p.total = 0;
	progress_text(&p, 2000, text, sizeof(text));
	is_str(text, "g: save: 100 of 100 MiB, 100 MiB/s", "a wrong guess");
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_order();
	test_args();
	test_workers();
	test_words();
	test_progress();
	return done_testing();
}
