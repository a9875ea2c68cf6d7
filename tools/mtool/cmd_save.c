/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tools/mtool/savejob.h"

enum { SPARE_BYTES = 20 << 20 }; /* device state, firmware, and the like */

/* FILE with its directory's true path, which must exist. */
static int find_file(struct save_job *j, const char *file, struct err *e)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash ? slash + 1 : file;
	char dir[PATH_MAX], real[PATH_MAX];
	int n;

	n = slash ? (int)(slash - file) : 1;
	snprintf(dir, sizeof(dir), "%.*s", slash && !n ? 1 : n,
		 slash ? file : ".");
	if (!*base || !strcmp(base, ".") || !strcmp(base, ".."))
		return err_set(e, EXIT_USAGE, "%s: not a file's name", file);
	if (!realpath(dir, real))
		return err_sys(e, EXIT_USAGE, "%s", dir);
	if (snprintf(j->file, sizeof(j->file), "%s/%s",
		     strcmp(real, "/") ? real : "",
		     base) >= (int)sizeof(j->file) ||
	    snprintf(j->tmp, sizeof(j->tmp), "%s/.%.200s.XXXXXX",
		     strcmp(real, "/") ? real : "",
		     base) >= (int)sizeof(j->tmp))
		return err_set(e, EXIT_USAGE, "%s: name too long", file);
	return 0;
}

static int check_room(const struct save_job *j, struct err *e)
{
	uint64_t need = j->expected + SPARE_BYTES, have;
	struct statvfs fs;

	if (fstatvfs(j->out, &fs) < 0)
		return err_sys(e, EXIT_FAILED, "%s", j->file);
	have = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (have >= need)
		return 0;
	return err_set(e, EXIT_FAILED,
		       "%s: %llu MiB needed there, %llu MiB free", j->file,
		       (unsigned long long)(need >> 20),
		       (unsigned long long)(have >> 20));
}

static int open_file(struct save_job *j, const char *file, struct err *e)
{
	struct stat st;

	if (find_file(j, file, e) < 0)
		return -1;
	if (!lstat(j->file, &st) && !S_ISREG(st.st_mode))
		return err_set(e, EXIT_USAGE,
			       "%s: exists and is no regular file; to write to "
			       "something else, save to - and redirect",
			       file);
	j->out = mkostemp(j->tmp, O_CLOEXEC);
	if (j->out < 0) {
		err_sys(e, EXIT_FAILED, "%s", j->tmp);
		*j->tmp = '\0';
		return -1;
	}
	return check_room(j, e);
}

static int open_stdout(struct save_job *j, struct err *e)
{
	if (isatty(STDOUT_FILENO))
		return err_set(e, EXIT_USAGE,
			       "standard output is a terminal: redirect it");
	j->out = dup(STDOUT_FILENO);
	return j->out < 0 ? err_sys(e, EXIT_FAILED, "standard output") : 0;
}

static int save(struct save_job *j, const char *who, const char *file,
		struct err *e)
{
	if (save_open(j, who, e) < 0)
		return -1;
	if (!strcmp(file, "-") ? open_stdout(j, e) < 0
			       : open_file(j, file, e) < 0)
		return err_in(e, "%s", j->live.record.name);
	if (save_stream(j, e) < 0)
		return -1;
	return save_finish(j, e);
}

int cmd_save(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct save_job *j = malloc(sizeof(*j));
	int c, rc = -1;

	if (!j)
		return err_sys(e, EXIT_FAILED, "memory");
	save_init_job(j, m, "save");
	while ((c = cmd_option(argc, argv, "cp", "", e)) != -1) {
		if (c == '?')
			goto out;
		if (j->resume && j->paused != (c == 'p')) {
			err_set(e, EXIT_USAGE, "-c or -p, not both");
			goto out;
		}
		j->resume = true;
		j->paused = c == 'p';
	}
	if (cmd_words(argc, argv, 2, 2, e) < 0)
		goto out;
	rc = save(j, argv[optind], argv[optind + 1], e);
	save_close(j);
	if (rc < 0 && *j->tmp)
		unlink(j->tmp); /* if nobody knew of it yet */
out:
	free(j);
	return rc;
}
