/* SPDX-License-Identifier: MIT */
#include "core/vdev.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/num.h"

/* The encodings, from xen-vbd-interface(7), "Concrete encoding". */
enum {
	MAJOR_HD0 = 3,
	MAJOR_SD = 8,
	MAJOR_HD1 = 22,
	MAJOR_XVD = 202,
	EXTENDED = 1 << 28,
	DISKS_MAX = 1 << 20,
	PARTS_MAX = 1 << 8,
	LETTERS = 26,
};

/* Leading letters as a disk index: a is 0, z 25, aa 26. NULL if none fit. */
static const char *parse_letters(const char *p, unsigned int *disk)
{
	unsigned int n = 0;
	const char *start = p;

	for (; *p >= 'a' && *p <= 'z'; p++) {
		n = n * LETTERS + (unsigned int)(*p - 'a') + 1;
		if (n > DISKS_MAX)
			return NULL;
	}
	*disk = n - 1;
	return p == start ? NULL : p;
}

/* All of `p` as a decimal number the way a name has it: no zeros in front. */
static int parse_decimal(const char *p, unsigned int min, unsigned int max,
			 unsigned int *out)
{
	uint64_t n;

	if (*p == '0' && p[1])
		return -1;
	if (num_parse(p, min, max, &n) < 0)
		return -1;
	*out = (unsigned int)n;
	return 0;
}

static void encode_xvd(struct vdev *v)
{
	if (v->disk < 16 && v->part < 16)
		v->devid =
			(unsigned int)MAJOR_XVD << 8 | v->disk << 4 | v->part;
	else
		v->devid = EXTENDED | v->disk << 8 | v->part;
}

/* Set devid from the rest; -1 if the bus has no such disk or partition. */
static int encode(struct vdev *v)
{
	unsigned int major = v->disk < 2 ? MAJOR_HD0 : MAJOR_HD1;

	switch (v->bus) {
	case 'h':
		if (v->disk >= 4 || v->part >= 64)
			return -1;
		v->devid = major << 8 | (v->disk & 1) << 6 | v->part;
		return 0;
	case 's':
		if (v->disk >= 16 || v->part >= 16)
			return -1;
		v->devid = MAJOR_SD << 8 | v->disk << 4 | v->part;
		return 0;
	default: /* what was parsed is within bounds */
		encode_xvd(v);
		return 0;
	}
}

/* xvdLETTERS[PART], hd..., sd... */
static int parse_letter_name(const char *name, struct vdev *v)
{
	const char *p = name[0] == 'x' ? name + 3 : name + 2;

	v->bus = *name;
	p = parse_letters(p, &v->disk);
	if (!p)
		return -1;
	v->part = 0;
	if (*p && parse_decimal(p, 1, PARTS_MAX - 1, &v->part) < 0)
		return -1;
	return encode(v);
}

/* dDISK[pPART] */
static int parse_d_name(const char *name, struct vdev *v)
{
	char disk[12];
	const char *p = strchr(name, 'p');
	size_t len = p ? (size_t)(p - name - 1) : strlen(name + 1);

	if (len >= sizeof(disk))
		return -1;
	memcpy(disk, name + 1, len);
	disk[len] = '\0';
	v->bus = 'x';
	v->part = 0;
	if (parse_decimal(disk, 0, DISKS_MAX - 1, &v->disk) < 0)
		return -1;
	if (p && parse_decimal(p + 1, 0, PARTS_MAX - 1, &v->part) < 0)
		return -1;
	return encode(v);
}

static void decode(unsigned int n, struct vdev *v)
{
	unsigned int minor = n & 0xff;

	switch (n >> 8) {
	case MAJOR_HD0:
	case MAJOR_HD1:
		v->bus = 'h';
		v->disk = minor >> 6 | (n >> 8 == MAJOR_HD1 ? 2 : 0);
		v->part = minor & 63;
		break;
	case MAJOR_SD:
		v->bus = 's';
		v->disk = minor >> 4;
		v->part = minor & 15;
		break;
	case MAJOR_XVD:
		v->bus = 'x';
		v->disk = minor >> 4;
		v->part = minor & 15;
		break;
	default:
		v->bus = 'x';
		v->disk = (n & ~(unsigned int)EXTENDED) >> 8;
		v->part = minor;
	}
}

/* A number says nothing about its disk unless it is one of the encodings. */
static int parse_number(const char *name, struct vdev *v)
{
	uint64_t n;

	if (name[0] == '0' && name[1] != 'x')
		return -1; /* zero is none, and octal is not for people */
	if (num_parse(name, 0, 2u * EXTENDED - 1, &n) < 0)
		return -1;
	decode((unsigned int)n, v);
	if (encode(v) < 0 || v->devid != n)
		return -1;
	return 0;
}

int vdev_parse(const char *name, struct vdev *out)
{
	struct vdev v = {0};
	int rc = -1;

	if (*name >= '0' && *name <= '9')
		rc = parse_number(name, &v);
	else if (*name == 'd')
		rc = parse_d_name(name, &v);
	else if (!strncmp(name, "xvd", 3) || !strncmp(name, "hd", 2) ||
		 !strncmp(name, "sd", 2))
		rc = parse_letter_name(name, &v);
	if (!rc)
		*out = v;
	return rc;
}

/* Write the letters of a disk index in front of `end`; returns the start. */
static char *letters(unsigned int disk, char *end)
{
	unsigned int n = disk + 1;

	do {
		n--;
		*--end = (char)('a' + n % LETTERS);
		n /= LETTERS;
	} while (n);
	return end;
}

void vdev_name(const struct vdev *v, char *buf, unsigned int size)
{
	char text[8] = "", part[8] = "";
	const char *bus = v->bus == 'x' ? "xvd" : v->bus == 'h' ? "hd" : "sd";

	if (v->part)
		snprintf(part, sizeof(part), "%u", v->part & (PARTS_MAX - 1));
	snprintf(buf, size, "%s%s%s", bus,
		 letters(v->disk, text + sizeof(text) - 1), part);
}

void vdev_linux_name(unsigned int disk, char *buf, unsigned int size)
{
	struct vdev v = {.disk = disk, .bus = 'x'};

	vdev_name(&v, buf, size);
}
