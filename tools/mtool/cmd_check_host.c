/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/config.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/vmplan.h"

struct check {
	struct mtool *m;
	unsigned int missing; /* without which create cannot work */
};

enum need { NEEDED, USEFUL };

static void tell(struct check *c, bool ok, enum need need, const char *what,
		 const char *cure)
{
	const char *word = ok ? "ok" : need == NEEDED ? "MISSING" : "absent";

	if (ok)
		printf("%-8s %s\n", word, what);
	else
		printf("%-8s %-34s %s\n", word, what, cure);
	if (!ok && need == NEEDED)
		c->missing++;
}

static void check_memory(const struct hyp_host *host)
{
	printf("%-8s free memory: %llu of %llu MiB\n", "fact",
	       (unsigned long long)host->free_kb / 1024,
	       (unsigned long long)host->total_kb / 1024);
}

static void check_xen(struct check *c)
{
	struct hyp_host host;
	struct err e;
	struct hyp *h = hyp_open(&c->m->log, &e);
	bool ok = h && !hyp_host_info(h, &host, &e);
	char text[96];

	if (ok)
		snprintf(text, sizeof(text), "Xen %s", host.version);
	tell(c, ok, NEEDED, ok ? text : "Xen",
	     geteuid() ? "be root" : "boot under Xen; modprobe xen-privcmd");
	if (ok) {
		tell(c, host.hvm, NEEDED, "HVM guests",
		     "enable VT-x or SVM in the firmware");
		tell(c, host.pv, NEEDED, "PV domains (the stubdomain is one)",
		     "a Xen built with CONFIG_PV");
		tell(c, host.directio, USEFUL, "IOMMU (PCI passthrough only)",
		     "enable VT-d or AMD-Vi in the firmware");
		check_memory(&host);
	}
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

	tell(c, xs, NEEDED, "xenstored", "start it");
	xs_disconnect(xs);
}

/* Built in, or loaded: either way the backend has a directory in sysfs. */
static void check_module(struct check *c, const char *sysfs, const char *name,
			 enum need need)
{
	char what[64], cure[64];

	snprintf(what, sizeof(what), "%s", name);
	snprintf(cure, sizeof(cure), "modprobe %s", name);
	tell(c, !access(sysfs, F_OK), need, what, cure);
}

static void check_file(struct check *c, const char *name, const char *path,
		       const char *cure)
{
	char what[300];

	snprintf(what, sizeof(what), "%s %s", name, path);
	tell(c, !access(path, R_OK), NEEDED, what, cure);
}

static void check_files(struct check *c)
{
	const struct vm_config none = {.bios = BIOS_SEABIOS};
	const struct vm_config ovmf = {.bios = BIOS_OVMF};
	struct vm_paths paths, uefi;

	vm_paths_find(&paths, &none);
	vm_paths_find(&uefi, &ovmf);
	check_file(c, "hvmloader", paths.hvmloader,
		   "install Xen's firmware (Debian: xen-utils)");
	check_file(c, "SeaBIOS", paths.bios,
		   "install it (Debian: seabios), or set bios_path_override");
	tell(c, !access(uefi.bios, R_OK), USEFUL, "OVMF (bios=\"ovmf\" only)",
	     "install it (Debian: ovmf)");
	check_file(c, "stub kernel", paths.kernel,
		   "make stubdom install, or set stubdomain_kernel");
	check_file(c, "stub initrd", paths.ramdisk,
		   "make stubdom install, or set stubdomain_ramdisk");
}

int cmd_check_host(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct check c = {.m = m};

	if (cmd_option(argc, argv, "+", "", e) != -1 ||
	    cmd_words(argc, argv, 0, 0, e) < 0)
		return -1;
	check_xen(&c);
	check_device(&c, "/dev/xen/privcmd", "modprobe xen-privcmd");
	check_device(&c, "/dev/xen/evtchn", "modprobe xen-evtchn");
	check_device(&c, "/dev/xen/gntdev", "modprobe xen-gntdev");
	check_xenstore(&c);
	check_module(&c, "/sys/bus/xen-backend/drivers/vbd", "xen-blkback",
		     NEEDED);
	check_module(&c, "/dev/loop-control", "loop", USEFUL);
	check_module(&c, "/sys/bus/xen-backend/drivers/vif", "xen-netback",
		     USEFUL);
	check_module(&c, "/sys/bus/pci/drivers/pciback", "xen-pciback", USEFUL);
	check_module(&c, "/dev/net/tun", "tun", USEFUL);
	check_files(&c);
	if (!c.missing)
		return 0;
	return err_set(e, EXIT_HOST, "check-host: %u thing%s missing",
		       c.missing, c.missing == 1 ? "" : "s");
}
