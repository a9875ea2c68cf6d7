/* SPDX-License-Identifier: MIT */
/*
 * Loop devices, interfaces and ports of bridges are not looked for: they hang
 * on backend nodes, and go with them.
 */
#include "tools/mtool/gc.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "core/uuid.h"
#include "tools/mtool/rundir.h"
#include "tools/mtool/teardown.h"

enum { LOCK_MS = 1000, CHUNK = 64 };

void gc_tell(struct gc *g, const char *fmt, ...)
{
	char text[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	g->tell(g->ctx, text);
}

void gc_failed(struct gc *g, const char *what, const struct err *e)
{
	g->failed++;
	gc_tell(g, "%s: not removed: %s", what, e->msg);
}

/* 1 and *domid if some domain has this uuid; 0; -1 and *e. */
static int find_uuid(struct hyp *h, const uint8_t uuid[16], uint32_t *domid,
		     struct err *e)
{
	static const uint8_t none[16];
	struct hyp_dom d[CHUNK];
	uint32_t first = 1;
	int i, got;

	if (!memcmp(uuid, none, sizeof(none)))
		return 0;
	while ((got = hyp_dom_list(h, first, d, CHUNK, e)) > 0) {
		for (i = 0; i < got; i++) {
			if (!memcmp(d[i].uuid, uuid, 16)) {
				*domid = d[i].domid;
				return 1;
			}
		}
		first = d[got - 1].domid + 1;
	}
	return got;
}

static bool lives(struct gc *g, const struct vm_record *r)
{
	return r->running && vm_domain_lives(g->hyp, r->target, r->uuid) &&
	       (r->dm_dead || vm_domain_lives(g->hyp, r->stub, r->stub_uuid));
}

/* What the journal says, and what Xen knows beyond. */
static int complete(struct gc *g, struct vm_record *r, struct err *e)
{
	if (find_uuid(g->hyp, r->uuid, &r->target, e) < 0)
		return -1;
	return find_uuid(g->hyp, r->stub_uuid, &r->stub, e) < 0 ? -1 : 0;
}

static void remove_vm(struct gc *g, struct vm_record *r, struct rundir *run)
{
	const char *what = r->running ? "a dead VM" : "a half-built VM";
	struct err e;

	if (g->dry) {
		rundir_close(run);
		gc_tell(g, "%s: what is left of %s", r->name, what);
	} else if (complete(g, r, &e) < 0 ||
		   vm_remove(g->hyp, g->xs, r, run, GONE_MS, &e) < 0) {
		gc_failed(g, r->name, &e);
	} else {
		gc_tell(g, "%s: what was left of %s is removed", r->name, what);
	}
}

void gc_vm(struct gc *g, const char *name)
{
	struct vm_record r;
	struct rundir run;
	struct err e;

	if (rundir_locked(name) || rundir_lock(&run, name, LOCK_MS, &e))
		return;
	/* Without a journal there was no domain yet. */
	if (rundir_read(name, &r, &e) < 0 && e.code != EXIT_NO_VM) {
		rundir_close(&run);
		gc_failed(g, name, &e);
	} else if (lives(g, &r)) {
		rundir_close(&run);
	} else {
		remove_vm(g, &r, &run);
	}
}

void gc_run_dirs(struct gc *g)
{
	DIR *dir = opendir(RUN_ROOT);
	struct dirent *ent;
	unsigned int nr;

	while (dir && (ent = readdir(dir))) {
		if (config_name_ok(ent->d_name))
			gc_vm(g, ent->d_name);
	}
	if (dir)
		closedir(dir);
	nr = rundir_remains(g->dry);
	if (nr)
		gc_tell(g, RUN_ROOT ": %u half-removed director%s", nr,
			nr == 1 ? "y" : "ies");
}

/* --- what has the mark, and no run directory --- */

/*
 * A VM that is renamed at this very moment may be missed by one look, not by
 * two.
 */
static bool is_owned(const uint8_t uuid[16])
{
	struct vm_record *list;
	unsigned int look;
	bool owned = false;
	struct err ignored;
	int i, nr;

	for (look = 0; look < 2 && !owned; look++) {
		nr = rundir_list(&list, &ignored);
		for (i = 0; i < nr; i++)
			owned |= !memcmp(list[i].uuid, uuid, 16) ||
				 !memcmp(list[i].stub_uuid, uuid, 16);
		owned |= nr < 0; /* any doubt counts as owned */
		free(list);
	}
	return owned;
}

/* The domain that the mark below /vm/`name` tells of, alone in a record. */
static bool marked(struct gc *g, const char *name, struct vm_record *r)
{
	char path[XS_PATH_MAX];
	uint64_t domid;

	memset(r, 0, sizeof(*r));
	if (uuid_parse(name, r->uuid) < 0)
		return false;
	snprintf(path, sizeof(path), "/vm/%s/mtool", name);
	if (xs_read_num(g->xs, XBT_NULL, path, 1, UINT16_MAX, &domid) < 0)
		return false;
	r->target = (uint32_t)domid;
	return !is_owned(r->uuid);
}

static void remove_marked(struct gc *g, const struct vm_record *r)
{
	struct loop_list loops = {0};
	char what[40];
	struct err e;

	snprintf(what, sizeof(what), "domain %u", r->target);
	if (vm_forget(g->hyp, g->xs, r, &loops, &e) < 0 ||
	    vm_wait_gone(g->hyp, r, GONE_MS, &e) < 0) {
		gc_failed(g, what, &e);
		return;
	}
	loopdev_wait_clear(&loops);
	gc_tell(g, "%s: what was left of it without a run directory is removed",
		what);
}

/* All are killed first: a stub and its guest hold each other. */
static void remove_all_marked(struct gc *g, const struct vm_record *r,
			      unsigned int nr)
{
	unsigned int i;
	struct err e;

	for (i = 0; i < nr && g->dry; i++)
		gc_tell(g,
			"domain %u: it or its nodes, without a run directory",
			r[i].target);
	for (i = 0; i < nr && !g->dry; i++) {
		if (vm_kill(g->hyp, &r[i], &e) < 0)
			log_msg(hyp_log(g->hyp), LOG_WARN, "%s", e.msg);
	}
	for (i = 0; i < nr && !g->dry; i++)
		remove_marked(g, &r[i]);
}

/*
 * /vm is read before the run directories: a VM that is being made has its
 * directory before it has nodes.
 */
void gc_marked(struct gc *g)
{
	unsigned int i, nr, found = 0;
	char **list = xs_list(g->xs, XBT_NULL, "/vm", &nr);
	struct vm_record *r = list ? calloc(nr + 1, sizeof(*r)) : NULL;

	for (i = 0; r && i < nr; i++)
		found += marked(g, list[i], &r[found]);
	if (r)
		remove_all_marked(g, r, found);
	free(r);
	free(list);
}
