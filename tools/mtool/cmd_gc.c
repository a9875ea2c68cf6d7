/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "tools/mtool/gc.h"
#include "tools/mtool/host.h"
#include "tools/mtool/mtool.h"

/* A line each, or into the array `ctx`. */
static void print(void *ctx, const char *what)
{
	if (ctx)
		json_array_append_new(ctx, json_string(what));
	else
		puts(what);
}

int cmd_gc(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct gc g = {.tell = print};
	struct host h;
	int c;

	while ((c = cmd_option(argc, argv, "n", "", e)) != -1) {
		if (c != 'n')
			return -1;
		g.dry = true;
	}
	if (cmd_words(argc, argv, 0, 0, e) < 0 || host_open(&h, &m->log, e) < 0)
		return -1;
	g.ctx = m->json ? json_array() : NULL;
	g.hyp = h.hyp;
	g.xs = h.xs;
	gc_run_dirs(&g);
	gc_marked(&g);
	gc_pci(&g);
	gc_logs(&g);
	host_close(&h);
	if (g.ctx)
		print_json(g.ctx);
	json_decref(g.ctx);
	if (g.failed)
		return err_set(e, EXIT_FAILED,
			       "%u of these could not be "
			       "removed",
			       g.failed);
	return 0;
}
