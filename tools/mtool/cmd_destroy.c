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
	AT_ONCE = 32, /* VMs, a process for each */
	ASK_MS = 2000,
};

struct destroy {
	struct mtool *m;
	uint64_t limit_ms;
	bool all;
	unsigned int running, failed; /* processes */
	enum exit_code code;	      /* of the first that failed */
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
static int supervisor_end_vm(struct host *h, const struct vm_record *r,
			     uint64_t end, struct err *e)
{
	int supervisor =
		rundir_locked(r->name) ? rundir_supervisor(r->name) : -1;
	bool told = supervisor_told(r->name);

	if (!told && vm_kill(h->hyp, r, e) < 0) {
		supervisor_wait(supervisor, end);
		return -1;
	}
	if (supervisor_wait(supervisor, end) || !told)
		return 0;
	return vm_kill(h->hyp, r, e);
}

/* Then what it has left is removed, if it has; and Xen is waited for. */
static int destroy_vm(struct destroy *d, struct host *h,
		      const struct vm_record *r, struct err *e)
{
	uint64_t end = clock_ms() + d->limit_ms;
	struct rundir run;
	int rc;

	if (supervisor_end_vm(h, r, end, e) < 0)
		return -1;
	rc = rundir_lock(&run, r->name, left_ms(end), e);
	if (!rc)
		return vm_remove(h->hyp, h->xs, r, &run, left_ms(end), e);
	/* Whoever has the lock may be waiting for Xen as well. */
	if (vm_wait_gone(h->hyp, r, left_ms(end), e) < 0)
		return -1;
	return rc < 0 ? -1 : 0;
}

static int destroy_named(struct destroy *d, const char *who, struct err *e)
{
	struct vm_record r;
	struct host h;
	int rc;

	if (vm_find(who, &r, e) < 0) {
		if (e->code != EXIT_NO_VM)
			return -1;
		/* What is not there is destroyed. */
		log_msg(&d->m->log, LOG_WARN, "%s", e->msg);
		return 0;
	}
	if (host_open(&h, &d->m->log, e) < 0)
		return -1;
	rc = destroy_vm(d, &h, &r, e);
	host_close(&h);
	return rc < 0 ? err_in(e, "%s", r.name) : 0;
}

/* One of several: a process of its own, since Xen takes its time for each. */
_Noreturn static void child(struct destroy *d, const char *who)
{
	struct err e;

	if (!destroy_named(d, who, &e))
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
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	if (!d->failed++)
		d->code = WIFEXITED(status)
				  ? (enum exit_code)WEXITSTATUS(status)
				  : EXIT_FAILED;
}

static int start(struct destroy *d, const char *who, struct err *e)
{
	pid_t pid;

	while (d->running >= AT_ONCE)
		reap(d);
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return err_sys(e, EXIT_FAILED, "%s: fork", who);
	if (!pid)
		child(d, who);
	d->running++;
	return 0;
}

static int destroy_many(struct destroy *d, char **who, int nr, struct err *e)
{
	int i, rc = 0;

	if (nr == 1)
		return destroy_named(d, who[0], e);
	for (i = 0; i < nr && !rc; i++)
		rc = start(d, who[i], e);
	while (d->running)
		reap(d);
	if (rc < 0 || !d->failed)
		return rc;
	return err_set(e, d->code, "destroy: %u of %d VMs are not gone",
		       d->failed, nr);
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
	rc = who ? destroy_many(d, who, nr, e)
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
	struct host h;

	if (parse_opts(argc, argv, &d, e) < 0)
		return -1;
	/* Without Xen there is one thing to say, not one for each VM. */
	if (host_open(&h, &m->log, e) < 0)
		return -1;
	host_close(&h);
	return d.all ? destroy_all(&d, e)
		     : destroy_many(&d, argv + optind, argc - optind, e);
}
