/* SPDX-License-Identifier: MIT */
#include "tools/mtool/livecmd.h"

#include <getopt.h>

int live_change(struct mtool *m, char **words, const struct live_options *o,
		live_change_fn *fn, struct err *e)
{
	struct live l;
	int rc = live_lock(&l, m, words[0], e);

	if (!rc && fn(&l, words + 1, o, e) < 0)
		rc = err_in(e, "%s", l.record.name);
	live_close(&l);
	return rc;
}

int live_command(struct mtool *m, int argc, char **argv, const char *shorts,
		 int nr, live_change_fn *fn, struct err *e)
{
	struct live_options o;

	if (live_options(argc, argv, shorts, 1 + nr, 1 + nr, &o, e) < 0)
		return -1;
	return live_change(m, argv + optind, &o, fn, e);
}

int live_show(struct mtool *m, int argc, char **argv, live_list_fn *list,
	      live_print_fn *print, struct err *e)
{
	json_t *facts = NULL;
	struct live_options o;
	struct live l;
	int rc;

	if (live_options(argc, argv, "", 1, 1, &o, e) < 0)
		return -1;
	rc = live_open(&l, m, argv[optind], e);
	if (!rc && !(facts = list(&l, e)))
		rc = err_in(e, "%s", l.record.name);
	if (!rc && m->json)
		print_json(facts);
	else if (!rc)
		print(facts, "");
	json_decref(facts);
	live_close(&l);
	return rc;
}
