/* SPDX-License-Identifier: MIT */
/*
 * Saving a VM into a file or a stream: what `save` and `migrate` share. The
 * guest's memory is read by a process of its own, for libxenguest blocks; its
 * bytes come through a pipe to us, who check, write, tell how far it is and
 * heed signals. The supervisor alone stops the guest and gives it back: it
 * does so, too, if all of us are killed (tools/mtool/supervisesave.h).
 */
#ifndef TOOLS_MTOOL_SAVEJOB_H
#define TOOLS_MTOOL_SAVEJOB_H

#include <limits.h>
#include <stdbool.h>
#include "core/saveio.h"
#include "tools/mtool/live.h"

struct save_job {
	struct mtool *m;
	struct live live;
	bool running; /* read the memory while the guest runs, first */
	bool resume;  /* the guest runs on as soon as all is read */
	bool paused;  /* then it is paused */
	const char *verb;
	int out;			    /* where the stream goes */
	int session;			    /* with the supervisor; -1 */
	char tmp[PATH_MAX], file[PATH_MAX]; /* "": no file */
	uint64_t expected;		    /* bytes of memory */
	struct saveio io;
	/* Asked when CONFIG is out, and before END; NULL: go on. */
	int (*ready)(void *ctx, struct err *e);
	void *ctx;
};

/* All zero but for what is known now; save_close it in any case. */
void save_init_job(struct save_job *j, struct mtool *m, const char *verb);

/*
 * Find VM `who`, keep others from changing its devices, and refuse it if it
 * cannot be saved. -1 and *e.
 */
int save_open(struct save_job *j, const char *who, struct err *e);

/*
 * Write the stream to j->out: the guest is suspended then, or runs again if
 * j->resume. -1 and *e; save_close gives it back.
 */
int save_stream(struct save_job *j, struct err *e);

/*
 * What was written is whole: the file gets its name, and the VM ends unless it
 * was resumed. -1 and *e: as before.
 */
int save_finish(struct save_job *j, struct err *e);

/* Instead: it is not given up, but stays here, paused. */
int save_hold(struct save_job *j, struct err *e);

/*
 * Let go of all. What was not finished is undone: the guest runs when this
 * returns, or a limit has passed.
 */
void save_close(struct save_job *j);

#endif
