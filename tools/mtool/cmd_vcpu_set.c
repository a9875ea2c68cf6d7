/* SPDX-License-Identifier: MIT */
#include "tools/mtool/mtool.h"
int cmd_vcpu_set(struct mtool *m, int argc, char **argv, struct err *e)
{
	(void)m;
	(void)argc;
	(void)argv;
	return err_set(e, EXIT_FAILED, "not yet");
}
