/* SPDX-License-Identifier: MIT */
#include "tools/mtool/stale.h"

#include <string.h>

#include "core/hyp.h"
#include "core/xs.h"
#include "tools/mtool/rundir.h"
#include "tools/mtool/teardown.h"

enum { LOCK_MS = 1000 }; /* another command may look at it right now */

/* Any doubt counts as alive. */
static bool alive(struct hyp *h, uint32_t domid, const uint8_t uuid[16])
{
	struct hyp_dom d;
	struct err ignored;
	int rc = domid ? hyp_dom_get(h, domid, &d, &ignored) : 0;

	return rc < 0 || (rc && !memcmp(d.uuid, uuid, 16));
}

static void clear(struct log *log, const struct vm_record *r,
		  struct rundir *run)
{
	struct err e;
	struct hyp *h = hyp_open(log, &e);
	struct xs *xs = h ? xs_connect(log, &e) : NULL;
	struct loop_list loops = {0};

	if (xs && !alive(h, r->target, r->uuid) &&
	    !alive(h, r->stub, r->stub_uuid) &&
	    !vm_forget(h, xs, r, &loops, &e)) {
		loopdev_wait_clear(&loops);
		log_msg(log, LOG_WARN, "%s: cleared what a dead VM left",
			r->name);
		rundir_remove(run);
	} else {
		rundir_close(run);
	}
	xs_disconnect(xs);
	hyp_close(h);
}

void stale_clear(struct log *log, const char *name)
{
	struct vm_record r = {.target = 0};
	struct rundir run;
	struct err e;

	/* Without a journal there was no domain yet: the record stays empty. */
	if (rundir_read(name, &r, &e) < 0 && e.code != EXIT_NO_VM)
		return;
	if (rundir_locked(name) || rundir_lock(&run, name, LOCK_MS, &e))
		return;
	clear(log, &r, &run);
}
