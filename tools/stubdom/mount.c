/* SPDX-License-Identifier: MIT */
#include "tools/stubdom/mount.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

struct fs {
	const char *type;
	const char *dir;
	const char *options;
};

static int mount_one(const struct fs *fs, struct err *e)
{
	unsigned long flags = MS_NOSUID | MS_NOEXEC;

	if (mount(fs->type, fs->dir, fs->type, flags, fs->options) < 0)
		return err_sys(e, EXIT_FAILED, "mount %s on %s", fs->type,
			       fs->dir);
	return 0;
}

int mount_basics(struct err *e)
{
	static const struct fs basics[] = {
		{"devtmpfs", "/dev", "mode=0755"}, {"proc", "/proc", NULL},
		{"sysfs", "/sys", NULL},	   {"tmpfs", "/tmp", "size=4m"},
		{"tmpfs", "/run", "size=4m"},
	};
	unsigned int i;

	for (i = 0; i < sizeof(basics) / sizeof(*basics); i++) {
		if (mount_one(&basics[i], e) < 0)
			return -1;
	}
	return 0;
}

int mount_xenfs(struct err *e)
{
	static const struct fs xenfs = {"xenfs", "/proc/xen", NULL};

	return mount_one(&xenfs, e);
}

int mount_usr(const char *file, struct err *e)
{
	static const char loop[] = "/dev/loop0";
	int image = open(file, O_RDONLY | O_CLOEXEC);
	int dev = open(loop, O_RDONLY | O_CLOEXEC);
	int rc = 0;

	if (image < 0 || dev < 0)
		rc = err_sys(e, EXIT_FAILED, "open %s",
			     image < 0 ? file : loop);
	else if (ioctl(dev, LOOP_SET_FD, image) < 0 ||
		 mount(loop, "/usr", "squashfs",
		       MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0)
		rc = err_sys(e, EXIT_FAILED, "mount %s on /usr", file);
	if (image >= 0)
		close(image);
	if (dev >= 0)
		close(dev);
	return rc;
}

int knob_set(const char *path, const char *value, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return err_sys(e, EXIT_FAILED, "open %s", path);
	n = write(fd, value, strlen(value));
	if (n < 0)
		err_sys(e, EXIT_FAILED, "write %s", path);
	close(fd);
	return n < 0 ? -1 : 0;
}
