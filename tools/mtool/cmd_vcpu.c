/* SPDX-License-Identifier: MIT */
/* vcpu-list and vcpu-pin. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/num.h"
#include "tools/mtool/host.h"
#include "tools/mtool/mtool.h"

enum { SET_TEXT = 64 };

struct listing {
	struct host host;
	unsigned int host_cpus;
	json_t *json; /* NULL: a table */
};

static const char *state_word(const struct hyp_vcpu *v)
{
	if (!v->online)
		return "offline";
	return v->running ? "running" : v->blocked ? "blocked" : "ready";
}

static void print_vcpu(const char *name, uint32_t domid, unsigned int nr,
		       const struct hyp_vcpu *v, const char *hard,
		       const char *soft)
{
	char cpu[12] = "-";

	if (v->online)
		snprintf(cpu, sizeof(cpu), "%u", v->cpu);
	printf("%-18s %5u %4u %4s %-8s %9.1f %s / %s\n", name, domid, nr, cpu,
	       state_word(v), (double)v->cpu_ns / 1e9, hard, soft);
}

static int list_vcpu(struct listing *l, const char *name, uint32_t domid,
		     unsigned int nr, struct err *e)
{
	char hard[SET_TEXT], soft[SET_TEXT];
	struct hyp_vcpu v;

	if (hyp_vcpu_get(l->host.hyp, domid, nr, &v, e) < 0)
		return -1;
	cpuset_text(&v.hard, l->host_cpus, hard, sizeof(hard));
	cpuset_text(&v.soft, l->host_cpus, soft, sizeof(soft));
	if (l->json)
		json_array_append_new(
			l->json,
			json_pack("{s:s s:i s:i s:s s:i s:f s:s s:s}", "name",
				  name, "domid", (int)domid, "vcpu", (int)nr,
				  "state", state_word(&v), "cpu", (int)v.cpu,
				  "cpu_seconds", (double)v.cpu_ns / 1e9, "hard",
				  hard, "soft", soft));
	else
		print_vcpu(name, domid, nr, &v, hard, soft);
	return 0;
}

static int list_domain(struct listing *l, const char *name, uint32_t domid,
		       struct err *e)
{
	struct hyp_dom d;
	unsigned int i;
	int rc = hyp_dom_get(l->host.hyp, domid, &d, e);

	if (!rc)
		rc = err_set(e, EXIT_DIED, "%s: domain %u is gone", name,
			     domid);
	for (i = 0; rc >= 0 && i < d.max_vcpus; i++)
		rc = list_vcpu(l, name, domid, i, e);
	return rc < 0 ? -1 : 0;
}

static int list(struct listing *l, const struct vm_record *r, bool stub,
		struct err *e)
{
	char name[VM_NAME_MAX + 4];
	struct hyp_host host;

	if (hyp_host_info(l->host.hyp, &host, e) < 0)
		return -1;
	l->host_cpus = host.max_cpu;
	if (!l->json)
		printf("%-18s %5s %4s %4s %-8s %9s %s\n", "Name", "ID", "VCPU",
		       "CPU", "State", "Time(s)", "Affinity (hard / soft)");
	snprintf(name, sizeof(name), "%s-dm", r->name);
	if (list_domain(l, r->name, r->target, e) < 0)
		return -1;
	return stub ? list_domain(l, name, r->stub, e) : 0;
}

int cmd_vcpu_list(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct listing l = {.host_cpus = 0};
	struct vm_record r;
	struct hyp_dom guest;
	bool stub = false;
	int c, rc;

	while ((c = cmd_option(argc, argv, "s", "stub=s", e)) != -1) {
		if (c != 's')
			return -1;
		stub = true;
	}
	if (cmd_words(argc, argv, 1, 1, e) < 0 ||
	    host_open_vm(m, &l.host, argv[optind], &r, &guest, e) < 0)
		return -1;
	l.json = m->json ? json_array() : NULL;
	rc = list(&l, &r, stub, e);
	if (l.json && !rc)
		print_json(l.json);
	json_decref(l.json);
	host_close(&l.host);
	return rc;
}

/* All, or the one that was named. */
static int pin(struct host *h, const struct vm_record *r,
	       const struct hyp_dom *guest, const char *which,
	       const struct cpuset *set, struct err *e)
{
	uint64_t first = 0, last = guest->max_vcpus - 1;

	if (strcmp(which, "all")) {
		if (num_parse(which, 0, last, &first) < 0)
			return err_set(e, EXIT_USAGE,
				       "%s: not a vcpu, 0..%llu, nor all",
				       which, (unsigned long long)last);
		last = first;
	}
	for (; first <= last; first++) {
		if (hyp_vcpu_pin(h->hyp, r->target, (unsigned int)first, set,
				 e) < 0)
			return -1;
	}
	return 0;
}

int cmd_vcpu_pin(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct host h;
	struct vm_record r;
	struct hyp_dom guest;
	struct cpuset set;
	int rc;

	if (cmd_option(argc, argv, "", "", e) != -1 ||
	    cmd_words(argc, argv, 3, 3, e) < 0 ||
	    cpuset_parse(argv[optind + 2], &set, e) < 0 ||
	    host_open_vm(m, &h, argv[optind], &r, &guest, e) < 0)
		return -1;
	rc = pin(&h, &r, &guest, argv[optind + 1], &set, e);
	host_close(&h);
	return rc < 0 ? err_in(e, "%s", r.name) : 0;
}
