/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config.h"
#include "tools/mtool/consolecli.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/stale.h"
#include "tools/mtool/vm.h"

struct create_opts {
	struct vm_options vm;
	bool console, lenient;
};

static int parse_opts(int argc, char **argv, struct create_opts *o,
		      struct err *e)
{
	int c;

	memset(o, 0, sizeof(*o));
	while ((c = cmd_option(argc, argv, "pcWt:", "", e)) != -1) {
		if (c == 'p')
			o->vm.paused = true;
		else if (c == 'c')
			o->console = true;
		else if (c == 'W')
			o->lenient = true;
		else if (c != 't' || cmd_seconds(&o->vm.timeout_s, e) < 0)
			return -1;
	}
	return cmd_words(argc, argv, 1, argc, e);
}

static void warn(void *ctx, const char *text)
{
	struct mtool *m = ctx;

	log_msg(&m->log, LOG_WARN, "%s", text);
}

int cmd_load(struct mtool *m, struct vm_config *cfg, int argc, char **argv,
	     bool lenient, struct err *e)
{
	char **words = argv + optind;

	return config_load(cfg, words[0], DEFAULTS, words + 1,
			   (unsigned int)(argc - optind - 1), lenient, warn, m,
			   e);
}

static int create(struct mtool *m, struct vm_config *cfg,
		  const struct create_opts *o, struct err *e)
{
	struct rundir run;
	bool tail;

	if (o->console && !cfg->nr_serial)
		return err_set(e, EXIT_USAGE,
			       "-c: it has no serial, which would be its "
			       "console");
	if (geteuid())
		return err_set(e, EXIT_HOST, "not root");
	if (!cfg->uuid_set && uuid_random(cfg->uuid, e) < 0)
		return -1;
	stale_clear(&m->log, cfg->name);
	if (rundir_take(&run, cfg->name, e) < 0)
		return -1;
	if (!vm_create(&m->log, cfg, &run, &o->vm, &tail, e))
		return 0;
	if (tail)
		rundir_log_path(cfg->name, m->tail, &(struct err){0});
	return -1;
}

static int attach(const char *name, struct err *e)
{
	char path[RUNDIR_PATH_MAX];

	rundir_file(name, "ctl.sock", path);
	return console_attach(path, "serial0", true, e);
}

int cmd_create(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct vm_config *cfg = calloc(1, sizeof(*cfg));
	struct create_opts o;
	int rc = -1;

	if (!cfg)
		return err_sys(e, EXIT_FAILED, "memory");
	if (parse_opts(argc, argv, &o, e) < 0 ||
	    cmd_load(m, cfg, argc, argv, o.lenient, e) < 0)
		goto out;
	rc = create(m, cfg, &o, e);
	if (!rc && o.console)
		rc = attach(cfg->name, e);
	if (rc < 0)
		err_in(e, "%s", cfg->name);
	config_free(cfg);
out:
	free(cfg);
	return rc;
}
