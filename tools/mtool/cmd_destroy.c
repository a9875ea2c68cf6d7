/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/mtool/ctl.h"
#include "tools/mtool/host.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/teardown.h"

enum {
	AT_ONCE = 32, /* processes, for VMs without a supervisor */
	ASK_MS = 2000,
};

struct destroy {
	struct mtool *m;
	struct host h;
	uint64_t limit_ms;
	bool all;
	unsigned int running, failed; /* processes; VMs */
	enum exit_code code;	      /* of the first that failed */
};

/* A VM that is to go. */
struct victim {
	struct vm_record r;
	int supervisor; /* its pidfd, or -1 */
	bool told;	/* and that it has agreed */
	uint64_t end;	/* when all this must be over */
};

static uint64_t left_ms(uint64_t end)
{
	uint64_t now = clock_ms();

	return now < end ? end - now : 0;
}

/* Whether it has ended. */
static bool supervisor_wait(int fd, uint64_t end)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	bool ended;

	if (fd < 0)
		return true;
	ended = poll(&p, 1, (int)left_ms(end)) == 1;
	close(fd);
	return ended;
}

/* It knows better than the journal which domains there are right now. */
static bool supervisor_told(const char *name)
{
	json_t *request = json_pack("{s:s}", "cmd", "destroy");
	char path[RUNDIR_PATH_MAX];
	struct err ignored;
	int rc = -1;

	rundir_file(name, "ctl.sock", path);
	if (request)
		rc = ctl_call(path, request, NULL, ASK_MS, &ignored);
	json_decref(request);
	return !rc;
}

/*
 * The supervisor saves the last words of the stub, kills, clears up and ends.
 * Only one that does not listen is helped by killing both domains: two at it
 * spend their time waiting for each other inside Xen.
 */
static int supervisor_end_vm(struct host *h, const struct victim *v,
			     struct err *e)
{
	if (!v->told && vm_kill(h->hyp, &v->r, e) < 0) {
		supervisor_wait(v->supervisor, v->end);
		return -1;
	}
	if (supervisor_wait(v->supervisor, v->end) || !v->told)
		return 0;
	return vm_kill(h->hyp, &v->r, e);
}

/* Then what it has left is removed, if it has; and Xen is waited for. */
static int finish(struct host *h, const struct victim *v, struct err *e)
{
	const struct vm_record *r = &v->r;
	struct rundir run;
	int rc;

	if (supervisor_end_vm(h, v, e) < 0)
		return err_in(e, "%s", r->name);
	rc = rundir_lock(&run, r->name, left_ms(v->end), e);
	if (!rc)
		rc = vm_remove(h->hyp, h->xs, r, &run, left_ms(v->end), e);
	/* Whoever has the lock may be waiting for Xen as well. */
	else if (vm_wait_gone(h->hyp, r, left_ms(v->end), e) < 0 || rc < 0)
		rc = -1;
	return rc < 0 ? err_in(e, "%s", r->name) : 0;
}

/* 0; 1 if there is no such VM: what is not there is destroyed; -1 and *e */
static int begin(struct destroy *d, const char *who, struct victim *v,
		 struct err *e)
{
	if (vm_find(who, &v->r, e) < 0) {
		if (e->code != EXIT_NO_VM)
			return -1;
		log_msg(&d->m->log, LOG_WARN, "%s", e->msg);
		return 1;
	}
	v->supervisor =
		rundir_locked(v->r.name) ? rundir_supervisor(v->r.name) : -1;
	v->told = supervisor_told(v->r.name);
	v->end = clock_ms() + d->limit_ms;
	return 0;
}

static int destroy_one(struct destroy *d, const char *who, struct err *e)
{
	struct victim v;
	int rc = begin(d, who, &v, e);

	if (rc)
		return rc < 0 ? -1 : 0;
	return finish(&d->h, &v, e);
}

static void note_failure(struct destroy *d, enum exit_code code)
{
	if (!d->failed++)
		d->code = code;
}

static void note_error(struct destroy *d, const struct err *e)
{
	log_msg(&d->m->log, LOG_ERROR, "%s", e->msg);
	note_failure(d, e->code);
}

/* Without a supervisor: Xen takes its time for each. */
_Noreturn static void child(struct destroy *d, const struct victim *v)
{
	struct host h;
	struct err e;

	if (!host_open(&h, &d->m->log, &e) && !finish(&h, v, &e))
		_exit(EXIT_DONE);
	log_msg(&d->m->log, LOG_ERROR, "%s", e.msg);
	_exit(e.code);
}

static void reap(struct destroy *d)
{
	int status;

	if (wait(&status) < 0)
		return;
	d->running--;
	if (!WIFEXITED(status))
		note_failure(d, EXIT_FAILED);
	else if (WEXITSTATUS(status))
		note_failure(d, (enum exit_code)WEXITSTATUS(status));
}

static int start_child(struct destroy *d, const struct victim *v, struct err *e)
{
	pid_t pid;

	while (d->running >= AT_ONCE)
		reap(d);
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return err_sys(e, EXIT_FAILED, "%s: fork", v->r.name);
	if (!pid)
		child(d, v);
	if (v->supervisor >= 0)
		close(v->supervisor);
	d->running++;
	return 0;
}

/*
 * The supervisors work side by side, and are waited for; a VM without one gets
 * a process of its own. `told` has room for all; how many are in it is
 * returned.
 */
static int begin_many(struct destroy *d, char **who, int nr,
		      struct victim *told)
{
	struct err e;
	int i, n = 0;

	for (i = 0; i < nr; i++) {
		int rc = begin(d, who[i], &told[n], &e);

		if (!rc && told[n].told)
			n++;
		else if (!rc)
			rc = start_child(d, &told[n], &e);
		if (rc < 0)
			note_error(d, &e);
	}
	return n;
}

static int destroy_many(struct destroy *d, char **who, int nr, struct err *e)
{
	struct victim *told = calloc((size_t)nr, sizeof(*told));
	int i, n;

	if (!told)
		return err_sys(e, EXIT_FAILED, "destroy");
	n = begin_many(d, who, nr, told);
	for (i = 0; i < n; i++)
		if (finish(&d->h, &told[i], e) < 0)
			note_error(d, e);
	while (d->running)
		reap(d);
	free(told);
	if (!d->failed)
		return 0;
	return err_set(e, d->code, "destroy: %u of %d VMs are not gone",
		       d->failed, nr);
}

static int destroy_named(struct destroy *d, char **who, int nr, struct err *e)
{
	return nr > 1 ? destroy_many(d, who, nr, e) : destroy_one(d, who[0], e);
}

static int destroy_all(struct destroy *d, struct err *e)
{
	struct vm_record *list;
	int i, rc, nr = rundir_list(&list, e);
	char **who;

	if (nr <= 0)
		return nr;
	who = calloc((size_t)nr, sizeof(*who));
	for (i = 0; who && i < nr; i++)
		who[i] = list[i].name;
	rc = who ? destroy_named(d, who, nr, e)
		 : err_sys(e, EXIT_FAILED, "destroy");
	free(who);
	free(list);
	return rc;
}

static int parse_opts(int argc, char **argv, struct destroy *d, struct err *e)
{
	unsigned int s;
	int c;

	while ((c = cmd_option(argc, argv, "at:", "all=a", e)) != -1) {
		if (c == 'a')
			d->all = true;
		else if (c != 't' || cmd_seconds(&s, e) < 0)
			return -1;
		else
			d->limit_ms = s * 1000ull;
	}
	return d->all == (optind == argc) ? 0 : cmd_usage(argv[0], e);
}

int cmd_destroy(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct destroy d = {.m = m, .limit_ms = GONE_MS};
	int rc;

	if (parse_opts(argc, argv, &d, e) < 0)
		return -1;
	/* Without Xen there is one thing to say, not one for each VM. */
	if (host_open(&d.h, &m->log, e) < 0)
		return -1;
	rc = d.all ? destroy_all(&d, e)
		   : destroy_named(&d, argv + optind, argc - optind, e);
	host_close(&d.h);
	return rc;
}
