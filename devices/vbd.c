/* SPDX-License-Identifier: MIT */
#include "devices/vbd.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/vdev.h"
#include "core/xenbus.h"
#include "devices/loopdev.h"

static int open_medium(const struct disk_config *d, struct stat *st,
		       struct err *e)
{
	int flags = (d->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
	int fd = open(d->path, flags);

	if (fd < 0)
		return err_sys(e, EXIT_FAILED, "disk %s: open %s", d->vdev,
			       d->path);
	if (fstat(fd, st) < 0) {
		err_sys(e, EXIT_FAILED, "disk %s: stat %s", d->vdev, d->path);
		close(fd);
		return -1;
	}
	return fd;
}

static int check_kind(struct disk_config *d, const struct stat *st,
		      struct err *e)
{
	if (S_ISBLK(st->st_mode) && d->kind != DISK_FILE) {
		d->kind = DISK_PHY;
		return 0;
	}
	if (!S_ISREG(st->st_mode) || d->kind == DISK_PHY)
		return err_set(e, EXIT_FAILED, "disk %s: %s: not a %s", d->vdev,
			       d->path,
			       d->kind == DISK_PHY    ? "block device"
			       : d->kind == DISK_FILE ? "regular file"
						      : "block device or file");
	if (st->st_size < 512)
		return err_set(e, EXIT_FAILED,
			       "disk %s: %s: smaller than one sector", d->vdev,
			       d->path);
	d->kind = DISK_FILE;
	return 0;
}

int vbd_check(struct vm_config *cfg, struct err *e)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_disk; i++) {
		struct stat st;
		int fd, rc;

		if (!cfg->disk[i].path)
			continue;
		fd = open_medium(&cfg->disk[i], &st, e);
		if (fd < 0)
			return -1;
		rc = check_kind(&cfg->disk[i], &st, e);
		close(fd);
		if (rc < 0)
			return -1;
	}
	return 0;
}

void vbd_guess(struct vm_config *cfg)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_disk; i++) {
		struct disk_config *d = &cfg->disk[i];

		if (d->kind == DISK_AUTO && d->path)
			d->kind = strncmp(d->path, "/dev/", 5) ? DISK_FILE
							       : DISK_PHY;
	}
}

void vbd_plan_host(struct plan *p, const struct vm_config *cfg)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_disk; i++) {
		const struct disk_config *d = &cfg->disk[i];

		if (!d->path)
			continue;
		plan_step(p, OP_LOOP, DOM_HOST, GROUP_SETUP, NULL,
			  d->kind == DISK_FILE ? "disk %s: loop device for %s"
					       : "disk %s: block device %s",
			  d->vdev, d->path);
		plan_step_index(p, i);
	}
}

/*
 * The stub's disks are numbered by their place: "PV disks … according to
 * configuration order, starting with xvda". The guest's keep their names.
 */
unsigned int vbd_devid(const struct vm_config *cfg, unsigned int place,
		       enum plan_dom dom)
{
	char name[16];
	struct vdev v;

	if (dom == DOM_TARGET)
		return cfg->disk[place].devid;
	vdev_linux_name(place, name, sizeof(name));
	vdev_parse(name, &v);
	return v.devid;
}

static void backend_nodes(struct plan *p, const struct xenbus_pair *x,
			  const struct disk_config *d, unsigned int place)
{
	char dev[PLAN_VAR_NAME + 2], path[PLAN_VAR_NAME + 2];

	snprintf(dev, sizeof(dev), PLAN_VAR("disk%u.dev"), place);
	snprintf(path, sizeof(path), PLAN_VAR("disk%u.path"), place);
	plan_node(p, NULL, x->back, "params", "%s",
		  d->kind == DISK_FILE ? path : d->path);
	plan_node(p, NULL, x->back, "removable", "%d", d->cdrom);
	plan_node(p, NULL, x->back, "bootable", "1");
	plan_node(p, NULL, x->back, "dev", "%s", d->vdev);
	plan_node(p, NULL, x->back, "type", "phy");
	plan_node(p, NULL, x->back, "mode", d->readonly ? "r" : "w");
	plan_node(p, NULL, x->back, "device-type", d->cdrom ? "cdrom" : "disk");
	plan_node(p, NULL, x->back, "discard-enable", "%d", d->discard);
	if (d->direct_io_safe)
		plan_node(p, NULL, x->back, "direct-io-safe", "1");
	/* These three are what hotplug scripts would write. */
	plan_node(p, NULL, x->back, "physical-device", "%s", dev);
	plan_node(p, NULL, x->back, "physical-device-path", "%s",
		  d->kind == DISK_FILE ? path : d->path);
	plan_node(p, NULL, x->back, "hotplug-status", "connected");
}

static void disk_nodes(struct plan *p, const struct vm_config *cfg,
		       unsigned int place, enum plan_dom dom)
{
	const struct disk_config *d = &cfg->disk[place];
	unsigned int devid = vbd_devid(cfg, place, dom);
	struct xenbus_pair x;

	xenbus_pair(&x, dom, "vbd", devid);
	xenbus_nodes(p, &x, dom);
	plan_node(p, NULL, x.front, "virtual-device", "%u", devid);
	plan_node(p, NULL, x.front, "device-type", d->cdrom ? "cdrom" : "disk");
	plan_node(p, NULL, x.front, "trusted", "%d", !d->untrusted);
	if (dom == DOM_STUB)
		plan_node(p, NULL, x.front, "protocol", "x86_64-abi");
	backend_nodes(p, &x, d, place);
}

/*
 * A drive without a medium gets no PV disk: its backend would never connect,
 * and a Linux stub waits for every frontend it has.
 */
void vbd_plan_nodes(struct plan *p, const struct vm_config *cfg,
		    enum plan_dom dom)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_disk; i++) {
		if (cfg->disk[i].path)
			disk_nodes(p, cfg, i, dom);
	}
}

static int attach_file(const struct disk_config *d, int file_fd, char *path,
		       size_t size, struct stat *st, struct err *e)
{
	unsigned int nr;
	int fd = loopdev_attach(file_fd, d->path, d->readonly, &nr, e);

	if (fd < 0)
		return err_in(e, "disk %s", d->vdev);
	if (fstat(fd, st) < 0) {
		err_sys(e, EXIT_FAILED, "disk %s: stat loop%u", d->vdev, nr);
		close(fd);
		return -1;
	}
	snprintf(path, size, "/dev/loop%u", nr);
	return fd;
}

int vbd_open(const struct vm_config *cfg, unsigned int place,
	     struct plan_vars *vars, struct log *log, struct err *e)
{
	const struct disk_config *d = &cfg->disk[place];
	char key[PLAN_VAR_NAME], path[32] = "";
	struct stat st;
	int fd = open_medium(d, &st, e), file_fd;

	if (fd >= 0 && d->kind == DISK_FILE) {
		file_fd = fd;
		fd = attach_file(d, file_fd, path, sizeof(path), &st, e);
		close(file_fd);
		log_msg(log, LOG_DETAIL, "host: %s is %s", d->path, path);
	}
	if (fd < 0)
		return -1;
	/* blkback reads it in hexadecimal */
	snprintf(key, sizeof(key), "disk%u.dev", place);
	plan_set(vars, key, "%x:%x", major(st.st_rdev), minor(st.st_rdev));
	snprintf(key, sizeof(key), "disk%u.path", place);
	plan_set(vars, key, "%s", path);
	return fd;
}
