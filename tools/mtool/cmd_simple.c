/* SPDX-License-Identifier: MIT */
/* Commands of a few lines each. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/num.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/takeover.h"

/* A command's answer, of which JSON has the object `facts`, which goes. */
static void answer(struct mtool *m, json_t *facts, const char *text)
{
	if (m->json)
		print_json(facts);
	else
		puts(text);
	json_decref(facts);
}

/* The one VM that the words name. */
static int one_vm(int argc, char **argv, struct vm_record *r, struct err *e)
{
	if (cmd_option(argc, argv, "", "", e) != -1 ||
	    cmd_words(argc, argv, 1, 1, e) < 0)
		return -1;
	return vm_find(argv[optind], r, e);
}

int cmd_domid(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct vm_record r;
	char text[12];

	if (one_vm(argc, argv, &r, e) < 0)
		return -1;
	if (!r.target)
		return err_set(e, EXIT_BUSY, "%s: is still being created",
			       r.name);
	snprintf(text, sizeof(text), "%u", r.target);
	answer(m, json_pack("{s:i}", "domid", (int)r.target), text);
	return 0;
}

int cmd_domname(struct mtool *m, int argc, char **argv, struct err *e)
{
	char text[VM_NAME_MAX + sizeof("-dm")];
	struct vm_record *list;
	uint64_t domid;
	int i, nr;

	if (cmd_option(argc, argv, "", "", e) != -1 ||
	    cmd_words(argc, argv, 1, 1, e) < 0)
		return -1;
	if (num_parse(argv[optind], 0, UINT32_MAX, &domid) < 0)
		return err_set(e, EXIT_USAGE, "%s: not a domain id",
			       argv[optind]);
	nr = rundir_list(&list, e);
	if (nr < 0)
		return -1;
	for (i = 0; i < nr && (!domid || (list[i].target != domid &&
					  list[i].stub != domid));
	     i++)
		;
	if (i < nr) {
		snprintf(text, sizeof(text), "%s%s", list[i].name,
			 list[i].stub == domid ? "-dm" : "");
		answer(m, json_pack("{s:s}", "name", text), text);
	}
	free(list);
	return i < nr ? 0
		      : err_set(e, EXIT_NO_VM, "%s: no VM has this domain",
				argv[optind]);
}

/* Xen counts pauses; a user's pause is one, however often it is asked for. */
static int set_paused(struct mtool *m, int argc, char **argv, bool paused,
		      struct err *e)
{
	struct vm_record r;
	struct hyp_dom d;
	struct hyp *h;
	int rc;

	if (cmd_option(argc, argv, "", "", e) != -1 ||
	    cmd_words(argc, argv, 1, 1, e) < 0 ||
	    vm_find_served(m, argv[optind], &r, e) < 0)
		return -1;
	if (!r.running)
		return err_set(e, EXIT_BUSY, "%s: is still being created",
			       r.name);
	h = hyp_open(&m->log, e);
	if (!h)
		return -1;
	rc = hyp_dom_get(h, r.target, &d, e);
	if (!rc)
		rc = err_set(e, EXIT_DIED, "the guest is gone");
	else if (rc == 1)
		rc = d.paused == paused ? 0
		     : paused		? hyp_dom_pause(h, r.target, e)
					: hyp_dom_unpause(h, r.target, e);
	hyp_close(h);
	return rc < 0 ? err_in(e, "%s", r.name) : 0;
}

int cmd_supervise(struct mtool *m, int argc, char **argv, struct err *e)
{
	bool replace = false;
	struct vm_record r;
	int c, rc;

	while ((c = cmd_option(argc, argv, "", "replace=r", e)) != -1) {
		if (c != 'r')
			return -1;
		replace = true;
	}
	if (cmd_words(argc, argv, 1, 1, e) < 0 ||
	    vm_find(argv[optind], &r, e) < 0)
		return -1;
	if (replace && rundir_locked(r.name))
		rc = vm_replace(&m->log, &r, e);
	else
		rc = vm_take_over(&m->log, &r, e);
	return rc < 0 ? err_in(e, "%s", r.name) : 0;
}

int cmd_pause(struct mtool *m, int argc, char **argv, struct err *e)
{
	return set_paused(m, argc, argv, true, e);
}

int cmd_unpause(struct mtool *m, int argc, char **argv, struct err *e)
{
	return set_paused(m, argc, argv, false, e);
}
