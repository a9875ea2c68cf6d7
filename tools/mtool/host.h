/* SPDX-License-Identifier: MIT */
/* What a command that acts on running VMs holds: Xen, xenstore, the VM. */
#ifndef TOOLS_MTOOL_HOST_H
#define TOOLS_MTOOL_HOST_H

#include "core/err.h"
#include "core/hyp.h"
#include "core/xs.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/rundir.h"

struct host {
	struct hyp *hyp;
	struct xs *xs;
};

/* Open both. On failure -1 and *e, and nothing is open. */
int host_open(struct host *h, struct log *log, struct err *e);
/* Closes what is open. */
void host_close(struct host *h);

/*
 * Find the VM `who` and see that its guest runs or is paused. EXIT_NO_VM;
 * EXIT_BUSY while it is being created; EXIT_DIED if its guest is gone or dead.
 * A supervisor that has died is replaced, so call this before xs_watch_add.
 */
int host_find(struct mtool *m, struct host *h, const char *who,
	      struct vm_record *r, struct hyp_dom *guest, struct err *e);

/* Both in one, for commands on a single VM. On failure nothing is open. */
int host_open_vm(struct mtool *m, struct host *h, const char *who,
		 struct vm_record *r, struct hyp_dom *guest, struct err *e);

#endif
