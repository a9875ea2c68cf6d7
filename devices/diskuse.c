/* SPDX-License-Identifier: MIT */
#include "devices/diskuse.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/num.h"

#define BACKENDS "/local/domain/0/backend/vbd"

enum { MAJOR_LOOP = 7 };

/* "MAJOR:MINOR" in sysfs; `fallback` if there is no such file. */
static dev_t read_dev(const char *path, dev_t fallback)
{
	unsigned int major, minor;
	FILE *f = fopen(path, "re");
	dev_t dev = fallback;

	if (f && fscanf(f, "%u:%u", &major, &minor) == 2)
		dev = makedev(major, minor);
	if (f)
		fclose(f);
	return dev;
}

/* A partition's directory in sysfs is inside its disk's. */
static dev_t whole_disk(dev_t dev)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/partition",
		 major(dev), minor(dev));
	if (access(path, F_OK))
		return dev;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../dev", major(dev),
		 minor(dev));
	return read_dev(path, dev);
}

/* The file behind a loop device, and whether it may be written to. */
static bool loop_file(int fd, struct disk_id *id, bool *writable)
{
	struct loop_info64 info;

	if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return false;
	id->fs = (dev_t)info.lo_device;
	id->ino = (ino_t)info.lo_inode;
	*writable = !(info.lo_flags & LO_FLAGS_READ_ONLY);
	return true;
}

static bool loop_number(unsigned int nr, struct disk_id *id, bool *writable)
{
	char path[32];
	bool there;
	int fd;

	snprintf(path, sizeof(path), "/dev/loop%u", nr);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	there = loop_file(fd, id, writable);
	close(fd);
	return there;
}

static void identify_device(dev_t dev, struct disk_id *id)
{
	bool ignored;

	memset(id, 0, sizeof(*id));
	id->dev = dev;
	id->whole = whole_disk(dev);
	if (major(id->whole) == MAJOR_LOOP)
		loop_number(minor(id->whole), id, &ignored);
}

int disk_identify(const char *path, struct disk_id *id)
{
	struct stat st;

	memset(id, 0, sizeof(*id));
	if (stat(path, &st) < 0)
		return -1;
	if (S_ISBLK(st.st_mode)) {
		identify_device(st.st_rdev, id);
	} else {
		id->fs = st.st_dev;
		id->ino = st.st_ino;
	}
	return 0;
}

/* Two partitions of a disk, or of a loop device, are two disks. */
bool disk_same(const struct disk_id *a, const struct disk_id *b)
{
	if (a->dev && b->dev && a->whole == b->whole)
		return a->dev == b->dev || a->dev == a->whole ||
		       b->dev == b->whole;
	return a->fs && a->fs == b->fs && a->ino == b->ino;
}

/* One disk that is asked about. */
struct asked {
	struct xs *xs;
	const struct disk_config *disk;
	struct disk_id id;
	struct err *e;
};

static int in_use(struct asked *a, enum exit_code code, const char *by)
{
	return err_set(a->e, code, "disk %s: %s: in use%s: %s", a->disk->vdev,
		       a->disk->path, a->disk->readonly ? " by a writer" : "",
		       by);
}

static bool excludes(const struct asked *a, const struct disk_id *id,
		     bool writable)
{
	return (writable || !a->disk->readonly) && disk_same(&a->id, id);
}

/* --- what domains are served --- */

/* blkback's "MAJOR:MINOR", in hexadecimal; 0 if it is none. */
static dev_t parse_physical(char *text)
{
	char *colon = strchr(text, ':'), hex[2][12];
	uint64_t ma, mi;

	if (!colon)
		return 0;
	*colon = '\0';
	snprintf(hex[0], sizeof(hex[0]), "0x%.8s", text);
	snprintf(hex[1], sizeof(hex[1]), "0x%.8s", colon + 1);
	if (num_parse(hex[0], 0, UINT32_MAX, &ma) < 0 ||
	    num_parse(hex[1], 0, UINT32_MAX, &mi) < 0)
		return 0;
	return makedev((unsigned int)ma, (unsigned int)mi);
}

static int backend_uses(struct asked *a, const char *domid, const char *devid)
{
	char path[XS_PATH_MAX], value[32], dev[32], name[80], by[160];
	struct disk_id id;
	dev_t physical;

	snprintf(path, sizeof(path), BACKENDS "/%s/%s/physical-device", domid,
		 devid);
	if (xs_read_str(a->xs, XBT_NULL, path, value, sizeof(value)) < 0)
		return 0;
	physical = parse_physical(value);
	identify_device(physical, &id);
	snprintf(path, sizeof(path), BACKENDS "/%s/%s/mode", domid, devid);
	if (xs_read_str(a->xs, XBT_NULL, path, value, sizeof(value)) < 0)
		strcpy(value, "w");
	if (!physical || !excludes(a, &id, value[0] == 'w'))
		return 0;
	snprintf(path, sizeof(path), BACKENDS "/%s/%s/dev", domid, devid);
	if (xs_read_str(a->xs, XBT_NULL, path, dev, sizeof(dev)) < 0)
		snprintf(dev, sizeof(dev), "%s", devid);
	snprintf(path, sizeof(path), "/local/domain/%s/name", domid);
	if (xs_read_str(a->xs, XBT_NULL, path, name, sizeof(name)) < 0)
		strcpy(name, "?");
	snprintf(by, sizeof(by), "it is disk %s of domain %s (%s)", dev, domid,
		 name);
	return in_use(a, EXIT_BUSY, by);
}

static int domain_uses(struct asked *a, const char *domid)
{
	char path[XS_PATH_MAX], **list;
	unsigned int i, nr;
	int rc = 0;

	snprintf(path, sizeof(path), BACKENDS "/%s", domid);
	list = xs_directory(xs_raw(a->xs), XBT_NULL, path, &nr);
	for (i = 0; list && !rc && i < nr; i++)
		rc = backend_uses(a, domid, list[i]);
	free(list);
	return rc;
}

static int domains_use(struct asked *a)
{
	unsigned int i, nr;
	char **list;
	int rc = 0;

	if (!a->xs)
		return 0;
	list = xs_directory(xs_raw(a->xs), XBT_NULL, BACKENDS, &nr);
	for (i = 0; list && !rc && i < nr; i++)
		rc = domain_uses(a, list[i]);
	free(list);
	return rc;
}

/* --- what other loop devices are made from --- */

static int loop_uses(struct asked *a, const char *name)
{
	struct disk_id id = {0};
	bool writable;
	uint64_t nr;
	char by[64];

	if (strncmp(name, "loop", 4) ||
	    num_parse(name + 4, 0, UINT32_MAX, &nr) < 0)
		return 0;
	if (!loop_number((unsigned int)nr, &id, &writable) ||
	    !excludes(a, &id, writable))
		return 0;
	if (a->id.dev && a->id.whole == makedev(MAJOR_LOOP, (unsigned int)nr))
		return 0; /* it is the one that was asked about */
	snprintf(by, sizeof(by), "it is attached to /dev/loop%u",
		 (unsigned int)nr);
	return in_use(a, EXIT_BUSY, by);
}

static int loops_use(struct asked *a)
{
	DIR *dir = opendir("/sys/block");
	struct dirent *ent;
	int rc = 0;

	while (dir && !rc && (ent = readdir(dir)))
		rc = loop_uses(a, ent->d_name);
	if (dir)
		closedir(dir);
	return rc;
}

/* --- all of them --- */

static int same_vm_uses(struct asked *a, const struct vm_config *cfg,
			const struct disk_id *id, unsigned int first,
			unsigned int place)
{
	char by[64];
	unsigned int i;

	for (i = first; i < place; i++) {
		if (!excludes(a, &id[i], !cfg->disk[i].readonly))
			continue;
		snprintf(by, sizeof(by), "it is disk %s, too",
			 cfg->disk[i].vdev);
		return in_use(a, EXIT_USAGE, by);
	}
	return 0;
}

int diskuse_check(struct xs *xs, const struct vm_config *cfg,
		  unsigned int first, struct err *e)
{
	struct disk_id id[VM_DISKS_MAX] = {0};
	struct asked a = {.xs = xs, .e = e};
	unsigned int i;

	for (i = first; i < cfg->nr_disk; i++) {
		a.disk = &cfg->disk[i];
		if (!a.disk->path || disk_identify(a.disk->path, &id[i]) < 0)
			continue;
		a.id = id[i];
		if (same_vm_uses(&a, cfg, id, first, i) < 0 ||
		    domains_use(&a) < 0 || loops_use(&a) < 0)
			return -1;
	}
	return 0;
}
