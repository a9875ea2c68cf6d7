/* SPDX-License-Identifier: MIT */
#include "tools/mtool/hotlines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "core/file.h"
#include "tools/mtool/rundir.h"

char *hotlines_read(const char *vm, const char *file)
{
	char path[RUNDIR_PATH_MAX];
	struct err ignored;
	size_t len;

	rundir_file(vm, file, path);
	return file_read(path, VM_DISKS_MAX * HOTLINE_MAX, &len, &ignored);
}

/* The lines of `text` that stay. */
static void copy(char *text, FILE *to, hotline_fn *drop, const char *what)
{
	char *line, *save;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!drop(line, what))
			fprintf(to, "%s\n", line);
	}
}

int hotlines_rewrite(const char *vm, const char *file, hotline_fn *drop,
		     const char *what, const char *add, struct err *e)
{
	char *old = hotlines_read(vm, file), *new = NULL;
	char path[RUNDIR_PATH_MAX];
	size_t len;
	FILE *f = open_memstream(&new, &len);
	int rc;

	if (!f) {
		free(old);
		return err_sys(e, EXIT_FAILED, "memory");
	}
	if (old)
		copy(old, f, drop, what);
	if (add)
		fprintf(f, "%s\n", add);
	fclose(f);
	rundir_file(vm, file, path);
	rc = file_write(path, new, e);
	free(new);
	free(old);
	return rc;
}
