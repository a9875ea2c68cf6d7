/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>

#include "tools/mtool/hotlines.h"
#include "tools/mtool/livecmd.h"
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

static int attach(struct live *l, char **words, const struct live_options *o,
		  struct err *e)
{
	return net_attach(l, words[0], o->limit_s, e);
}

int cmd_network_attach(struct mtool *m, int argc, char **argv, struct err *e)
{
	char text[HOTLINE_MAX / 2], *words[2];
	struct live_options o;

	if (live_options(argc, argv, "t:", 1, argc, &o, e) < 0 ||
	    join(argc - optind - 1, argv + optind + 1, text, sizeof(text), e) <
		    0)
		return -1;
	words[0] = argv[optind];
	words[1] = text;
	return live_change(m, words, &o, attach, e);
}

static int detach(struct live *l, char **words, const struct live_options *o,
		  struct err *e)
{
	return net_detach(l, words[0], o->force, o->limit_s, e);
}

int cmd_network_detach(struct mtool *m, int argc, char **argv, struct err *e)
{
	return live_command(m, argc, argv, "Ft:", 1, detach, e);
}

int cmd_network_list(struct mtool *m, int argc, char **argv, struct err *e)
{
	return live_show(m, argc, argv, net_list, net_print, e);
}
