/* SPDX-License-Identifier: MIT */
#include "devices/vbd.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/diskplace.h"
#include "core/vdev.h"
#include "core/xenbus.h"
#include "devices/diskuse.h"
#include "devices/medium.h"

/* Who uses a medium comes first: that message says more than EBUSY does. */
int vbd_check(struct xs *xs, struct vm_config *cfg, unsigned int first,
	      struct err *e)
{
	unsigned int i;
	int fd;

	if (diskuse_check(xs, cfg, first, e) < 0)
		return -1;
	for (i = first; i < cfg->nr_disk; i++) {
		if (!cfg->disk[i].path)
			continue;
		fd = medium_open(&cfg->disk[i], e);
		if (fd < 0)
			return -1;
		close(fd);
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
		plan_step(p, OP_LOOP, DOM_HOST, GROUP_SETUP, disk_way(cfg, i),
			  d->kind == DISK_FILE ? "disk %s: loop device for %s"
					       : "disk %s: block device %s",
			  d->vdev, d->path);
		plan_step_index(p, i);
	}
}

unsigned int vbd_devid(const struct vm_config *cfg, unsigned int place,
		       enum plan_dom dom)
{
	char name[VDEV_NAME_MAX];
	struct vdev v;

	if (dom == DOM_TARGET || cfg->protocol == PROTOCOL_MERGED)
		return cfg->disk[place].devid;
	vdev_linux_name(disk_stub_number(cfg, place), name, sizeof(name));
	vdev_parse(name, &v);
	return v.devid;
}

static void backend_nodes(struct plan *p, const struct xenbus_pair *x,
			  const struct disk_config *d, unsigned int place)
{
	char dev[PLAN_VAR_NAME + 2], path[PLAN_VAR_NAME + 2];

	snprintf(dev, sizeof(dev), PLAN_VAR("disk%u.dev"), place);
	snprintf(path, sizeof(path), PLAN_VAR("disk%u.path"), place);
	plan_node(p, NULL, x->back, "params", "%s", d->path);
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

void vbd_plan_disk(struct plan *p, const struct vm_config *cfg,
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

void vbd_plan_nodes(struct plan *p, const struct vm_config *cfg,
		    enum plan_dom dom)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_disk; i++) {
		if (dom == DOM_TARGET ? disk_in_target(cfg, i)
				      : disk_in_stub(cfg, i))
			vbd_plan_disk(p, cfg, i, dom);
	}
}

static int attach_file(int file_fd, const struct disk_config *d, char *path,
		       size_t size, struct err *e)
{
	unsigned int nr;
	int fd = loopdev_attach(file_fd, d->path, d->readonly, &nr, e);

	if (fd < 0)
		return err_in(e, "disk %s", d->vdev);
	snprintf(path, size, "/dev/loop%u", nr);
	return fd;
}

int vbd_open(const struct vm_config *cfg, unsigned int place,
	     struct plan_vars *vars, struct log *log, struct err *e)
{
	struct disk_config d = cfg->disk[place];
	char key[PLAN_VAR_NAME], path[32] = "";
	struct stat st;
	int fd = medium_open(&d, e), file_fd;

	if (fd >= 0 && d.kind == DISK_FILE) {
		file_fd = fd;
		fd = attach_file(file_fd, &d, path, sizeof(path), e);
		close(file_fd);
		log_msg(log, LOG_DETAIL, "host: %s is %s", d.path, path);
	}
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0) {
		err_sys(e, EXIT_FAILED, "disk %s: stat", d.vdev);
		close(fd);
		return -1;
	}
	/* blkback reads it in hexadecimal */
	snprintf(key, sizeof(key), "disk%u.dev", place);
	plan_set(vars, key, "%x:%x", major(st.st_rdev), minor(st.st_rdev));
	snprintf(key, sizeof(key), "disk%u.path", place);
	plan_set(vars, key, "%s", path);
	return fd;
}

void vbd_note_loop(struct xs *xs, const char *back, struct loop_list *loops)
{
	char path[XS_PATH_MAX], device[64], image[XS_VALUE_MAX];

	snprintf(path, sizeof(path), "%s/physical-device-path", back);
	if (xs_read_str(xs, XBT_NULL, path, device, sizeof(device)) < 0)
		return;
	snprintf(path, sizeof(path), "%s/params", back);
	if (xs_read_str(xs, XBT_NULL, path, image, sizeof(image)) >= 0 &&
	    strcmp(image, device))
		loopdev_note(loops, device);
}
