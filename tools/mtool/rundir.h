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

enum { RUNDIR_PATH_MAX = 128 };

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

/* Remove the directory with all in it and give up the lock. */
void rundir_remove(struct rundir *r);

/*
 * Empty the directory for a new start but for the files named in `keep`, which
 * NULL ends; the lock must be one of them.
 */
void rundir_reset(struct rundir *r, const char *const *keep);

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

#endif
