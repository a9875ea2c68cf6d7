/* SPDX-License-Identifier: MIT */
#include "tools/mtool/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "core/log.h"
#include "core/num.h"

#define GONE ".gone-"

enum { LOCK_POLL_MS = 20, STATUS_MAX = 4096 };

void rundir_file(const char *name, const char *file, char path[RUNDIR_PATH_MAX])
{
	snprintf(path, RUNDIR_PATH_MAX, RUN_ROOT "/%s/%s", name, file);
}

static int make_dir(const char *path, mode_t mode, struct err *e)
{
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return err_sys(e, EXIT_HOST, "mkdir %s", path);
	return 0;
}

int rundir_log_path(const char *name, char path[RUNDIR_PATH_MAX], struct err *e)
{
	if (make_dir("/var", 0755, e) < 0 ||
	    make_dir("/var/log", 0755, e) < 0 ||
	    make_dir(LOG_ROOT, 0700, e) < 0)
		return -1;
	snprintf(path, RUNDIR_PATH_MAX, LOG_ROOT "/%s.log", name);
	return 0;
}

static int open_in(struct rundir *r, const char *file, int flags)
{
	char path[RUNDIR_PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", r->path, file);
	return open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/*
 * The lock counts only while it is on the file that the path names: an owner
 * that has just removed the directory still had the old one locked.
 */
static bool lock_is_current(struct rundir *r)
{
	char path[RUNDIR_PATH_MAX + 16];
	struct stat have, want;

	snprintf(path, sizeof(path), "%s/lock", r->path);
	return !fstat(r->lock, &have) && !stat(path, &want) &&
	       have.st_ino == want.st_ino && have.st_dev == want.st_dev;
}

/* What it has opened when it fails is the caller's to close. */
static int open_files(struct rundir *r, struct err *e)
{
	bool locked;

	r->lock = open_in(r, "lock", O_RDWR | O_CREAT);
	if (r->lock < 0)
		return err_sys(e, EXIT_FAILED, "%s/lock", r->path);
	locked = !flock(r->lock, LOCK_EX | LOCK_NB);
	if (!locked && errno != EWOULDBLOCK)
		return err_sys(e, EXIT_HOST, "lock %s/lock", r->path);
	if (!locked || !lock_is_current(r))
		return err_set(e, EXIT_BUSY,
			       "another mtool is at work on this VM");
	r->journal = open_in(r, "journal", O_WRONLY | O_CREAT | O_APPEND);
	if (r->journal < 0)
		return err_sys(e, EXIT_FAILED, "%s/journal", r->path);
	return 0;
}

int rundir_take(struct rundir *r, const char *name, struct err *e)
{
	snprintf(r->path, sizeof(r->path), RUN_ROOT "/%s", name);
	r->lock = r->journal = -1;
	if (make_dir("/run", 0755, e) < 0 || make_dir(RUN_ROOT, 0700, e) < 0)
		return -1;
	if (mkdir(r->path, 0700) < 0) {
		if (errno == EEXIST)
			return err_set(e, EXIT_BUSY,
				       "a VM of this name exists already");
		return err_sys(e, EXIT_HOST, "mkdir %s", r->path);
	}
	if (!open_files(r, e))
		return 0;
	if (e->code == EXIT_BUSY)
		rundir_close(r); /* theirs who found it first */
	else
		rundir_remove(r);
	return -1;
}

int rundir_note(struct rundir *r, struct err *e, const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (len >= (int)sizeof(line) - 1)
		return err_set(e, EXIT_FAILED, "journal: line too long");
	line[len++] = '\n';
	if (write(r->journal, line, (size_t)len) != len)
		return err_sys(e, EXIT_FAILED, "write journal");
	return 0;
}

int rundir_note_end(struct rundir *r, const char *why, struct err *e)
{
	return rundir_note(r, e, "ended %lld %.*s", (long long)time(NULL),
			   RUNDIR_WHY_MAX - 1, why);
}

void rundir_close(struct rundir *r)
{
	if (r->journal >= 0)
		close(r->journal);
	if (r->lock >= 0)
		close(r->lock);
	r->journal = r->lock = -1;
}

/* Only files: nothing ever makes a directory in there. */
static void unlink_files(struct rundir *r)
{
	DIR *dir = opendir(r->path);
	struct dirent *ent;

	while (dir && (ent = readdir(dir))) {
		if (strcmp(ent->d_name, ".") && strcmp(ent->d_name, ".."))
			unlinkat(dirfd(dir), ent->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

int rundir_reset(struct rundir *r, struct err *e)
{
	if (ftruncate(r->journal, 0) < 0)
		return err_sys(e, EXIT_FAILED, "empty journal");
	return 0;
}

int rundir_adopt(struct rundir *r, const char *name, int lock, struct err *e)
{
	snprintf(r->path, sizeof(r->path), RUN_ROOT "/%s", name);
	r->lock = lock;
	r->journal = open_in(r, "journal", O_WRONLY | O_APPEND);
	if (r->journal < 0)
		return err_sys(e, EXIT_FAILED, "%s/journal", r->path);
	return 0;
}

/*
 * First it gets a name that no VM can have: whoever waits for the lock finds
 * the directory gone, and not one that is being emptied.
 */
void rundir_remove(struct rundir *r)
{
	char gone[RUNDIR_PATH_MAX];

	snprintf(gone, sizeof(gone), RUN_ROOT "/" GONE "%d", (int)getpid());
	if (!rename(r->path, gone))
		memcpy(r->path, gone, sizeof(gone));
	unlink_files(r);
	rmdir(r->path);
	rundir_close(r);
}

static bool is_remains(const char *name)
{
	uint64_t pid;

	return !strncmp(name, GONE, strlen(GONE)) &&
	       !num_parse(name + strlen(GONE), 2, INT_MAX, &pid) &&
	       kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

unsigned int rundir_remains(bool dry)
{
	DIR *dir = opendir(RUN_ROOT);
	struct rundir r = {.lock = -1, .journal = -1};
	struct dirent *ent;
	unsigned int nr = 0;

	while (dir && (ent = readdir(dir))) {
		if (!is_remains(ent->d_name))
			continue;
		nr++;
		snprintf(r.path, sizeof(r.path), RUN_ROOT "/%.100s",
			 ent->d_name);
		if (!dry)
			unlink_files(&r);
		if (!dry)
			rmdir(r.path);
	}
	if (dir)
		closedir(dir);
	return nr;
}

/* A directory without one: half made, or half removed. */
static int make_lock(struct rundir *r, struct err *e)
{
	if (access(r->path, F_OK))
		return 1;
	if (!open_files(r, e))
		return 0;
	rundir_close(r);
	return -1;
}

/* One attempt: 0 locked, 1 no such directory, -1 held by another. */
static int try_lock(struct rundir *r, struct err *e)
{
	r->lock = open_in(r, "lock", O_RDWR);
	if (r->lock < 0)
		return make_lock(r, e);
	if (!flock(r->lock, LOCK_EX | LOCK_NB)) {
		if (lock_is_current(r)) {
			r->journal = open_in(r, "journal",
					     O_WRONLY | O_CREAT | O_APPEND);
			return 0;
		}
	}
	close(r->lock);
	r->lock = -1;
	return err_set(e, EXIT_BUSY, "another mtool is at work on this VM");
}

int rundir_lock(struct rundir *r, const char *name, uint64_t ms, struct err *e)
{
	struct timespec nap = {.tv_nsec = LOCK_POLL_MS * 1000000};
	uint64_t end = clock_ms() + ms;
	int rc;

	snprintf(r->path, sizeof(r->path), RUN_ROOT "/%s", name);
	r->lock = r->journal = -1;
	while ((rc = try_lock(r, e)) < 0 && clock_ms() < end)
		nanosleep(&nap, NULL);
	return rc;
}

bool rundir_locked(const char *name)
{
	char path[RUNDIR_PATH_MAX];
	bool locked;
	int fd;

	rundir_file(name, "lock", path);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	locked = flock(fd, LOCK_SH | LOCK_NB) < 0;
	close(fd);
	return locked;
}

static int read_pid(const char *name, uint64_t *pid)
{
	char path[RUNDIR_PATH_MAX], *text;
	struct err ignored;
	size_t len;
	int rc;

	rundir_file(name, "supervisor.pid", path);
	text = file_read(path, 16, &len, &ignored);
	if (!text)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	rc = num_parse(text, 2, INT_MAX, pid);
	free(text);
	return rc;
}

int rundir_supervisor(const char *name)
{
	uint64_t pid;

	if (read_pid(name, &pid) < 0)
		return -1;
	return (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
}

/* A line of /proc/PID/status: the signals that wait for the whole process. */
static bool has_pending_kill(const char *status)
{
	static const char field[] = "\nShdPnd:\t";
	const char *line = strstr(status, field);

	return line && (strtoull(line + strlen(field), NULL, 16) &
			1ull << (SIGKILL - 1));
}

bool rundir_supervisor_killed(const char *name)
{
	char path[32], text[STATUS_MAX];
	uint64_t pid;
	ssize_t n;
	int fd;

	if (read_pid(name, &pid) < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%u/status", (unsigned int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return has_pending_kill(text);
}

static void end_path(const char *name, char path[RUNDIR_PATH_MAX])
{
	snprintf(path, RUNDIR_PATH_MAX, LOG_ROOT "/%s.end", name);
}

void rundir_end_write(const char *name, const char *why)
{
	char path[RUNDIR_PATH_MAX], text[RUNDIR_WHY_MAX + 32];
	struct err ignored;

	end_path(name, path);
	snprintf(text, sizeof(text), "%lld %.*s\n", (long long)time(NULL),
		 RUNDIR_WHY_MAX - 1, why);
	file_write(path, text, &ignored);
}

void rundir_end_read(const char *name, struct vm_record *out)
{
	char path[RUNDIR_PATH_MAX], *text;
	struct err ignored;
	size_t len;

	out->ended_at = 0;
	out->ended[0] = '\0';
	end_path(name, path);
	text = file_read(path, RUNDIR_WHY_MAX + 32, &len, &ignored);
	if (!text)
		return;
	text[strcspn(text, "\n")] = '\0';
	rundir_parse_end(text, out);
	free(text);
}
