/* SPDX-License-Identifier: MIT */
/* check-host: what create needs of this host, and how to get it. */
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/build.h"
#include "core/config.h"
#include "devices/pciback.h"
#include "tools/mtool/hostnodes.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/vmplan.h"

struct check {
	struct mtool *m;
	json_t *json;	      /* NULL: lines */
	unsigned int missing; /* without which create cannot work */
};

enum need { NEEDED, USEFUL };

static void tell(struct check *c, bool ok, enum need need, const char *what,
		 const char *cure)
{
	const char *word = ok ? "ok" : need == NEEDED ? "missing" : "absent";

	if (!ok && need == NEEDED)
		c->missing++;
	if (c->json)
		json_array_append_new(c->json,
				      json_pack("{s:s s:s s:b s:s*}", "what",
						what, "state", word, "needed",
						need == NEEDED, "cure",
						ok ? NULL : cure));
	else if (ok)
		printf("%-8s %s\n", word, what);
	else
		printf("%-8s %-34s %s\n", word, what, cure);
}

/* A stub of the default size, and a guest small enough to be one. */
static uint64_t least_kb(void)
{
	static const uint8_t no_uuid[16];
	static const char text[] = "name = 'x'\nmemory = 16\n";
	struct vm_config *cfg = calloc(1, sizeof(*cfg));
	struct dom_params t, s;
	struct err ignored;
	uint64_t kb = 0;

	if (cfg && !config_parse(cfg, text, strlen(text), "", &ignored)) {
		dom_target(&t, cfg, "", "");
		dom_stub(&s, cfg, no_uuid, "", "", "");
		kb = dom_need_kb(&t) + dom_need_kb(&s);
		config_free(cfg);
	}
	free(cfg);
	return kb;
}

static void check_memory(struct check *c, const struct hyp_host *host)
{
	uint64_t least = least_kb();
	char what[64], cure[96];

	snprintf(what, sizeof(what), "free memory: %llu of %llu MiB",
		 (unsigned long long)host->free_kb / 1024,
		 (unsigned long long)host->total_kb / 1024);
	snprintf(cure, sizeof(cure),
		 "the smallest VM takes %llu MiB: give dom0 less (dom0_mem=)",
		 (unsigned long long)least / 1024);
	tell(c, host->free_kb >= least, NEEDED, what, cure);
}

static void check_abilities(struct check *c, const struct hyp_host *host)
{
	tell(c, host->hvm, NEEDED, "HVM guests",
	     "enable VT-x or SVM in the firmware");
	tell(c, host->pv, NEEDED, "PV domains (the stubdomain is one)",
	     "a Xen built with CONFIG_PV");
	tell(c, host->hap, USEFUL, "nested paging",
	     "none: without EPT or NPT guests are slower");
	tell(c, host->directio, USEFUL, "IOMMU (PCI passthrough only)",
	     "enable VT-d or AMD-Vi in the firmware");
	check_memory(c, host);
}

static void check_xen(struct check *c)
{
	struct hyp_host host;
	struct err e;
	struct hyp *h = hyp_open(&c->m->log, &e);
	bool ok = h && !hyp_host_info(h, &host, &e);
	char text[96] = "Xen";

	if (ok)
		snprintf(text, sizeof(text), "Xen %s", host.version);
	tell(c, ok, NEEDED, text,
	     geteuid() ? "be root" : "boot under Xen; modprobe xen-privcmd");
	if (ok)
		check_abilities(c, &host);
	hyp_close(h);
}

static void check_device(struct check *c, const char *path, const char *cure)
{
	tell(c, !access(path, R_OK | W_OK), NEEDED, path, cure);
}

static void check_xenstore(struct check *c)
{
	struct err e;
	struct xs *xs = xs_connect(&c->m->log, &e);
	/* it answers, and not only its socket */
	bool ok = xs && xs_exists(xs, XBT_NULL, "/") == 1;

	tell(c, ok, NEEDED, "xenstored", "start it (xenstored or oxenstored)");
	if (ok)
		tell(c, !host_nodes_missing(xs), USEFUL,
		     "dom0's nodes in xenstore", "mtool host-init");
	xs_disconnect(xs);
}

/* Built in, or loaded: either way it can be seen at `path`. */
static void check_module(struct check *c, const char *path, const char *name,
			 const char *use, enum need need)
{
	char what[64], cure[64];

	snprintf(what, sizeof(what), "%s (%s)", name, use);
	snprintf(cure, sizeof(cure), "modprobe %s", name);
	tell(c, !access(path, F_OK), need, what, cure);
}

static void check_modules(struct check *c)
{
	check_module(c, "/sys/bus/xen-backend/drivers/vbd", "xen-blkback",
		     "disks", NEEDED);
	check_module(c, "/dev/loop-control", "loop", "disks in files", USEFUL);
	check_module(c, "/sys/bus/xen-backend/drivers/vif", "xen-netback",
		     "network", USEFUL);
	check_module(c, "/dev/net/tun", "tun", "network", USEFUL);
}

/* Only what is there can be asked how it was loaded. */
static void check_pci(struct check *c)
{
	static const char driver[] = "/sys/bus/pci/drivers/" PCIBACK;
	static const char cure[] = "modprobe xen-pciback passthrough=1";
	static const char interrupts[] =
		"/sys/bus/pci/drivers/" PCIBACK "/allow_interrupt_control";
	bool there = !access(driver, F_OK);
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	tell(c, there, USEFUL, "xen-pciback (PCI passthrough)", cure);
	if (there) {
		tell(c, pciback_same_address(root), USEFUL,
		     "xen-pciback keeps PCI addresses",
		     "load it anew: modprobe -r xen-pciback; modprobe "
		     "xen-pciback passthrough=1");
		tell(c, !access(interrupts, F_OK), USEFUL,
		     "xen-pciback allows MSI without permissive mode",
		     "Linux 5.6 or later");
	}
	if (root >= 0)
		close(root);
}

static void check_file(struct check *c, const char *name, const char *path,
		       const char *cure)
{
	char what[300];

	snprintf(what, sizeof(what), "%s %s", name, path);
	tell(c, !access(path, R_OK), NEEDED, what, cure);
}

/* Not only there, but what Xen can load. */
static void check_stub(struct check *c, const struct vm_paths *paths)
{
	struct err e;
	uint64_t kb;
	bool ok;

	check_file(c, "stub kernel", paths->kernel,
		   "make stubdom install, or set stubdomain_kernel");
	check_file(c, "stub initrd", paths->ramdisk,
		   "make stubdom install, or set stubdomain_ramdisk");
	if (access(paths->kernel, R_OK) || access(paths->ramdisk, R_OK))
		return;
	ok = !build_pv_minimum(paths->kernel, paths->ramdisk, &kb, &e);
	tell(c, ok, NEEDED, "the stub's kernel and initrd can be loaded",
	     ok ? "" : e.msg);
}

static void check_files(struct check *c)
{
	const struct vm_config ovmf = {.bios = BIOS_OVMF};
	struct vm_config cfg;
	struct vm_paths paths, uefi;
	const char *bios;
	struct err e;

	if (config_load_defaults(&cfg, DEFAULTS, &e) < 0) {
		tell(c, false, NEEDED, DEFAULTS, e.msg);
		return;
	}
	bios = cfg.bios == BIOS_OVMF ? "OVMF" : "SeaBIOS";
	vm_paths_find(&paths, &cfg);
	config_free(&cfg);
	vm_paths_find(&uefi, &ovmf);
	check_file(c, "hvmloader", paths.hvmloader,
		   "install Xen's firmware (Debian: xen-utils)");
	check_file(c, bios, paths.bios,
		   "install it (Debian: seabios), or set bios_path_override");
	tell(c, !access(uefi.bios, R_OK), USEFUL, "OVMF (bios=\"ovmf\" only)",
	     "install it (Debian: ovmf)");
	check_stub(c, &paths);
}

static void check_all(struct check *c)
{
	check_xen(c);
	check_device(c, "/dev/xen/privcmd", "modprobe xen-privcmd");
	check_device(c, "/dev/xen/evtchn", "modprobe xen-evtchn");
	check_device(c, "/dev/xen/gntdev", "modprobe xen-gntdev");
	check_xenstore(c);
	check_modules(c);
	check_pci(c);
	check_files(c);
}

int cmd_check_host(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct check c = {.m = m};

	if (cmd_option(argc, argv, "", "", e) != -1 ||
	    cmd_words(argc, argv, 0, 0, e) < 0)
		return -1;
	c.json = m->json ? json_array() : NULL;
	check_all(&c);
	if (c.json)
		print_json(c.json);
	json_decref(c.json);
	if (!c.missing)
		return 0;
	return err_set(e, EXIT_HOST, "check-host: %u thing%s missing",
		       c.missing, c.missing == 1 ? "" : "s");
}
