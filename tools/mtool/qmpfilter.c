/* SPDX-License-Identifier: MIT */
#include "tools/mtool/qmpfilter.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tools/mtool/pciqmp.h"

static const struct {
	const char *command, *instead;
} refused[] = {
	{"quit", "use mtool destroy"},
	{"xen-save-devices-state", "use mtool save"},
	{"xen-load-devices-state", "use mtool restore"},
	{"xen-set-global-dirty-log", "use mtool migrate"},
	{"migrate", "use mtool save or mtool migrate"},
	{"migrate-incoming", "use mtool restore"},
	{"add-fd", "no descriptor can be passed to a stubdomain"},
	{"getfd", "no descriptor can be passed to a stubdomain"},
};

/* What QEMU calls the devices that mtool gives it: these, and a number. */
static const struct {
	const char *prefix, *instead;
	bool hex; /* a PCI address follows */
} managed[] = {
	{"ide-", "block-detach", false},
	{"scsi0-hd", "block-detach", false},
	{"ahcidisk-", "block-detach", false},
	{"ahci", "block-detach", false},
	{"nic", "network-detach", false},
	{"net", "network-detach", false},
	{PCI_QMP_PREFIX, "pci-detach", true},
};

static bool is_number(char c, bool hex)
{
	return hex ? isxdigit((unsigned char)c) : isdigit((unsigned char)c);
}

static int check_name(const char *command, struct err *e)
{
	unsigned int i;

	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		if (!strcmp(refused[i].command, command))
			return err_set(e, EXIT_USAGE, "refused: %s",
				       refused[i].instead);
	}
	return 0;
}

/*
 * A device is named by its id, or by a path whose end is that. One that was
 * given no id can only be one of mtool's: others can be given one.
 */
static int check_device(const char *id, struct err *e)
{
	const char *slash = strrchr(id, '/');
	unsigned int i;

	if (slash)
		id = slash + 1;
	if (slash && strchr(id, '['))
		return err_set(e, EXIT_USAGE,
			       "refused: %s has no id; use mtool "
			       "block-detach, network-detach or pci-detach",
			       id);
	for (i = 0; i < sizeof(managed) / sizeof(*managed); i++) {
		size_t n = strlen(managed[i].prefix);

		if (!strncmp(id, managed[i].prefix, n) &&
		    is_number(id[n], managed[i].hex))
			return err_set(e, EXIT_USAGE,
				       "refused: %s is a device of the VM; "
				       "use mtool %s",
				       id, managed[i].instead);
	}
	return 0;
}

static const char *text_of(const json_t *args, const char *name)
{
	const char *text = json_string_value(json_object_get(args, name));

	return text ? text : "";
}

static bool removes_device(const char *command)
{
	return !strcmp(command, "device_del") ||
	       !strcmp(command, "netdev_del") || !strcmp(command, "drive_del");
}

/* The words of the human monitor: "q" is "quit" there. */
static int check_human(const char *line, struct err *e)
{
	char command[32], arg[64];
	int n = sscanf(line, "%31s %63s", command, arg);

	if (n < 1)
		return 0;
	if (!strcmp(command, "q"))
		return check_name("quit", e);
	if (n > 1 && removes_device(command))
		return check_device(arg, e);
	return check_name(command, e);
}

/* Save and restore find the stubdomain's own descriptor in set 1. */
static int check_fdset(const json_t *args, struct err *e)
{
	const json_t *set = json_object_get(args, "fdset-id");

	if (json_number_value(set) != 1.0)
		return 0;
	return err_set(e, EXIT_USAGE, "refused: mtool save needs fdset 1");
}

int qmp_filter(void *ctx, const char *command, const json_t *args,
	       struct err *e)
{
	(void)ctx;
	if (removes_device(command))
		return check_device(text_of(args, "id"), e);
	if (!strcmp(command, "human-monitor-command"))
		return check_human(text_of(args, "command-line"), e);
	if (!strcmp(command, "remove-fd"))
		return check_fdset(args, e);
	return check_name(command, e);
}
