/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>

#include "core/num.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/vmblock.h"

struct options {
	unsigned int limit_s;
	bool force;
};

static int parse_limit(struct options *o, struct err *e)
{
	uint64_t s;

	if (num_parse(optarg, 1, LIVE_LIMIT_MAX_S, &s) < 0)
		return err_set(e, EXIT_USAGE, "-t %s: not a number in 1..%d",
			       optarg, LIVE_LIMIT_MAX_S);
	o->limit_s = (unsigned int)s;
	return 0;
}

static int parse_options(int argc, char **argv, const char *shorts, int words,
			 struct options *o, struct err *e)
{
	int c;

	*o = (struct options){LIVE_LIMIT_S, false};
	while ((c = cmd_option(argc, argv, shorts, "", e)) != -1) {
		if (c == 'F')
			o->force = true;
		else if (c != 't' || parse_limit(o, e) < 0)
			return -1;
	}
	return cmd_words(argc, argv, words, words, e);
}

int cmd_block_attach(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct options o;
	struct live l;
	int rc;

	if (parse_options(argc, argv, "+t:", 2, &o, e) < 0)
		return -1;
	rc = live_lock(&l, m, argv[optind], e);
	if (!rc && block_attach(&l, argv[optind + 1], o.limit_s, e) < 0)
		rc = err_in(e, "%s", l.record.name);
	live_close(&l);
	return rc;
}

int cmd_block_detach(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct options o;
	struct live l;
	int rc;

	if (parse_options(argc, argv, "+Ft:", 2, &o, e) < 0)
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
	struct options o;
	struct live l;
	int rc;

	if (parse_options(argc, argv, "+", 1, &o, e) < 0)
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
