/* SPDX-License-Identifier: MIT */
#include "tools/stubdom/cmdline.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool cmdline_has(const char *word)
{
	char text[4096];
	char *rest = text, *one;
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	while ((one = strsep(&rest, " \n"))) {
		if (!strcmp(one, word))
			return true;
	}
	return false;
}
