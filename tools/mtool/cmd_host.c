/* SPDX-License-Identifier: MIT */
/* host-info and host-init. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/mtool/host.h"
#include "tools/mtool/hostnodes.h"
#include "tools/mtool/mtool.h"

/* What domains take together. */
struct sum {
	unsigned int nr;
	uint64_t mem_kb, cpu_ns;
};

struct usage {
	struct hyp_host host;
	unsigned int vms;
	struct sum dom0, guests, stubs, others;
};

enum { DOMAINS_MAX = 4096 };

static void add(struct sum *s, const struct hyp_dom *d)
{
	s->nr++;
	s->mem_kb += d->mem_kb;
	s->cpu_ns += d->cpu_ns;
}

static bool is(const struct hyp_dom *d, uint32_t domid, const uint8_t uuid[16])
{
	return d->domid == domid && !memcmp(d->uuid, uuid, 16);
}

/* Whose domain it is. */
static struct sum *owner(struct usage *u, const struct hyp_dom *d,
			 const struct vm_record *vm)
{
	unsigned int i;

	for (i = 0; i < u->vms; i++) {
		if (is(d, vm[i].target, vm[i].uuid))
			return &u->guests;
		if (is(d, vm[i].stub, vm[i].stub_uuid))
			return &u->stubs;
	}
	return d->domid ? &u->others : &u->dom0;
}

static int sum_domains(struct host *h, struct usage *u,
		       const struct vm_record *vm, struct err *e)
{
	struct hyp_dom *list = calloc(DOMAINS_MAX, sizeof(*list));
	int i, nr;

	if (!list)
		return err_sys(e, EXIT_FAILED, "list of domains");
	nr = hyp_dom_list(h->hyp, 0, list, DOMAINS_MAX, e);
	for (i = 0; i < nr; i++)
		add(owner(u, &list[i], vm), &list[i]);
	free(list);
	return nr < 0 ? -1 : 0;
}

static int get_usage(struct host *h, struct usage *u, struct err *e)
{
	struct vm_record *vm;
	int rc, nr = rundir_list(&vm, e);

	memset(u, 0, sizeof(*u));
	if (nr < 0 || hyp_host_info(h->hyp, &u->host, e) < 0) {
		free(nr < 0 ? NULL : vm);
		return -1;
	}
	u->vms = (unsigned int)nr;
	rc = sum_domains(h, u, vm, e);
	free(vm);
	return rc;
}

static json_t *sum_json(const struct sum *s)
{
	return json_pack("{s:i s:I s:f}", "domains", (int)s->nr, "memory_kb",
			 (json_int_t)s->mem_kb, "cpu_seconds",
			 (double)s->cpu_ns / 1e9);
}

static void show_json(const struct usage *u)
{
	const struct hyp_host *h = &u->host;
	json_t *o;

	o = json_pack("{s:s s:s s:i s:i s:i s:i s:i s:I s:I s:b s:b s:b s:b}",
		      "xen", h->version, "scheduler", h->scheduler, "cpus",
		      (int)h->cpus, "cores_per_socket",
		      (int)h->cores_per_socket, "threads_per_core",
		      (int)h->threads_per_core, "nodes", (int)h->nodes,
		      "cpu_mhz", (int)h->cpu_mhz, "memory_kb",
		      (json_int_t)h->total_kb, "free_memory_kb",
		      (json_int_t)h->free_kb, "hvm", h->hvm, "pv", h->pv, "hap",
		      h->hap, "iommu", h->directio);
	json_object_set_new(o, "vms", json_integer(u->vms));
	json_object_set_new(o, "guests", sum_json(&u->guests));
	json_object_set_new(o, "stubdomains", sum_json(&u->stubs));
	json_object_set_new(o, "dom0", sum_json(&u->dom0));
	json_object_set_new(o, "others", sum_json(&u->others));
	print_json(o);
	json_decref(o);
}

static void print_sum(const char *what, const struct sum *s)
{
	printf("%-12s %u domain%s, %llu MiB, %.1f s of CPU\n", what, s->nr,
	       s->nr == 1 ? "" : "s", (unsigned long long)s->mem_kb / 1024,
	       (double)s->cpu_ns / 1e9);
}

static void print_usage(const struct usage *u)
{
	const struct hyp_host *h = &u->host;
	const struct sum both = {
		u->guests.nr + u->stubs.nr,
		u->guests.mem_kb + u->stubs.mem_kb,
		u->guests.cpu_ns + u->stubs.cpu_ns,
	};

	printf("%-12s %s, scheduler %s\n", "xen", h->version, h->scheduler);
	printf("%-12s %u at %u MHz, %u cores per socket, %u threads per core, "
	       "%u node%s\n",
	       "cpus", h->cpus, h->cpu_mhz, h->cores_per_socket,
	       h->threads_per_core, h->nodes, h->nodes == 1 ? "" : "s");
	printf("%-12s %llu MiB, %llu free\n", "memory",
	       (unsigned long long)h->total_kb / 1024,
	       (unsigned long long)h->free_kb / 1024);
	printf("%-12s %s%s%s%s\n", "can do", h->hvm ? "hvm " : "",
	       h->pv ? "pv " : "", h->hap ? "hap " : "",
	       h->directio ? "iommu" : "");
	printf("%-12s %u\n", "VMs", u->vms);
	print_sum("together", &both);
	print_sum("  guests", &u->guests);
	print_sum("  stubs", &u->stubs);
	print_sum("dom0", &u->dom0);
	print_sum("others", &u->others);
}

int cmd_host_info(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct usage u;
	struct host h;
	int rc;

	if (cmd_option(argc, argv, "", "", e) != -1 ||
	    cmd_words(argc, argv, 0, 0, e) < 0 || host_open(&h, &m->log, e) < 0)
		return -1;
	rc = get_usage(&h, &u, e);
	host_close(&h);
	if (rc < 0)
		return -1;
	if (m->json)
		show_json(&u);
	else
		print_usage(&u);
	return 0;
}

int cmd_host_init(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct xs *xs;
	int rc;

	if (cmd_option(argc, argv, "", "", e) != -1 ||
	    cmd_words(argc, argv, 0, 0, e) < 0)
		return -1;
	xs = xs_connect(&m->log, e);
	if (!xs)
		return -1;
	rc = host_nodes_write(xs, e);
	xs_disconnect(xs);
	return rc;
}
