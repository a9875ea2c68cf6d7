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
 * See that the guest of `r` runs or is paused. EXIT_BUSY while it is being
 * created; EXIT_DIED if it is gone or has shut down.
 */
int host_guest(struct host *h, const struct vm_record *r, struct hyp_dom *guest,
	       struct err *e);

/*
 * For commands on one VM: find it, replace its supervisor if that has died,
 * open, and see that its guest is there. On failure nothing is open. (Finding
 * comes first: a new supervisor must not inherit what is open.)
 */
int host_open_vm(struct mtool *m, struct host *h, const char *who,
		 struct vm_record *r, struct hyp_dom *guest, struct err *e);

#endif
