/* SPDX-License-Identifier: MIT */
/*
 * vcpu-set: QEMU plugs vcpus in and tells an HVM guest by ACPI; the nodes tell
 * whoever else wants to know.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "tools/mtool/host.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/qmpargs.h"
#include "tools/mtool/qmpclient.h"
#include "tools/mtool/vcpuplug.h"

enum { QEMU_MS = 30000 };

static void node_path(char path[XS_PATH_MAX], uint32_t domid, unsigned int i)
{
	snprintf(path, XS_PATH_MAX, "/local/domain/%u/cpu/%u/availability",
		 domid, i);
}

/* How many the guest has been given so far. */
static unsigned int count_online(struct host *h, uint32_t domid,
				 unsigned int max)
{
	char path[XS_PATH_MAX], state[16];
	unsigned int i, nr = 0;

	for (i = 0; i < max; i++) {
		node_path(path, domid, i);
		nr += xs_read_str(h->xs, XBT_NULL, path, state, sizeof(state)) >
			      0 &&
		      !strcmp(state, "online");
	}
	return nr;
}

struct online {
	struct xs *xs;
	uint32_t domid;
	unsigned int nr;
};

static int write_online(void *ctx, xs_transaction_t t, struct err *e)
{
	const struct online *o = ctx;
	char path[XS_PATH_MAX];
	unsigned int i;

	for (i = 0; i < o->nr; i++) {
		node_path(path, o->domid, i);
		if (xs_put(o->xs, t, path, "online") < 0)
			return err_sys(e, EXIT_FAILED, "write %s", path);
	}
	return 0;
}

/* One command; *ret is to be decref'ed, or NULL for not wanted. */
static int ask(struct qmp_caller *c, const char *command, char *args,
	       json_t **ret, struct err *e)
{
	char *line = qmp_args_line(command, &args, args ? 1 : 0, "v", e);
	struct qmp_span got;
	int rc;

	if (!line)
		return -1;
	rc = qmp_caller_ask(c, line, "v", &got, clock_ms() + QEMU_MS, e);
	free(line);
	if (rc < 0)
		return err_in(e, "%s", command);
	if (ret)
		*ret = json_loadb(got.at, got.len, 0, NULL);
	return 0;
}

static int plug(struct qmp_caller *c, const json_t *plugs, struct err *e)
{
	const json_t *args;
	size_t i;

	json_array_foreach(plugs, i, args)
	{
		char *text = json_dumps(args, JSON_COMPACT);
		int rc = text ? ask(c, "device_add", text, NULL, e)
			      : err_set(e, EXIT_FAILED, "out of memory");

		free(text);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int plug_all(struct qmp_caller *c, unsigned int want, struct err *e)
{
	json_t *cpus = NULL, *plugs = NULL;
	int rc = -1;

	if (!ask(c, "query-hotpluggable-cpus", NULL, &cpus, e))
		plugs = vcpu_plugs(cpus, want, e);
	if (plugs)
		rc = plug(c, plugs, e);
	json_decref(plugs);
	json_decref(cpus);
	return rc;
}

static int tell_qemu(const char *name, unsigned int want, struct err *e)
{
	struct qmp_caller c;
	char path[RUNDIR_PATH_MAX];
	int rc;

	rundir_file(name, "qmp.sock", path);
	if (qmp_caller_open(&c, path, clock_ms() + QEMU_MS, e) < 0)
		return -1;
	rc = plug_all(&c, want, e);
	qmp_caller_close(&c);
	return rc;
}

static int set(struct host *h, const struct vm_record *r, unsigned int max,
	       unsigned int want, struct err *e)
{
	struct online o = {h->xs, r->target, want};
	unsigned int have = count_online(h, r->target, max);

	if (want > max)
		return err_set(e, EXIT_USAGE,
			       "%u is more than its maxvcpus, %u", want, max);
	if (want < have)
		return err_set(e, EXIT_FAILED,
			       "it has %u already, and QEMU cannot take vcpus "
			       "out again",
			       have);
	if (tell_qemu(r->name, want, e) < 0)
		return -1;
	return xs_transact(h->xs, "vcpu-set", write_online, &o, e);
}

int cmd_vcpu_set(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct host h;
	struct vm_record r;
	struct hyp_dom guest;
	uint64_t want;
	int rc;

	if (cmd_option(argc, argv, "", "", e) != -1 ||
	    cmd_words(argc, argv, 2, 2, e) < 0)
		return -1;
	if (num_parse(argv[optind + 1], 1, VM_VCPUS_MAX, &want) < 0)
		return err_set(e, EXIT_USAGE, "%s: not a number in 1..%d",
			       argv[optind + 1], VM_VCPUS_MAX);
	if (host_open_vm(m, &h, argv[optind], &r, &guest, e) < 0)
		return -1;
	rc = set(&h, &r, guest.max_vcpus, (unsigned int)want, e);
	host_close(&h);
	return rc < 0 ? err_in(e, "%s", r.name) : 0;
}
