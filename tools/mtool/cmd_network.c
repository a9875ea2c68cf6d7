/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "tools/mtool/hotlines.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/vmnet.h"

/* As xl has it, the nic's text may be spread over several words. */
static int join(int nr, char **words, char *buf, size_t size, struct err *e)
{
	size_t len = 0;
	int i;

	buf[0] = '\0';
	for (i = 0; i < nr; i++) {
		if (len < size)
			len += (size_t)snprintf(buf + len, size - len, "%s%s",
						i ? "," : "", words[i]);
	}
	if (len >= size)
		return err_set(e, EXIT_USAGE, "a vif of more than %zu bytes",
			       size - 1);
	return 0;
}

int cmd_network_attach(struct mtool *m, int argc, char **argv, struct err *e)
{
	char text[HOTLINE_MAX / 2];
	struct live_options o;
	struct live l;
	int rc;

	if (live_options(argc, argv, "+t:", 1, argc, &o, e) < 0 ||
	    join(argc - optind - 1, argv + optind + 1, text, sizeof(text), e) <
		    0)
		return -1;
	rc = live_lock(&l, m, argv[optind], e);
	if (!rc && net_attach(&l, text, o.limit_s, e) < 0)
		rc = err_in(e, "%s", l.record.name);
	live_close(&l);
	return rc;
}

int cmd_network_detach(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct live_options o;
	struct live l;
	int rc;

	if (live_options(argc, argv, "+Ft:", 2, 2, &o, e) < 0)
		return -1;
	rc = live_lock(&l, m, argv[optind], e);
	if (!rc && net_detach(&l, argv[optind + 1], o.force, o.limit_s, e) < 0)
		rc = err_in(e, "%s", l.record.name);
	live_close(&l);
	return rc;
}

int cmd_network_list(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct live_options o;
	json_t *list = NULL;
	struct live l;
	int rc;

	if (live_options(argc, argv, "+", 1, 1, &o, e) < 0)
		return -1;
	rc = live_open(&l, m, argv[optind], e);
	if (!rc && !(list = net_list(&l, e)))
		rc = -1;
	if (!rc && m->json) {
		json_dumpf(list, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (!rc) {
		net_print(list, "");
	}
	json_decref(list);
	live_close(&l);
	return rc;
}
