/* SPDX-License-Identifier: MIT */
/* The end of a VM: both domains gone, and every trace of them. */
#ifndef TOOLS_MTOOL_TEARDOWN_H
#define TOOLS_MTOOL_TEARDOWN_H

#include <stdint.h>
#include "core/err.h"
#include "core/hyp.h"
#include "core/xs.h"
#include "devices/loopdev.h"
#include "tools/mtool/rundir.h"

enum { GONE_MS = 30000 }; /* what Xen has by default to let a VM go */

/*
 * Destroy the domains of `r` that are still its own (a domid may have been
 * given to another domain: the uuid tells), the stub first, for it holds a
 * reference on the target. Does nothing to what is gone.
 */
int vm_kill(struct hyp *h, const struct vm_record *r, struct err *e);

/*
 * Remove all their nodes, backends included, and what that leaves empty. Loop
 * devices that served their disks are noted in *loops; they clear themselves,
 * and are to be waited for when nobody holds them open any more. `loops` may
 * be NULL.
 */
int vm_forget(struct hyp *h, struct xs *xs, const struct vm_record *r,
	      struct loop_list *loops, struct err *e);

/*
 * End the stub alone and forget it. What Xen keeps of it as long as the guest
 * lives, whose emulator it was, is an empty shell.
 */
int vm_drop_stub(struct hyp *h, struct xs *xs, const struct vm_record *r,
		 struct err *e);

/*
 * Take all devices from the guest, which is dead, and wait until the kernel
 * has let go of them and the stub's, at most `ms` milliseconds.
 */
int vm_drop_devices(struct hyp *h, struct xs *xs, const struct vm_record *r,
		    uint64_t ms, struct err *e);

/*
 * Wait until Xen has really let both go, and the kernel their disks and nics,
 * at most `ms` milliseconds. EXIT_TIMEOUT, saying which one lingers and who may
 * hold it.
 */
int vm_wait_gone(struct hyp *h, const struct vm_record *r, uint64_t ms,
		 struct err *e);

/*
 * All of that for a VM nobody looks after, whose run directory is locked as
 * `run`: it is removed on success, and given up otherwise. `ms` limits the
 * wait for Xen.
 */
int vm_remove(struct hyp *h, struct xs *xs, const struct vm_record *r,
	      struct rundir *run, uint64_t ms, struct err *e);

/* Whether domain `domid` is there, is the one with `uuid`, and is not dying. */
bool vm_domain_lives(struct hyp *h, uint32_t domid, const uint8_t uuid[16]);

#endif
