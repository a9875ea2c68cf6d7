/* SPDX-License-Identifier: MIT */
/*
 * Run directories: names, locks and journals. /run/mtool is where they are,
 * so this runs in a mount namespace of its own, and only as root.
 */
#include "tools/mtool/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "core/log.h"
#include "core/uuid.h"
#include "tests/unit/isolate.h"
#include "tests/unit/tap.h"
#include "tools/mtool/mtool.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

#define UUID "01234567-89ab-cdef-0123-456789abcdef"
#define STUB_UUID "76543210-89ab-4def-8123-456789abcdef"

enum { NOTE_MAX = 254 }; /* characters of one line in a journal */

static bool there(const char *path)
{
	return access(path, F_OK) == 0;
}

static unsigned int mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_mode & 07777;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

/* A VM with this journal, which nobody is at work on. */
static void put_vm(const char *name, const char *journal)
{
	char path[RUNDIR_PATH_MAX];
	struct rundir r;
	struct err e;

	if (rundir_take(&r, name, &e) < 0)
		abort();
	rundir_close(&r);
	rundir_file(name, "journal", path);
	put(path, journal);
}

static void remove_vm(const char *name)
{
	struct rundir r;
	struct err e;

	if (rundir_lock(&r, name, 0, &e))
		abort();
	rundir_remove(&r);
}

static void test_paths(void)
{
	char path[RUNDIR_PATH_MAX], name[VM_NAME_MAX + 1];
	struct err e;

	rundir_file("g", "qmp.sock", path);
	is_str(path, "/run/mtool/g/qmp.sock", "a file of a VM");
	is_int(rundir_log_path("g", path, &e), 0, "the log of a VM");
	is_str(path, "/var/log/mtool/g.log", "has its place");
	is_int(mode_of("/var/log/mtool"), 0700, "which is made, root's alone");
	is_int(rundir_log_path("h", path, &e), 0, "and used again");
	memset(name, 'n', VM_NAME_MAX);
	name[VM_NAME_MAX] = '\0';
	rundir_file(name, "journal", path);
	is_str(path + strlen("/run/mtool/") + VM_NAME_MAX, "/journal",
	       "the longest name is not cut");
}

static void test_take(void)
{
	struct rundir r, second;
	struct err e;

	is_int(rundir_take(&r, "g", &e), 0, "a name is taken");
	is_str(r.path, "/run/mtool/g", "by a directory");
	is_int(mode_of("/run/mtool"), 0700, "only root looks into /run/mtool");
	is_int(mode_of("/run/mtool/g"), 0700, "or into the directory");
	is_int(mode_of("/run/mtool/g/lock"), 0600, "or at the lock");
	is_int(mode_of("/run/mtool/g/journal"), 0600, "or at the journal");
	ok(rundir_locked("g"), "the name is locked");
	is_int(rundir_take(&second, "g", &e), -1, "it is taken once");
	is_int(e.code, EXIT_BUSY, "as its code says");
	is_str(e.msg, "a VM of this name exists already", "and its text");
	ok(rundir_locked("g"), "which leaves the first alone");
	is_int(rundir_take(&second, "g2", &e), 0, "another name is free");
	rundir_remove(&second);
	rundir_close(&r);
	ok(r.lock == -1 && r.journal == -1, "rundir_close forgets all");
	ok(!rundir_locked("g"), "the lock is given up");
	ok(there("/run/mtool/g/journal"), "the directory stays");
	is_int(rundir_take(&second, "g", &e), -1, "and is still the name's");
	remove_vm("g");
}

static void test_remove(void)
{
	struct rundir r;
	struct err e;

	rundir_take(&r, "g", &e);
	put("/run/mtool/g/config", "x");
	put("/run/mtool/g/.hidden", "x");
	if (symlink("/etc/passwd", "/run/mtool/g/serial0") < 0)
		abort();
	rundir_remove(&r);
	ok(!there("/run/mtool/g"), "a directory goes with all in it");
	ok(there("/etc/passwd"), "but not with what links lead to");
	ok(r.lock == -1 && r.journal == -1, "and the descriptors are closed");
	ok(!rundir_locked("g"), "what is not there is not locked");
	is_int(rundir_take(&r, "g", &e), 0, "the name is free again");
	rundir_remove(&r);
}

static ino_t inode(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

static void test_reset(void)
{
	struct vm_record v;
	struct rundir r;
	struct err e;
	ino_t lock;

	rundir_take(&r, "g", &e);
	rundir_note(&r, &e, "target 5");
	put("/run/mtool/g/config", "x");
	lock = inode("/run/mtool/g/lock");
	is_int(rundir_reset(&r, &e), 0, "a reset");
	ok(there("/run/mtool/g/config"), "leaves the files");
	is_int(inode("/run/mtool/g/lock"), lock, "and the lock");
	ok(rundir_locked("g"), "which is held all the time");
	is_int(rundir_read("g", &v, &e), 0, "there is a journal");
	is_int(v.target, 0, "an empty one");
	is_int(rundir_note(&r, &e, "target 6"), 0, "it can be written");
	rundir_read("g", &v, &e);
	is_int(v.target, 6, "and read");
	rundir_remove(&r);
}

static void test_end(void)
{
	uint64_t now = (uint64_t)time(NULL);
	char log[RUNDIR_PATH_MAX], longer[RUNDIR_WHY_MAX + 50];
	struct vm_record v;
	struct rundir r;
	struct err e;

	rundir_take(&r, "g", &e);
	is_int(rundir_note(&r, &e, "dm-dead"), 0, "a dead device model");
	is_int(rundir_note_end(&r, "guest crashed", &e), 0, "an end, noted");
	rundir_read("g", &v, &e);
	ok(v.dm_dead, "is known to whoever reads the journal");
	ok(!v.kept, "not so what was not noted");
	is_int(rundir_note(&r, &e, "kept"), 0, "a VM that stays");
	rundir_read("g", &v, &e);
	ok(v.kept, "too");
	is_str(v.ended, "guest crashed", "with its reason");
	ok(v.ended_at >= now && v.ended_at <= now + 60, "and time");
	rundir_remove(&r);

	rundir_log_path("g", log, &e);
	rundir_end_read("g", &v);
	is_int((long long)v.ended_at, 0, "of a VM never seen nothing is known");
	rundir_end_write("g", "stubdomain crashed");
	rundir_end_read("g", &v);
	is_str(v.ended, "stubdomain crashed", "the end outlives the VM");
	ok(v.ended_at >= now && v.ended_at <= now + 60, "with its time");
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	rundir_end_write("g", longer);
	rundir_end_read("g", &v);
	is_int((long long)strlen(v.ended), RUNDIR_WHY_MAX - 1,
	       "a long reason is cut");
}

static void test_adopt(void)
{
	struct rundir r, heir;
	struct vm_record v;
	struct err e;
	int lock;

	rundir_take(&r, "g", &e);
	lock = dup(r.lock);
	is_int(rundir_adopt(&heir, "g", lock, &e), 0, "a lock handed over");
	rundir_close(&r);
	ok(rundir_locked("g"), "holds when its first owner has left");
	is_int(rundir_note(&heir, &e, "target 7"), 0, "the journal");
	rundir_read("g", &v, &e);
	is_int(v.target, 7, "goes on");
	rundir_remove(&heir);
}

/* --- the lock --- */

/*
 * Another process that locks a VM, and ends after `ms`, or never. Returns
 * when it has the lock.
 */
static pid_t hold(const char *name, unsigned int ms)
{
	struct timespec nap = {.tv_nsec = ms * 1000000L};
	int ready[2];
	struct rundir r;
	struct err e;
	char c = 0;
	pid_t pid;

	if (pipe(ready) < 0 || (pid = fork()) < 0)
		abort();
	if (!pid) {
		c = rundir_lock(&r, name, 0, &e) == 0;
		if (write(ready[1], &c, 1) != 1)
			_exit(1);
		if (ms)
			nanosleep(&nap, NULL);
		else
			pause();
		_exit(0);
	}
	if (read(ready[0], &c, 1) != 1)
		c = 0;
	close(ready[0]);
	close(ready[1]);
	ok(c, "another process has the lock");
	return pid;
}

static void test_lock_held(void)
{
	struct rundir r;
	struct err e;
	uint64_t start;
	pid_t pid;

	put_vm("g", "");
	pid = hold("g", 0);
	ok(rundir_locked("g"), "which shows");
	is_int(rundir_lock(&r, "g", 0, &e), -1, "we do not get it");
	is_int(e.code, EXIT_BUSY, "the VM is busy");
	is_str(e.msg, "another mtool is at work on this VM", "with somebody");
	start = clock_ms();
	is_int(rundir_lock(&r, "g", 100, &e), -1, "nor if we wait a little");
	ok(clock_ms() - start >= 100, "as long as was asked for");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(!rundir_locked("g"), "a killed owner leaves a file, but no lock");
	ok(there("/run/mtool/g/lock"), "it is still there");
	is_int(rundir_lock(&r, "g", 0, &e), 0, "and can be locked at once");
	ok(rundir_locked("g"), "by us");
	is_int(rundir_note(&r, &e, "target 5"), 0, "we may write the journal");
	rundir_remove(&r);
}

/* A zombie is as dead as a process gets that still has a number. */
static void test_killed(void)
{
	char text[16];
	siginfo_t info;
	struct rundir r;
	struct err e;
	pid_t pid;

	put_vm("g", "");
	pid = hold("g", 0);
	ok(!rundir_supervisor_killed("g"), "no supervisor is no killed one");
	snprintf(text, sizeof(text), "%d\n", (int)pid);
	is_int(file_write("/run/mtool/g/supervisor.pid", text, &e), 0,
	       "one that runs");
	ok(!rundir_supervisor_killed("g"), "is not killed");
	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	ok(rundir_supervisor_killed("g"), "one that was sent SIGKILL is");
	waitpid(pid, NULL, 0);
	ok(!rundir_supervisor_killed("g"), "until nothing is left of it");
	is_int(rundir_lock(&r, "g", 0, &e), 0, "its lock is free");
	rundir_remove(&r);
}

static void test_lock_waits(void)
{
	struct rundir r;
	struct err e;
	pid_t pid;

	put_vm("g", "");
	pid = hold("g", 150);
	is_int(rundir_lock(&r, "g", 20000, &e), 0,
	       "waiting for an owner's end");
	is_int(waitpid(pid, NULL, 0), pid, "it has ended");
	rundir_remove(&r);
}

/* A lock on a file that is no longer the directory's does not count. */
static void test_lock_stale(void)
{
	struct rundir r, old, again;
	struct err e;

	is_int(rundir_lock(&r, "g", 0, &e), 1, "without a VM there is no lock");
	rundir_take(&old, "g", &e);
	if (unlink("/run/mtool/g/lock") < 0)
		abort();
	ok(!rundir_locked("g"), "a lock whose file is gone is none");
	is_int(rundir_lock(&r, "g", 0, &e), 0, "a new one is made");
	ok(there("/run/mtool/g/lock") && rundir_locked("g"), "and held");
	is_int(rundir_lock(&again, "g", 0, &e), -1, "once");
	rundir_close(&old);
	ok(rundir_locked("g"), "whatever becomes of the old one");
	rundir_remove(&r);
	ok(!there("/run/mtool/g"), "its owner removes the directory");
}

/* --- the journal --- */

static void test_journal(void)
{
	uint8_t uuid[16], stub_uuid[16];
	struct vm_record v;
	struct rundir r;
	struct err e;

	uuid_parse(UUID, uuid);
	uuid_parse(STUB_UUID, stub_uuid);
	rundir_take(&r, "g", &e);
	is_int(rundir_read("g", &v, &e), 0, "a name that was just taken");
	is_str(v.name, "g", "has its name");
	ok(!v.target && !v.stub && !v.running && !v.created, "and no more");
	is_int(rundir_note(&r, &e, "uuid %s\nstub-uuid %s\nserials %u", UUID,
			   STUB_UUID, 2),
	       0, "a note is a format, and may be of several lines");
	rundir_note(&r, &e, "created %llu", 1700000000ull);
	rundir_note(&r, &e, "target %u", 5);
	rundir_read("g", &v, &e);
	ok(v.target == 5 && !v.stub, "a domain counts from its note on");
	ok(!v.running, "the VM does not run before it says so");
	rundir_note(&r, &e, "stub %u", 6);
	rundir_note(&r, &e, "running");
	is_int(rundir_read("g", &v, &e), 0, "all is read back:");
	ok(!memcmp(v.uuid, uuid, 16), "the uuid");
	ok(!memcmp(v.stub_uuid, stub_uuid, 16), "the stub's");
	is_int(v.target, 5, "the target's domain");
	is_int(v.stub, 6, "the stub's");
	is_int(v.serials, 2, "its serials");
	is_int(v.created, 1700000000, "the time");
	ok(v.running, "that it runs");
	rundir_remove(&r);
	is_int(rundir_read("g", &v, &e), -1, "without a VM there is nothing");
	is_int(e.code, EXIT_NO_VM, "to read");
	is_str(e.msg, "no such VM", "which is said");
}

static void test_note_limit(void)
{
	char line[NOTE_MAX + 2];
	struct vm_record v;
	struct rundir r;
	struct err e;

	memset(line, '0', sizeof(line));
	memcpy(line, "target ", 7);
	line[NOTE_MAX] = '\0';
	line[NOTE_MAX - 1] = '7';
	rundir_take(&r, "g", &e);
	is_int(rundir_note(&r, &e, "%s", line), 0, "the longest line");
	rundir_note(&r, &e, "stub 8");
	rundir_read("g", &v, &e);
	is_int(v.target, 7, "is read whole");
	is_int(v.stub, 8, "as is the next");
	line[NOTE_MAX] = '0';
	line[NOTE_MAX + 1] = '\0';
	is_int(rundir_note(&r, &e, "%s", line), -1, "a longer one is refused");
	rundir_read("g", &v, &e);
	is_int(v.target, 7, "nothing of it is written");
	rundir_remove(&r);
}

/* What no mtool has written does no harm. */
static void test_hostile_journal(void)
{
	static const struct {
		const char *text;
		uint32_t target, stub, serials;
		uint64_t created;
		bool running;
	} journals[] = {
		{"", 0, 0, 0, 0, false},
		{"\n\n\n", 0, 0, 0, 0, false},
		{"target", 0, 0, 0, 0, false},
		{"target ", 0, 0, 0, 0, false},
		{"target  5", 0, 0, 0, 0, false},
		{" target 5", 0, 0, 0, 0, false},
		{"TARGET 5", 0, 0, 0, 0, false},
		{"targets 5", 0, 0, 0, 0, false},
		{"target\t5", 0, 0, 0, 0, false},
		{"target -1", 0, 0, 0, 0, false},
		{"target +5", 0, 0, 0, 0, false},
		{"target 5 6", 0, 0, 0, 0, false},
		{"target 5x", 0, 0, 0, 0, false},
		{"target 5\r\n", 0, 0, 0, 0, false},
		{"target %s%n", 0, 0, 0, 0, false},
		{"target 5\nstub 6\n", 5, 6, 0, 0, false},
		{"target 5\nstub 6", 5, 6, 0, 0, false},
		{"target 5\ntarget 7\n", 7, 0, 0, 0, false},
		/* a domid is below DOMID_FIRST_RESERVED */
		{"target 32751\n", 32751, 0, 0, 0, false},
		{"target 32752\n", 0, 0, 0, 0, false},
		{"stub 32752\n", 0, 0, 0, 0, false},
		{"target 4294967301\n", 0, 0, 0, 0, false},
		{"target 18446744073709551621\n", 0, 0, 0, 0, false},
		{"serials 4\n", 0, 0, 4, 0, false},
		{"serials 5\n", 0, 0, 0, 0, false},
		{"serials 99999999999\n", 0, 0, 0, 0, false},
		{"created 18446744073709551615\n", 0, 0, 0, UINT64_MAX, false},
		{"created 18446744073709551616\n", 0, 0, 0, 0, false},
		{"running\n", 0, 0, 0, 0, true},
		{"running no\n", 0, 0, 0, 0, true},
		{"runningx\n", 0, 0, 0, 0, false},
		{"uuid\nuuid x\nstub-uuid 0123\ntarget 5\n", 5, 0, 0, 0, false},
		{"later-key 1 2 3\ntarget 5\n", 5, 0, 0, 0, false},
		{"\xff\xfe\x01\x02\ntarget 5\n", 5, 0, 0, 0, false},
	};
	static const uint8_t zero[16];
	struct vm_record v;
	struct err e;
	size_t i;

	put_vm("g", "");
	for (i = 0; i < ARRAY_SIZE(journals); i++) {
		put("/run/mtool/g/journal", journals[i].text);
		memset(&v, 0xff, sizeof(v));
		is_int(rundir_read("g", &v, &e), 0, "journal %zu", i);
		ok(v.target == journals[i].target &&
			   v.stub == journals[i].stub &&
			   v.serials == journals[i].serials &&
			   v.created == journals[i].created &&
			   v.running == journals[i].running,
		   "it means what it says, and no more");
		ok(!memcmp(v.uuid, zero, 16) && !memcmp(v.stub_uuid, zero, 16),
		   "no uuid");
	}
	remove_vm("g");
}

/* --- all of them --- */

static void test_list(void)
{
	static const char *const names[] = {"b", "a10", "B", "a2", "a"};
	static const char *const sorted[] = {"B", "a", "a10", "a2", "b"};
	struct vm_record *list;
	struct err e;
	size_t i;
	int nr;

	is_int(rundir_list(&list, &e), 0, "there is no VM");
	for (i = 0; i < ARRAY_SIZE(names); i++)
		put_vm(names[i], "target 5\n");
	/* none of these is a VM */
	put("/run/mtool/file", "");
	if (mkdir("/run/mtool/no journal", 0700) < 0 ||
	    mkdir("/run/mtool/empty", 0700) < 0 ||
	    mkdir("/run/mtool/.hidden", 0700) < 0)
		abort();
	put("/run/mtool/no journal/journal", "target 5\n");
	put("/run/mtool/.hidden/journal", "target 5\n");
	nr = rundir_list(&list, &e);
	is_int(nr, ARRAY_SIZE(sorted), "all VMs, and nothing else");
	for (i = 0; (int)i < nr && i < ARRAY_SIZE(sorted); i++) {
		is_str(list[i].name, sorted[i], "sorted by name");
		is_int(list[i].target, 5, "with what is known of them");
	}
	free(list);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		remove_vm(names[i]);
	is_int(rundir_list(&list, &e), 0, "no VM again");
	free(list);
}

static void test_bad_names(void)
{
	static const char *const names[] = {"",	    ".",   "..",
					    "../x", "g/.", "a b"};
	struct vm_record v;
	struct err e;
	size_t i;

	put_vm("g", "target 5\n");
	put("/run/mtool/journal", "target 5\n");
	put("/run/journal", "target 5\n");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		is_int(rundir_read(names[i], &v, &e), -1, "\"%s\" is no VM",
		       names[i]);
		is_int(e.code, EXIT_NO_VM, "as its code says");
	}
	remove_vm("g");
}

static void test_find(void)
{
	struct vm_record v;
	struct err e;

	put_vm("g", "target 5\nstub 6\n");
	put_vm("7", "target 8\n");
	put_vm("new", "");
	is_int(vm_find("g", &v, &e), 0, "a VM is found by its name");
	is_int(v.target, 5, "it is the right one");
	is_int(vm_find("5", &v, &e), 0, "and by its guest's domain");
	is_str(v.name, "g", "it is the same");
	is_int(vm_find("7", &v, &e), 0, "a number may be a name");
	is_int(v.target, 8, "which comes first");
	is_int(vm_find("6", &v, &e), -1, "the stub's domain is no VM");
	is_int(e.code, EXIT_NO_VM, "as its code says");
	is_str(e.msg, "6: no such VM", "and its text");
	is_int(vm_find("0", &v, &e), -1, "no domain yet is not domain 0");
	is_int(vm_find("h", &v, &e), -1, "a wrong name");
	is_str(e.msg, "h: no such VM", "is named");
	remove_vm("g");
	remove_vm("7");
	remove_vm("new");
}

int main(void)
{
	const char *missing = isolate();
	struct vm_record *list;
	struct err e;

	if (missing) {
		printf("1..0 # SKIP %s: %s\n", missing, strerror(errno));
		return 0;
	}
	is_int(rundir_list(&list, &e), 0, "nothing was ever made");
	test_paths();
	test_take();
	test_remove();
	test_reset();
	test_end();
	test_adopt();
	test_lock_held();
	test_killed();
	test_lock_waits();
	test_lock_stale();
	test_journal();
	test_note_limit();
	test_hostile_journal();
	test_list();
	test_bad_names();
	test_find();
	return done_testing();
}
