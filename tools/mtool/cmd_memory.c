/* SPDX-License-Identifier: MIT */
/*
 * mem-set and mem-max. Sizes are those of the configuration: with the video
 * memory in them, which QEMU takes from the same account, and without the
 * slack for special pages. The balloon driver's target is without both.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/num.h"
#include "tools/mtool/host.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/vmconfig.h"

/* What the guest's nodes say now, in KB; dom0 owns them. */
struct memory {
	uint64_t max;	 /* memory/static-max, video in it */
	uint64_t target; /* memory/target, without */
	uint64_t video;
};

static int get(struct host *h, uint32_t domid, const char *key, uint64_t *out,
	       struct err *e)
{
	char path[XS_PATH_MAX];

	snprintf(path, sizeof(path), "/local/domain/%u/memory/%s", domid, key);
	if (xs_read_num(h->xs, XBT_NULL, path, 0, UINT64_MAX, out) < 0)
		return xs_fail(h->xs, e, "read %s", path);
	return 0;
}

static int put(struct host *h, uint32_t domid, const char *key, uint64_t kb,
	       struct err *e)
{
	char path[XS_PATH_MAX], text[24];

	snprintf(path, sizeof(path), "/local/domain/%u/memory/%s", domid, key);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)kb);
	if (xs_put(h->xs, XBT_NULL, path, text) < 0)
		return xs_fail(h->xs, e, "write %s", path);
	return 0;
}

static int get_memory(struct host *h, uint32_t domid, struct memory *mem,
		      struct err *e)
{
	if (get(h, domid, "static-max", &mem->max, e) < 0 ||
	    get(h, domid, "target", &mem->target, e) < 0)
		return -1;
	return get(h, domid, "videoram", &mem->video, e);
}

static int host_has(struct host *h, uint64_t more_kb, struct err *e)
{
	struct hyp_host host;

	if (hyp_host_info(h->hyp, &host, e) < 0)
		return -1;
	if (more_kb > host.free_kb)
		return err_set(e, EXIT_FAILED,
			       "%llu MiB more needed, %llu MiB free on this "
			       "host",
			       (unsigned long long)(more_kb + 1023) / 1024,
			       (unsigned long long)host.free_kb / 1024);
	return 0;
}

/*
 * What Xen allows comes before what the guest is told, so that it can grow;
 * one that shrinks is above the limit until it has given memory back.
 */
static int set_target(struct host *h, const struct vm_record *r,
		      const struct hyp_dom *guest, uint64_t kb, struct err *e)
{
	struct memory mem;

	if (get_memory(h, r->target, &mem, e) < 0)
		return -1;
	if (kb > mem.max)
		return err_set(e, EXIT_USAGE,
			       "%llu MiB is more than its maximum, %llu (see "
			       "mem-max)",
			       (unsigned long long)kb / 1024,
			       (unsigned long long)mem.max / 1024);
	if (kb <= mem.video)
		return err_set(e, EXIT_USAGE,
			       "%llu MiB leaves nothing beside its video "
			       "memory, %llu",
			       (unsigned long long)kb / 1024,
			       (unsigned long long)mem.video / 1024);
	if (kb > guest->mem_kb && host_has(h, kb - guest->mem_kb, e) < 0)
		return -1;
	if (hyp_dom_max_mem(h->hyp, r->target, kb + DOM_SLACK_KB, e) < 0 ||
	    hyp_dom_pod_target(h->hyp, r->target, kb - mem.video + DOM_SLACK_KB,
			       e) < 0)
		return -1;
	return put(h, r->target, "target", kb - mem.video, e);
}

/*
 * The memory map that the guest was born with has no room for more than its
 * maxmem, and its device model knows no memory above that.
 */
static int born_max(const char *name, uint64_t *kb, struct err *e)
{
	struct vm_config *cfg = calloc(1, sizeof(*cfg));
	int rc = -1;

	if (!cfg)
		return err_sys(e, EXIT_FAILED, "configuration");
	if (!vm_config_read(cfg, name, e)) {
		*kb = (uint64_t)cfg->maxmem_mb * 1024;
		config_free(cfg);
		rc = 0;
	}
	free(cfg);
	return rc;
}

static int set_max(struct host *h, const struct vm_record *r,
		   const struct hyp_dom *guest, uint64_t kb, struct err *e)
{
	struct memory mem;
	uint64_t born = 0;

	(void)guest;
	if (get_memory(h, r->target, &mem, e) < 0 ||
	    born_max(r->name, &born, e) < 0)
		return -1;
	if (kb > born)
		return err_set(e, EXIT_USAGE,
			       "%llu MiB is more than the maxmem it was made "
			       "with, %llu",
			       (unsigned long long)kb / 1024,
			       (unsigned long long)born / 1024);
	if (kb < mem.target + mem.video)
		return err_set(e, EXIT_USAGE,
			       "%llu MiB is less than what it has, %llu (see "
			       "mem-set)",
			       (unsigned long long)kb / 1024,
			       (unsigned long long)(mem.target + mem.video) /
				       1024);
	return put(h, r->target, "static-max", kb, e);
}

typedef int set_fn(struct host *h, const struct vm_record *r,
		   const struct hyp_dom *guest, uint64_t kb, struct err *e);

static int set(struct mtool *m, int argc, char **argv, set_fn *fn,
	       struct err *e)
{
	struct host h;
	struct vm_record r;
	struct hyp_dom guest;
	uint64_t mb;
	int rc;

	if (cmd_option(argc, argv, "", "", e) != -1 ||
	    cmd_words(argc, argv, 2, 2, e) < 0)
		return -1;
	if (num_parse(argv[optind + 1], 1, VM_MEMORY_MAX_MB, &mb) < 0)
		return err_set(e, EXIT_USAGE, "%s: not a number of MiB, 1..%d",
			       argv[optind + 1], VM_MEMORY_MAX_MB);
	if (host_open_vm(m, &h, argv[optind], &r, &guest, e) < 0)
		return -1;
	rc = fn(&h, &r, &guest, mb * 1024, e);
	host_close(&h);
	return rc < 0 ? err_in(e, "%s", r.name) : 0;
}

int cmd_mem_set(struct mtool *m, int argc, char **argv, struct err *e)
{
	return set(m, argc, argv, set_target, e);
}

int cmd_mem_max(struct mtool *m, int argc, char **argv, struct err *e)
{
	return set(m, argc, argv, set_max, e);
}
