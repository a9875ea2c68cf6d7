/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/uuid.h"
#include "tools/mtool/ctl.h"
#include "tools/mtool/facts.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/saveshow.h"
#include "tools/mtool/vmblock.h"
#include "tools/mtool/vmnet.h"
#include "tools/mtool/vmpci.h"

enum { ASK_MS = 5000 };

static void print_domain(const char *what, uint32_t domid, bool have,
			 const struct hyp_dom *d)
{
	if (!have) {
		printf("%-12s gone\n", what);
		return;
	}
	printf("%-12s domain %u, %llu MiB, %u vcpu%s, %.1f s of CPU\n", what,
	       domid, (unsigned long long)d->mem_kb / 1024, d->vcpus,
	       d->vcpus == 1 ? "" : "s", (double)d->cpu_ns / 1e9);
}

/* A link in the run directory that leads to a pty. */
static void print_pty(const char *name, const char *link)
{
	char path[RUNDIR_PATH_MAX], pty[64];
	ssize_t n;

	rundir_file(name, link, path);
	n = readlink(path, pty, sizeof(pty) - 1);
	if (n <= 0)
		return;
	pty[n] = '\0';
	printf("%-12s %s -> %s\n", link, path, pty);
}

static void print_consoles(const json_t *consoles)
{
	const json_t *c;
	size_t i;

	json_array_foreach(consoles, i, c)
	{
		const char *name =
			json_string_value(json_object_get(c, "name"));
		const char *st = json_string_value(json_object_get(c, "state"));
		const json_t *out = json_object_get(c, "out_bytes");
		const json_t *in = json_object_get(c, "in_bytes");
		const json_t *dropped = json_object_get(c, "dropped");

		printf("%-12s %-10s %12lld out %10lld in %10lld dropped\n",
		       name ? name : "?", st ? st : "?",
		       (long long)json_integer_value(out),
		       (long long)json_integer_value(in),
		       (long long)json_integer_value(dropped));
	}
}

/* How it ended, or the incarnation before a restart. */
static void print_end(const struct vm_record *r)
{
	char when[32];

	if (!r->ended_at)
		return;
	facts_time(r->ended_at, when, sizeof(when));
	printf("%-12s %s: %s\n", "ended", when, r->ended);
}

static void print_qmp(const json_t *qmp)
{
	const char *version =
		json_string_value(json_object_get(qmp, "version"));
	const char *status = json_string_value(json_object_get(qmp, "status"));

	if (version && status)
		printf("%-12s QEMU %s, %s\n", "device model", version, status);
}

struct devices {
	json_t *disks, *nics, *pci;
};

static void print_info(const struct vm_facts *f, const struct devices *d,
		       const json_t *consoles, const json_t *qmp)
{
	const struct vm_record *r = &f->record;
	char uuid[37], up[24], path[RUNDIR_PATH_MAX], link[24];
	struct err ignored;
	unsigned int i;

	uuid_text(r->uuid, uuid);
	facts_uptime(f, up, sizeof(up));
	printf("%-12s %s\n%-12s %s\n%-12s %s\n%-12s %s\n", "name", r->name,
	       "uuid", uuid, "state", f->state, "uptime", up);
	print_domain("guest", r->target, f->have_target, &f->target);
	print_domain("stubdomain", r->stub, f->have_stub, &f->stub);
	printf("%-12s %llu MiB, %.1f s of CPU\n", "together",
	       (unsigned long long)facts_mem_kb(f) / 1024,
	       (double)facts_cpu_ns(f) / 1e9);
	print_qmp(qmp);
	printf("%-12s %s\n", "supervisor", f->supervised ? "running" : "dead");
	print_end(r);
	if (!rundir_log_path(r->name, path, &ignored))
		printf("%-12s %s\n", "log", path);
	for (i = 0; i < r->serials; i++) {
		snprintf(link, sizeof(link), "serial%u", i);
		print_pty(r->name, link);
	}
	print_pty(r->name, "pv");
	block_print(d->disks, "disk         ");
	net_print(d->nics, "nic");
	pci_print(d->pci, "pci          ");
	print_consoles(consoles);
}

/* What only the supervisor knows; NULL if it does not answer. */
static json_t *ask(const char *name, const char *what)
{
	json_t *request = json_pack("{s:s}", "cmd", what);
	json_t *reply = NULL, *answer = NULL;
	char path[RUNDIR_PATH_MAX];
	struct err ignored;

	rundir_file(name, "ctl.sock", path);
	if (request && !ctl_call(path, request, &reply, ASK_MS, &ignored))
		answer = json_incref(json_object_get(reply, what));
	json_decref(request);
	json_decref(reply);
	return answer;
}

static void show_json(const struct vm_facts *f, const struct devices *d,
		      json_t *consoles, json_t *qmp)
{
	json_t *o = facts_json(f);

	if (d->disks)
		json_object_set(o, "disks", d->disks);
	if (d->nics)
		json_object_set(o, "nics", d->nics);
	if (d->pci)
		json_object_set(o, "pci", d->pci);
	if (consoles)
		json_object_set(o, "consoles", consoles);
	if (qmp)
		json_object_set(o, "device_model", qmp);
	print_json(o);
	json_decref(o);
}

/* All stay NULL while it is not complete. */
static void ask_devices(struct mtool *m, const struct vm_facts *f,
			struct devices *d)
{
	struct err ignored;
	struct live l;

	*d = (struct devices){NULL, NULL, NULL};
	if (!f->record.running)
		return;
	if (!live_open(&l, m, f->record.name, &ignored)) {
		d->disks = block_list(&l, &ignored);
		d->nics = net_list(&l, &ignored);
		d->pci = pci_list(&l, &ignored);
	}
	live_close(&l);
}

static void show(struct mtool *m, const struct vm_facts *f)
{
	json_t *consoles = ask(f->record.name, "consoles");
	json_t *qmp = ask(f->record.name, "qmp");
	struct devices d;

	ask_devices(m, f, &d);
	if (m->json)
		show_json(f, &d, consoles, qmp);
	else
		print_info(f, &d, consoles, qmp);
	json_decref(d.pci);
	json_decref(d.nics);
	json_decref(d.disks);
	json_decref(consoles);
	json_decref(qmp);
}

/* What became of a VM that is no more, if that is known. */
static int no_vm(const char *name, struct err *e)
{
	struct vm_record r;
	char when[32];

	if (e->code != EXIT_NO_VM || !config_name_ok(name))
		return -1;
	rundir_end_read(name, &r);
	if (!r.ended_at)
		return -1;
	facts_time(r.ended_at, when, sizeof(when));
	return err_set(e, EXIT_NO_VM, "%s: no such VM; the last one: %s: %s",
		       name, when, r.ended);
}

/* A VM's name comes first. */
static bool is_file(const char *name, const struct err *e)
{
	return e->code == EXIT_NO_VM && !access(name, F_OK);
}

int cmd_info(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct vm_record r;
	struct vm_facts f;
	struct hyp *h;
	int rc;

	if (cmd_option(argc, argv, "", "", e) != -1 ||
	    cmd_words(argc, argv, 1, 1, e) < 0)
		return -1;
	if (vm_find_served(m, argv[optind], &r, e) < 0)
		return is_file(argv[optind], e)
			       ? savefile_show(m, argv[optind], e)
			       : no_vm(argv[optind], e);
	h = hyp_open(&m->log, e);
	if (!h)
		return -1;
	rc = facts_get(h, &r, &f, e);
	if (!rc)
		show(m, &f);
	hyp_close(h);
	return rc < 0 ? err_in(e, "%s", r.name) : 0;
}
