/* SPDX-License-Identifier: MIT */
#include "tools/mtool/vmcd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/diskplace.h"
#include "core/diskspec.h"
#include "core/vdev.h"
#include "devices/vbd.h"
#include "tools/mtool/hotdisks.h"
#include "tools/mtool/hotlines.h"
#include "tools/mtool/pvdisk.h"
#include "tools/mtool/qmpask.h"

enum { RETRY_MS = 200 };

struct drive {
	struct live *l;
	unsigned int place;
	struct disk_config *disk;
	struct xenbus_dev dev; /* the stub's disk for it */
	unsigned int limit_s;
	uint64_t end_ms;
	struct qmp_caller qmp;
	bool opened;
};

static int find_drive(struct drive *d, const char *vdev, struct err *e)
{
	struct vm_config *cfg = &d->l->cfg;
	struct vdev v;
	unsigned int i;

	if (vdev_parse(vdev, &v) < 0)
		return err_set(e, EXIT_USAGE, "%s: unknown vdev", vdev);
	for (i = 0; i < cfg->nr_disk; i++) {
		if (cfg->disk[i].devid == v.devid &&
		    disk_emulation(cfg, i) == EMUL_CDROM)
			break;
	}
	if (i == cfg->nr_disk)
		return err_set(e, EXIT_FAILED, "%s: no such CD drive", vdev);
	d->place = i;
	d->disk = &cfg->disk[i];
	pvdisk_find(d->l, i, DOM_STUB, &d->dev);
	return 0;
}

static int open_qmp(struct drive *d, struct err *e)
{
	char path[RUNDIR_PATH_MAX];

	d->end_ms = clock_ms() + d->limit_s * 1000ull;
	rundir_file(d->l->record.name, "qmp.sock", path);
	if (qmp_caller_open(&d->qmp, path, d->end_ms, e) < 0)
		return err_in(e, "disk %s", d->disk->vdev);
	d->opened = true;
	return 0;
}

static void close_drive(struct drive *d)
{
	if (d->opened)
		qmp_caller_close(&d->qmp);
}

/* `args` is consumed. */
static int ask(struct drive *d, const char *command, json_t *args,
	       struct err *e)
{
	return qmp_ask(&d->qmp, command, args, NULL, d->end_ms, e);
}

/* The drive's id in QEMU's arguments. */
static void drive_id(const struct drive *d, char id[24])
{
	snprintf(id, 24, "ide-%u", d->disk->devid);
}

static int open_tray(struct drive *d, struct err *e)
{
	char id[24];

	drive_id(d, id);
	if (!ask(d, "eject", json_pack("{s:s}", "id", id), e))
		return 0;
	if (strstr(e->msg, "is locked"))
		return err_set(
			e, EXIT_BUSY,
			"disk %s: the guest keeps its tray locked (is it "
			"mounted?): nothing was changed",
			d->disk->vdev);
	return err_in(e, "disk %s", d->disk->vdev);
}

/* QEMU has closed it: the stub's driver has no reason to keep it. */
static int drop_old(struct drive *d, struct err *e)
{
	struct loop_list loops = {0};
	struct wait_ctx w;
	int rc;

	if (!pvdisk_there(d->l, &d->dev))
		return 0;
	vbd_note_loop(d->l->xs, d->dev.back, &loops);
	rc = xenbus_close(d->l->xs, &d->dev, e);
	if (!rc) {
		live_wait(d->l, d->limit_s, &w);
		rc = wait_devices(&w, &d->dev, 1, XENBUS_CLOSED, d->dev.name,
				  e);
	}
	if (rc < 0 || xenbus_remove(d->l->xs, &d->dev, e) < 0)
		return -1;
	loopdev_wait_clear(&loops);
	return 0;
}

/* It is empty now, and stays so over a reboot of the guest. */
static int empty(struct drive *d, struct err *e)
{
	char text[64];

	snprintf(text, sizeof(text), "vdev=%s,devtype=cdrom", d->disk->vdev);
	if (open_tray(d, e) < 0 || drop_old(d, e) < 0)
		return -1;
	return hotdisks_add(d->l->record.name, text, e);
}

/* The stub's kernel makes the node a moment after it has connected. */
static int load(struct drive *d, struct err *e)
{
	struct timespec nap = {.tv_nsec = RETRY_MS * 1000000};
	char id[24], name[VDEV_NAME_MAX], file[32];

	drive_id(d, id);
	vdev_linux_name(disk_stub_number(&d->l->cfg, d->place), name,
			sizeof(name));
	snprintf(file, sizeof(file), "/dev/%s", name);
	while (ask(d, "blockdev-change-medium",
		   json_pack("{s:s s:s s:s s:s}", "id", id, "filename", file,
			     "format", "host_device", "read-only-mode",
			     "read-only"),
		   e) < 0) {
		if (!strstr(e->msg, "No such") || clock_ms() >= d->end_ms)
			return err_in(e, "disk %s", d->disk->vdev);
		nanosleep(&nap, NULL);
	}
	return 0;
}

/* What cannot be put in does not stay in the stub either. */
static int put_in(struct drive *d, struct plan_vars *vars, struct err *e)
{
	struct err ignored;

	if (pvdisk_connect(d->l, d->place, DOM_STUB, vars, d->limit_s, e) < 0)
		return -1;
	d->end_ms = clock_ms() + d->limit_s * 1000ull;
	if (!load(d, e))
		return 0;
	drop_old(d, &ignored);
	return -1;
}

/* The drive's disk with another medium, checked. */
static int take_file(struct drive *d, const char *file, struct err *e)
{
	struct vm_config one = {.nr_disk = 1};
	char *path = realpath(file, NULL);

	if (!path)
		return err_sys(e, EXIT_FAILED, "disk %s: open %s",
			       d->disk->vdev, file);
	diskspec_free(d->disk);
	d->disk->path = path;
	d->disk->kind = DISK_AUTO;
	d->disk->raw = false;
	if (strlen(path) >= DISK_PATH_MAX)
		return err_set(e, EXIT_USAGE, "disk %s: a path of %zu bytes",
			       d->disk->vdev, strlen(path));
	one.disk[0] = *d->disk;
	if (vbd_check(d->l->xs, &one, 0, e) < 0)
		return -1;
	d->disk->kind = one.disk[0].kind;
	return 0;
}

static int remember(struct drive *d, struct err *e)
{
	char text[HOTLINE_MAX];

	snprintf(text, sizeof(text),
		 "vdev=%s,devtype=cdrom,format=raw,target=%s", d->disk->vdev,
		 d->disk->path);
	return hotdisks_add(d->l->record.name, text, e);
}

static int change(struct drive *d, struct err *e)
{
	struct plan_vars vars = {.nr = 0};
	int rc, fd = vbd_open(&d->l->cfg, d->place, &vars, d->l->log, e);

	if (fd < 0)
		return -1;
	rc = empty(d, e);
	if (!rc) {
		rc = put_in(d, &vars, e);
		if (rc < 0)
			err_in(e, "the drive is empty now");
	}
	close(fd);
	return rc < 0 ? -1 : remember(d, e);
}

int cd_insert(struct live *l, const char *vdev, const char *file,
	      unsigned int limit_s, struct err *e)
{
	struct drive d = {.l = l, .limit_s = limit_s};
	int rc = -1;

	if (!find_drive(&d, vdev, e) && !take_file(&d, file, e) &&
	    !open_qmp(&d, e))
		rc = change(&d, e);
	close_drive(&d);
	return rc;
}

int cd_eject(struct live *l, const char *vdev, unsigned int limit_s,
	     struct err *e)
{
	struct drive d = {.l = l, .limit_s = limit_s};
	int rc = -1;

	if (!find_drive(&d, vdev, e) && !open_qmp(&d, e))
		rc = empty(&d, e);
	close_drive(&d);
	return rc;
}
