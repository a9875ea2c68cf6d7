/* SPDX-License-Identifier: MIT */
/* A VM while it is made and while it lives: target, stub and their devices. */
#ifndef TOOLS_MTOOL_VM_H
#define TOOLS_MTOOL_VM_H

#include <stdbool.h>
#include <stdint.h>
#include "core/config.h"
#include "core/err.h"
#include "core/hyp.h"
#include "core/log.h"
#include "core/plan.h"
#include "core/xs.h"
#include "core/uuid.h"
#include "tools/mtool/heir.h"
#include "tools/mtool/rundir.h"
#include "tools/mtool/vmplan.h"

struct vm_domain {
	uint32_t domid;
	struct hyp_ports ports;
};

struct vm_incoming;

struct vm {
	struct vm_config *cfg;
	struct vm_plan plan;
	struct vm_record record; /* as far as it is made */
	struct vm_domain target, stub;
	struct rundir run;
	char log_path[RUNDIR_PATH_MAX];
	int disk_fd[VM_DISKS_MAX]; /* until the backends have them; -1: none */
	int signal_fd;		   /* the creator's alone; -1: none */
	const struct heir *heir;   /* of a supervisor being replaced; or NULL */
	struct vm_incoming *incoming; /* while it is read; else NULL */
};

struct vm_options {
	bool paused;		/* leave the target paused */
	unsigned int timeout_s; /* for the device model; 0: as configured */
	struct vm_incoming *incoming; /* what cfg->incoming comes from */
	int supervisor; /* socket to one that waits for this VM; 0: start one */
};

/*
 * Check all that can be checked before the first hypercall: files, memory,
 * what the host can do. Sets cfg's disk kinds and MACs.
 */
int vm_check(struct hyp *h, struct xs *xs, struct vm_config *cfg,
	     const struct vm_paths *paths, struct err *e);

/* Close what vm->disk_fd holds. */
void vm_close_disks(struct vm *vm);

/*
 * Build and start the VM by its plan, leaving a supervisor behind. `cfg` has a
 * uuid; `run` is the locked, empty run directory and is taken over. On
 * failure everything is taken back, *e tells why, and *tail says whether the
 * device model's log has a word on it. A supervisor that waits for this VM
 * keeps the run directory in either case.
 */
int vm_create(struct log *log, struct vm_config *cfg, struct rundir *run,
	      const struct vm_options *opt, bool *tail, struct err *e);

#endif
