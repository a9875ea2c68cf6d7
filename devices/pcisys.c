/* SPDX-License-Identifier: MIT */
#include "devices/pcisys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/num.h"

#define DEVICES "sys/bus/pci/devices"

enum {
	PATH_SIZE = 128,
	PAGE_BITS = 12,
	/* linux/ioport.h: what stands in the third column of `resource` */
	RES_PORTS = 0x100,
	RES_MEM = 0x200,
	RES_UNSET = 0x20000000,
	/* "no interrupt", as firmware and IRQ_NOTCONNECTED say it */
	IRQ_NONE = 255,
	IRQ_MAX = 0xffff,
	CLASS_BRIDGE = 6,
	CONFIG_LEN = 256,
	DEVICES_MAX = 4096,
};

static void path_of(const struct bdf *b, const char *file, char *buf)
{
	char text[BDF_TEXT];

	bdf_text(b, text);
	snprintf(buf, PATH_SIZE, DEVICES "/%s%s%s", text, *file ? "/" : "",
		 file);
}

static ssize_t read_bytes(int root, const char *path, void *buf, size_t size)
{
	int fd = openat(root, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buf, size);
	close(fd);
	return n;
}

int pci_read(int root, const char *path, char *buf, size_t size)
{
	ssize_t n = read_bytes(root, path, buf, size - 1);

	if (n < 0)
		return -1;
	if (n && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return 0;
}

/* 0 if it is not there or no number. */
static uint64_t read_number(int root, const struct bdf *b, const char *file,
			    uint64_t max)
{
	char path[PATH_SIZE], text[32];
	uint64_t n;

	path_of(b, file, path);
	if (pci_read(root, path, text, sizeof(text)) < 0 ||
	    num_parse(text, 0, max, &n) < 0)
		return 0;
	return n;
}

static void read_driver(int root, struct pci_facts *f)
{
	char path[PATH_SIZE], target[256];
	const char *name;
	ssize_t n;

	path_of(&f->bdf, "driver", path);
	n = readlinkat(root, path, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	name = strrchr(target, '/');
	snprintf(f->driver, sizeof(f->driver), "%.31s",
		 name ? name + 1 : target);
}

/* "0xSTART 0xEND 0xFLAGS" */
static bool parse_region(char *line, struct pci_region *r)
{
	uint64_t n[3];
	char *save, *word = strtok_r(line, " ", &save);
	unsigned int i;

	for (i = 0; i < 3; i++, word = strtok_r(NULL, " ", &save)) {
		if (!word || num_parse(word, 0, UINT64_MAX, &n[i]) < 0)
			return false;
	}
	if (!n[0] || n[1] < n[0] || n[1] - n[0] == UINT64_MAX ||
	    n[2] & RES_UNSET || !(n[2] & (RES_PORTS | RES_MEM)))
		return false;
	r->start = n[0];
	r->size = n[1] - n[0] + 1;
	r->ports = n[2] & RES_PORTS;
	return !r->ports || n[1] <= 0xffff;
}

/* Six BARs and the ROM come first; a bridge's windows are no business here. */
static unsigned int read_regions(int root, const struct bdf *b,
				 struct pci_region *r)
{
	char path[PATH_SIZE], text[1024], *line, *save;
	unsigned int i, nr = 0;

	path_of(b, "resource", path);
	if (pci_read(root, path, text, sizeof(text)) < 0)
		return 0;
	line = strtok_r(text, "\n", &save);
	for (i = 0; line && i < PCI_REGIONS; i++) {
		if (parse_region(line, &r[nr]))
			nr++;
		line = strtok_r(NULL, "\n", &save);
	}
	return nr;
}

/* Phantom functions: PCI Express capability, device capabilities bits 4:3. */
static bool has_phantoms(const uint8_t *c, size_t len)
{
	unsigned int at = c[0x34] & 0xfc, hops = 48;

	if (len < CONFIG_LEN || !(c[0x06] & 0x10))
		return false;
	while (at >= 0x40 && hops--) {
		if (c[at] == 0x10 && at + 4 < len)
			return c[at + 4] & 0x18;
		at = c[at + 1] & 0xfc;
	}
	return false;
}

static void read_config(int root, struct pci_facts *f)
{
	uint8_t config[CONFIG_LEN] = {0};
	char path[PATH_SIZE];
	ssize_t n;

	path_of(&f->bdf, "config", path);
	n = read_bytes(root, path, config, sizeof(config));
	f->bridge = f->class >> 16 == CLASS_BRIDGE ||
		    (n >= 64 && (config[0x0e] & 0x7f));
	f->phantom = n > 0 && has_phantoms(config, (size_t)n);
}

static bool is_there(int root, const struct bdf *b, const char *file)
{
	char path[PATH_SIZE];

	path_of(b, file, path);
	return !faccessat(root, path, F_OK, 0);
}

static unsigned int find_sisters(int root, const struct bdf *b)
{
	struct bdf s = *b;
	unsigned int found = 0;

	for (s.fn = 0; s.fn < 8; s.fn++) {
		if (s.fn != b->fn && is_there(root, &s, ""))
			found |= 1u << s.fn;
	}
	return found;
}

int pci_facts(int root, const struct bdf *b, struct pci_facts *f, struct err *e)
{
	char text[BDF_TEXT];

	memset(f, 0, sizeof(*f));
	f->bdf = *b;
	bdf_text(b, text);
	if (!is_there(root, b, "vendor"))
		return err_set(e, EXIT_FAILED, "PCI device %s: not there",
			       text);
	f->vendor = (uint16_t)read_number(root, b, "vendor", 0xffff);
	f->device = (uint16_t)read_number(root, b, "device", 0xffff);
	f->class = (uint32_t)read_number(root, b, "class", 0xffffff);
	f->irq = (unsigned int)read_number(root, b, "irq", IRQ_MAX);
	if (f->irq == IRQ_NONE)
		f->irq = 0;
	f->nr_region = read_regions(root, b, f->region);
	f->reset = is_there(root, b, "reset");
	f->sisters = find_sisters(root, b);
	read_driver(root, f);
	read_config(root, f);
	return 0;
}

static int by_address(const void *a, const void *b)
{
	uint32_t x = bdf_number(a), y = bdf_number(b);

	return (x > y) - (x < y);
}

int pci_all(int root, struct bdf *out, unsigned int max, struct err *e)
{
	int fd = openat(root, DEVICES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	unsigned int nr = 0;
	struct dirent *d;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return err_sys(e, EXIT_HOST, "PCI devices: /" DEVICES);
	}
	while (nr < max && (d = readdir(dir))) {
		if (!bdf_parse(d->d_name, &out[nr]))
			nr++;
	}
	closedir(dir);
	qsort(out, nr, sizeof(*out), by_address);
	return (int)nr;
}

uint64_t pci_pages(const struct pci_region *r, uint64_t *nr)
{
	uint64_t first = r->start >> PAGE_BITS;
	uint64_t last = (r->start + r->size - 1) >> PAGE_BITS;

	*nr = last - first + 1;
	return first;
}

static bool pages_meet(const struct pci_region *a, const struct pci_region *b)
{
	uint64_t na, nb, fa = pci_pages(a, &na), fb = pci_pages(b, &nb);

	return !a->ports && !b->ports && fa < fb + nb && fb < fa + na;
}

static bool meets(int root, const struct pci_facts *f, const struct bdf *b)
{
	struct pci_region r[PCI_REGIONS];
	unsigned int i, j, nr = read_regions(root, b, r);

	for (i = 0; i < f->nr_region; i++) {
		for (j = 0; j < nr; j++) {
			if (pages_meet(&f->region[i], &r[j]))
				return true;
		}
	}
	return false;
}

bool pci_shares_page(int root, const struct pci_facts *f, struct bdf *other)
{
	struct bdf *all = calloc(DEVICES_MAX, sizeof(*all));
	struct err ignored;
	int i, nr = all ? pci_all(root, all, DEVICES_MAX, &ignored) : 0;
	bool found = false;

	for (i = 0; i < nr && !found; i++) {
		if (bdf_same(&all[i], &f->bdf) || !meets(root, f, &all[i]))
			continue;
		*other = all[i];
		found = true;
	}
	free(all);
	return found;
}
