/* SPDX-License-Identifier: MIT */
#include "devices/diskuse.h"

#include <dirent.h>
#include <errno.h>
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
	char text[32] = "", *colon;
	uint64_t major, minor;
	FILE *f = fopen(path, "re");

	if (!f)
		return fallback;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	text[strcspn(text, "\n")] = '\0';
	colon = strchr(text, ':');
	if (!colon)
		return fallback;
	*colon = '\0';
	if (num_parse(text, 0, UINT32_MAX, &major) < 0 ||
	    num_parse(colon + 1, 0, UINT32_MAX, &minor) < 0)
		return fallback;
	return makedev((unsigned int)major, (unsigned int)minor);
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

/* A block device that somebody uses: a domain, or a loop device by itself. */
struct user {
	struct disk_id id;
	bool writable;
	char domid[12], devid[12]; /* domid "": a loop device */
	unsigned int loop;
};

struct users {
	struct user *user;
	unsigned int nr;
	int failed; /* errno */
};

static struct user *add_user(struct users *u)
{
	struct user *bigger = realloc(u->user, (u->nr + 1) * sizeof(*u->user));

	if (!bigger) {
		u->failed = ENOMEM;
		return NULL;
	}
	u->user = bigger;
	memset(&bigger[u->nr], 0, sizeof(*bigger));
	return &bigger[u->nr++];
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

static int read_key(struct xs *xs, const char *domid, const char *devid,
		    const char *key, char *buf, size_t size)
{
	char path[XS_PATH_MAX];

	snprintf(path, sizeof(path), BACKENDS "/%s/%s/%s", domid, devid, key);
	return xs_read_str(xs, XBT_NULL, path, buf, size);
}

/* A mode that cannot be read counts as writable. */
static void add_backend(struct users *u, struct xs *xs, const char *domid,
			const char *devid)
{
	char physical[32], mode[4] = "w";
	struct user *new;
	dev_t dev;

	if (read_key(xs, domid, devid, "physical-device", physical,
		     sizeof(physical)) < 0)
		return;
	dev = parse_physical(physical);
	new = dev ? add_user(u) : NULL;
	if (!new)
		return;
	read_key(xs, domid, devid, "mode", mode, sizeof(mode));
	identify_device(dev, &new->id);
	new->writable = mode[0] == 'w';
	snprintf(new->domid, sizeof(new->domid), "%s", domid);
	snprintf(new->devid, sizeof(new->devid), "%s", devid);
}

static void add_domain(struct users *u, struct xs *xs, const char *domid)
{
	char path[XS_PATH_MAX], **list;
	unsigned int i, nr;

	snprintf(path, sizeof(path), BACKENDS "/%s", domid);
	list = xs_list(xs, XBT_NULL, path, &nr);
	if (!list && errno != ENOENT)
		u->failed = errno;
	for (i = 0; list && i < nr; i++)
		add_backend(u, xs, domid, list[i]);
	free(list);
}

static void add_domains(struct users *u, struct xs *xs)
{
	unsigned int i, nr;
	char **list = xs_list(xs, XBT_NULL, BACKENDS, &nr);

	if (!list && errno != ENOENT)
		u->failed = errno;
	for (i = 0; list && i < nr; i++)
		add_domain(u, xs, list[i]);
	free(list);
}

/* --- what loop devices are made from --- */

static void add_loop(struct users *u, const char *name)
{
	struct disk_id id = {0};
	struct user *new;
	bool writable;
	uint64_t nr;

	if (strncmp(name, "loop", 4) ||
	    num_parse(name + 4, 0, UINT32_MAX, &nr) < 0 ||
	    !loop_number((unsigned int)nr, &id, &writable))
		return;
	new = add_user(u);
	if (!new)
		return;
	new->id = id;
	new->writable = writable;
	new->loop = (unsigned int)nr;
}

static void add_loops(struct users *u)
{
	DIR *dir = opendir("/sys/block");
	struct dirent *ent;

	while (dir && (ent = readdir(dir)))
		add_loop(u, ent->d_name);
	if (dir)
		closedir(dir);
}

/* --- one disk and the others --- */

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

static int domain_uses(struct asked *a, const struct user *u)
{
	char path[XS_PATH_MAX], dev[32], name[80] = "?", by[160];

	if (read_key(a->xs, u->domid, u->devid, "dev", dev, sizeof(dev)) < 0)
		snprintf(dev, sizeof(dev), "%s", u->devid);
	snprintf(path, sizeof(path), "/local/domain/%s/name", u->domid);
	xs_read_str(a->xs, XBT_NULL, path, name, sizeof(name));
	snprintf(by, sizeof(by), "it is disk %s of domain %s (%s)", dev,
		 u->domid, name);
	return in_use(a, EXIT_BUSY, by);
}

static int loop_uses(struct asked *a, const struct user *u)
{
	char by[64];

	if (a->id.dev && a->id.whole == makedev(MAJOR_LOOP, u->loop))
		return 0; /* it is the one that was asked about */
	snprintf(by, sizeof(by), "it is attached to /dev/loop%u", u->loop);
	return in_use(a, EXIT_BUSY, by);
}

static int others_use(struct asked *a, const struct users *u)
{
	unsigned int i;

	for (i = 0; i < u->nr; i++) {
		const struct user *one = &u->user[i];

		if (excludes(a, &one->id, one->writable) &&
		    (*one->domid ? domain_uses(a, one) : loop_uses(a, one)) < 0)
			return -1;
	}
	return 0;
}

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

static int check_all(struct xs *xs, const struct users *u,
		     const struct vm_config *cfg, unsigned int first,
		     struct err *e)
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
		    others_use(&a, u) < 0)
			return -1;
	}
	return 0;
}

/* Domains come first: who uses a loop device says more than that one does. */
int diskuse_check(struct xs *xs, const struct vm_config *cfg,
		  unsigned int first, struct err *e)
{
	struct users u = {.nr = 0};
	int rc;

	if (first == cfg->nr_disk)
		return 0;
	if (xs)
		add_domains(&u, xs);
	add_loops(&u);
	errno = u.failed;
	rc = u.failed ? err_sys(e, EXIT_FAILED, "what disks are in use")
		      : check_all(xs, &u, cfg, first, e);
	free(u.user);
	return rc;
}
