/* SPDX-License-Identifier: MIT */
#include "tools/stubdom/console.h"

#include <fcntl.h>
#include <stdio.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "tools/stubdom/args.h"

static int open_as(const char *path, int mode, int fd, struct err *e)
{
	int opened = open(path, mode | O_NOCTTY);

	if (opened < 0 || dup2(opened, fd) < 0)
		return err_sys(e, EXIT_FAILED, "open %s", path);
	if (opened > STDERR_FILENO)
		close(opened);
	return 0;
}

int console_log_open(struct err *e)
{
	if (open_as("/dev/null", O_RDWR, STDIN_FILENO, e) < 0 ||
	    open_as("/dev/console", O_WRONLY, STDOUT_FILENO, e) < 0 ||
	    open_as("/dev/console", O_WRONLY, STDERR_FILENO, e) < 0)
		return -1;
	return 0;
}

/*
 * tcdrain ends when the ring has the last byte; the pause is for the backend,
 * which may close a dying domain's ring without a last look at it.
 */
void console_log_flush(void)
{
	struct timespec pause = {.tv_nsec = 200 * 1000 * 1000};

	tcdrain(STDERR_FILENO);
	nanosleep(&pause, NULL);
}

static int make_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return -1;
	cfmakeraw(&t);
	return tcsetattr(fd, TCSANOW, &t);
}

/*
 * hvc numbers follow the order in which the kernel found the consoles; the
 * protocol's numbers are the same as long as they are 1, 2, 3...
 */
int console_raw_open(unsigned int nr, int mode, struct err *e)
{
	char path[16];
	int low, fd = -1;

	snprintf(path, sizeof(path), "/dev/hvc%u", nr);
	low = open(path, mode | O_NOCTTY | O_CLOEXEC);
	if (low >= 0) {
		fd = fcntl(low, F_DUPFD_CLOEXEC, FD_SAVE + 1);
		close(low);
	}
	if (fd < 0)
		return err_sys(e, EXIT_FAILED, "open %s", path);
	if (make_raw(fd) < 0) {
		close(fd);
		return err_sys(e, EXIT_FAILED, "%s: make raw", path);
	}
	return fd;
}
