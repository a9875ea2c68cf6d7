/* SPDX-License-Identifier: MIT */
#include "tools/mtool/vmrename.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tools/mtool/vmconfig.h"

enum { NO_REPLACE = 1 }; /* RENAME_NOREPLACE, which musl does not name */

/* Takes the name or fails: nothing that exists is ever replaced. */
static int move_dir(const char *from, const char *to, struct err *e)
{
	char old[RUNDIR_PATH_MAX], new[RUNDIR_PATH_MAX];

	snprintf(old, sizeof(old), RUN_ROOT "/%s", from);
	snprintf(new, sizeof(new), RUN_ROOT "/%s", to);
	if (!syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, NO_REPLACE))
		return 0;
	if (errno == EEXIST)
		return err_set(e, EXIT_BUSY,
			       "%s: a VM of this name exists already", to);
	return err_sys(e, EXIT_FAILED, "rename %s", old);
}

struct naming {
	struct xs *xs;
	const struct vm_record *r;
	const char *name;
};

static int put_name(struct naming *n, xs_transaction_t t, uint32_t domid,
		    const uint8_t uuid[16], const char *suffix, struct err *e)
{
	char path[XS_PATH_MAX], text[37], name[VM_NAME_MAX + 4];

	uuid_text(uuid, text);
	snprintf(name, sizeof(name), "%s%s", n->name, suffix);
	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	if (xs_put(n->xs, t, path, name) < 0)
		return err_sys(e, EXIT_FAILED, "write %s", path);
	snprintf(path, sizeof(path), "/vm/%s/name", text);
	if (xs_put(n->xs, t, path, name) < 0)
		return err_sys(e, EXIT_FAILED, "write %s", path);
	return 0;
}

static int put_names(void *ctx, xs_transaction_t t, struct err *e)
{
	struct naming *n = ctx;
	const struct vm_record *r = n->r;

	if (put_name(n, t, r->target, r->uuid, "", e) < 0)
		return -1;
	return put_name(n, t, r->stub, r->stub_uuid, "-dm", e);
}

static void set_paths(struct vm *vm)
{
	const char *name = vm->cfg->name;

	snprintf(vm->record.name, sizeof(vm->record.name), "%s", name);
	snprintf(vm->run.path, sizeof(vm->run.path), RUN_ROOT "/%s", name);
}

/* From the name in `old` to that in the configuration. */
static int follow(struct vm *vm, struct xs *xs, struct err *e)
{
	struct naming n = {xs, &vm->record, vm->cfg->name};

	if (vm_config_write(vm->cfg, e) < 0)
		return -1;
	return xs_transact(xs, "rename", put_names, &n, e);
}

int vm_rename(struct vm *vm, struct xs *xs, const char *name, struct err *e)
{
	char old[VM_NAME_MAX + 1];
	struct err ignored;

	strcpy(old, vm->cfg->name);
	if (move_dir(old, name, e) < 0)
		return -1;
	if (!config_rename(vm->cfg, name, e) && !follow(vm, xs, e)) {
		set_paths(vm);
		return 0;
	}
	move_dir(name, old, &ignored);
	if (!config_rename(vm->cfg, old, &ignored))
		vm_config_write(vm->cfg, &ignored);
	return -1;
}
