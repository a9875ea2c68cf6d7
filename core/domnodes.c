/* SPDX-License-Identifier: MIT */
#include "core/dom.h"

/* The letters and variables of one of the two domains. */
struct who {
	const char *dir; /* /local/domain/<id> */
	const char *vm;	 /* /vm/<uuid> */
	const char *id, *uuid;
	const char *read; /* owned by dom0, readable by the domain */
	const char *own;  /* the domain's alone */
	const char *frame, *port;
};

static const struct who target = {
	"/local/domain/" PLAN_T,
	"/vm/" PLAN_UUID,
	PLAN_T,
	PLAN_UUID,
	"0T",
	"T",
	PLAN_VAR("T.store-frame"),
	PLAN_VAR("T.store-port"),
};

static const struct who stub = {
	"/local/domain/" PLAN_S,
	"/vm/" PLAN_STUB_UUID,
	PLAN_S,
	PLAN_STUB_UUID,
	"0S",
	"S",
	PLAN_VAR("S.store-frame"),
	PLAN_VAR("S.store-port"),
};

/* What the domain itself writes: xenstore.txt, "control", and friends. */
static const char *const own_nodes[] = {
	"device/suspend/event-channel",
	"control/shutdown",
	"control/feature-poweroff",
	"control/feature-reboot",
	"control/feature-suspend",
	"control/sysrq",
	"data",
	"drivers",
	"feature",
	"attr",
	"error",
	NULL,
};

static const char *const own_nodes_hvm[] = {
	"control/feature-s3",
	"control/feature-s4",
	NULL,
};

static void own(struct plan *p, const struct who *w, const char *const *key)
{
	for (; *key; key++)
		plan_node(p, w->own, w->dir, *key, "%s", "");
}

static void skeleton(struct plan *p, const struct dom_params *d,
		     const struct who *w)
{
	const char *vm = w->vm;

	plan_node(p, w->read, w->dir, "", "%s", "");
	plan_node(p, NULL, w->dir, "vm", "%s", vm);
	plan_node(p, NULL, w->dir, "name", "%s", d->name);
	plan_node(p, NULL, w->dir, "domid", "%s", w->id);
	own(p, w, own_nodes);
	if (d->hvm)
		own(p, w, own_nodes_hvm);
	plan_node(p, NULL, w->dir,
		  "control/platform-feature-multiprocessor-suspend", "1");
	plan_node(p, NULL, w->dir, "control/platform-feature-xs_reset_watches",
		  "1");
	plan_node(p, w->read, vm, "", "%s", "");
	plan_node(p, NULL, vm, "name", "%s", d->name);
	plan_node(p, NULL, vm, "uuid", "%s", w->uuid);
	/* Whose domain this is, should everybody who knew have died. */
	plan_node(p, NULL, vm, "mtool", "%s", w->id);
	plan_node(p, NULL, vm, "image/ostype", "%s", d->hvm ? "hvm" : "linux");
	plan_node(p, NULL, vm, "start_time", "%s", PLAN_VAR("start-time"));
	if (d->hvm) {
		plan_node(p, NULL, vm, "rtc/timeoffset", "%s", "");
	} else {
		plan_node(p, NULL, vm, "image/kernel", "%s", d->kernel);
		plan_node(p, NULL, vm, "image/ramdisk", "%s", d->ramdisk);
		plan_node(p, NULL, vm, "image/cmdline", "%s", d->cmdline);
	}
}

/*
 * memory/target leaves out video memory; with populate-on-demand the slack
 * too, which the balloon driver would otherwise count as its own.
 */
static uint64_t target_node_kb(const struct dom_params *d)
{
	uint64_t pod = d->hvm && d->max_kb > d->target_kb ? DOM_SLACK_KB : 0;

	return d->target_kb - d->video_kb - pod;
}

static void resources(struct plan *p, const struct dom_params *d,
		      const struct who *w)
{
	char key[40];
	unsigned int i;

	plan_node(p, NULL, w->dir, "memory/static-max", "%llu",
		  (unsigned long long)d->max_kb);
	plan_node(p, NULL, w->dir, "memory/target", "%llu",
		  (unsigned long long)target_node_kb(d));
	plan_node(p, NULL, w->dir, "memory/videoram", "%llu",
		  (unsigned long long)d->video_kb);
	for (i = 0; i < d->max_vcpus; i++) {
		snprintf(key, sizeof(key), "cpu/%u/availability", i);
		plan_node(p, NULL, w->dir, key, "%s",
			  i < d->vcpus ? "online" : "offline");
	}
}

/*
 * hvmloader reads these. It defaults to a BIOS that nobody ships any more, so
 * hvmloader/bios must be there; QEMU cannot follow memory relocation.
 */
static void firmware(struct plan *p, const struct dom_params *d)
{
	const struct vm_config *c = d->cfg;
	const char *dir = target.dir;

	plan_node(p, NULL, dir, "platform/acpi", "%d", c->acpi);
	plan_node(p, NULL, dir, "platform/acpi_s3", "%d", c->acpi_s3);
	plan_node(p, NULL, dir, "platform/acpi_s4", "%d", c->acpi_s4);
	plan_node(p, NULL, dir, "platform/acpi_laptop_slate", "0");
	if (c->mmio_hole_mb)
		plan_node(p, NULL, dir, "platform/mmio_hole_size", "%llu",
			  (unsigned long long)c->mmio_hole_mb << 20);
	plan_node(p, NULL, dir, "platform/device-model", "qemu_xen");
	plan_node(p, NULL, dir, "hvmloader/bios", "%s",
		  c->bios == BIOS_OVMF ? "ovmf" : "seabios");
	plan_node(p, NULL, dir, "hvmloader/allow-memory-relocate", "0");
}

void dom_nodes(struct plan *p, const struct dom_params *d)
{
	const struct who *w = d->hvm ? &target : &stub;

	skeleton(p, d, w);
	resources(p, d, w);
	if (d->hvm)
		firmware(p, d);
}

void dom_ring_nodes(struct plan *p, const struct dom_params *d)
{
	const struct who *w = d->hvm ? &target : &stub;

	plan_node(p, NULL, w->dir, "store/port", "%s", w->port);
	plan_node(p, NULL, w->dir, "store/ring-ref", "%s", w->frame);
}
