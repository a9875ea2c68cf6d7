/* SPDX-License-Identifier: MIT */
#include "tools/mtool/livecmd.h"
#include "tools/mtool/vmblock.h"
#include "tools/mtool/vmcd.h"

static int attach(struct live *l, char **words, const struct live_options *o,
		  struct err *e)
{
	return block_attach(l, words[0], o->limit_s, e);
}

int cmd_block_attach(struct mtool *m, int argc, char **argv, struct err *e)
{
	return live_command(m, argc, argv, "t:", 1, attach, e);
}

static int detach(struct live *l, char **words, const struct live_options *o,
		  struct err *e)
{
	return block_detach(l, words[0], o->force, o->limit_s, e);
}

int cmd_block_detach(struct mtool *m, int argc, char **argv, struct err *e)
{
	return live_command(m, argc, argv, "Ft:", 1, detach, e);
}

int cmd_block_list(struct mtool *m, int argc, char **argv, struct err *e)
{
	return live_show(m, argc, argv, block_list, block_print, e);
}

static int eject(struct live *l, char **words, const struct live_options *o,
		 struct err *e)
{
	return cd_eject(l, words[0], o->limit_s, e);
}

int cmd_cd_eject(struct mtool *m, int argc, char **argv, struct err *e)
{
	return live_command(m, argc, argv, "t:", 1, eject, e);
}

static int insert(struct live *l, char **words, const struct live_options *o,
		  struct err *e)
{
	return cd_insert(l, words[0], words[1], o->limit_s, e);
}

int cmd_cd_insert(struct mtool *m, int argc, char **argv, struct err *e)
{
	return live_command(m, argc, argv, "t:", 2, insert, e);
}
