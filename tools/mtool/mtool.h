/* SPDX-License-Identifier: MIT */
/* The program: what every command shares. */
#ifndef TOOLS_MTOOL_MTOOL_H
#define TOOLS_MTOOL_MTOOL_H

#include <jansson.h>
#include <stdbool.h>
#include "core/err.h"
#include "core/hyp.h"
#include "core/log.h"
#include "core/xs.h"
#include "tools/mtool/rundir.h"

struct vm_config;

#define DEFAULTS "/etc/mtool/mtool.conf" /* of all VMs */

struct mtool {
	struct log log;
	bool json;
	char tail[RUNDIR_PATH_MAX]; /* log whose end explains a failure */
};

/*
 * A command gets its own name as argv[0] and returns 0, or -1 and *e. What is
 * wrong with the words themselves is EXIT_USAGE.
 */
typedef int cmd_fn(struct mtool *m, int argc, char **argv, struct err *e);

cmd_fn cmd_block_attach, cmd_block_detach, cmd_block_list, cmd_cd_eject,
	cmd_cd_insert;
cmd_fn cmd_check_host, cmd_console, cmd_create, cmd_destroy, cmd_domid,
	cmd_domname, cmd_gc, cmd_help, cmd_host_info, cmd_host_init, cmd_info,
	cmd_list, cmd_log, cmd_mem_max, cmd_mem_set, cmd_migrate,
	cmd_network_attach, cmd_network_detach, cmd_network_list, cmd_pause,
	cmd_plan, cmd_qmp, cmd_reboot, cmd_rename, cmd_restore, cmd_save,
	cmd_shutdown, cmd_supervise, cmd_sysrq, cmd_trigger, cmd_unpause,
	cmd_vcpu_list, cmd_vcpu_pin, cmd_vcpu_set, cmd_version;
cmd_fn cmd_pci_assignable_add, cmd_pci_assignable_list,
	cmd_pci_assignable_remove, cmd_pci_attach, cmd_pci_detach, cmd_pci_list;

struct command {
	const char *name;
	cmd_fn *fn;
	const char *usage; /* what stands behind the name */
	const char *help;  /* what it does; lines of at most 72 columns */
};

/* All commands, by name; the last one's name is NULL. */
extern const struct command commands[];

/* The command called `name`, or NULL. */
const struct command *command_find(const char *name);

/*
 * Parse the options of a command: short ones in getopt's form, and long ones
 * that are listed in `longs` as "name=c" words (the letter that stands for
 * it). Returns the letter, -1 at the end, '?' and *e for a wrong one; like
 * getopt, the rest starts at optind.
 */
int cmd_option(int argc, char **argv, const char *shorts, const char *longs,
	       struct err *e);

/* The value of the option just found, as a time limit. -1 and *e. */
int cmd_seconds(unsigned int *out, struct err *e);

/* -1 and *e with the command's usage. */
int cmd_usage(const char *name, struct err *e);
/* Check that `min`..`max` words are left behind the options. */
int cmd_words(int argc, char **argv, int min, int max, struct err *e);

/* What --json makes of facts, on standard output. */
void print_json(const json_t *facts);

/*
 * Read the configuration that the words left are: CONFIG [KEY=VALUE]..., over
 * the host's defaults. With `lenient`, harmless keys that are not done are only
 * warned of. On success *cfg is the caller's to config_free.
 */
int cmd_load(struct mtool *m, struct vm_config *cfg, int argc, char **argv,
	     bool lenient, struct err *e);

/*
 * Find a VM by its name or its target's domid. EXIT_NO_VM if there is none.
 */
int vm_find(const char *who, struct vm_record *out, struct err *e);

/*
 * The same, and if the VM runs without its supervisor (killed, say), start a
 * new one. That this fails is only warned of: the VM is there all the same.
 */
int vm_find_served(struct mtool *m, const char *who, struct vm_record *out,
		   struct err *e);

#endif
