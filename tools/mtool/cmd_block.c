/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>

#include "tools/mtool/mtool.h"
#include "tools/mtool/vmblock.h"
#include "tools/mtool/vmcd.h"

int cmd_block_attach(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct live_options o;
	struct live l;
	int rc;

	if (live_options(argc, argv, "+t:", 2, 2, &o, e) < 0)
		return -1;
	rc = live_lock(&l, m, argv[optind], e);
	if (!rc && block_attach(&l, argv[optind + 1], o.limit_s, e) < 0)
		rc = err_in(e, "%s", l.record.name);
	live_close(&l);
	return rc;
}

int cmd_block_detach(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct live_options o;
	struct live l;
	int rc;

	if (live_options(argc, argv, "+Ft:", 2, 2, &o, e) < 0)
		return -1;
	rc = live_lock(&l, m, argv[optind], e);
	if (!rc &&
	    block_detach(&l, argv[optind + 1], o.force, o.limit_s, e) < 0)
		rc = err_in(e, "%s", l.record.name);
	live_close(&l);
	return rc;
}

int cmd_block_list(struct mtool *m, int argc, char **argv, struct err *e)
{
	json_t *list = NULL;
	struct live_options o;
	struct live l;
	int rc;

	if (live_options(argc, argv, "+", 1, 1, &o, e) < 0)
		return -1;
	rc = live_open(&l, m, argv[optind], e);
	if (!rc && !(list = block_list(&l)))
		rc = err_sys(e, EXIT_FAILED, "memory");
	if (!rc && m->json) {
		json_dumpf(list, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (!rc) {
		block_print(list, "");
	}
	json_decref(list);
	live_close(&l);
	return rc;
}

int cmd_cd_eject(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct live_options o;
	struct live l;
	int rc;

	if (live_options(argc, argv, "+t:", 2, 2, &o, e) < 0)
		return -1;
	rc = live_lock(&l, m, argv[optind], e);
	if (!rc && cd_eject(&l, argv[optind + 1], o.limit_s, e) < 0)
		rc = err_in(e, "%s", l.record.name);
	live_close(&l);
	return rc;
}

int cmd_cd_insert(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct live_options o;
	struct live l;
	int rc;

	if (live_options(argc, argv, "+t:", 3, 3, &o, e) < 0)
		return -1;
	rc = live_lock(&l, m, argv[optind], e);
	if (!rc &&
	    cd_insert(&l, argv[optind + 1], argv[optind + 2], o.limit_s, e) < 0)
		rc = err_in(e, "%s", l.record.name);
	live_close(&l);
	return rc;
}
