/* SPDX-License-Identifier: MIT */
/*
 * What mtool knows of its VMs: /run/mtool/NAME/. The directory is the name's
 * owner; `lock` is held by whoever is at work on the VM (its creator, then
 * its supervisor); `journal` says what was done, each line before or with the
 * step, so that anyone can clear up after a crash.
 */
#ifndef TOOLS_MTOOL_RUNDIR_H
#define TOOLS_MTOOL_RUNDIR_H

#include <stdbool.h>
#include <stdint.h>
#include "core/config.h"
#include "core/err.h"

#define RUN_ROOT "/run/mtool"
#define LOG_ROOT "/var/log/mtool"

enum {
	RUNDIR_PATH_MAX = 128,
	RUNDIR_WHY_MAX = 128, /* words on an end, with the NUL */
};

/* Where a domain's console 0 is, for whoever serves it. */
struct console_place {
	unsigned int port; /* the domain's end of its event channel */
	uint64_t frame;	   /* the builder's page */
};

/* What the journal tells. */
struct vm_record {
	char name[VM_NAME_MAX + 1];
	uint8_t uuid[16], stub_uuid[16];
	uint32_t target, stub; /* domids; 0: not made yet */
	bool running;	       /* creation was completed */
	uint64_t created;      /* seconds since 1970 */
	unsigned int serials;
	struct console_place target_console, stub_console;
	bool dm_dead;	   /* the device model ended; the guest stays */
	bool kept;	   /* it has ended, and stays to be looked at */
	uint64_t ended_at; /* how it, or the one before a restart, ended */
	char ended[RUNDIR_WHY_MAX];
};

struct rundir {
	char path[RUNDIR_PATH_MAX]; /* of the directory */
	int lock;		    /* descriptor; the lock is on it */
	int journal;		    /* descriptor, for appending */
};

/* Path of `file` in the run directory of VM `name`. */
void rundir_file(const char *name, const char *file,
		 char path[RUNDIR_PATH_MAX]);

/*
 * Take the name: make the directory and lock it. A directory whose owner is
 * dead and whose domains are gone must have been cleared before. EXIT_BUSY if
 * the name is taken.
 */
int rundir_take(struct rundir *r, const char *name, struct err *e);

/* Append one line to the journal. */
int rundir_note(struct rundir *r, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Append, with the time, why the VM (or its last incarnation) has ended. */
int rundir_note_end(struct rundir *r, const char *why, struct err *e);

/* Remove the directory with all in it and give up the lock. */
void rundir_remove(struct rundir *r);

/*
 * Directories whose removal was cut short by the death of who was at it: remove
 * them, or with `dry` only count them. Returns how many.
 */
unsigned int rundir_remains(bool dry);

/* Empty the journal for a new start. */
int rundir_reset(struct rundir *r, struct err *e);

/* The directory of VM `name`, whose `lock` was handed to us. */
int rundir_adopt(struct rundir *r, const char *name, int lock, struct err *e);

/* Give up the lock and the descriptors, keep the directory. */
void rundir_close(struct rundir *r);

/*
 * Lock the directory of an existing VM, waiting up to `ms` for its owner.
 * 0; 1 if the directory is not there (any more); -1 and *e (EXIT_BUSY) if
 * somebody keeps it.
 */
int rundir_lock(struct rundir *r, const char *name, uint64_t ms, struct err *e);

/* Whether somebody holds the lock now. */
bool rundir_locked(const char *name);

/*
 * A pidfd of the process that was last written down as the supervisor of
 * `name`; the caller closes it. -1 if it is no more.
 */
int rundir_supervisor(const char *name);

/*
 * Whether that process was sent SIGKILL: it may take the kernel seconds to take
 * it apart, and until then it looks like one that is busy (proc(5), ShdPnd).
 */
bool rundir_supervisor_killed(const char *name);

/* Read the journal of `name`. EXIT_NO_VM if there is no such VM. */
int rundir_read(const char *name, struct vm_record *out, struct err *e);

/*
 * All VMs, by name. *list is malloc'ed (free it); returns how many, -1 and *e.
 * Directories without a readable journal are left out.
 */
int rundir_list(struct vm_record **list, struct err *e);

/* /var/log/mtool/NAME.log; the directory is made if it is missing. */
int rundir_log_path(const char *name, char path[RUNDIR_PATH_MAX],
		    struct err *e);

/*
 * What became of the last VM called `name`, kept beside its log: written when
 * the run directory goes. Reading fills `ended` and `ended_at` of *out, with
 * "" if nothing is known.
 */
void rundir_end_write(const char *name, const char *why);
void rundir_end_read(const char *name, struct vm_record *out);
/* "TIME WHY", which is cut at the space. */
void rundir_parse_end(char *text, struct vm_record *out);

#endif
