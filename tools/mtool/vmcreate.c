/* SPDX-License-Identifier: MIT */
/* Applying the plan of a VM, step by step, through an undo stack. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "core/build.h"
#include "core/diskplace.h"
#include "core/file.h"
#include "core/undo.h"
#include "devices/vbd.h"
#include "devices/vif.h"
#include "tools/mtool/budget.h"
#include "tools/mtool/nodes.h"
#include "tools/mtool/supervisor.h"
#include "tools/mtool/teardown.h"
#include "tools/mtool/vm.h"
#include "tools/mtool/vmconfig.h"
#include "tools/mtool/vmincoming.h"
#include "tools/mtool/vmpci.h"
#include "tools/mtool/wait.h"

enum { UNDO_WAIT_MS = 10000 };

struct apply {
	struct vm *vm;
	struct log *log;
	const struct vm_options *opt;
	struct vm_paths paths;
	struct plan_vars vars;
	struct hyp *hyp;
	struct hyp_host host;
	struct xs *xs;
	struct supervisor sup;
	struct xenbus_dev nic[2 * VM_NICS_MAX];
	struct vif_port port[2 * VM_NICS_MAX];
	unsigned int nr_nic;
	struct loop_list loops;
	struct budget budget;
	bool supervised; /* its log may have a word on a failure */
	struct undo undo;
};

/* Undo actions; what they meet is told, for nobody can be asked. */

static void undo_disks(void *ctx, uint64_t arg)
{
	struct apply *a = ctx;

	(void)arg;
	vm_close_disks(a->vm);
	loopdev_wait_clear(&a->loops);
}

static void undo_domains(void *ctx, uint64_t arg)
{
	struct apply *a = ctx;
	struct err e;

	(void)arg;
	if (vm_kill(a->hyp, &a->vm->record, &e) < 0 ||
	    vm_forget(a->hyp, a->xs, &a->vm->record, &a->loops, &e) < 0 ||
	    vm_wait_gone(a->hyp, &a->vm->record, UNDO_WAIT_MS, &e) < 0)
		log_msg(a->log, LOG_ERROR, "%s: while clearing up: %s",
			a->vm->cfg->name, e.msg);
}

static void undo_incoming(void *ctx, uint64_t arg)
{
	struct apply *a = ctx;

	(void)arg;
	vm_incoming_kill(a->opt->incoming);
}

static void undo_supervisor(void *ctx, uint64_t arg)
{
	struct apply *a = ctx;

	(void)arg;
	supervisor_end(&a->sup);
}

static struct vm_domain *which(struct apply *a, enum plan_dom dom)
{
	return dom == DOM_TARGET ? &a->vm->target : &a->vm->stub;
}

static const struct dom_params *params(struct apply *a, enum plan_dom dom)
{
	return dom == DOM_TARGET ? &a->vm->plan.target : &a->vm->plan.stub;
}

static int do_loop(struct apply *a, const struct plan_step *s, struct err *e)
{
	int fd = vbd_open(a->vm->cfg, s->index, &a->vars, a->log, e);

	if (fd < 0)
		return -1;
	a->vm->disk_fd[s->index] = fd;
	return 0;
}

static int do_create(struct apply *a, const struct plan_step *s, struct err *e)
{
	bool t = s->dom == DOM_TARGET;
	struct vm_domain *d = which(a, s->dom);

	if (hyp_dom_create(a->hyp, params(a, s->dom), &a->host, &d->domid,
			   &d->ports, e) < 0)
		return -1;
	if (t)
		a->vm->record.target = d->domid;
	else
		a->vm->record.stub = d->domid;
	plan_set(&a->vars, t ? "T" : "S", "%u", d->domid);
	plan_set(&a->vars, t ? "T.store-port" : "S.store-port", "%u",
		 d->ports.store);
	plan_set(&a->vars, t ? "T.console-port" : "S.console-port", "%u",
		 d->ports.console);
	return rundir_note(&a->vm->run, e, "%s %u", t ? "target" : "stub",
			   d->domid);
}

/* What is known of a domain once its memory is filled. */
static int note_frames(struct apply *a, enum plan_dom dom,
		       const struct build_frames *f, struct err *e)
{
	bool t = dom == DOM_TARGET;
	struct console_place *place =
		t ? &a->vm->record.target_console : &a->vm->record.stub_console;

	place->port = which(a, dom)->ports.console;
	place->frame = f->console;
	plan_set(&a->vars, t ? "T.store-frame" : "S.store-frame", "%llu",
		 (unsigned long long)f->store);
	plan_set(&a->vars, t ? "T.console-frame" : "S.console-frame", "%llu",
		 (unsigned long long)f->console);
	return rundir_note(&a->vm->run, e, "%s-console %u %llu",
			   t ? "target" : "stub", place->port,
			   (unsigned long long)place->frame);
}

static int do_build(struct apply *a, const struct plan_step *s, struct err *e)
{
	struct vm_domain *d = which(a, s->dom);
	struct build_frames f = {0};
	int rc;

	rc = (s->dom == DOM_TARGET ? build_hvm : build_pv)(
		a->hyp, params(a, s->dom), d->domid, &d->ports, &f, e);
	return rc < 0 ? -1 : note_frames(a, s->dom, &f, e);
}

static int do_read(struct apply *a, const struct plan_step *s, struct err *e)
{
	(void)s;
	undo_push(&a->undo, undo_incoming, a, 0);
	a->vm->incoming = a->opt->incoming;
	return vm_incoming_start(a->opt->incoming, a->vm, a->hyp, a->log, e);
}

static int do_await(struct apply *a, const struct plan_step *s, struct err *e)
{
	struct build_frames f = {0};

	if (vm_incoming_wait(a->opt->incoming, a->vm->signal_fd, &f, e) < 0)
		return -1;
	return note_frames(a, s->dom, &f, e);
}

static int do_nodes(struct apply *a, const struct plan_step *s, struct err *e)
{
	return nodes_write(a->xs, s, &a->vars, a->vm->target.domid,
			   a->vm->stub.domid, e);
}

/* C xenstored takes the ring by its grant, oxenstored by this frame. */
static int do_introduce(struct apply *a, const struct plan_step *s,
			struct err *e)
{
	struct vm_domain *d = which(a, s->dom);
	const char *name =
		s->dom == DOM_TARGET ? "T.store-frame" : "S.store-frame";
	unsigned long frame = strtoul(plan_get(&a->vars, name), NULL, 10);

	if (xs_introduce(a->xs, d->domid, frame, d->ports.store) < 0)
		return xs_fail(a->xs, e, "introduce domain %u", d->domid);
	return 0;
}

static int do_set_target(struct apply *a, const struct plan_step *s,
			 struct err *e)
{
	uint32_t stub = a->vm->stub.domid, target = a->vm->target.domid;

	(void)s;
	if (hyp_set_target(a->hyp, stub, target, e) < 0)
		return -1;
	if (xs_target(a->xs, stub, target) < 0)
		return xs_fail(a->xs, e, "xenstore: set target");
	return 0;
}

static int do_pci_give(struct apply *a, const struct plan_step *s,
		       struct err *e)
{
	return vm_pci_give(a->hyp, a->xs, &a->vm->record,
			   &a->vm->cfg->pci[s->index], e);
}

static int do_supervise(struct apply *a, const struct plan_step *s,
			struct err *e)
{
	if (s->dom == DOM_TARGET)
		return supervisor_whole(&a->sup, e);
	if (a->opt->supervisor
		    ? supervisor_ask(&a->sup, a->opt->supervisor, e) < 0
		    : supervisor_start(&a->sup, a->vm, a->hyp, a->xs, a->log,
				       e) < 0)
		return -1;
	undo_push(&a->undo, undo_supervisor, a, 0);
	a->supervised = true;
	return 0;
}

static void wait_init(struct apply *a, struct wait_ctx *w)
{
	unsigned int s = a->opt->timeout_s;

	*w = (struct wait_ctx){
		.hyp = a->hyp,
		.xs = a->xs,
		.target = a->vm->target.domid,
		.stub = a->vm->stub.domid,
		.signal_fd = a->vm->signal_fd,
		.supervisor_fd = a->sup.fd,
		.limit_ms = (s ? s : a->vm->cfg->stub_timeout_s) * 1000ull,
		.limit_name = "create -t, or stubdomain_timeout",
	};
}

/* Only remembered here: do_backends sees when it can be done. */
static int do_port(struct apply *a, const struct plan_step *s, struct err *e)
{
	static const enum plan_dom doms[] = {DOM_TARGET, DOM_STUB};
	const struct vm_config *cfg = a->vm->cfg;
	unsigned int i;

	(void)e;
	for (i = 0; i < 2; i++) {
		if (vif_devid(cfg, s->index, doms[i]) < 0)
			continue;
		vif_dev(&a->nic[a->nr_nic], &a->port[a->nr_nic], cfg, s->index,
			doms[i], which(a, doms[i])->domid);
		a->nr_nic++;
	}
	return 0;
}

/* The PV disks of both domains. */
static unsigned int list_disks(struct apply *a, struct xenbus_dev *dev)
{
	const struct vm_config *cfg = a->vm->cfg;
	unsigned int i, nr = 0;
	char name[32];

	for (i = 0; i < cfg->nr_disk; i++) {
		snprintf(name, sizeof(name), "disk %s", cfg->disk[i].vdev);
		if (disk_in_target(cfg, i))
			xenbus_dev(&dev[nr++], "vbd", a->vm->target.domid,
				   vbd_devid(cfg, i, DOM_TARGET), name);
		if (disk_in_stub(cfg, i))
			xenbus_dev(&dev[nr++], "vbd", a->vm->stub.domid,
				   vbd_devid(cfg, i, DOM_STUB), name);
	}
	return nr;
}

static int do_backends(struct apply *a, const struct plan_step *s,
		       struct err *e)
{
	struct xenbus_dev dev[2 * (VM_DISKS_MAX + VM_NICS_MAX)];
	struct wait_ctx w;
	unsigned int nr;

	(void)s;
	wait_init(a, &w);
	nr = list_disks(a, dev);
	memcpy(&dev[nr], a->nic, a->nr_nic * sizeof(*dev));
	return wait_devices(&w, dev, nr + a->nr_nic, XENBUS_BACKEND_UP,
			    "backends of disks and nics (modules xen-blkback, "
			    "xen-netback)",
			    e);
}

static int do_wait_dm(struct apply *a, const struct plan_step *s, struct err *e)
{
	struct wait_ctx w;

	(void)s;
	wait_init(a, &w);
	return wait_running(&w, e);
}

static int do_pci_plug(struct apply *a, const struct plan_step *s,
		       struct err *e)
{
	struct wait_ctx w;

	wait_init(a, &w);
	return vm_pci_plug(&w, &a->vm->record, &a->vm->cfg->pci[s->index], e);
}

static int do_unpause(struct apply *a, const struct plan_step *s, struct err *e)
{
	if (s->dom == DOM_TARGET && a->opt->incoming &&
	    vm_incoming_built(a->opt->incoming, e) < 0)
		return -1;
	if (s->dom == DOM_TARGET && a->opt->paused)
		return 0;
	return hyp_dom_unpause(a->hyp, which(a, s->dom)->domid, e);
}

typedef int step_fn(struct apply *a, const struct plan_step *s, struct err *e);

static step_fn *const step_fns[] = {
	[OP_LOOP] = do_loop,	       [OP_CREATE] = do_create,
	[OP_BUILD] = do_build,	       [OP_NODES] = do_nodes,
	[OP_INTRODUCE] = do_introduce, [OP_SET_TARGET] = do_set_target,
	[OP_SUPERVISE] = do_supervise, [OP_PORT] = do_port,
	[OP_BACKENDS] = do_backends,   [OP_UNPAUSE] = do_unpause,
	[OP_WAIT_DM] = do_wait_dm,     [OP_READ] = do_read,
	[OP_AWAIT] = do_await,	       [OP_PCI_GIVE] = do_pci_give,
	[OP_PCI_PLUG] = do_pci_plug,
};

static bool interrupted(struct apply *a)
{
	struct signalfd_siginfo si;

	return read(a->vm->signal_fd, &si, sizeof(si)) == sizeof(si);
}

static void show_step(struct apply *a, const struct plan_step *s,
		      unsigned int nr)
{
	struct err ignored;
	char text[512];

	if (!log_wants(a->log, LOG_STEP))
		return;
	/* A title may speak of a domid that is not known yet. */
	if (plan_expand(&a->vars, s->title, text, sizeof(text), &ignored) < 0 &&
	    plan_expand(NULL, s->title, text, sizeof(text), &ignored) < 0)
		return;
	log_msg(a->log, LOG_STEP, "%2u %s", nr, text);
}

static int run_steps(struct apply *a, struct err *e)
{
	const struct plan *p = &a->vm->plan.plan;
	uint64_t start;
	unsigned int i;

	for (i = 0; i < p->nr_step; i++) {
		if (interrupted(a))
			return err_set(e, EXIT_FAILED, "interrupted");
		show_step(a, &p->step[i], i + 1);
		start = clock_us();
		if (step_fns[p->step[i].op](a, &p->step[i], e) < 0)
			return -1;
		budget_add(&a->budget, p->step[i].op, clock_us() - start);
	}
	return 0;
}

static int open_host(struct apply *a, struct err *e)
{
	struct vm_config *cfg = a->vm->cfg;

	a->hyp = hyp_open(a->log, e);
	a->xs = a->hyp ? xs_connect(a->log, e) : NULL;
	if (!a->xs || vm_check(a->hyp, a->xs, cfg, &a->paths, e) < 0 ||
	    vif_vars(cfg, 0, &a->vars, e) < 0 ||
	    hyp_host_info(a->hyp, &a->host, e) < 0)
		return -1;
	return rundir_log_path(cfg->name, a->vm->log_path, e);
}

/* The journal knows both uuids before there is a domain that has one. */
static int begin(struct apply *a, struct err *e)
{
	struct vm_record *r = &a->vm->record;
	char t[37], s[37];

	strcpy(r->name, a->vm->cfg->name);
	memcpy(r->uuid, a->vm->cfg->uuid, sizeof(r->uuid));
	if (uuid_random(r->stub_uuid, e) < 0 ||
	    vm_plan_make(&a->vm->plan, a->vm->cfg, &a->paths, r->stub_uuid, e) <
		    0)
		return -1;
	plan_set(&a->vars, "start-time", "%lld", (long long)time(NULL));
	uuid_text(r->uuid, t);
	uuid_text(r->stub_uuid, s);
	plan_set(&a->vars, "uuid", "%s", t);
	plan_set(&a->vars, "stub-uuid", "%s", s);
	if (vm_config_write(a->vm->cfg, e) < 0)
		return -1;
	return rundir_note(&a->vm->run, e,
			   "uuid %s\nstub-uuid %s\nserials %u\ncreated %lld", t,
			   s, a->vm->cfg->nr_serial, (long long)time(NULL));
}

static int apply(struct apply *a, struct err *e)
{
	if (open_host(a, e) < 0 || begin(a, e) < 0)
		return -1;
	undo_push(&a->undo, undo_disks, a, 0);
	undo_push(&a->undo, undo_domains, a, 0);
	if (run_steps(a, e) < 0 || rundir_note(&a->vm->run, e, "running") < 0)
		return -1;
	budget_show(&a->budget, a->log, a->xs, a->vm->stub.domid,
		    a->vm->target.domid);
	return supervisor_release(&a->sup, e);
}

static void finish(struct apply *a, int rc)
{
	if (rc < 0)
		undo_run(&a->undo);
	else
		vm_close_disks(a->vm); /* the backends have them */
	if (rc < 0 && !a->opt->supervisor)
		rundir_remove(&a->vm->run);
	else
		rundir_close(&a->vm->run);
	vm_plan_free(&a->vm->plan);
	xs_disconnect(a->xs);
	hyp_close(a->hyp);
	/* One that has been heeded must not kill us when it is unblocked. */
	while (interrupted(a))
		;
	if (a->vm->signal_fd >= 0)
		close(a->vm->signal_fd);
}

int vm_create(struct log *log, struct vm_config *cfg, struct rundir *run,
	      const struct vm_options *opt, bool *tail, struct err *e)
{
	struct vm vm = {.cfg = cfg, .run = *run};
	struct apply a = {.vm = &vm, .log = log, .opt = opt};
	sigset_t old;
	int rc;

	undo_init(&a.undo);
	memset(vm.disk_fd, -1, sizeof(vm.disk_fd));
	vm_paths_find(&a.paths, cfg);
	/* taken between steps, so that everything can be taken back */
	vm.signal_fd = wait_signals(&old);
	rc = apply(&a, e);
	*tail = rc < 0 && a.supervised &&
		(e->code == EXIT_DIED || e->code == EXIT_TIMEOUT);
	finish(&a, rc);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return rc;
}
