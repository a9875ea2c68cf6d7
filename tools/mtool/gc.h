/* SPDX-License-Identifier: MIT */
/* What crashes left behind, found and removed. */
#ifndef TOOLS_MTOOL_GC_H
#define TOOLS_MTOOL_GC_H

#include <stdbool.h>
#include "core/err.h"
#include "core/hyp.h"
#include "core/log.h"
#include "core/xs.h"

/* Told of each thing that was found, and what became of it. */
typedef void gc_tell_fn(void *ctx, const char *what);

struct gc {
	struct hyp *hyp;
	struct xs *xs;
	bool dry; /* only tell */
	gc_tell_fn *tell;
	void *ctx;
	unsigned int failed; /* things that could not be removed */
};

/*
 * The run directory of VM `name`, if nobody is at work on it and it is not that
 * of a VM that lives: half-built by a process that died, or dead with nobody
 * watching. Its domains are found by their uuids, for the last step may not
 * have reached the journal.
 */
void gc_vm(struct gc *g, const char *name);

/* All run directories, and those whose removal was cut short. */
void gc_run_dirs(struct gc *g);

/*
 * Domains and nodes that carry mtool's mark (/vm/UUID/mtool = domid) and belong
 * to no run directory. What has no mark is another toolstack's.
 */
void gc_marked(struct gc *g);

/*
 * PCI devices that were on their way to a VM or back when whoever was at it
 * died, or whose VM is no more.
 */
void gc_pci(struct gc *g);

/* Logs of VMs that are no more, beyond the size that is theirs by default. */
void gc_logs(struct gc *g);

/* Used by those above: say something; count and say what has failed. */
__attribute__((format(printf, 2, 3))) void gc_tell(struct gc *g,
						   const char *fmt, ...);
void gc_failed(struct gc *g, const char *what, const struct err *e);

#endif
