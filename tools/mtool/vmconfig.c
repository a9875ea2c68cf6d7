/* SPDX-License-Identifier: MIT */
#include "tools/mtool/vmconfig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/hyp.h"
#include "core/uuid.h"
#include "tools/mtool/rundir.h"

int vm_config_read(struct vm_config *cfg, const char *name, struct err *e)
{
	char path[RUNDIR_PATH_MAX];

	rundir_file(name, "config", path);
	if (config_load(cfg, path, NULL, NULL, 0, true, NULL, NULL, e) < 0)
		return -1;
	/* The directory decides, in case a rename was cut short. */
	if (!strcmp(cfg->name, name) || !config_rename(cfg, name, e))
		return 0;
	config_free(cfg);
	return -1;
}

int vm_config_write(const struct vm_config *cfg, struct err *e)
{
	char path[RUNDIR_PATH_MAX], uuid[37], *text;
	int rc;

	uuid_text(cfg->uuid, uuid);
	if (asprintf(&text, "%suuid = \"%s\"\n", cfg->as_used, uuid) < 0)
		return err_sys(e, EXIT_FAILED, "config");
	rundir_file(cfg->name, "config", path);
	rc = file_write(path, text, e);
	free(text);
	return rc;
}

enum vm_action vm_action_for(const struct vm_config *cfg, unsigned int reason)
{
	switch (reason) {
	case SHUTDOWN_poweroff:
		return cfg->on_poweroff;
	case SHUTDOWN_reboot:
		return cfg->on_reboot;
	case SHUTDOWN_suspend:
		return ACTION_PRESERVE;
	case SHUTDOWN_watchdog:
		return cfg->on_watchdog;
	default:
		return cfg->on_crash;
	}
}

int vm_config_action(const char *name, unsigned int reason, enum vm_action *out,
		     struct err *e)
{
	struct vm_config *cfg = calloc(1, sizeof(*cfg));
	int rc = -1;

	if (!cfg)
		return err_sys(e, EXIT_FAILED, "configuration");
	if (!vm_config_read(cfg, name, e)) {
		*out = vm_action_for(cfg, reason);
		config_free(cfg);
		rc = 0;
	}
	free(cfg);
	return rc;
}
