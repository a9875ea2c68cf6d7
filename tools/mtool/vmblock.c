/* SPDX-License-Identifier: MIT */
#include "tools/mtool/vmblock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/diskplace.h"
#include "core/diskspec.h"
#include "core/vdev.h"
#include "devices/vbd.h"
#include "devices/xenbus.h"
#include "tools/mtool/hotdisks.h"
#include "tools/mtool/hotlines.h"
#include "tools/mtool/pvdisk.h"

/* --- attach --- */

struct attach {
	struct live *l;
	const char *text;
	unsigned int place;
	struct disk_config *disk;
	struct plan_vars vars;
};

static int parse(struct attach *a, struct err *e)
{
	struct vm_config *cfg = &a->l->cfg;

	if (strlen(a->text) >= HOTLINE_MAX)
		return err_set(e, EXIT_USAGE, "a disk of more than %u bytes",
			       HOTLINE_MAX - 1);
	if (cfg->nr_disk == VM_DISKS_MAX)
		return err_set(e, EXIT_FAILED, "has %u disks, which is all",
			       VM_DISKS_MAX);
	a->place = cfg->nr_disk;
	a->disk = &cfg->disk[a->place];
	if (diskspec_parse(a->text, a->disk, e) < 0)
		return -1;
	a->disk->hotplugged = true;
	cfg->nr_disk++;
	if (a->disk->cdrom)
		return err_set(e, EXIT_USAGE,
			       "disk %s: a CD drive cannot be added to a "
			       "running guest; cd-insert changes the medium of "
			       "one it has",
			       a->disk->vdev);
	return 0;
}

/*
 * One number, one disk: drivers call hdb, sdb and xvdb all xvdb. What was
 * detached since the VM was made has left its number free.
 */
static int check_taken(struct attach *a, struct err *e)
{
	const struct vm_config *cfg = &a->l->cfg;
	struct xenbus_dev dev;
	unsigned int i;

	for (i = 0; i < a->place; i++) {
		const struct disk_config *d = &cfg->disk[i];

		pvdisk_find(a->l, i, DOM_TARGET, &dev);
		if (d->index != a->disk->index ||
		    (disk_in_target(cfg, i) && !pvdisk_there(a->l, &dev)))
			continue;
		return err_set(e, EXIT_BUSY,
			       "disk %s: taken: it has disk %s already",
			       a->disk->vdev, d->vdev);
	}
	return 0;
}

static int connect(struct attach *a, unsigned int limit_s, struct err *e)
{
	if (!pvdisk_connect(a->l, a->place, DOM_TARGET, &a->vars, limit_s, e))
		return 0;
	if (e->code == EXIT_TIMEOUT)
		err_set(e, EXIT_TIMEOUT,
			"disk %s: the guest's driver did not take it within "
			"%u s (-t): has it PV drivers?",
			a->disk->vdev, limit_s);
	return -1;
}

/* The medium is kept open until the backend has it, or all is taken back. */
static int open_and_connect(struct attach *a, unsigned int limit_s,
			    struct err *e)
{
	int rc, fd = vbd_open(&a->l->cfg, a->place, &a->vars, a->l->log, e);

	if (fd < 0)
		return -1;
	rc = connect(a, limit_s, e);
	close(fd);
	return rc < 0 ? -1 : hotdisks_add(a->l->record.name, a->text, e);
}

int block_attach(struct live *l, const char *text, unsigned int limit_s,
		 struct err *e)
{
	struct attach a = {.l = l, .text = text};

	if (parse(&a, e) < 0 || check_taken(&a, e) < 0 ||
	    live_check(l, e) < 0 || vbd_check(l->xs, &l->cfg, a.place, e) < 0)
		return -1;
	return open_and_connect(&a, limit_s, e);
}

/* --- detach --- */

struct detach {
	struct live *l;
	struct vdev vdev;
	char name[VDEV_NAME_MAX];
	const struct disk_config *disk; /* NULL: not one of ours */
	struct xenbus_dev dev;
	struct loop_list loops;
};

/* A disk that only the device model has can only go with the VM. */
static int check_detachable(struct detach *d, struct err *e)
{
	const struct vm_config *cfg = &d->l->cfg;
	unsigned int i;

	for (i = 0; i < cfg->nr_disk && cfg->disk[i].devid != d->vdev.devid;
	     i++)
		;
	if (i == cfg->nr_disk)
		return 0;
	d->disk = &cfg->disk[i];
	if (d->disk->cdrom && disk_emulation(cfg, i) == EMUL_CDROM)
		return err_set(e, EXIT_FAILED,
			       "disk %s: a CD drive stays: cd-eject takes its "
			       "medium out",
			       d->name);
	if (disk_emulation(cfg, i) == EMUL_AHCI)
		return err_set(e, EXIT_FAILED,
			       "disk %s: on AHCI it cannot be detached",
			       d->name);
	return 0;
}

static int leave(struct detach *d, unsigned int limit_s, struct err *e)
{
	struct err ignored;

	if (xenbus_reopen(d->l->xs, &d->dev, &ignored) == 0)
		return err_set(e, EXIT_TIMEOUT,
			       "%s: the guest did not let go of it within %u s "
			       "(-t): it stays as it was; -F takes it away",
			       d->dev.name, limit_s);
	return err_set(e, EXIT_TIMEOUT,
		       "%s: the guest has begun to close it, but not finished "
		       "within %u s (-t): detach it once more, or -F",
		       d->dev.name, limit_s);
}

/* 0: the guest has let go, or is not asked any longer. */
static int ask(struct detach *d, bool force, unsigned int limit_s,
	       struct err *e)
{
	struct err ignored;
	struct wait_ctx w;
	int rc = xenbus_close(d->l->xs, &d->dev, e);

	if (rc)
		return rc < 0 ? -1 : 0;
	live_wait(d->l, limit_s, &w);
	if (!wait_devices(&w, &d->dev, 1, XENBUS_CLOSED, d->dev.name, e))
		return 0;
	if (e->code == EXIT_TIMEOUT)
		return force ? 0 : leave(d, limit_s, e);
	xenbus_reopen(d->l->xs, &d->dev, &ignored);
	return -1;
}

int block_detach(struct live *l, const char *vdev, bool force,
		 unsigned int limit_s, struct err *e)
{
	struct detach d = {.l = l};
	char name[32];

	if (vdev_parse(vdev, &d.vdev) < 0)
		return err_set(e, EXIT_USAGE, "%s: unknown vdev", vdev);
	vdev_name(&d.vdev, d.name, sizeof(d.name));
	snprintf(name, sizeof(name), "disk %s", d.name);
	xenbus_dev(&d.dev, "vbd", l->record.target, d.vdev.devid, name);
	if (check_detachable(&d, e) < 0)
		return -1;
	/* its loop device is free again when we return */
	if (d.disk && d.disk->hotplugged)
		vbd_note_loop(l->xs, d.dev.back, &d.loops);
	if (ask(&d, force, limit_s, e) < 0 ||
	    xenbus_remove(l->xs, &d.dev, e) < 0 ||
	    hotdisks_del(l->record.name, d.name, e) < 0)
		return -1;
	if (loopdev_wait_clear(&d.loops) < 0)
		log_msg(l->log, LOG_WARN,
			"%s: %s: its image is still in use by dom0's driver",
			l->record.name, d.dev.name);
	return 0;
}
