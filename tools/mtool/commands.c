/* SPDX-License-Identifier: MIT */
/* The table of commands, and how their words are parsed. */
#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/takeover.h"

enum { LONGS_MAX = 8, SECONDS_MAX = 86400 };

const struct command commands[] = {
	{"block-attach", cmd_block_attach, "[-t SECONDS] VM DISK",
	 "Attach a PV disk to the running guest.\n"
	 "DISK is as in a configuration: vdev=xvdf,access=rw,target=FILE.\n"
	 "Returns when the guest's driver has it. It stays, through reboots "
	 "of\n"
	 "the guest, until it is detached.\n"
	 "  -t  limit for the guest in seconds (default 30)"},
	{"block-detach", cmd_block_detach, "[-F] [-t SECONDS] VM VDEV",
	 "Detach a PV disk from the running guest.\n"
	 "If the guest does not let go of it, it stays as it was. A disk of "
	 "the\n"
	 "configuration comes back when the guest reboots.\n"
	 "  -F  take it away then, whatever the guest may lose\n"
	 "  -t  limit for the guest in seconds (default 30)"},
	{"block-list", cmd_block_list, "VM",
	 "List a VM's disks, and how the guest sees them."},
	{"cd-eject", cmd_cd_eject, "[-t SECONDS] VM VDEV",
	 "Take the medium out of a CD drive.\n"
	 "A guest that has locked the tray keeps it; exit code 4 then.\n"
	 "  -t  limit for the device model in seconds (default 30)"},
	{"cd-insert", cmd_cd_insert, "[-t SECONDS] VM VDEV FILE",
	 "Put an image or device into a CD drive, in place of the old.\n"
	 "It stays there through reboots of the guest.\n"
	 "  -t  limit for the device model in seconds (default 30)"},
	{"check-host", cmd_check_host, "",
	 "Tell what this host lacks for creating VMs.\n"
	 "Each thing is ok, missing (create cannot work without it) or absent\n"
	 "(needed for some uses), with its cure. Exit code 7 if one is "
	 "missing."},
	{"console", cmd_console, "[-n N | -t NAME] [--no-input] VM",
	 "Attach to a console of a VM; ^] leaves.\n"
	 "NAME is serial0 (default), serial1, ..., or pv; N is a console of "
	 "the\n"
	 "stubdomain. In a pipe, standard input goes to the guest and its "
	 "output\n"
	 "to standard output."},
	{"create", cmd_create,
	 "[-p] [-c] [-W] [-t SECONDS] CONFIG [KEY=VALUE]...",
	 "Build and start a VM; returns when its device model runs.\n"
	 "  -p  leave the guest paused\n"
	 "  -c  attach to its first serial\n"
	 "  -W  warn about harmless keys that are not done, go on\n"
	 "  -t  limit for the device model in seconds (default 60)"},
	{"destroy", cmd_destroy, "[-t SECONDS] VM... | --all",
	 "Stop VMs at once and remove every trace of them.\n"
	 "  -t  limit in seconds until Xen has let them go (default 30)"},
	{"domid", cmd_domid, "VM", "Print the domain id of a VM's guest."},
	{"domname", cmd_domname, "ID",
	 "Print the name of the VM whose guest has domain id ID.\n"
	 "If its stub has, -dm is behind it."},
	{"gc", cmd_gc, "[-n]",
	 "Find what crashes left behind, and remove it.\n"
	 "Half-built and dead VMs, domains and nodes that belong to none, "
	 "logs\n"
	 "that are too long.\n"
	 "What has not mtool's mark is another toolstack's, and stays.\n"
	 "  -n  only tell"},
	{"help", cmd_help, "[COMMAND]", "Explain a command, or list them all."},
	{"host-info", cmd_host_info, "",
	 "Print what this host has, and what VMs take of it."},
	{"host-init", cmd_host_init, "",
	 "Make a bare dom0 usable once xenstored runs.\n"
	 "Writes the nodes that xen-init-dom0 would; leaves what is there."},
	{"info", cmd_info, "VM | FILE",
	 "Print everything known of a VM.\n"
	 "Of a FILE that mtool save wrote: what is in it, and whether it is "
	 "whole."},
	{"list", cmd_list, "[-s] [VM...]",
	 "List VMs: memory, vcpus, state, CPU time, uptime.\n"
	 "The CPU time is that of the guest and its stubdomain.\n"
	 "  -s  a line for each stubdomain, with its own share apart"},
	{"log", cmd_log, "[-f] VM",
	 "Print the device model's log (console 0 of the stubdomain).\n"
	 "  -f  go on as it grows"},
	{"mem-max", cmd_mem_max, "VM MB",
	 "Limit what mem-set may give a guest.\n"
	 "At most the maxmem that it was made with."},
	{"mem-set", cmd_mem_set, "VM MB",
	 "Set how much memory a guest has.\n"
	 "Its balloon driver gives back or takes what makes the difference. "
	 "MB\n"
	 "counts as memory does in the configuration: with the video memory."},
	{"migrate", cmd_migrate, "[--live] [-s COMMAND] VM HOST [KEY=VALUE]...",
	 "Let a VM go on at another host, which runs mtool, too.\n"
	 "If it cannot be there it runs on here. Its disks must be there "
	 "under the\n"
	 "same names; KEY=VALUE changes its configuration.\n"
	 "  --live  copy its memory while it runs, and stop it for the rest\n"
	 "  -s      what reaches HOST instead of ssh"},
	{"network-attach", cmd_network_attach, "[-t SECONDS] VM [VIF]...",
	 "Attach a PV nic to the running guest.\n"
	 "VIF is as in a configuration: bridge=xenbr0,mac=00:16:3e:12:34:56.\n"
	 "Returns when the guest's driver has it. It stays, through reboots "
	 "of\n"
	 "the guest, until it is detached.\n"
	 "  -t  limit for the guest in seconds (default 30)"},
	{"network-detach", cmd_network_detach, "[-F] [-t SECONDS] VM ID|MAC",
	 "Detach a nic from the running guest.\n"
	 "If the guest does not let go of it, it stays as it was. A nic of "
	 "the\n"
	 "configuration comes back when the guest reboots.\n"
	 "  -F  take it away then; of an emulated card in use, its network\n"
	 "  -t  limit for the guest in seconds (default 30)"},
	{"network-list", cmd_network_list, "VM",
	 "List a VM's nics, with dom0's interfaces and bridges."},
	{"pause", cmd_pause, "VM",
	 "Pause the guest; its stubdomain keeps serving."},
	{"pci-assignable-add", cmd_pci_assignable_add, "[--force] BDF...",
	 "Take PCI devices from dom0, to be given to guests.\n"
	 "BDF is like 0000:03:00.0. The device is in quarantine then, where "
	 "it\n"
	 "can do no harm, until a guest gets it.\n"
	 "  --force  also what dom0 uses, but for what it cannot do without"},
	{"pci-assignable-list", cmd_pci_assignable_list, "",
	 "List PCI devices that can be given to guests.\n"
	 "With who has them, and the driver that would have them back."},
	{"pci-assignable-remove", cmd_pci_assignable_remove, "[-r] BDF...",
	 "Give PCI devices back to dom0.\n"
	 "  -r  to the drivers they were taken from"},
	{"pci-attach", cmd_pci_attach, "[-t SECONDS] VM PCI",
	 "Pass a PCI device through to the running guest.\n"
	 "PCI is as in a configuration: 0000:03:00.0,permissive=0. It stays,\n"
	 "through reboots of the guest, until it is detached.\n"
	 "  -t  limit for each step in seconds (default 30)"},
	{"pci-detach", cmd_pci_detach, "[-F] [-t SECONDS] VM BDF",
	 "Take a PCI device from the running guest.\n"
	 "If the guest does not let go of it, it stays as it was. Afterwards "
	 "it\n"
	 "is in quarantine.\n"
	 "  -F  eject it then, as the guest's ACPI code would\n"
	 "  -t  limit for the guest in seconds (default 30)"},
	{"pci-list", cmd_pci_list, "VM",
	 "List the PCI devices that a VM has.\n"
	 "Whether they are permissive, and what strict mode has refused."},
	{"plan", cmd_plan, "[--json | --dot] CONFIG [KEY=VALUE]...",
	 "Print all that create would do, in order. Needs no Xen.\n"
	 "What is known only while it is done stands as <T>, the domain id of "
	 "the\n"
	 "guest, <S>, that of its stubdomain, and so on.\n"
	 "  --json  the same for programs\n"
	 "  --dot   domains, devices and who serves them, for graphviz"},
	{"qmp", cmd_qmp,
	 "[--timeout SECONDS] [--events] VM [COMMAND [KEY=VALUE|JSON]...]",
	 "Send a QMP command to the device model and print the reply.\n"
	 "A VALUE is a number, true, false, null, JSON that begins with {, [ "
	 "or \",\n"
	 "or else a string; KEY may lead into objects: file.driver=raw.\n"
	 "Without a COMMAND: a conversation. Each line of standard input is a\n"
	 "command in JSON, or COMMAND KEY=VALUE...; replies and events go to\n"
	 "standard output.\n"
	 "  --timeout  for each reply (default 30); exit code 5 when over\n"
	 "  --events   print events as they come, until the VM ends"},
	{"reboot", cmd_reboot, "[-w] [-F] [-t SECONDS] VM...",
	 "Ask guests to start anew.\n"
	 "Returns when they have answered.\n"
	 "  -w  wait until they run again\n"
	 "  -F  where a guest has no PV drivers, press its reset button\n"
	 "  -t  limit in seconds for the answer (default 60), and for -w "
	 "(300)"},
	{"rename", cmd_rename, "VM NAME",
	 "Give a VM another name; its log gets it, too."},
	{"restore", cmd_restore, "[-p] [-t SECONDS] FILE [KEY=VALUE]...",
	 "Let a saved VM go on where it was.\n"
	 "FILE is as mtool save wrote it; - is standard input. It stays, and "
	 "can\n"
	 "be restored again: as a copy, with name=, uuid= and disk= of its "
	 "own.\n"
	 "  -p  leave the guest paused\n"
	 "  -t  limit for the device model in seconds (default 60)"},
	{"save", cmd_save, "[-c | -p] VM FILE",
	 "Write a VM into FILE, and end it.\n"
	 "FILE is whole or not there; - is standard output. What it holds is\n"
	 "shown by mtool info FILE. If anything fails the guest runs on.\n"
	 "  -c  the guest runs on afterwards\n"
	 "  -p  it stays, paused"},
	{"shutdown", cmd_shutdown, "[-w] [-F] [-t SECONDS] VM...",
	 "Ask guests to switch themselves off.\n"
	 "Returns when they have answered.\n"
	 "  -w  wait until they are gone\n"
	 "  -F  where a guest has no PV drivers, press its power button\n"
	 "  -t  limit in seconds for the answer (default 60), and for -w "
	 "(300)\n"
	 "One that does not answer in time goes on as if it was never asked."},
	{"supervise", cmd_supervise, "[--replace] VM",
	 "Start a supervisor for a VM that runs without one.\n"
	 "Other commands on such a VM do this by themselves.\n"
	 "  --replace  put one of this mtool in the place of the one that "
	 "runs;\n"
	 "             open consoles stay open"},
	{"sysrq", cmd_sysrq, "VM LETTER",
	 "Have the guest's Linux handle a magic SysRq key."},
	{"trigger", cmd_trigger, "VM power|sleep|nmi|reset|init [VCPU]",
	 "Press a button of the guest's machine.\n"
	 "VCPU (default 0) is whom nmi and init interrupt. What comes of it "
	 "is\n"
	 "the guest's affair; reset is immediate."},
	{"unpause", cmd_unpause, "VM", "Let a paused guest run."},
	{"vcpu-list", cmd_vcpu_list, "[-s] VM",
	 "List a guest's vcpus: where they run and may run.\n"
	 "  -s  those of its stubdomain, too"},
	{"vcpu-pin", cmd_vcpu_pin, "VM VCPU|all CPUS",
	 "Let a vcpu run only on CPUs, such as 0-3,5,^2 or all."},
	{"vcpu-set", cmd_vcpu_set, "VM N",
	 "Give a guest N vcpus, at most its maxvcpus.\n"
	 "QEMU can plug vcpus in, but not out."},
	{"version", cmd_version, "", "Print the versions of mtool and Xen."},
	{NULL, NULL, NULL, NULL},
};

const struct command *command_find(const char *name)
{
	const struct command *c;

	for (c = commands; c->name; c++) {
		if (!strcmp(c->name, name))
			return c;
	}
	return NULL;
}

/* Fill getopt_long's table from "name=c other=d"; text is kept in buf. */
static void long_table(const char *longs, char *buf, size_t size,
		       struct option *table)
{
	char *word, *save, *equals;
	unsigned int nr = 0;

	snprintf(buf, size, "%s", longs);
	for (word = strtok_r(buf, " ", &save); word && nr < LONGS_MAX;
	     word = strtok_r(NULL, " ", &save)) {
		equals = strchr(word, '=');
		assert(equals);
		*equals = '\0';
		table[nr].name = word;
		table[nr].has_arg =
			equals[2] == ':' ? required_argument : no_argument;
		table[nr].flag = NULL;
		table[nr].val = (unsigned char)equals[1];
		nr++;
	}
	memset(&table[nr], 0, sizeof(table[nr]));
}

int cmd_option(int argc, char **argv, const char *shorts, const char *longs,
	       struct err *e)
{
	struct option table[LONGS_MAX + 1];
	char buf[256];
	const char *word;
	int c;

	long_table(longs, buf, sizeof(buf), table);
	opterr = 0;
	c = getopt_long(argc, argv, shorts, table, NULL);
	if (c != '?')
		return c;
	word = argv[optind - 1];
	if (optopt && strncmp(word, "--", 2))
		err_set(e, EXIT_USAGE,
			"-%c: wrong option, or its value is missing", optopt);
	else
		err_set(e, EXIT_USAGE,
			"%s: wrong option, or its value is missing", word);
	return c;
}

int cmd_seconds(unsigned int *out, struct err *e)
{
	uint64_t s;

	if (num_parse(optarg, 1, SECONDS_MAX, &s) < 0)
		return err_set(e, EXIT_USAGE, "-t %s: not a number in 1..%d",
			       optarg, SECONDS_MAX);
	*out = (unsigned int)s;
	return 0;
}

int cmd_usage(const char *name, struct err *e)
{
	const struct command *c = command_find(name);

	assert(c);
	return err_set(e, EXIT_USAGE, "usage: mtool %s%s%s", name,
		       *c->usage ? " " : "", c->usage);
}

int cmd_words(int argc, char **argv, int min, int max, struct err *e)
{
	int words = argc - optind;

	if (words < min || words > max)
		return cmd_usage(argv[0], e);
	return 0;
}

void print_json(const json_t *facts)
{
	json_dumpf(facts, stdout, JSON_INDENT(2));
	putchar('\n');
}

static int find_domid(uint32_t domid, struct vm_record *out, struct err *e)
{
	struct vm_record *list;
	int i, nr = rundir_list(&list, e);

	if (nr < 0)
		return -1;
	for (i = 0; i < nr && list[i].target != domid; i++)
		;
	if (i < nr)
		*out = list[i];
	free(list);
	return i < nr ? 0 : err_set(e, EXIT_NO_VM, "no such VM");
}

int vm_find(const char *who, struct vm_record *out, struct err *e)
{
	uint64_t domid;
	int rc = rundir_read(who, out, e);

	if (rc < 0 && e->code == EXIT_NO_VM &&
	    !num_parse(who, 1, UINT32_MAX, &domid))
		rc = find_domid((uint32_t)domid, out, e);
	return rc < 0 ? err_in(e, "%s", who) : 0;
}

int vm_find_served(struct mtool *m, const char *who, struct vm_record *out,
		   struct err *e)
{
	struct err why;

	if (vm_find(who, out, e) < 0)
		return -1;
	if (!out->running || vm_served(out->name) ||
	    !vm_take_over(&m->log, out, &why))
		return 0;
	if (why.code == EXIT_DIED)
		return err_set(e, EXIT_DIED, "%s: %s", out->name, why.msg);
	log_msg(&m->log, LOG_WARN, "%s: no supervisor: %s", out->name, why.msg);
	return 0;
}
