/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's part of a save, with a guest, a device model and a stub
 * that do as they are told, or do not: whatever happens, the guest runs again
 * or is whole in a file.
 */
#include "tools/mtool/supervisesaveint.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/savefile.h"
#include "tests/unit/isolate.h"
#include "tests/unit/tap.h"
#include "tools/mtool/guestctl.h"
#include "tools/mtool/superviseqmp.h"

#define NAME "g"
#define DIR RUN_ROOT "/" NAME
#define TMP DIR "/.file.tmp"
#define FILE_ DIR "/file"

/* What there is to be saved, and what it does. */
static struct world {
	bool pv, shutdown, paused, pending; /* pending: asked, not answered */
	unsigned int reason;
	bool deaf; /* the guest never answers */
	bool slow; /* it answers, and does no more */
	bool dm_gone;
	const char *refuse; /* the command QEMU refuses */
	const char *silent; /* the one it never answers */
	bool stopped;	    /* QEMU is */
	unsigned int stops, conts, resumes, deaths, looks, dirty_on, dirty_off;
	enum supervise_end how;
	const void *state; /* what comes from console 1, */
	size_t len;
	size_t tail; /* and how much of it only after the answer */
	bool endless;
	qmp_result_fn *fn;
	void *ctx;
	char command[40];
	struct con_sink *sink;
} w;

static const uint8_t good[] = {'Q', 'E', 'V', 'M', 0, 0, 0, 3, 1, 2, 13, 10, 0};

/* --- Xen --- */

int hyp_dom_get(struct hyp *h, uint32_t domid, struct hyp_dom *out,
		struct err *e)
{
	(void)h, (void)e;
	memset(out, 0, sizeof(*out));
	out->domid = domid;
	out->shutdown = w.shutdown;
	out->reason = w.reason;
	out->paused = w.paused;
	return 1;
}

int hyp_dom_has_pv(struct hyp *h, uint32_t domid, struct err *e)
{
	(void)h, (void)domid, (void)e;
	return w.pv;
}

static void suspend(void)
{
	w.shutdown = true;
	w.reason = SHUTDOWN_suspend;
}

int hyp_dom_suspend(struct hyp *h, uint32_t domid, struct err *e)
{
	(void)h, (void)domid, (void)e;
	suspend();
	return 0;
}

int hyp_dom_resume(struct hyp *h, uint32_t domid, struct err *e)
{
	(void)h, (void)domid, (void)e;
	ok(w.shutdown, "only a suspended guest is resumed");
	w.shutdown = false;
	w.resumes++;
	return 0;
}

int hyp_dom_pause(struct hyp *h, uint32_t domid, struct err *e)
{
	(void)h, (void)domid, (void)e;
	w.paused = true;
	return 0;
}

/* --- xenstore --- */

int xs_resume(struct xs *xs, uint32_t domid)
{
	(void)xs, (void)domid;
	return 0;
}

int guest_ask(struct xs *xs, uint32_t domid, const char *word, struct err *e)
{
	(void)xs, (void)domid, (void)e;
	is_str(word, "suspend", "the guest is asked");
	w.pending = true;
	return 0;
}

int guest_answered(struct xs *xs, uint32_t domid, const char *word,
		   struct err *e)
{
	(void)xs, (void)domid, (void)word, (void)e;
	if (!w.deaf)
		w.pending = false;
	if (!w.deaf && !w.slow)
		suspend();
	return !w.pending;
}

int guest_withdraw(struct xs *xs, uint32_t domid, const char *word,
		   struct err *e)
{
	bool was = w.pending;

	(void)xs, (void)domid, (void)word, (void)e;
	w.pending = false;
	return was;
}

/* --- QEMU --- */

struct qmp_conn *supervise_qmp(struct supervise *s)
{
	(void)s;
	return w.dm_gone ? NULL : (struct qmp_conn *)&w;
}

struct qmp_cmd *qmp_command(struct qmp_conn *q, const char *command,
			    const json_t *args, uint64_t deadline_ms,
			    qmp_result_fn *fn, void *ctx, struct err *e)
{
	(void)q, (void)e;
	ok(deadline_ms > 0, "%s has a limit", command);
	if (!strcmp(command, "xen-save-devices-state"))
		is_str(json_string_value(json_object_get(args, "filename")),
		       "/dev/hvc1", "by its path");
	if (!strcmp(command, "xen-set-global-dirty-log")) {
		if (json_is_true(json_object_get(args, "enable")))
			w.dirty_on++;
		else
			w.dirty_off++;
		if (!ctx)
			return (struct qmp_cmd *)&w;
	}
	snprintf(w.command, sizeof(w.command), "%s", command);
	w.fn = fn;
	w.ctx = ctx;
	return (struct qmp_cmd *)&w;
}

void qmp_forget(struct qmp_conn *q, struct qmp_cmd *c)
{
	(void)q, (void)c;
	w.fn = NULL;
}

/* As a stub's console does: in pieces of its ring. */
static void pour(size_t from, size_t to)
{
	for (; from < to; from++)
		con_sink_output(w.sink, (const uint8_t *)w.state + from, 1);
}

static void pour_noise(void)
{
	static uint8_t noise[1 << 16];
	unsigned int i;

	for (i = 0; i < SAVEFILE_DEVICE_MAX / sizeof(noise) + 2; i++)
		con_sink_output(w.sink, noise, sizeof(noise));
}

bool con_drain(struct con *c)
{
	(void)c;
	pour(w.len - w.tail, w.len);
	w.tail = 0;
	return true;
}

static void qemu(void)
{
	qmp_result_fn *fn = w.fn;
	struct qmp_result r = {.ret = {"{}", 2}};

	if (!fn || (w.silent && !strcmp(w.silent, w.command)))
		return;
	w.fn = NULL;
	if (!strcmp(w.command, "xen-save-devices-state")) {
		pour(0, w.len - w.tail);
		if (w.endless)
			pour_noise();
	}
	w.stops += !strcmp(w.command, "stop");
	w.conts += !strcmp(w.command, "cont");
	if (w.refuse && !strcmp(w.refuse, w.command)) {
		r.ret.len = 0;
		err_set(&r.err, EXIT_FAILED, "no \033[2J");
	}
	fn(w.ctx, &r);
}

/* --- the rest of the supervisor --- */

void sup_dm_died(struct supervise *s, const char *what)
{
	if (!supervise_save_dm_died(s, what))
		w.deaths++;
}

void sup_watch_look(struct supervise *s)
{
	(void)s;
	w.looks++;
}

void sup_end(struct supervise *s, enum supervise_end how, const char *why, ...)
{
	(void)s, (void)why;
	w.how = how;
}

static int pair[2];

int ctl_dup(const struct ctl_conn *c, struct err *e)
{
	(void)c, (void)e;
	return pair[1];
}

/* --- the bench --- */

struct bench {
	struct supervise s;
	struct vm vm;
	struct vm_config cfg;
	struct loop_timer *end, *work;
	struct err e;
};

static void stop_loop(void *ctx)
{
	loop_stop(ctx);
}

static void work(void *ctx)
{
	struct bench *b = ctx;

	qemu();
	loop_timer_set(b->work, 5);
}

static void run(struct bench *b, uint64_t ms)
{
	loop_timer_set(b->end, ms);
	loop_run(b->s.loop, &b->e);
}

static void open_bench(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	memset(&w, 0, sizeof(w));
	w.state = good;
	w.len = sizeof(good);
	mkdir(RUN_ROOT, 0700);
	mkdir(DIR, 0700);
	strcpy(b->cfg.name, NAME);
	b->vm.cfg = &b->cfg;
	b->vm.record.target = 7;
	b->s.vm = &b->vm;
	b->s.released = true;
	b->s.loop = loop_new(&b->e);
	b->s.log_stream = fopen("/dev/null", "w");
	log_init(&b->s.log, b->s.log_stream, LOG_WARN);
	w.sink = con_spool_new(&b->e);
	b->s.console[0].index = 1;
	b->s.console[0].sink = w.sink;
	b->s.console[0].con = (struct con *)&w;
	b->s.nr_console = 1;
	b->end = loop_timer_new(b->s.loop, stop_loop, b->s.loop);
	b->work = loop_timer_new(b->s.loop, work, b);
	loop_timer_set(b->work, 5);
	close(open(TMP, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void close_bench(struct bench *b)
{
	supervise_save_close(&b->s);
	con_sink_free(w.sink);
	loop_timer_del(b->end);
	loop_timer_del(b->work);
	loop_free(b->s.loop);
	fclose(b->s.log_stream);
	unlink(TMP);
	unlink(FILE_);
	is_int(rmdir(DIR), 0, "nothing else is left");
}

static int begin(struct bench *b)
{
	json_t *request = json_pack("{s:s s:s}", "tmp", TMP, "file", FILE_);
	int rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	rc = supervise_save(&b->s, NULL, request, NULL, &b->e);
	json_decref(request);
	if (rc >= 0)
		return rc;
	close(pair[0]);
	close(pair[1]);
	return rc;
}

static void say(const char *text)
{
	if (write(pair[0], text, strlen(text)) < 0)
		abort();
}

/* What the session has said since, all of it. */
static const char *heard(void)
{
	static char buf[4096];
	ssize_t n = recv(pair[0], buf, sizeof(buf) - 1, MSG_DONTWAIT);

	buf[n > 0 ? n - 1 : 0] = '\0'; /* without its newline */
	return buf;
}

static bool there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void suspend_it(struct bench *b)
{
	heard();
	say("{\"do\":\"suspend\"}\n");
	run(b, 300);
}

static void test_saved(bool pv)
{
	struct bench b;
	char path[RUNDIR_PATH_MAX];
	struct stat st;

	open_bench(&b);
	w.pv = pv;
	w.tail = 5;
	is_int(begin(&b), CTL_TAKEN, "a save begins, %s PV drivers",
	       pv ? "with" : "without");
	ok(there(DIR "/" SAVE_NOTE), "that is noted");
	ok(supervise_saving(&b.s), "and known");
	is_int(begin(&b), -1, "no second one: %s", b.e.msg);
	is_int(b.e.code, EXIT_BUSY, "is busy");
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		abort();
	supervise_save_close(&b.s);
	close(pair[0]);
	close(pair[1]);
	close(open(TMP, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	begin(&b);
	con_sink_output(w.sink, (const uint8_t *)"stale", 5);
	suspend_it(&b);
	ok(strstr(heard(), "\"state\":13"), "the state came whole");
	rundir_file(NAME, SAVE_STATE, path);
	is_int(stat(path, &st) ? -1 : st.st_size, sizeof(good), "in its file");
	ok(w.shutdown && w.stops == 1 && !w.conts, "all is still");
	ok(supervise_save_shutdown(&b.s, SHUTDOWN_suspend),
	   "its suspending is nobody else's business");
	say("{\"do\":\"finish\",\"destroy\":true}\n");
	run(&b, 50);
	ok(strstr(heard(), "\"ok\":true"), "finished");
	is_int(w.how, END_DESTROY, "the VM ends");
	ok(there(FILE_) && !there(TMP), "the file has its name");
	supervise_save_close(&b.s);
	ok(there(DIR "/" SAVE_NOTE), "the note stays as long as the VM");
	unlink(DIR "/" SAVE_NOTE);
	unlink(path);
	close(pair[0]);
	close_bench(&b);
}

static void test_checkpoint(bool paused)
{
	struct bench b;

	open_bench(&b);
	w.pv = true;
	begin(&b);
	suspend_it(&b);
	heard();
	say(paused ? "{\"do\":\"resume\",\"paused\":true}\n"
		   : "{\"do\":\"resume\"}\n");
	run(&b, 100);
	ok(strstr(heard(), "\"ok\":true"), "resumed");
	ok(!w.shutdown && w.conts == 1 && w.resumes == 1, "it runs on");
	is_int(w.paused, paused, "or is paused");
	say("{\"do\":\"finish\"}\n");
	run(&b, 50);
	ok(strstr(heard(), "\"ok\":true"), "finished");
	ok(there(FILE_) && !there(TMP) && !supervise_saving(&b.s),
	   "and there is a file");
	is_int(w.how, END_NOT, "the VM goes on");
	close(pair[0]);
	close_bench(&b);
}

/* The guest runs, and nothing tells of the save. */
static void as_before(struct bench *b, const char *what)
{
	ok(!w.shutdown && !w.pending && !supervise_saving(&b->s),
	   "%s: the guest runs as before", what);
	is_int(w.conts, w.stops, "so does QEMU");
	ok(!there(TMP) && !there(FILE_), "there is no file");
	is_int(w.how, END_NOT, "the VM goes on");
	close_bench(b);
}

/* The stop fails for a reason that the client is told. */
static void test_fails(const char *what, const struct world *as,
		       const char *why)
{
	struct bench b;
	const char *text;

	open_bench(&b);
	w.pv = as->pv;
	w.refuse = as->refuse;
	w.endless = as->endless;
	if (as->state || as->len) {
		w.state = as->state;
		w.len = as->len;
	}
	begin(&b);
	suspend_it(&b);
	if (!*(text = heard())) {
		run(&b, 6000);
		text = heard();
	}
	ok(strstr(text, "\"ok\":false") && strstr(text, why), "%s: %s", what,
	   text);
	ok(!w.shutdown, "the guest runs already");
	close(pair[0]);
	run(&b, 100);
	as_before(&b, what);
}

static void test_all_fails(void)
{
	static const uint8_t cut[] = {'Q', 'E', 'V', 'M', 0, 0, 0, 3, 1, 2, 9};
	static const uint8_t text[] = "no such file or directory";

	test_fails("QEMU does not stop", &(struct world){.refuse = "stop"},
		   "device model: stop");
	test_fails(
		"QEMU does not save",
		&(struct world){.pv = true, .refuse = "xen-save-devices-state"},
		"save its state: no ?[2J");
	test_fails("no data", &(struct world){.state = good + 1, .len = 1},
		   "cannot be one");
	test_fails("data without end",
		   &(struct world){.state = cut, .len = sizeof(cut)},
		   "without an end");
	test_fails("text", &(struct world){.state = text, .len = sizeof(text)},
		   "does not begin");
	test_fails("endless data", &(struct world){.endless = true},
		   "more than");
}

/* The client is killed at any moment. */
static void test_left(const char *when, const char *silent, bool deaf, bool pv)
{
	struct bench b;

	open_bench(&b);
	w.pv = pv;
	w.deaf = deaf;
	w.silent = silent;
	begin(&b);
	say("{\"do\":\"dirty\",\"on\":true}\n");
	run(&b, 50);
	suspend_it(&b);
	close(pair[0]);
	run(&b, 200);
	is_int(w.dirty_off, w.dirty_on, "QEMU logs no more");
	as_before(&b, when);
}

static void test_all_left(void)
{
	struct bench b;

	open_bench(&b);
	begin(&b);
	close(pair[0]);
	run(&b, 50);
	as_before(&b, "the client leaves at once");
	test_left("while the guest thinks", NULL, true, true);
	test_left("while QEMU writes", "xen-save-devices-state", false, false);
	test_left("while all is held", NULL, false, true);
}

/* Asked, answered, and only then, when all have gone, does it suspend. */
static void test_late(void)
{
	struct bench b;

	open_bench(&b);
	w.pv = w.slow = true;
	begin(&b);
	suspend_it(&b);
	close(pair[0]);
	run(&b, 50);
	ok(!supervise_saving(&b.s), "the save is over");
	ok(b.s.suspend_late, "but the guest may still do it");
	suspend();
	ok(supervise_save_shutdown(&b.s, SHUTDOWN_suspend), "it does");
	run(&b, 100);
	is_int(w.conts, 1, "QEMU is told to go on");
	w.stops = w.conts;
	as_before(&b, "suspended late");
}

static void test_dies(void)
{
	struct bench b;

	open_bench(&b);
	begin(&b);
	suspend_it(&b);
	heard();
	sup_dm_died(&b.s, "stubdomain crashed");
	is_int(w.deaths, 0, "once all is held the device model may die");
	say("{\"do\":\"finish\",\"destroy\":true}\n");
	run(&b, 50);
	ok(w.how == END_DESTROY && there(FILE_), "and the file is whole");
	unlink(DIR "/" SAVE_NOTE);
	unlink(DIR "/" SAVE_STATE);
	close(pair[0]);
	close_bench(&b);

	open_bench(&b);
	begin(&b);
	suspend_it(&b);
	sup_dm_died(&b.s, "stubdomain crashed");
	w.dm_gone = true;
	close(pair[0]);
	run(&b, 100);
	is_int(w.deaths, 1, "if it is not finished, its death counts");
	ok(!w.shutdown, "for a guest that runs");
	w.conts = w.stops;
	as_before(&b, "dead device model");

	open_bench(&b);
	w.silent = "xen-save-devices-state";
	begin(&b);
	suspend_it(&b);
	heard();
	w.dm_gone = true;
	sup_dm_died(&b.s, "stubdomain crashed");
	is_int(w.deaths, 1, "before that it counts at once");
	ok(strstr(heard(), "stubdomain crashed"), "and is told");
	ok(!w.shutdown, "the guest is resumed");
	w.conts = w.stops;
	close(pair[0]);
	as_before(&b, "dead while it wrote");
}

/* A guest that does something else than to suspend itself. */
static void test_off(void)
{
	struct bench b;

	open_bench(&b);
	w.pv = w.deaf = true;
	begin(&b);
	suspend_it(&b);
	w.shutdown = true;
	w.reason = SHUTDOWN_poweroff;
	ok(!supervise_save_shutdown(&b.s, SHUTDOWN_poweroff),
	   "a guest that powers off is another's business");
	ok(!supervise_saving(&b.s) && !there(TMP), "and not to be saved");
	close(pair[0]);
	close_bench(&b);
}

static void test_recover(void)
{
	struct bench b;

	open_bench(&b);
	begin(&b);
	suspend_it(&b);
	/* killed: nothing of it is left but its files */
	close(pair[0]);
	save_drop(b.s.save);
	loop_del(b.s.save->io);
	close(b.s.save->fd);
	loop_timer_del(b.s.save->timer);
	free(b.s.save);
	b.s.save = NULL;
	supervise_save_recover(&b.s);
	ok(supervise_save_shutdown(&b.s, SHUTDOWN_suspend),
	   "the next supervisor knows why it is suspended");
	run(&b, 100);
	as_before(&b, "killed supervisor");

	open_bench(&b);
	begin(&b);
	supervise_save_recover(&(struct supervise){
		.vm = &b.vm, .loop = b.s.loop, .log = b.s.log});
	ok(!there(TMP), "a half file goes");
	close(pair[0]);
	run(&b, 50);
	close_bench(&b);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
}

static void test_recover_whole(void)
{
	static const char note[] =
		"{\"whole\":true,\"tmp\":\"" TMP "\",\"file\":\"" FILE_ "\"}";
	struct bench b;
	int i;

	for (i = 0; i < 2; i++) {
		open_bench(&b);
		suspend();
		put(DIR "/" SAVE_NOTE, note);
		if (i)
			rename(TMP, FILE_);
		supervise_save_recover(&b.s);
		ok(there(FILE_) && !there(TMP), "killed %s the rename",
		   i ? "behind" : "before");
		is_int(w.how, END_DESTROY, "what was finished is finished");
		supervise_save_close(&b.s);
		unlink(DIR "/" SAVE_NOTE);
		close_bench(&b);
	}
}

static void test_nonsense(void)
{
	struct bench b;

	open_bench(&b);
	b.s.released = false;
	is_int(begin(&b), -1, "not while it is created: %s", b.e.msg);
	b.s.released = true;
	w.dm_gone = true;
	is_int(begin(&b), -1, "nor without a device model: %s", b.e.msg);
	w.dm_gone = false;
	begin(&b);
	heard();
	say("{\"do\":\"resume\"}\n");
	run(&b, 50);
	ok(strstr(heard(), "not suspended"), "resume comes after suspend");
	say("{\"do\":\"finish\",\"destroy\":true}\n");
	run(&b, 50);
	ok(strstr(heard(), "not in this state"), "so does the end");
	say("{\"do\":\"fly\"}\n");
	run(&b, 50);
	ok(strstr(heard(), "unknown word"), "an unknown word");
	say("\n");
	run(&b, 50);
	ok(strstr(heard(), "\"ok\":false"), "no JSON");
	w.paused = w.pv = true;
	say("{\"do\":\"suspend\"}\n");
	run(&b, 50);
	ok(strstr(heard(), "paused"), "a paused guest cannot answer");
	close(pair[0]);
	run(&b, 50);
	w.paused = false;
	as_before(&b, "nonsense");
}

int main(void)
{
	const char *missing = isolate();

	if (missing) {
		printf("1..0 # SKIP %s: %s\n", missing, strerror(errno));
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	test_saved(true);
	test_saved(false);
	test_checkpoint(false);
	test_checkpoint(true);
	test_all_fails();
	test_all_left();
	test_late();
	test_dies();
	test_off();
	test_recover();
	test_recover_whole();
	test_nonsense();
	return done_testing();
}
