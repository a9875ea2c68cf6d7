/* SPDX-License-Identifier: MIT */
/* A save inside the supervisor, shared by its two files. */
#ifndef TOOLS_MTOOL_SUPERVISESAVEINT_H
#define TOOLS_MTOOL_SUPERVISESAVEINT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include "qmp/conn.h"
#include "tools/mtool/supervisesave.h"
#include "tools/mtool/superviseint.h"

enum save_phase {
	SAVE_RUNNING,	 /* the guest runs */
	SAVE_ASKED,	 /* it was asked to suspend itself */
	SAVE_SUSPENDING, /* it has answered, or was told */
	SAVE_STOPPING,	 /* QEMU is told to stop */
	SAVE_WRITING,	 /* and to write its state */
	SAVE_DRAINING,	 /* which it has: the last bytes are on their way */
	SAVE_HELD,	 /* all is still, and known */
	SAVE_RESUMING,	 /* QEMU is told to go on */
};

struct sup_save;
/* Stopping or resuming is done; or why it could not be. */
typedef void save_done_fn(struct sup_save *v, const struct err *e);

struct sup_save {
	struct supervise *s;

	/* supervisestop.c */
	enum save_phase phase;
	struct loop_timer *timer;
	uint64_t deadline;
	struct qmp_cmd *cmd; /* QEMU is at it */
	int state;	     /* the device state's file, while it is written */
	uint64_t size;	     /* of it, at the last look */
	uint64_t dropped;    /* of its console, at the first */
	unsigned int quiet;  /* looks that found nothing new */
	bool dirty;	     /* QEMU tells what it writes to */
	bool paused;	     /* it is to be paused when it runs on */
	struct err why;	     /* stopping failed; empty: it did not */
	save_done_fn *done;

	/* supervisesave.c */
	int fd; /* the command; -1: it has gone */
	struct loop_io *io;
	char tmp[PATH_MAX], file[PATH_MAX];
	bool whole;	/* the file is, and the guest is not needed any more */
	char death[96]; /* of the device model, to be told later */
};

/* -1 and *e: no memory. loop_timer_del(v->timer) undoes it. */
int save_init(struct sup_save *v, struct err *e);
/* Stop the guest and take its device state; v->done is called once. */
void save_stop(struct sup_save *v, save_done_fn *done);
/*
 * Undo that, as far as it came, and call `done` when the guest runs as before;
 * v->why is passed on, if there is one. A stop under way never says so.
 */
void save_resume(struct sup_save *v, save_done_fn *done);
/* Have QEMU tell Xen what it writes to. */
void save_dirty(struct sup_save *v, bool on, save_done_fn *done);
/* Stop whatever is under way, and call nobody. */
void save_drop(struct sup_save *v);
/* Look now; something may have happened. */
void save_look(struct sup_save *v);

#endif
