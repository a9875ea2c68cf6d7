/* SPDX-License-Identifier: MIT */
#include "devices/medium.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512 };

/* How image formats begin. A fixed VHD has its mark at the end: raw will do. */
static const struct {
	const char *format;
	unsigned int at;
	const char *mark;
	size_t len;
} formats[] = {
	{"qcow2", 0, "QFI\373", 4},	{"vhd", 0, "conectix", 8},
	{"vhdx", 0, "vhdxfile", 8},	{"vmdk", 0, "KDMV", 4},
	{"qed", 0, "QED\0", 4},		{"vdi", 64, "\177\20\332\276", 4},
	{"vmdk", 0, "# Disk Desc", 11},
};

static const char *format_of(int fd)
{
	char head[SECTOR];
	unsigned int i;

	if (pread(fd, head, sizeof(head), 0) != sizeof(head))
		return NULL;
	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (!memcmp(head + formats[i].at, formats[i].mark,
			    formats[i].len))
			return formats[i].format;
	}
	return NULL;
}

/*
 * The content may only refuse: what a guest wrote into its disk must never
 * choose how the host reads it.
 */
static int check_file(struct disk_config *d, int fd, const struct stat *st,
		      struct err *e)
{
	const char *format;

	if (st->st_size < SECTOR)
		return err_set(e, EXIT_FAILED, "smaller than one sector");
	format = d->raw ? NULL : format_of(fd);
	if (format)
		return err_set(
			e, EXIT_FAILED,
			"a %s image: the kernel serves raw ones only: convert "
			"it (qemu-img convert -O raw), or qemu-nbd -c "
			"/dev/nbd0 and give that; format=raw if it is raw",
			format);
	d->kind = DISK_FILE;
	return 0;
}

static int check_device(struct disk_config *d, int fd, struct err *e)
{
	uint64_t bytes = 0;

	if (ioctl(fd, BLKGETSIZE64, &bytes) < 0)
		return err_sys(e, EXIT_FAILED, "size");
	if (bytes < SECTOR)
		return err_set(e, EXIT_FAILED,
			       "a block device of size 0 (nothing attached?)");
	d->kind = DISK_PHY;
	return 0;
}

/* Before it is opened: opening alone moves a FIFO's or a terminal's peer. */
static int check_type(const struct disk_config *d, mode_t mode, struct err *e)
{
	if ((S_ISBLK(mode) && d->kind != DISK_FILE) ||
	    (S_ISREG(mode) && d->kind != DISK_PHY))
		return 0;
	return err_set(e, EXIT_FAILED, "%s: not a %s", d->path,
		       d->kind == DISK_PHY    ? "block device"
		       : d->kind == DISK_FILE ? "regular file"
					      : "block device or file");
}

/*
 * O_EXCL claims a block device: it fails while the host has the device, or a
 * partition of it, mounted or part of something else, and the other way round.
 * A reader claims nothing, for others may read, too.
 */
static int open_device(const struct disk_config *d, struct err *e)
{
	int flags = d->readonly ? O_RDONLY : O_RDWR | O_EXCL;
	int fd = open(d->path, flags | O_CLOEXEC);

	if (fd < 0 && errno == EBUSY)
		return err_set(e, EXIT_BUSY,
			       "%s: in use by this host (mounted, or part of "
			       "another device) or by another VM",
			       d->path);
	return fd < 0 ? err_sys(e, EXIT_FAILED, "open %s", d->path) : fd;
}

/*
 * A lock on the open file claims a file. The loop device made from it keeps
 * the file open, and so the lock, for as long as it lives. File systems that
 * have no locks are no reason to refuse.
 */
static int open_file(const struct disk_config *d, struct err *e)
{
	int flags = d->readonly ? O_RDONLY : O_RDWR;
	int lock = d->readonly ? LOCK_SH : LOCK_EX;
	int fd = open(d->path, flags | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_sys(e, EXIT_FAILED, "open %s", d->path);
	if (flock(fd, lock | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		close(fd);
		return err_set(e, EXIT_BUSY, "%s: in use by another VM",
			       d->path);
	}
	return fd;
}

static int check_open(struct disk_config *d, int fd, mode_t type, struct err *e)
{
	struct stat st;
	int rc;

	if (fstat(fd, &st) < 0)
		return err_sys(e, EXIT_FAILED, "stat %s", d->path);
	if ((st.st_mode & S_IFMT) != type)
		return err_set(e, EXIT_FAILED, "%s: is being replaced",
			       d->path);
	rc = type == S_IFBLK ? check_device(d, fd, e)
			     : check_file(d, fd, &st, e);
	return rc < 0 ? err_in(e, "%s", d->path) : 0;
}

static int open_any(struct disk_config *d, struct err *e)
{
	struct stat st;
	int fd;

	if (stat(d->path, &st) < 0)
		return err_sys(e, EXIT_FAILED, "open %s", d->path);
	if (check_type(d, st.st_mode, e) < 0)
		return -1;
	fd = S_ISBLK(st.st_mode) ? open_device(d, e) : open_file(d, e);
	if (fd >= 0 && check_open(d, fd, st.st_mode & S_IFMT, e) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int medium_open(struct disk_config *d, struct err *e)
{
	int fd = open_any(d, e);

	return fd < 0 ? err_in(e, "disk %s", d->vdev) : fd;
}
