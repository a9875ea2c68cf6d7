/* SPDX-License-Identifier: MIT */
#include "devices/loopdev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "core/num.h"

enum { TRIES = 32, DEFAULT_BLOCK = 512, POLL_MS = 10 };

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
		.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO |
				 (readonly ? LO_FLAGS_READ_ONLY : 0u),
	};
	int control, fd;

	strncpy((char *)cfg.info.lo_file_name, path, LO_NAME_SIZE - 1);
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0)
		return err_sys(e, EXIT_HOST, "/dev/loop-control (module loop)");
	fd = take_free(control, &cfg, readonly, nr);
	if (fd < 0)
		err_sys(e, EXIT_FAILED, "no free loop device for %s", path);
	close(control);
	return fd;
}

void loopdev_note(struct loop_list *l, const char *path)
{
	static const char prefix[] = "/dev/loop";
	unsigned int i;
	uint64_t nr;

	if (strncmp(path, prefix, strlen(prefix)) ||
	    num_parse(path + strlen(prefix), 0, UINT32_MAX, &nr) < 0)
		return;
	for (i = 0; i < l->nr && l->loop[i] != nr; i++)
		;
	if (i == l->nr && l->nr < LOOP_LIST_MAX)
		l->loop[l->nr++] = (unsigned int)nr;
}

static bool all_clear(const struct loop_list *l)
{
	char path[64];
	unsigned int i;

	for (i = 0; i < l->nr; i++) {
		snprintf(path, sizeof(path),
			 "/sys/block/loop%u/loop/backing_file", l->loop[i]);
		if (!access(path, F_OK))
			return false;
	}
	return true;
}

int loopdev_wait_clear(const struct loop_list *l)
{
	struct timespec nap = {.tv_nsec = POLL_MS * 1000000};
	uint64_t end = clock_ms() + LOOP_CLEAR_MS;

	while (!all_clear(l)) {
		if (clock_ms() >= end)
			return -1;
		nanosleep(&nap, NULL);
	}
	return 0;
}
