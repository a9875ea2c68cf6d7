/* SPDX-License-Identifier: MIT */
/* A root with as much of /sys and /proc as PCI devices need. */
#ifndef TESTS_UNIT_PCI_FAKE_H
#define TESTS_UNIT_PCI_FAKE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAKE_DRIVER "sys/bus/pci/drivers/pciback/"

struct fake {
	char dir[32];
	int root;
};

static inline void fake_open(struct fake *f)
{
	strcpy(f->dir, "/tmp/pci.XXXXXX");
	if (!mkdtemp(f->dir))
		abort();
	f->root = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static inline void fake_close(struct fake *f)
{
	char command[64];

	close(f->root);
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	if (system(command))
		abort();
}

static inline void fake_dirs(struct fake *f, const char *path)
{
	char dir[256], *p;

	snprintf(dir, sizeof(dir), "%s", path);
	for (p = strchr(dir, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdirat(f->root, dir, 0700);
		*p = '/';
	}
}

static inline void fake_put(struct fake *f, const char *path, const char *text)
{
	int fd;

	fake_dirs(f, path);
	fd = openat(f->root, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

static inline void fake_link(struct fake *f, const char *path,
			     const char *target)
{
	fake_dirs(f, path);
	unlinkat(f->root, path, 0);
	if (symlinkat(target, f->root, path) < 0)
		abort();
}

static inline const char *fake_get(struct fake *f, const char *path)
{
	static char text[256];
	int fd = openat(f->root, path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n < 0 ? "(not there)" : text;
}

/* A file of a device. */
static inline void fake_dev(struct fake *f, const char *bdf, const char *file,
			    const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/%s", bdf, file);
	fake_put(f, path, text);
}

static inline void fake_driver(struct fake *f, const char *bdf,
			       const char *driver)
{
	char path[128], target[128];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/driver", bdf);
	snprintf(target, sizeof(target), "../../../bus/pci/drivers/%s", driver);
	fake_link(f, path, target);
	snprintf(path, sizeof(path), "sys/bus/pci/drivers/%s/unbind", driver);
	fake_put(f, path, "");
	snprintf(path, sizeof(path), "sys/bus/pci/drivers/%s/bind", driver);
	fake_put(f, path, "");
}

/* QEMU's edu device, as Debian's kernel shows it. */
static inline void fake_edu(struct fake *f)
{
	static const char bdf[] = "0000:00:04.0";

	fake_dev(f, bdf, "vendor", "0x1234\n");
	fake_dev(f, bdf, "device", "0x11e8\n");
	fake_dev(f, bdf, "class", "0x00ff00\n");
	fake_dev(f, bdf, "irq", "20\n");
	fake_dev(f, bdf, "resource",
		 "0x00000000fea00000 0x00000000feafffff 0x0000000000040200\n"
		 "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		 "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		 "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		 "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		 "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		 "0x0000000000000000 0x0000000000000000 0x0000000000000000\n");
}

/* pciback's attributes, empty. */
static inline void fake_pciback(struct fake *f)
{
	fake_put(f, FAKE_DRIVER "new_slot", "");
	fake_put(f, FAKE_DRIVER "remove_slot", "");
	fake_put(f, FAKE_DRIVER "bind", "");
	fake_put(f, FAKE_DRIVER "unbind", "");
	fake_put(f, FAKE_DRIVER "slots", "");
	fake_put(f, FAKE_DRIVER "permissive", "");
	fake_put(f, FAKE_DRIVER "allow_interrupt_control", "");
}

#endif
