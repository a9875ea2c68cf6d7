/* SPDX-License-Identifier: MIT */
#include "tools/stubdom/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/file.h"
#include "tools/stubdom/modlist.h"
#include "tools/stubdom/say.h"

#define MODULE_DIR "/modules"

enum { LIST_MAX = 4096 };

static void module_load(const struct module *m)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), MODULE_DIR "/%s", m->file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		say("module %s: not in the image, taken as built in", m->file);
		return;
	}
	/* neither glibc nor musl wraps this call */
	if (syscall(SYS_finit_module, fd, m->params, 0) < 0 && errno != EEXIST)
		say("module %s: %s", m->file, strerror(errno));
	close(fd);
}

void modules_load(void)
{
	struct module m;
	struct err e;
	size_t len;
	char *text = file_read(MODULE_DIR "/list", LIST_MAX, &len, &e);
	char *list = text;

	if (!text) {
		say("%s: all modules are taken as built in", e.msg);
		return;
	}
	while (modlist_next(&list, &m))
		module_load(&m);
	free(text);
}
