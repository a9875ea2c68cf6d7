/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "tools/mtool/gc.h"
#include "tools/mtool/rundir.h"

/* "NAME.log" or "NAME.log.1" of a VM that is no more. */
static bool is_orphan(const char *file)
{
	static const char *const tails[] = {".log", ".log.1"};
	char dir[RUNDIR_PATH_MAX], name[VM_NAME_MAX + 1];
	size_t len = strlen(file), tail;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		tail = strlen(tails[i]);
		if (len <= tail || len - tail > VM_NAME_MAX ||
		    strcmp(file + len - tail, tails[i]))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(len - tail), file);
		snprintf(dir, sizeof(dir), RUN_ROOT "/%s", name);
		return config_name_ok(name) && access(dir, F_OK) < 0;
	}
	return false;
}

/* Its end is what is worth keeping. */
static int keep_end(const char *path, size_t size, struct err *e)
{
	size_t len;
	char *text = file_read(path, size, &len, e);
	int rc;

	if (!text)
		return -1;
	rc = len > VM_LOG_LIMIT ? file_write(path, text + len - VM_LOG_LIMIT, e)
				: 0;
	free(text);
	return rc;
}

static void look(struct gc *g, const char *file)
{
	char path[RUNDIR_PATH_MAX + 256];
	struct stat st;
	struct err e;

	snprintf(path, sizeof(path), LOG_ROOT "/%s", file);
	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size <= VM_LOG_LIMIT)
		return;
	if (g->dry)
		gc_tell(g, "%s: %lld bytes", path, (long long)st.st_size);
	else if (keep_end(path, (size_t)st.st_size, &e) < 0)
		gc_failed(g, path, &e);
	else
		gc_tell(g, "%s: cut to its end", path);
}

void gc_logs(struct gc *g)
{
	DIR *dir = opendir(LOG_ROOT);
	struct dirent *ent;

	while (dir && (ent = readdir(dir))) {
		if (is_orphan(ent->d_name))
			look(g, ent->d_name);
	}
	if (dir)
		closedir(dir);
}
