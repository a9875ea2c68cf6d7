/* SPDX-License-Identifier: MIT */
#include <getopt.h>

#include "core/config.h"
#include "tools/mtool/ctl.h"
#include "tools/mtool/host.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/stale.h"

enum { RENAME_MS = 10000 };

/* The supervisor does it: it has files and sockets open under the old name. */
static int ask_supervisor(const char *old, const char *name, struct err *e)
{
	json_t *request =
		json_pack("{s:s, s:s}", "cmd", "rename", "name", name);
	char path[RUNDIR_PATH_MAX];
	int rc;

	if (!request)
		return err_set(e, EXIT_FAILED, "out of memory");
	rundir_file(old, "ctl.sock", path);
	rc = ctl_call(path, request, NULL, RENAME_MS, e);
	json_decref(request);
	return rc;
}

int cmd_rename(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct vm_record r;
	const char *name;

	if (cmd_option(argc, argv, "", "", e) != -1 ||
	    cmd_words(argc, argv, 2, 2, e) < 0)
		return -1;
	name = argv[optind + 1];
	if (!config_name_ok(name))
		return err_set(e, EXIT_USAGE,
			       "%s: a name is 1 to %d letters, digits and ._+- "
			       "and starts with neither . nor -",
			       name, VM_NAME_MAX);
	if (vm_find_served(m, argv[optind], &r, e) < 0)
		return -1;
	stale_clear(&m->log, name);
	return ask_supervisor(r.name, name, e) < 0 ? err_in(e, "%s", r.name)
						   : 0;
}
