/* SPDX-License-Identifier: MIT */
/*
 * The saved guest on its way into new domains. One process reads the stream
 * and checks it, another fills the guest's memory from what the first passes
 * on, while the plan goes on with the stubdomain.
 */
#ifndef TOOLS_MTOOL_VMINCOMING_H
#define TOOLS_MTOOL_VMINCOMING_H

#include <stdbool.h>
#include "core/build.h"
#include "core/saveio.h"
#include "tools/mtool/savemeta.h"
#include "tools/mtool/vm.h"
#include "tools/mtool/worker.h"

struct vm_incoming {
	struct saveio io; /* CONFIG has been read; io.fd is its own */
	struct save_meta meta;
	const char *verb; /* for its progress */
	bool json, quiet;
	/* All is checked and begun; the device model runs. NULL: go on. */
	int (*ready)(void *ctx, struct err *e);
	int (*built)(void *ctx, struct err *e);
	void *ctx;

	struct worker reader, filler;
	int pipe[2];
	struct vm *vm;
	struct log *log;
};

/* Start to fill vm->target, which is empty. vm_incoming_kill in any case. */
int vm_incoming_start(struct vm_incoming *in, struct vm *vm, struct hyp *h,
		      struct log *log, struct err *e);
/*
 * Wait until that is done and the stream was whole: then the device state is in
 * the run directory's file `state`. Closes the stream.
 */
int vm_incoming_wait(struct vm_incoming *in, int cancel, struct build_frames *f,
		     struct err *e);
/* In a child process: all this is the parent's. */
void vm_incoming_leave(struct vm_incoming *in);
/* The guest is about to run. */
int vm_incoming_built(struct vm_incoming *in, struct err *e);
void vm_incoming_kill(struct vm_incoming *in);

#endif
