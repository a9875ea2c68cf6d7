/* SPDX-License-Identifier: MIT */
#include "tools/mtool/takeover.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/mtool/ctl.h"
#include "tools/mtool/supervisor.h"
#include "tools/mtool/teardown.h"
#include "tools/mtool/vm.h"
#include "tools/mtool/vmconfig.h"

enum {
	ASK_MS = 10000,
	PING_MS = 2000,
	END_MS = 10000, /* of a process that is being torn down */
};

/* 1 if it lives; 0 if not, and what is left was removed; -1, *e */
static int remove_dead(struct vm *vm, struct log *log, struct err *e)
{
	const struct vm_record *r = &vm->record;
	struct hyp *h = hyp_open(log, e);
	struct xs *xs = NULL;
	int rc = -1;

	if (h && vm_domain_lives(h, r->target, r->uuid) &&
	    (r->dm_dead || vm_domain_lives(h, r->stub, r->stub_uuid)))
		rc = 1;
	else if (h && (xs = xs_connect(log, e)))
		rc = vm_remove(h, xs, r, &vm->run, GONE_MS, e);
	xs_disconnect(xs);
	hyp_close(h);
	return rc;
}

static int start(struct vm *vm, struct log *log, struct err *e)
{
	static const char why[] = "died with nobody watching";
	struct supervisor sup;
	int rc = remove_dead(vm, log, e);

	if (!rc) {
		rundir_end_write(vm->cfg->name, why);
		return err_set(e, EXIT_DIED,
			       "it %s; what was left of it is removed", why);
	}
	if (rc < 0 || supervisor_start(&sup, vm, NULL, NULL, log, e) < 0)
		return -1;
	return supervisor_release(&sup, e);
}

/*
 * The kernel closes what a killed process had open one by one: its lock is free
 * before its event channels are, and a port serves one at a time.
 */
static void await_end(const char *name)
{
	struct pollfd p = {.fd = rundir_supervisor(name), .events = POLLIN};

	if (p.fd < 0)
		return;
	poll(&p, 1, END_MS);
	close(p.fd);
}

/* One that is busy for all the time we give it is one nevertheless. */
static bool answers(const char *name)
{
	json_t *request = json_pack("{s:s}", "cmd", "ping");
	char path[RUNDIR_PATH_MAX];
	struct err e;
	int rc;

	rundir_file(name, "ctl.sock", path);
	rc = ctl_call(path, request, NULL, PING_MS, &e);
	json_decref(request);
	return !rc ||
	       (e.code == EXIT_TIMEOUT && !rundir_supervisor_killed(name));
}

bool vm_served(const char *name)
{
	if (!rundir_locked(name))
		return false;
	if (!answers(name))
		await_end(name);
	return rundir_locked(name);
}

static int lock_and_start(struct vm *vm, struct log *log, struct err *e)
{
	int rc;

	if (vm_served(vm->cfg->name))
		return err_set(e, EXIT_BUSY, "it has a supervisor");
	rc = rundir_lock(&vm->run, vm->cfg->name, 0, e);
	if (rc)
		return rc < 0 ? -1 : err_set(e, EXIT_NO_VM, "no such VM");
	await_end(vm->cfg->name);
	rc = start(vm, log, e);
	rundir_close(&vm->run);
	return rc;
}

/* Ask the supervisor for what it holds; a descriptor for our last word. */
static int ask_for_all(const char *name, struct heir *h, struct err *e)
{
	json_t *request = json_pack("{s:s}", "cmd", "replace");
	char path[RUNDIR_PATH_MAX];
	int fd = -1;

	rundir_file(name, "ctl.sock", path);
	if (request)
		fd = ctl_attach(path, request, NULL, ASK_MS, e);
	else
		err_set(e, EXIT_FAILED, "out of memory");
	json_decref(request);
	if (fd >= 0 && heir_receive(fd, ASK_MS, h, e) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Nothing of the old one may be left when the new one begins to decide. */
static int dismiss(int fd, struct err *e)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (send(fd, "done", 4, MSG_NOSIGNAL) < 0)
		return err_sys(e, EXIT_FAILED, "the old supervisor");
	if (poll(&p, 1, ASK_MS) != 1)
		return err_set(e, EXIT_TIMEOUT,
			       "the old supervisor does not end");
	return 0;
}

/* Without xenstore the old one can go on, but no new one begin. */
static int check_xenstore(struct log *log, struct err *e)
{
	struct xs *xs = xs_connect(log, e);

	xs_disconnect(xs);
	return xs ? 0 : -1;
}

static int replace(struct vm *vm, struct log *log, struct err *e)
{
	struct supervisor sup;
	struct heir h;
	int fd, rc = -1;

	if (check_xenstore(log, e) < 0)
		return -1;
	fd = ask_for_all(vm->cfg->name, &h, e);
	if (fd < 0)
		return -1;
	/* cppcheck-suppress autoVariables ; the new process has its own */
	vm->heir = &h;
	if (!rundir_adopt(&vm->run, vm->cfg->name, h.lock, e) &&
	    !supervisor_start(&sup, vm, NULL, NULL, log, e)) {
		rc = dismiss(fd, e);
		if (rc < 0)
			supervisor_end(&sup);
		else
			rc = supervisor_release(&sup, e);
	}
	close(vm->run.journal);
	heir_close(&h);
	close(fd);
	return rc;
}

typedef int start_fn(struct vm *vm, struct log *log, struct err *e);

static int with_vm(struct log *log, const struct vm_record *r, start_fn *fn,
		   struct err *e)
{
	struct vm_config *cfg = calloc(1, sizeof(*cfg));
	struct vm vm = {.cfg = cfg, .record = *r, .signal_fd = -1};
	int rc = -1;

	if (!cfg)
		return err_sys(e, EXIT_FAILED, "supervisor");
	memset(vm.disk_fd, -1, sizeof(vm.disk_fd));
	if (!r->running)
		err_set(e, EXIT_BUSY, "its creation was never completed");
	else if (!vm_config_read(cfg, r->name, e)) {
		rc = rundir_log_path(r->name, vm.log_path, e);
		if (!rc)
			rc = fn(&vm, log, e);
		config_free(cfg);
	}
	free(cfg);
	return rc;
}

int vm_take_over(struct log *log, const struct vm_record *r, struct err *e)
{
	return with_vm(log, r, lock_and_start, e);
}

int vm_replace(struct log *log, const struct vm_record *r, struct err *e)
{
	return with_vm(log, r, replace, e);
}
