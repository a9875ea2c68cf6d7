/* SPDX-License-Identifier: MIT */
/*
 * A guest's memory is read from a save file while its stub boots. QEMU must not
 * look for that memory before it is all there, and not each stub can be asked
 * to wait: so it is paused, by the last sign that every Linux gives before its
 * first process. Its console 2, which the protocol has for what comes then,
 * offers its ring. What the stub claims there decides nothing but whether its
 * own device model works.
 */
#include <stdio.h>
#include <xen/io/xenbus.h>

#include "console/nodes.h"
#include "tools/mtool/superviseint.h"

static void state_path(const struct supervise *s, char path[XS_PATH_MAX])
{
	snprintf(path, XS_PATH_MAX, "/local/domain/%u/device/console/%d/state",
		 s->vm->record.stub, STUB_CONSOLE_RESTORE);
}

static void on_state(void *ctx, const char *path)
{
	struct supervise *s = ctx;
	char node[XS_PATH_MAX];
	uint64_t state;
	struct err e;

	(void)path;
	state_path(s, node);
	if (s->held ||
	    xs_read_num(s->xs, XBT_NULL, node, 0, XenbusStateReconfigured,
			&state) < 0 ||
	    state < XenbusStateInitialised)
		return;
	if (hyp_dom_pause(s->hyp, s->vm->record.stub, &e) < 0)
		log_msg(&s->log, LOG_ERROR, "hold the stub: %s", e.msg);
	else
		s->held = true;
}

int sup_hold(struct supervise *s, struct err *e)
{
	char node[XS_PATH_MAX];

	s->held = false;
	if (!s->vm->cfg->incoming || s->vm->record.target_console.frame)
		return 0;
	state_path(s, node);
	s->hold = xs_watch_add(s->xs, node, on_state, s, e);
	return s->hold ? 0 : -1;
}

void sup_hold_end(struct supervise *s)
{
	xs_watch_del(s->hold);
	s->hold = NULL;
}

int sup_whole(struct supervise *s, struct err *e)
{
	sup_hold_end(s);
	if (rundir_read(s->vm->cfg->name, &s->vm->record, e) < 0 ||
	    sup_consoles_open_target(s, e) < 0)
		return -1;
	return s->held ? hyp_dom_unpause(s->hyp, s->vm->record.stub, e) : 0;
}
