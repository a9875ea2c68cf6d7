/* SPDX-License-Identifier: MIT */
#include "tools/mtool/setaside.h"

#include <stdio.h>
#include <string.h>

#include "core/uuid.h"
#include "tools/mtool/teardown.h"
#include "tools/mtool/vmconfig.h"

enum { NUMBERS = 99, DEVICES_MS = 10000 };

struct aside {
	struct vm *vm;
	struct hyp *hyp;
	struct xs *xs;
	struct rundir run;
	char name[VM_NAME_MAX + 1];
	uint8_t uuid[16];
};

/* A long name is cut to make room for the number. */
static int take_name(struct aside *a, struct err *e)
{
	const char *old = a->vm->cfg->name;
	unsigned int nr;
	char tail[8];

	for (nr = 1; nr <= NUMBERS; nr++) {
		int len = snprintf(tail, sizeof(tail), "-%u", nr);

		snprintf(a->name, sizeof(a->name), "%.*s%s", VM_NAME_MAX - len,
			 old, tail);
		if (!rundir_take(&a->run, a->name, e))
			return 0;
		if (e->code != EXIT_BUSY)
			return -1;
	}
	return -1;
}

/* The journal comes first: whatever happens then, somebody knows of it. */
static int write_journal(struct aside *a, const char *why, struct err *e)
{
	const struct vm_record *r = &a->vm->record;
	char uuid[37];

	uuid_text(a->uuid, uuid);
	if (rundir_note(&a->run, e,
			"uuid %s\ntarget %u\ntarget-console %u %llu\n"
			"created %llu\ndm-dead\nkept\nrunning",
			uuid, r->target, r->target_console.port,
			(unsigned long long)r->target_console.frame,
			(unsigned long long)r->created) < 0)
		return -1;
	return rundir_note_end(&a->run, why, e);
}

/* For whoever serves its PV console one day. */
static int write_config(struct aside *a, struct err *e)
{
	struct vm_config *cfg = a->vm->cfg;
	char old[VM_NAME_MAX + 1];
	uint8_t uuid[16];
	int rc;

	strcpy(old, cfg->name);
	memcpy(uuid, cfg->uuid, sizeof(uuid));
	if (config_rename(cfg, a->name, e) < 0)
		return -1;
	memcpy(cfg->uuid, a->uuid, sizeof(uuid));
	rc = vm_config_write(cfg, e);
	memcpy(cfg->uuid, uuid, sizeof(uuid));
	return config_rename(cfg, old, e) < 0 ? -1 : rc;
}

static int put(struct aside *a, xs_transaction_t t, const char *path,
	       const char *value, struct err *e)
{
	if (xs_put(a->xs, t, path, value) < 0)
		return err_sys(e, EXIT_FAILED, "write %s", path);
	return 0;
}

static int write_nodes(void *ctx, xs_transaction_t t, struct err *e)
{
	struct aside *a = ctx;
	uint32_t domid = a->vm->record.target;
	struct xs_permissions perms[] = {
		{.id = 0, .perms = XS_PERM_NONE},
		{.id = domid, .perms = XS_PERM_READ},
	};
	char vm[XS_PATH_MAX], path[XS_PATH_MAX], text[37];

	uuid_text(a->uuid, text);
	snprintf(vm, sizeof(vm), "/vm/%s", text);
	if (put(a, t, vm, "", e) < 0)
		return -1;
	if (xs_perms(a->xs, t, vm, perms, 2) < 0)
		return err_sys(e, EXIT_FAILED, "permissions of %s", vm);
	snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
	if (put(a, t, path, vm, e) < 0)
		return -1;
	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	if (put(a, t, path, a->name, e) < 0)
		return -1;
	snprintf(path, sizeof(path), "/vm/%s/name", text);
	if (put(a, t, path, a->name, e) < 0)
		return -1;
	snprintf(path, sizeof(path), "/vm/%s/uuid", text);
	if (put(a, t, path, text, e) < 0)
		return -1;
	snprintf(path, sizeof(path), "/vm/%s/mtool", text);
	snprintf(vm, sizeof(vm), "%u", domid);
	return put(a, t, path, vm, e);
}

/* The point of no return: the guest is another one now. */
static int change_identity(struct aside *a, struct err *e)
{
	struct vm_record old = {.target = 0};

	if (hyp_dom_set_uuid(a->hyp, a->vm->record.target, a->uuid, e) < 0)
		return -1;
	memcpy(old.uuid, a->vm->record.uuid, sizeof(old.uuid));
	if (xs_transact(a->xs, "set aside", write_nodes, a, e) < 0)
		return -1;
	return vm_forget(a->hyp, a->xs, &old, NULL, e); /* /vm/UUID */
}

static int begin(struct aside *a, const char *why, struct err *e)
{
	if (uuid_random(a->uuid, e) < 0 || take_name(a, e) < 0)
		return -1;
	if (write_journal(a, why, e) < 0 || write_config(a, e) < 0 ||
	    change_identity(a, e) < 0) {
		rundir_remove(&a->run);
		return -1;
	}
	rundir_close(&a->run);
	return 0;
}

int vm_set_aside(struct vm *vm, struct hyp *h, struct xs *xs, const char *why,
		 char name[VM_NAME_MAX + 1], struct err *e)
{
	struct aside a = {.vm = vm, .hyp = h, .xs = xs};

	if (vm_drop_stub(h, xs, &vm->record, e) < 0 ||
	    vm_drop_devices(h, xs, &vm->record, DEVICES_MS, e) < 0 ||
	    begin(&a, why, e) < 0)
		return -1;
	strcpy(name, a.name);
	return 0;
}
