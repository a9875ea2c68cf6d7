/* SPDX-License-Identifier: MIT */
#include "tools/mtool/stale.h"

#include <stdio.h>
#include <unistd.h>

#include "tools/mtool/gc.h"
#include "tools/mtool/host.h"

static void tell(void *ctx, const char *what)
{
	log_msg(ctx, LOG_WARN, "%s", what);
}

void stale_clear(struct log *log, const char *name)
{
	struct gc g = {.tell = tell, .ctx = log};
	char path[RUNDIR_PATH_MAX];
	struct err ignored;
	struct host h;

	snprintf(path, sizeof(path), RUN_ROOT "/%s", name);
	if (access(path, F_OK) < 0 || rundir_locked(name) ||
	    host_open(&h, log, &ignored) < 0)
		return;
	g.hyp = h.hyp;
	g.xs = h.xs;
	gc_vm(&g, name);
	host_close(&h);
}
