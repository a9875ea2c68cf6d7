/* SPDX-License-Identifier: MIT */
/*
 * What hangs on a device is found by the links in /sys/class: each leads
 * through the directory of the PCI device that it lives on.
 */
#include "devices/pciuse.h"

#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/num.h"
#include "devices/pcisys.h"

enum { PATH_SIZE = 320, NAME_SIZE = 64, TABLE_SIZE = 65536 };

struct search {
	int root;
	char middle[BDF_TEXT + 2]; /* "/0000:00:04.0/" */
	char *why;
	size_t size;
	enum pci_use use;
};

static void found(struct search *s, enum pci_use use, const char *what,
		  const char *name, const char *state)
{
	if (use <= s->use)
		return;
	s->use = use;
	snprintf(s->why, s->size, "%s %s %s", what, name, state);
}

typedef void look_fn(struct search *s, const char *name);

/* Call look() for all of a class that hang on the device. */
static void each_of(struct search *s, const char *class, look_fn *look)
{
	char path[PATH_SIZE], target[PATH_SIZE];
	int fd = openat(s->root, class, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;
	ssize_t n;

	while (dir && (d = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%.200s", class, d->d_name);
		n = readlinkat(s->root, path, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		if (strstr(target, s->middle))
			look(s, d->d_name);
	}
	if (dir)
		closedir(dir);
}

/* The whole of a table of the kernel's, to be freed; NULL if there is none. */
static char *read_table(struct search *s, const char *path)
{
	char *text = malloc(TABLE_SIZE);

	if (text && pci_read(s->root, path, text, TABLE_SIZE) < 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* The default route: destination 00000000 in the second column. */
static bool is_default_route(struct search *s, const char *name)
{
	char *text = read_table(s, "proc/net/route"), *line, *save;
	size_t len = strlen(name);
	bool yes = false;

	line = text ? strtok_r(text, "\n", &save) : NULL;
	for (; line && !yes; line = strtok_r(NULL, "\n", &save))
		yes = !strncmp(line, name, len) &&
		      !strncmp(line + len, "\t00000000\t", 10);
	free(text);
	return yes;
}

static void look_net(struct search *s, const char *name)
{
	char path[PATH_SIZE], text[32];
	uint64_t flags;

	snprintf(path, sizeof(path), "sys/class/net/%.64s/flags", name);
	if (pci_read(s->root, path, text, sizeof(text)) < 0 ||
	    num_parse(text, 0, UINT32_MAX, &flags) < 0 || !(flags & IFF_UP))
		return;
	if (is_default_route(s, name))
		found(s, PCI_NEEDED, "network interface", name,
		      "has the default route");
	else
		found(s, PCI_USED, "network interface", name, "is up");
}

/* A file system on it: its number is the third word of a line. */
static bool is_mounted(struct search *s, const char *number)
{
	char *text = read_table(s, "proc/self/mountinfo"), word[NAME_SIZE];
	bool yes;

	snprintf(word, sizeof(word), " %s ", number);
	yes = text && strstr(text, word);
	free(text);
	return yes;
}

static bool is_swap(struct search *s, const char *name)
{
	char *text = read_table(s, "proc/swaps"), word[NAME_SIZE];
	bool yes;

	snprintf(word, sizeof(word), "/dev/%.40s ", name);
	yes = text && strstr(text, word);
	free(text);
	return yes;
}

static bool has_holders(struct search *s, const char *name)
{
	char path[PATH_SIZE];
	struct dirent *d;
	bool yes = false;
	DIR *dir;
	int fd;

	snprintf(path, sizeof(path), "sys/class/block/%.64s/holders", name);
	fd = openat(s->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && !yes && (d = readdir(dir)))
		yes = d->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return yes;
}

static void look_block(struct search *s, const char *name)
{
	char path[PATH_SIZE], number[24];

	snprintf(path, sizeof(path), "sys/class/block/%.64s/dev", name);
	if (pci_read(s->root, path, number, sizeof(number)) < 0)
		return;
	if (is_mounted(s, number))
		found(s, PCI_NEEDED, "disk", name, "is mounted");
	else if (is_swap(s, name))
		found(s, PCI_NEEDED, "disk", name, "is swapped to");
	else if (has_holders(s, name))
		found(s, PCI_NEEDED, "disk", name,
		      "is part of a device that is in use");
}

/* A directory of the host's that is mounted from a virtual machine's host. */
static void look_virtio(struct search *s, const char *name)
{
	char path[PATH_SIZE], target[PATH_SIZE], *text;
	ssize_t n;

	snprintf(path, sizeof(path), "sys/bus/virtio/devices/%.64s/driver",
		 name);
	n = readlinkat(s->root, path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	if (!strstr(target, "/9pnet_virtio"))
		return;
	text = read_table(s, "proc/self/mountinfo");
	if (text && strstr(text, " - 9p "))
		found(s, PCI_NEEDED, "9p share", name, "is mounted");
	free(text);
}

enum pci_use pci_use(int root, const struct bdf *b, char *why, size_t size)
{
	struct search s = {.root = root, .why = why, .size = size};
	char text[BDF_TEXT];

	*why = '\0';
	bdf_text(b, text);
	snprintf(s.middle, sizeof(s.middle), "/%s/", text);
	each_of(&s, "sys/class/net", look_net);
	each_of(&s, "sys/class/block", look_block);
	each_of(&s, "sys/bus/virtio/devices", look_virtio);
	return s.use;
}
