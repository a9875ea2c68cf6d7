/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/mtool/facts.h"
#include "tools/mtool/mtool.h"

struct listing {
	struct vm_record *vm;
	int nr;
};

/* The named VMs in the order given, or all. */
static int choose(struct listing *l, int argc, char **argv, struct err *e)
{
	int i;

	if (optind == argc) {
		l->nr = rundir_list(&l->vm, e);
		return l->nr < 0 ? -1 : 0;
	}
	l->vm = calloc((size_t)(argc - optind), sizeof(*l->vm));
	if (!l->vm)
		return err_sys(e, EXIT_FAILED, "list");
	for (i = optind; i < argc; i++) {
		if (vm_find(argv[i], &l->vm[l->nr++], e) < 0)
			return -1;
	}
	return 0;
}

static void print_head(void)
{
	printf("%-18s %5s %5s %7s %7s %5s %-9s %7s %s\n", "Name", "ID", "Stub",
	       "MiB", "StubMiB", "VCPUs", "State", "CPU(s)", "Uptime");
}

static void print_line(const struct vm_facts *f)
{
	uint64_t cpu = f->have_target ? f->target.cpu_ns : 0;
	char up[24];

	cpu += f->have_stub ? f->stub.cpu_ns : 0;
	facts_uptime(f, up, sizeof(up));
	printf("%-18s %5u %5u %7llu %7llu %5u %-9s %7llu %s\n", f->record.name,
	       f->record.target, f->record.stub,
	       (unsigned long long)(f->have_target ? f->target.mem_kb / 1024
						   : 0),
	       (unsigned long long)(f->have_stub ? f->stub.mem_kb / 1024 : 0),
	       f->have_target ? f->target.vcpus : 0, f->state,
	       (unsigned long long)(cpu / 1000000000), up);
}

static int print_list(struct mtool *m, struct hyp *h, const struct listing *l,
		      struct err *e)
{
	json_t *array = m->json ? json_array() : NULL;
	struct vm_facts f;
	int i, rc = 0;

	if (!array)
		print_head();
	for (i = 0; i < l->nr && !rc; i++) {
		rc = facts_get(h, &l->vm[i], &f, e);
		if (rc < 0)
			break;
		if (array)
			json_array_append_new(array, facts_json(&f));
		else
			print_line(&f);
	}
	if (array && !rc) {
		json_dumpf(array, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(array);
	return rc;
}

int cmd_list(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct listing l = {NULL, 0};
	struct hyp *h = NULL;
	int rc = -1;

	if (cmd_option(argc, argv, "+", "", e) != -1)
		return -1;
	if (!choose(&l, argc, argv, e))
		h = hyp_open(&m->log, e);
	if (h)
		rc = print_list(m, h, &l, e);
	hyp_close(h);
	free(l.vm);
	return rc;
}
