/* SPDX-License-Identifier: MIT */
#include "tools/mtool/takeover.h"

#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "tools/mtool/supervisor.h"
#include "tools/mtool/teardown.h"
#include "tools/mtool/vm.h"

int vm_config_used(struct vm_config *cfg, const char *name, struct err *e)
{
	char path[RUNDIR_PATH_MAX];

	rundir_file(name, "config", path);
	/* lenient: what was left out once is left out again */
	return config_load(cfg, path, NULL, NULL, 0, true, NULL, NULL, e);
}

/* 1 if both domains live; 0 if not, and what is left was removed; -1, *e */
static int remove_dead(struct vm *vm, struct log *log, struct err *e)
{
	const struct vm_record *r = &vm->record;
	struct hyp *h = hyp_open(log, e);
	struct xs *xs = NULL;
	int rc = -1;

	if (h && vm_domain_lives(h, r->target, r->uuid) &&
	    vm_domain_lives(h, r->stub, r->stub_uuid))
		rc = 1;
	else if (h && (xs = xs_connect(log, e)))
		rc = vm_remove(h, xs, r, &vm->run, e);
	xs_disconnect(xs);
	hyp_close(h);
	return rc;
}

static int start(struct vm *vm, struct log *log, struct err *e)
{
	struct supervisor sup;
	int rc = remove_dead(vm, log, e);

	if (!rc)
		return err_set(e, EXIT_DIED,
			       "it died with nobody watching; what was left "
			       "of it is removed");
	if (rc < 0)
		return -1;
	if (supervisor_start(&sup, vm, NULL, NULL, log, e) < 0)
		return -1;
	return supervisor_release(&sup, e);
}

static int lock_and_start(struct vm *vm, struct log *log, struct err *e)
{
	int rc;

	if (rundir_log_path(vm->cfg->name, vm->log_path, e) < 0)
		return -1;
	rc = rundir_lock(&vm->run, vm->cfg->name, 0, e);
	if (rc)
		return rc < 0 ? -1 : err_set(e, EXIT_NO_VM, "no such VM");
	rc = start(vm, log, e);
	rundir_close(&vm->run);
	return rc;
}

int vm_take_over(struct log *log, const struct vm_record *r, struct err *e)
{
	struct vm_config *cfg = calloc(1, sizeof(*cfg));
	struct vm vm = {.cfg = cfg, .record = *r, .signal_fd = -1};
	int rc = -1;

	if (!cfg)
		return err_sys(e, EXIT_FAILED, "supervisor");
	memset(vm.disk_fd, -1, sizeof(vm.disk_fd));
	if (!r->running)
		err_set(e, EXIT_BUSY, "its creation was never completed");
	else if (!vm_config_used(cfg, r->name, e)) {
		rc = lock_and_start(&vm, log, e);
		config_free(cfg);
	}
	free(cfg);
	return rc;
}
