/* SPDX-License-Identifier: MIT */
/* A running VM, for a command that changes its devices. */
#ifndef TOOLS_MTOOL_LIVE_H
#define TOOLS_MTOOL_LIVE_H

#include <signal.h>
#include "core/config.h"
#include "core/hyp.h"
#include "core/log.h"
#include "core/xs.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/wait.h"

enum { LIVE_LIMIT_S = 30, LIVE_LIMIT_MAX_S = 86400 };

struct live {
	struct log *log;
	struct vm_record record;
	struct vm_config cfg; /* as used, with what was attached since */
	struct hyp *hyp;
	struct xs *xs;
	int lock; /* keeps other changes of its devices off */
	int signal_fd;
	sigset_t old;
};

/* What the commands on devices share: -t SECONDS and -F. */
struct live_options {
	unsigned int limit_s;
	bool force;
};

/*
 * Parse the options that `shorts` allows, and check that `min`..`max` words
 * are left behind them.
 */
int live_options(int argc, char **argv, const char *shorts, int min, int max,
		 struct live_options *o, struct err *e);

/*
 * Find VM `who` and open all that is needed; live_close in any case. EXIT_BUSY
 * while it is still being created.
 */
int live_open(struct live *l, struct mtool *m, const char *who, struct err *e);
/* The same, and keep others off; signals end waits from here on. */
int live_lock(struct live *l, struct mtool *m, const char *who, struct err *e);
void live_close(struct live *l);

/* What Xen knows of the guest. EXIT_DIED if it is gone or has shut down. */
int live_guest(struct live *l, struct hyp_dom *d, struct err *e);

/* Whether the guest can take part: EXIT_DIED, or EXIT_BUSY if it is paused. */
int live_check(struct live *l, struct err *e);

/* What ends a wait for one of its devices. */
void live_wait(const struct live *l, unsigned int limit_s, struct wait_ctx *w);

#endif
