/* SPDX-License-Identifier: MIT */
/* A restore's device state, through console 2 of the stub into QEMU. */
#include <stdlib.h>
#include <unistd.h>

#include "console/nodes.h"
#include "core/file.h"
#include "core/savefile.h"
#include "tools/mtool/superviseint.h"
#include "tools/mtool/supervisesave.h"

static struct con_sink *feed_sink(struct supervise *s)
{
	unsigned int i;

	for (i = 0;
	     s->console[i].guest || s->console[i].index != STUB_CONSOLE_RESTORE;
	     i++)
		;
	return s->console[i].sink;
}

void sup_feed(struct supervise *s)
{
	char path[RUNDIR_PATH_MAX];
	struct err e;
	size_t len;

	if (!s->vm->cfg->incoming || s->feed)
		return;
	rundir_file(s->vm->cfg->name, SAVE_STATE, path);
	s->feed = file_read(path, SAVEFILE_DEVICE_MAX, &len, &e);
	if (s->feed)
		con_feed_start(feed_sink(s), s->feed, len);
	else
		log_msg(&s->log, LOG_ERROR, "device state: %s", e.msg);
}

void sup_feed_end(struct supervise *s)
{
	char path[RUNDIR_PATH_MAX];

	if (!s->feed)
		return;
	con_feed_stop(feed_sink(s));
	free(s->feed);
	s->feed = NULL;
	rundir_file(s->vm->cfg->name, SAVE_STATE, path);
	unlink(path);
}
