/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdlib.h>

#include "core/config.h"
#include "devices/vbd.h"
#include "devices/vif.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/vmplan.h"

enum form { FORM_TEXT, FORM_JSON, FORM_DOT };

static int parse_opts(struct mtool *m, int argc, char **argv, enum form *form,
		      struct err *e)
{
	int c;

	*form = m->json ? FORM_JSON : FORM_TEXT;
	while ((c = cmd_option(argc, argv, "", "dot=d", e)) != -1) {
		if (c != 'd')
			return -1;
		if (m->json)
			return err_set(e, EXIT_USAGE,
				       "--json or --dot, not both");
		*form = FORM_DOT;
	}
	return cmd_words(argc, argv, 1, argc, e);
}

static void print(const struct plan *p, const char *name, enum form form)
{
	if (form == FORM_JSON)
		plan_json(p, name, stdout);
	else if (form == FORM_DOT)
		plan_dot(p, name, stdout);
	else
		plan_print(p, stdout);
}

/*
 * The same plan that create applies. Files need not exist here; a stub uuid is
 * made at random each time, so it is shown as zeros.
 */
static int print_plan(struct vm_config *cfg, enum form form, struct err *e)
{
	static const uint8_t no_uuid[16];
	struct vm_paths paths;
	struct vm_plan plan;

	vbd_guess(cfg);
	if (cfg->uuid_set)
		vif_macs(cfg);
	vm_paths_find(&paths, cfg);
	if (vm_plan_make(&plan, cfg, &paths, no_uuid, e) < 0)
		return -1;
	print(&plan.plan, cfg->name, form);
	vm_plan_free(&plan);
	return 0;
}

int cmd_plan(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct vm_config *cfg = calloc(1, sizeof(*cfg));
	enum form form;
	int rc = -1;

	if (!cfg)
		return err_sys(e, EXIT_FAILED, "memory");
	if (parse_opts(m, argc, argv, &form, e) < 0 ||
	    cmd_load(m, cfg, argc, argv, false, e) < 0)
		goto out;
	rc = print_plan(cfg, form, e);
	if (rc < 0)
		err_in(e, "%s", cfg->name);
	config_free(cfg);
out:
	free(cfg);
	return rc;
}
