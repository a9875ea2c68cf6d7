/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "core/num.h"
#include "tools/mtool/consolecli.h"
#include "tools/mtool/mtool.h"

enum { STUB_CONSOLES = 8 }; /* Linux has hvc0 to hvc7 */

struct console_opts {
	char name[16];
	bool input;
};

static int stub_console(struct console_opts *o, struct err *e)
{
	uint64_t nr;

	if (num_parse(optarg, 0, STUB_CONSOLES - 1, &nr) < 0)
		return err_set(e, EXIT_USAGE, "-n %s: not a number in 0..%d",
			       optarg, STUB_CONSOLES - 1);
	snprintf(o->name, sizeof(o->name), "stub%u", (unsigned int)nr);
	return 0;
}

static int named(struct console_opts *o, struct err *e)
{
	if (strlen(optarg) >= sizeof(o->name))
		return err_set(e, EXIT_USAGE, "-t %s: no such console", optarg);
	strcpy(o->name, optarg);
	return 0;
}

static int parse(int argc, char **argv, struct console_opts *o, struct err *e)
{
	int c, rc = 0;

	strcpy(o->name, "serial0");
	o->input = true;
	while (!rc &&
	       (c = cmd_option(argc, argv, "n:t:", "no-input=i", e)) != -1) {
		if (c == 'n')
			rc = stub_console(o, e);
		else if (c == 't')
			rc = named(o, e);
		else if (c == 'i')
			o->input = false;
		else
			rc = -1;
	}
	return rc ? -1 : cmd_words(argc, argv, 1, 1, e);
}

int cmd_console(struct mtool *m, int argc, char **argv, struct err *e)
{
	char path[RUNDIR_PATH_MAX];
	struct console_opts o;
	struct vm_record r;

	if (parse(argc, argv, &o, e) < 0 ||
	    vm_find_served(m, argv[optind], &r, e) < 0)
		return -1;
	rundir_file(r.name, "ctl.sock", path);
	if (console_attach(path, o.name, o.input, e) < 0)
		return err_in(e, "%s", r.name);
	return 0;
}

/* The log outlives its VM: it can be read as long as nobody made a new one. */
int cmd_log(struct mtool *m, int argc, char **argv, struct err *e)
{
	char log[RUNDIR_PATH_MAX], ctl[RUNDIR_PATH_MAX];
	struct vm_record r = {.target = 0};
	bool follow = false;
	int c;

	while ((c = cmd_option(argc, argv, "f", "follow=f", e)) != -1) {
		if (c != 'f')
			return -1;
		follow = true;
	}
	if (cmd_words(argc, argv, 1, 1, e) < 0)
		return -1;
	if (vm_find_served(m, argv[optind], &r, e) < 0) {
		if (e->code != EXIT_NO_VM || !config_name_ok(argv[optind]))
			return -1;
		snprintf(r.name, sizeof(r.name), "%s", argv[optind]);
	}
	if (rundir_log_path(r.name, log, e) < 0)
		return -1;
	rundir_file(r.name, "ctl.sock", ctl);
	if (log_show(log, follow, ctl, e) < 0) {
		if (e->code == EXIT_FAILED && !r.target)
			err_set(e, EXIT_NO_VM, "no such VM, and no log of one");
		return err_in(e, "%s", r.name);
	}
	return 0;
}
