/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "tools/mtool/mtool.h"

#ifndef MTOOL_VERSION
#define MTOOL_VERSION "unknown"
#endif

enum { NAME_COLUMNS = 14 };

static void first_line(const char *text)
{
	printf("%.*s", (int)strcspn(text, "\n"), text);
}

static int list_commands(void)
{
	const struct command *c;

	puts("mtool [-v|-vv] [-q] [--json] [--trace FILE] COMMAND [OPTIONS] "
	     "...\n\n"
	     "Builds and runs HVM guests whose QEMU is in a Linux stubdomain.\n"
	     "  -v  show each step with times    -vv  and each call to Xen\n"
	     "  -q  errors only                  --json  facts as JSON\n"
	     "  --trace FILE  all that -vv shows, as JSON lines\n");
	for (c = commands; c->name; c++) {
		/* a long name has a line of its own */
		printf("  %-14s%s", c->name,
		       strlen(c->name) > NAME_COLUMNS ? "\n                 "
						      : " ");
		first_line(c->help);
		putchar('\n');
	}
	puts("\nVM is a name or a domid. \"mtool help COMMAND\" tells more.\n\n"
	     "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration,\n"
	     "3 no such VM, 4 exists already or busy, 5 timed out, 6 guest or\n"
	     "stubdomain died, 7 not possible on this host.");
	return 0;
}

int cmd_help(struct mtool *m, int argc, char **argv, struct err *e)
{
	const struct command *c;

	(void)m;
	if (argc > 2)
		return cmd_usage(argv[0], e);
	if (argc < 2)
		return list_commands();
	c = command_find(argv[1]);
	if (!c)
		return err_set(e, EXIT_USAGE, "help: %s: unknown command",
			       argv[1]);
	printf("mtool %s%s%s\n\n%s\n", c->name, *c->usage ? " " : "", c->usage,
	       c->help);
	return 0;
}

int cmd_version(struct mtool *m, int argc, char **argv, struct err *e)
{
	const char *xen = NULL;
	struct hyp_host host;
	struct err no_xen;
	json_t *facts;
	struct hyp *h;

	if (argc > 1)
		return cmd_usage(argv[0], e);
	h = hyp_open(&m->log, &no_xen);
	if (h && !hyp_host_info(h, &host, &no_xen))
		xen = host.version;
	hyp_close(h);
	if (m->json) {
		facts = json_pack("{s:s s:s?}", "mtool", MTOOL_VERSION, "xen",
				  xen);
		print_json(facts);
		json_decref(facts);
	} else {
		printf("mtool %s\nXen%s %s\n", MTOOL_VERSION, xen ? "" : ":",
		       xen ? xen : "none here");
	}
	return 0;
}
