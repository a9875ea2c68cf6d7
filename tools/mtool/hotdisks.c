/* SPDX-License-Identifier: MIT */
#include "tools/mtool/hotdisks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "core/diskspec.h"
#include "core/log.h"
#include "tools/mtool/hotlines.h"
#include "tools/mtool/rundir.h"

enum { LOCK_MS = 60000, POLL_MS = 20 };

int hotdisks_lock(const char *name, struct err *e)
{
	struct timespec nap = {.tv_nsec = POLL_MS * 1000000};
	uint64_t end = clock_ms() + LOCK_MS;
	char path[RUNDIR_PATH_MAX];
	int fd;

	rundir_file(name, "disks.lock", path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno == ENOENT
			       ? err_set(e, EXIT_NO_VM, "no such VM")
			       : err_sys(e, EXIT_FAILED, "open %s", path);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (clock_ms() >= end) {
			close(fd);
			return err_set(e, EXIT_BUSY,
				       "another mtool is at work on its disks");
		}
		nanosleep(&nap, NULL);
	}
	return fd;
}

/* The drive of the configuration that has another medium now, or NULL. */
static struct disk_config *find_drive(struct vm_config *cfg,
				      const struct disk_config *d)
{
	unsigned int i;

	for (i = 0; d->cdrom && i < cfg->nr_disk; i++) {
		if (cfg->disk[i].cdrom && cfg->disk[i].devid == d->devid)
			return &cfg->disk[i];
	}
	return NULL;
}

static int load_line(struct vm_config *cfg, const char *line, struct err *e)
{
	struct disk_config d, *drive;

	if (diskspec_parse(line, &d, e) < 0)
		return -1;
	drive = find_drive(cfg, &d);
	if (drive) {
		diskspec_free(drive);
		*drive = d;
		return 0;
	}
	if (cfg->nr_disk == VM_DISKS_MAX) {
		diskspec_free(&d);
		return err_set(e, EXIT_FAILED, "more than %u disks",
			       VM_DISKS_MAX);
	}
	d.hotplugged = true;
	cfg->disk[cfg->nr_disk++] = d;
	return 0;
}

int hotdisks_load(const char *name, struct vm_config *cfg, struct err *e)
{
	char *text = hotlines_read(name, "disks"), *line, *save;
	int rc = 0;

	while (cfg->nr_disk && cfg->disk[cfg->nr_disk - 1].hotplugged)
		diskspec_free(&cfg->disk[--cfg->nr_disk]);
	if (!text)
		return 0;
	for (line = strtok_r(text, "\n", &save); line && !rc;
	     line = strtok_r(NULL, "\n", &save))
		rc = load_line(cfg, line, e);
	free(text);
	return rc;
}

/* Whether the disk text `line` has this vdev. */
static bool is_vdev(const char *line, const char *vdev)
{
	struct disk_config d;
	struct err ignored;
	bool same;

	if (diskspec_parse(line, &d, &ignored) < 0)
		return false;
	same = !strcmp(d.vdev, vdev);
	diskspec_free(&d);
	return same;
}

int hotdisks_add(const char *name, const char *text, struct err *e)
{
	struct disk_config d;
	int rc;

	if (diskspec_parse(text, &d, e) < 0)
		return -1;
	rc = hotlines_rewrite(name, "disks", is_vdev, d.vdev, text, e);
	diskspec_free(&d);
	return rc;
}

int hotdisks_del(const char *name, const char *vdev, struct err *e)
{
	return hotlines_rewrite(name, "disks", is_vdev, vdev, NULL, e);
}
