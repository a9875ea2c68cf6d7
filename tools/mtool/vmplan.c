/* SPDX-License-Identifier: MIT */
#include "tools/mtool/vmplan.h"

#include <stdio.h>
#include <string.h>

#include "console/nodes.h"
#include "core/qemuargs.h"
#include "devices/pci.h"
#include "devices/vbd.h"
#include "devices/vif.h"

#define TARGET_DIR "/local/domain/" PLAN_T
#define STUB_DIR "/local/domain/" PLAN_S

/* Words for the stub's kernel, unless the user has words on the same thing. */
static const struct {
	const char *about, *word;
} stub_words[] = {
	/*
	 * Newer kernels refuse a domU's QEMU the hypercalls that it needs
	 * (XSA-482) unless told otherwise when privcmd starts.
	 */
	{"xen_privcmd.unrestricted=", "xen_privcmd.unrestricted=1"},
	/* A tenth of its boot is self tests of ciphers that nobody uses. */
	{"cryptomgr.notests", "cryptomgr.notests"},
	/*
	 * Another tenth goes into defending this kernel from its processes.
	 * There are two, init and QEMU, and both are root.
	 */
	{"rodata=", "rodata=off"},
	{"audit=", "audit=0"},
	{"lsm=", "lsm="},
	/*
	 * For its one vcpu it would rewrite itself without lock prefixes, each
	 * through Xen: an eighth of the boot, which they never cost again.
	 */
	{"noreplace-smp", "noreplace-smp"},
};

/* Whether a word of `line` begins with `about`. */
static bool is_about(const char *line, const char *about)
{
	size_t len = strlen(about);

	for (; *line; line += strcspn(line, " ")) {
		line += strspn(line, " ");
		if (!strncmp(line, about, len))
			return true;
	}
	return false;
}

static int stub_cmdline(struct vm_plan *v, const struct vm_config *cfg,
			struct err *e)
{
	char *line = v->stub_cmdline;
	size_t size = sizeof(v->stub_cmdline), i;
	int len = snprintf(line, size, "%s", cfg->stub_cmdline);

	for (i = 0;
	     i < sizeof(stub_words) / sizeof(*stub_words) && len < (int)size;
	     i++) {
		if (!is_about(cfg->stub_cmdline, stub_words[i].about))
			len += snprintf(line + len, size - (size_t)len, "%s%s",
					len ? " " : "", stub_words[i].word);
	}
	if (len >= (int)size)
		return err_set(e, EXIT_USAGE,
			       "stubdomain_cmdline: longer than %zu bytes",
			       size - 1);
	return 0;
}

/* "; vcpu 0 on CPUs 1-2; weight 512": what was asked of the scheduler. */
static void schedule_text(const struct dom_params *d, char *buf, size_t size)
{
	unsigned int i, shown = d->cfg->cpus_each ? d->max_vcpus : 1;
	size_t len = 0;
	char who[16];

	*buf = '\0';
	for (i = 0; d->hvm && i < shown && len < size; i++) {
		if (!dom_cpus(d, i))
			break;
		snprintf(who, sizeof(who), "vcpu %u", i);
		len += (size_t)snprintf(
			buf + len, size - len, "; %s on CPUs %s",
			d->cfg->cpus_each ? who : "vcpus", dom_cpus(d, i));
	}
	if (d->hvm && d->cfg->cpu_weight && len < size)
		snprintf(buf + len, size - len, "; weight %u",
			 d->cfg->cpu_weight);
}

/* "; hpet=0; tsc_mode=2": what Xen is asked to do otherwise than by default. */
static void settings_text(const struct vm_config *cfg, char *buf, size_t size)
{
	const struct {
		const char *key;
		int value, usual;
	} setting[] = {
		{"apic", cfg->apic, 1},
		{"pae", cfg->pae, 1},
		{"hpet", cfg->hpet, 1},
		{"viridian", cfg->viridian, 0},
		{"timer_mode", (int)cfg->timer_mode, TIMER_NO_DELAY},
		{"tsc_mode", (int)cfg->tsc_mode, TSC_DEFAULT},
		{"localtime", cfg->localtime, 0},
		{"rtc_timeoffset", cfg->rtc_timeoffset, 0},
		{"shadow_memory", (int)cfg->shadow_mb, 0},
		{"max_grant_frames", cfg->max_grant_frames, -1},
	};
	size_t len = 0;
	unsigned int i;

	*buf = '\0';
	for (i = 0; i < sizeof(setting) / sizeof(*setting) && len < size; i++) {
		if (setting[i].value != setting[i].usual)
			len += (size_t)snprintf(buf + len, size - len,
						"; %s=%d", setting[i].key,
						setting[i].value);
	}
}

static void plan_domain(struct plan *p, const struct dom_params *d)
{
	enum plan_dom dom = d->hvm ? DOM_TARGET : DOM_STUB;
	char schedule[256], settings[256] = "";

	schedule_text(d, schedule, sizeof(schedule));
	if (d->hvm)
		settings_text(d->cfg, settings, sizeof(settings));
	plan_step(p, OP_CREATE, dom, GROUP_SETUP,
		  d->hvm ? "target domain: the guest, for which QEMU will act"
			 : "PV stubdomain: QEMU runs here, not in dom0",
		  "%s: create %s domain, %u vcpu%s, %llu MiB%s%s%s",
		  d->hvm ? "target" : "stub", d->hvm ? "HVM" : "PV",
		  d->max_vcpus, d->max_vcpus == 1 ? "" : "s",
		  (unsigned long long)d->max_kb / 1024,
		  d->iommu ? ", IOMMU" : "", schedule, settings);
	if (d->hvm && d->cfg->incoming)
		plan_step(p, OP_READ, dom, GROUP_SETUP,
			  "a restored guest brings its memory; the device "
			  "model's state comes over console 2",
			  "target: start to read its memory from the save "
			  "file");
	else if (d->hvm)
		plan_step(p, OP_BUILD, dom, GROUP_SETUP,
			  "hvmloader runs first, and finds the firmware in "
			  "memory",
			  "target: build from %s and %s", d->kernel, d->bios);
	else
		plan_step(p, OP_BUILD, dom, GROUP_SETUP,
			  "PV stubdomain with stubdom-linux kernel and initrd",
			  "stub: build from %s and %s", d->kernel, d->ramdisk);
}

static void plan_target_nodes(struct plan *p, const struct dom_params *d)
{
	plan_step(p, OP_NODES, DOM_TARGET, GROUP_SETUP,
		  "bios type is stored in hvmloader/bios of the target",
		  "target: write its nodes");
	dom_nodes(p, d);
	plan_node(p, NULL, TARGET_DIR, "image/device-model-domid", "%s",
		  PLAN_S);
}

/* Where its rings are is known with its memory. */
static void plan_target_rings(struct plan *p, const struct dom_params *d)
{
	dom_ring_nodes(p, d);
	console_nodes_first(p, DOM_TARGET);
}

/* `incoming` is this protocol's word for where the saved state comes from. */
static void arg_nodes(struct plan *p, const char *dir,
		      const struct qemu_args *args, const char *incoming)
{
	unsigned int i;
	char key[12];

	plan_node(p, "0S", dir, "", "%s", "");
	for (i = 0; i < args->nr; i++) {
		const char *arg = args->arg[i];

		if (!strcmp(arg, QEMU_INCOMING))
			arg = incoming;
		snprintf(key, sizeof(key), "%03u", i + 1);
		plan_node(p, NULL, dir, key, "%s", arg);
	}
}

/* v5 of the protocol says dmargs, the merged one dm-argv: both by default. */
static void plan_args(struct plan *p, const struct vm_config *cfg,
		      const struct qemu_args *args)
{
	if (cfg->protocol != PROTOCOL_V5)
		arg_nodes(p, "/vm/" PLAN_UUID "/image/dm-argv", args,
			  QEMU_INCOMING);
	if (cfg->protocol != PROTOCOL_MERGED)
		arg_nodes(p, "/vm/" PLAN_UUID "/image/dmargs", args,
			  QEMU_INCOMING_V5);
}

static void plan_stub_nodes(struct plan *p, const struct dom_params *d,
			    const struct qemu_args *args)
{
	plan_step(p, OP_NODES, DOM_STUB, GROUP_SETUP,
		  "target domain id; QEMU command line, one key per argument",
		  "stub: write its nodes and QEMU's arguments");
	dom_nodes(p, d);
	dom_ring_nodes(p, d);
	console_nodes_first(p, DOM_STUB);
	plan_node(p, NULL, STUB_DIR, "target", "%s", PLAN_T);
	/* QEMU writes `state` here, the stub's init its QMP channel. */
	plan_node(p, "S", STUB_DIR, "device-model/" PLAN_T, "%s", "");
	plan_args(p, d->cfg, args);
}

static void plan_introduce(struct plan *p, enum plan_dom dom,
			   enum plan_group group)
{
	plan_step(p, OP_INTRODUCE, dom, group,
		  "xenstored serves a domain once it knows its ring",
		  "%s: introduce to xenstored",
		  dom == DOM_TARGET ? "target" : "stub");
}

static void plan_set_target(struct plan *p, enum plan_group group)
{
	plan_step(p, OP_SET_TARGET, DOM_STUB, group,
		  "the stub is unprivileged but for its own target",
		  "stub: may act for the target, in Xen and in xenstore");
}

static void plan_devices(struct plan *p, const struct vm_config *cfg)
{
	unsigned int i;

	if (cfg->nr_disk || cfg->nr_nic) {
		plan_step(p, OP_NODES, DOM_TARGET, GROUP_SETUP,
			  "the guest's PV drivers take over what QEMU emulates",
			  "target: write its disks and nics");
		vbd_plan_nodes(p, cfg, DOM_TARGET);
		vif_plan_nodes(p, cfg, DOM_TARGET);
	}
	plan_step(p, OP_NODES, DOM_STUB, GROUP_SETUP,
		  "disks in order from xvda; nics in order from 0; consoles: "
		  "save, restore, serials",
		  "stub: write its disks, nics%s and consoles",
		  cfg->nr_pci ? ", PCI devices" : "");
	vbd_plan_nodes(p, cfg, DOM_STUB);
	vif_plan_nodes(p, cfg, DOM_STUB);
	pci_plan_nodes(p, cfg, 0);
	for (i = STUB_CONSOLE_SAVE; i < STUB_CONSOLE_SERIAL + cfg->nr_serial;
	     i++)
		console_nodes_stub(p, i);
}

/* Everything that serves the stub, and then the stub. */
static void plan_stub_start(struct plan *p, const struct vm_config *cfg)
{
	plan_step(p, OP_SUPERVISE, DOM_HOST, GROUP_STARTUP,
		  "console 0 is connected to qemu log file",
		  "supervisor: serve all consoles from here on");
	vif_plan_ports(p, cfg);
	plan_step(p, OP_BACKENDS, DOM_HOST, GROUP_STARTUP,
		  "block and network devices are connected as PV devices",
		  "wait until the backends of all disks and nics are there");
	plan_step(p, OP_UNPAUSE, DOM_STUB, GROUP_STARTUP,
		  "toolstack starts PV stubdomain", "stub: unpause");
}

/*
 * The stub boots while the guest's memory is read. Before its device model may
 * look for that memory it is held: see supervisehold.c.
 */
static void plan_whole(struct vm_plan *v)
{
	struct plan *p = &v->plan;

	plan_step(p, OP_AWAIT, DOM_TARGET, GROUP_STARTUP,
		  "the stubdomain acts for a guest that is whole",
		  "target: wait until its memory is there");
	plan_step(p, OP_NODES, DOM_TARGET, GROUP_STARTUP,
		  "a restored guest's rings are where they were",
		  "target: write where its rings are");
	plan_target_rings(p, &v->target);
	plan_introduce(p, DOM_TARGET, GROUP_STARTUP);
	plan_set_target(p, GROUP_STARTUP);
	plan_step(p, OP_SUPERVISE, DOM_TARGET, GROUP_STARTUP,
		  "qemu restores state from console 2",
		  "supervisor: serve the target's console, too; the stub goes "
		  "on");
}

static void plan_running(struct plan *p, const struct vm_config *cfg)
{
	plan_step(p, OP_WAIT_DM, DOM_STUB, GROUP_STARTUP,
		  "qemu signals readiness by writing running",
		  "stub: wait for " STUB_DIR "/device-model/" PLAN_T
		  "/state = running");
	pci_plan_plug(p, cfg);
	plan_step(p, OP_UNPAUSE, DOM_TARGET, GROUP_STARTUP,
		  "now device model is considered running", "target: unpause");
}

static void plan_fresh(struct vm_plan *v, const struct vm_config *cfg,
		       const struct qemu_args *args)
{
	struct plan *p = &v->plan;

	plan_target_nodes(p, &v->target);
	plan_target_rings(p, &v->target);
	plan_stub_nodes(p, &v->stub, args);
	plan_introduce(p, DOM_TARGET, GROUP_SETUP);
	plan_introduce(p, DOM_STUB, GROUP_SETUP);
	plan_set_target(p, GROUP_SETUP);
	pci_plan_give(p, cfg);
	plan_devices(p, cfg);
	plan_stub_start(p, cfg);
}

static void plan_restored(struct vm_plan *v, const struct vm_config *cfg,
			  const struct qemu_args *args)
{
	struct plan *p = &v->plan;

	plan_target_nodes(p, &v->target);
	plan_stub_nodes(p, &v->stub, args);
	plan_introduce(p, DOM_STUB, GROUP_SETUP);
	pci_plan_give(p, cfg);
	plan_devices(p, cfg);
	plan_stub_start(p, cfg);
	plan_whole(v);
}

static void plan_all(struct vm_plan *v, const struct vm_config *cfg,
		     const struct qemu_args *args)
{
	struct plan *p = &v->plan;

	vbd_plan_host(p, cfg);
	plan_domain(p, &v->target);
	plan_domain(p, &v->stub);
	(cfg->incoming ? plan_restored : plan_fresh)(v, cfg, args);
	plan_running(p, cfg);
}

int vm_plan_make(struct vm_plan *v, const struct vm_config *cfg,
		 const struct vm_paths *paths, const uint8_t stub_uuid[16],
		 struct err *e)
{
	struct qemu_args args;
	int rc;

	memset(v, 0, sizeof(*v));
	plan_init(&v->plan);
	if (stub_cmdline(v, cfg, e) < 0)
		return -1;
	dom_target(&v->target, cfg, paths->hvmloader, paths->bios);
	dom_stub(&v->stub, cfg, stub_uuid, paths->kernel, paths->ramdisk,
		 v->stub_cmdline);
	rc = qemu_args_make(&args, cfg, e);
	if (!rc)
		plan_all(v, cfg, &args);
	qemu_args_free(&args);
	if (!rc && v->plan.failed)
		rc = err_set(e, EXIT_FAILED, "plan: out of memory");
	if (rc)
		plan_free(&v->plan);
	return rc;
}

void vm_plan_free(struct vm_plan *v)
{
	plan_free(&v->plan);
}
