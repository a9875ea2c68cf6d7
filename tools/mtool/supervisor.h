/* SPDX-License-Identifier: MIT */
/*
 * The supervisor: one small process per VM. It serves every console from
 * before the stub's first instruction, watches both domains, and clears up
 * when the VM ends.
 */
#ifndef TOOLS_MTOOL_SUPERVISOR_H
#define TOOLS_MTOOL_SUPERVISOR_H

#include <sys/types.h>
#include "core/err.h"
#include "core/log.h"
#include "tools/mtool/vm.h"

struct supervisor {
	pid_t pid; /* 0: no child of ours */
	int fd;	   /* our end of its socket; end of file: it has died */
};

/*
 * Fork it and wait until it serves the consoles. Until supervisor_release it
 * only drains: what happens to the VM is its creator's business. It keeps
 * vm->run's lock. Must be called before this process sets a xenstore watch.
 */
int supervisor_start(struct supervisor *s, struct vm *vm, struct hyp *h,
		     struct xs *xs, struct log *log, struct err *e);

/*
 * The same from one that is there already, at a restart, and waits at the other
 * end of `fd` (taken over): it reads the journal and serves the new domains.
 */
int supervisor_ask(struct supervisor *s, int fd, struct err *e);

/*
 * The guest that is being restored is whole: the supervisor serves its console,
 * too, and lets the stub go on if it was held. Waits for that.
 */
int supervisor_whole(struct supervisor *s, struct err *e);

/* The VM is up: from now on the supervisor alone looks after it. */
int supervisor_release(struct supervisor *s, struct err *e);

/*
 * The VM failed to start: let the supervisor write down what is still in the
 * rings and let go of them; waits for that. One that we have started ends.
 */
void supervisor_end(struct supervisor *s);

#endif
