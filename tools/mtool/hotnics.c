/* SPDX-License-Identifier: MIT */
#include "tools/mtool/hotnics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "core/vifspec.h"
#include "tools/mtool/hotlines.h"

static int bad_line(struct err *e)
{
	return err_set(e, EXIT_FAILED, "its file of attached nics is damaged");
}

static int load_line(struct vm_config *cfg, char *line, struct err *e)
{
	struct nic_config *n = &cfg->nic[cfg->nr_nic];
	char *save, *number = strtok_r(line, " ", &save);
	char *mac = strtok_r(NULL, " ", &save);
	uint64_t devid;

	if (cfg->nr_nic == VM_NICS_MAX)
		return err_set(e, EXIT_FAILED, "more than %u nics",
			       VM_NICS_MAX);
	/* what is left of the line may be nothing at all */
	if (!number || !mac ||
	    num_parse(number, 0, VM_NICS_MAX - 1, &devid) < 0)
		return bad_line(e);
	if (vifspec_parse(save, false, n, e) < 0)
		return -1;
	if (mac_parse(mac, n->mac) < 0)
		return bad_line(e);
	n->devid = (unsigned int)devid;
	n->mac_set = n->hotplugged = true;
	cfg->nr_nic++;
	return 0;
}

int hotnics_load(const char *name, struct vm_config *cfg, struct err *e)
{
	char *text = hotlines_read(name, "nics"), *line, *save;
	int rc = 0;

	while (cfg->nr_nic && cfg->nic[cfg->nr_nic - 1].hotplugged)
		cfg->nr_nic--;
	if (!text)
		return 0;
	for (line = strtok_r(text, "\n", &save); line && !rc;
	     line = strtok_r(NULL, "\n", &save))
		rc = load_line(cfg, line, e);
	free(text);
	return rc;
}

/* Whether a line is that of the nic whose number is the text `devid`. */
static bool is_devid(const char *line, const char *devid)
{
	size_t len = strlen(devid);

	return !strncmp(line, devid, len) && line[len] == ' ';
}

int hotnics_add(const char *name, const struct nic_config *n, const char *text,
		struct err *e)
{
	char line[HOTLINE_MAX], mac[MAC_TEXT], devid[12];

	mac_text(n->mac, mac);
	snprintf(devid, sizeof(devid), "%u", n->devid);
	snprintf(line, sizeof(line), "%s %s %s", devid, mac, text);
	return hotlines_rewrite(name, "nics", is_devid, devid, line, e);
}

int hotnics_del(const char *name, unsigned int devid, struct err *e)
{
	char text[12];

	snprintf(text, sizeof(text), "%u", devid);
	return hotlines_rewrite(name, "nics", is_devid, text, NULL, e);
}
