/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/mtool/facts.h"
#include "tools/mtool/mtool.h"

struct listing {
	struct vm_record *vm;
	int nr;
	bool apart; /* each stubdomain in a line of its own */
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

static void print_head(const struct listing *l)
{
	if (l->apart) {
		printf("%-18s %5s %7s %5s %-9s %7s\n", "Name", "ID", "MiB",
		       "VCPUs", "State", "CPU(s)");
		return;
	}
	printf("%-18s %5s %5s %7s %7s %5s %-9s %7s %s\n", "Name", "ID", "Stub",
	       "MiB", "StubMiB", "VCPUs", "State", "CPU(s)", "Uptime");
}

static unsigned long long mib(bool have, const struct hyp_dom *d)
{
	return have ? d->mem_kb / 1024 : 0;
}

static unsigned long long seconds(bool have, const struct hyp_dom *d)
{
	return have ? d->cpu_ns / 1000000000 : 0;
}

/* The stub's memory and time are its VM's. */
static void print_vm(const struct vm_facts *f)
{
	char up[24];

	facts_uptime(f, up, sizeof(up));
	printf("%-18s %5u %5u %7llu %7llu %5u %-9s %7llu %s\n", f->record.name,
	       f->record.target, f->record.stub,
	       mib(f->have_target, &f->target), mib(f->have_stub, &f->stub),
	       f->have_target ? f->target.vcpus : 0, f->state,
	       (unsigned long long)facts_cpu_ns(f) / 1000000000, up);
}

static void print_domain(const char *name, const char *suffix, uint32_t domid,
			 bool have, const struct hyp_dom *d, const char *state)
{
	char text[VM_NAME_MAX + 4];

	snprintf(text, sizeof(text), "%s%s", name, suffix);
	printf("%-18s %5u %7llu %5u %-9s %7llu\n", text, domid, mib(have, d),
	       have ? d->vcpus : 0, state, seconds(have, d));
}

static void print_apart(const struct vm_facts *f)
{
	const struct vm_record *r = &f->record;

	print_domain(r->name, "", r->target, f->have_target, &f->target,
		     f->state);
	print_domain(r->name, "-dm", r->stub, f->have_stub, &f->stub,
		     facts_domain_state(f->have_stub, &f->stub));
}

static int print_list(struct mtool *m, struct hyp *h, const struct listing *l,
		      struct err *e)
{
	json_t *array = m->json ? json_array() : NULL;
	struct vm_facts f;
	int i, rc = 0;

	if (!array)
		print_head(l);
	for (i = 0; i < l->nr && !rc; i++) {
		rc = facts_get(h, &l->vm[i], &f, e);
		if (rc < 0)
			break;
		if (array)
			json_array_append_new(array, facts_json(&f));
		else if (l->apart)
			print_apart(&f);
		else
			print_vm(&f);
	}
	if (array && !rc)
		print_json(array);
	json_decref(array);
	return rc;
}

int cmd_list(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct listing l = {NULL, 0, false};
	struct hyp *h = NULL;
	int c, rc = -1;

	while ((c = cmd_option(argc, argv, "s", "stub=s", e)) != -1) {
		if (c != 's')
			return -1;
		l.apart = true;
	}
	if (!choose(&l, argc, argv, e))
		h = hyp_open(&m->log, e);
	if (h)
		rc = print_list(m, h, &l, e);
	hyp_close(h);
	free(l.vm);
	return rc;
}
