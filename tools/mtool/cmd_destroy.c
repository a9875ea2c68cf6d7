/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/file.h"
#include "core/num.h"
#include "tools/mtool/ctl.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/teardown.h"

enum { SUPERVISOR_MS = 30000, ASK_MS = 2000 };

struct host {
	struct hyp *hyp;
	struct xs *xs;
};

/* A descriptor of the supervisor's process; -1 if there is none. */
static int supervisor_open(const char *name)
{
	char path[RUNDIR_PATH_MAX], *text;
	struct err ignored;
	uint64_t pid;
	size_t len;
	int fd = -1;

	rundir_file(name, "supervisor.pid", path);
	text = file_read(path, 16, &len, &ignored);
	if (!text)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	if (!num_parse(text, 2, INT_MAX, &pid) && rundir_locked(name))
		fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	free(text);
	return fd;
}

static void supervisor_wait(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (fd < 0)
		return;
	poll(&p, 1, SUPERVISOR_MS);
	close(fd);
}

/* It knows better than the journal which domains there are right now. */
static void ask_supervisor(const char *name)
{
	json_t *request = json_pack("{s:s}", "cmd", "destroy");
	char path[RUNDIR_PATH_MAX];
	struct err ignored;

	rundir_file(name, "ctl.sock", path);
	if (request)
		ctl_call(path, request, NULL, ASK_MS, &ignored);
	json_decref(request);
}

/*
 * The supervisor saves the last words of the stub, clears up and ends; should
 * it not listen, killing both domains makes it do so.
 */
static int destroy_one(struct host *h, struct vm_record *r, struct err *e)
{
	int rc, supervisor = supervisor_open(r->name);
	struct rundir run;

	ask_supervisor(r->name);
	rc = vm_kill(h->hyp, r, e);
	supervisor_wait(supervisor);
	if (rc < 0)
		return -1;
	rc = rundir_lock(&run, r->name, SUPERVISOR_MS, e);
	if (rc < 0)
		return -1;
	return rc ? 0 : vm_remove(h->hyp, h->xs, r, &run, e);
}

static int destroy_named(struct mtool *m, struct host *h, const char *who,
			 struct err *e)
{
	struct vm_record r;

	if (vm_find(who, &r, e) < 0) {
		if (e->code != EXIT_NO_VM)
			return -1;
		/* What is not there is destroyed. */
		log_msg(&m->log, LOG_WARN, "%s", e->msg);
		return 0;
	}
	return destroy_one(h, &r, e) < 0 ? err_in(e, "%s", r.name) : 0;
}

static int destroy_all(struct host *h, struct err *e)
{
	struct vm_record *list;
	int i, rc = 0, nr = rundir_list(&list, e);

	if (nr < 0)
		return -1;
	for (i = 0; i < nr; i++) {
		if (destroy_one(h, &list[i], e) < 0)
			rc = err_in(e, "%s", list[i].name);
	}
	free(list);
	return rc;
}

int cmd_destroy(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct host h = {NULL, NULL};
	bool all = false;
	int c, i, rc = 0;

	while ((c = cmd_option(argc, argv, "+a", "all=a", e)) != -1) {
		if (c != 'a')
			return -1;
		all = true;
	}
	if (all != (optind == argc))
		return cmd_usage(argv[0], e);
	h.hyp = hyp_open(&m->log, e);
	h.xs = h.hyp ? xs_connect(&m->log, e) : NULL;
	if (!h.xs)
		rc = -1;
	else if (all)
		rc = destroy_all(&h, e);
	for (i = optind; h.xs && i < argc; i++) {
		if (destroy_named(m, &h, argv[i], e) < 0)
			rc = -1;
	}
	xs_disconnect(h.xs);
	hyp_close(h.hyp);
	return rc;
}
