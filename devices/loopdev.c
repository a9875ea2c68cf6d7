/* SPDX-License-Identifier: MIT */
#include "devices/loopdev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { TRIES = 32, DEFAULT_BLOCK = 512 };

/* LOOP_CONFIGURE on the free device `nr`; its descriptor, or -1 and errno */
static int configure(int nr, const struct loop_config *cfg, bool readonly)
{
	char dev[32];
	int fd, saved;

	snprintf(dev, sizeof(dev), "/dev/loop%d", nr);
	fd = open(dev, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (!ioctl(fd, LOOP_CONFIGURE, cfg))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* Another process may take the free device first: EBUSY, so ask again. */
static int take_free(int control, const struct loop_config *cfg, bool readonly,
		     unsigned int *nr)
{
	unsigned int i;
	int fd, n;

	for (i = 0; i < TRIES; i++) {
		n = ioctl(control, LOOP_CTL_GET_FREE);
		if (n < 0)
			return -1;
		fd = configure(n, cfg, readonly);
		if (fd >= 0) {
			*nr = (unsigned int)n;
			return fd;
		}
		if (errno != EBUSY)
			return -1;
	}
	return -1;
}

int loopdev_attach(int file_fd, const char *path, bool readonly,
		   unsigned int *nr, struct err *e)
{
	struct loop_config cfg = {
		.fd = (unsigned int)file_fd,
		.block_size = DEFAULT_BLOCK,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR |
				 (readonly ? LO_FLAGS_READ_ONLY : 0u),
	};
	int control, fd;

	strncpy((char *)cfg.info.lo_file_name, path, LO_NAME_SIZE - 1);
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0)
		return err_sys(e, EXIT_HOST, "/dev/loop-control (module loop)");
	fd = take_free(control, &cfg, readonly, nr);
	if (fd < 0)
		err_sys(e, EXIT_FAILED, "loop device for %s", path);
	close(control);
	return fd;
}
