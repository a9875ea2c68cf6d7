/* SPDX-License-Identifier: MIT */
/* Where distributions put Xen's firmware, and where mtool's own files are. */
#include <glob.h>
#include <stdio.h>
#include <unistd.h>

#include "tools/mtool/vmplan.h"

#ifndef MTOOL_LIBDIR
#define MTOOL_LIBDIR "/usr/local/lib/mtool"
#endif

static const char *const hvmloader_places[] = {
	"/usr/lib/xen-*/boot/hvmloader", /* Debian */
	"/usr/lib/xen/boot/hvmloader",	 /* Alpine, Arch */
	"/usr/libexec/xen/boot/hvmloader",
	"/usr/local/lib/xen/boot/hvmloader",
	NULL,
};

static const char *const seabios_places[] = {
	"/usr/share/seabios/bios-256k.bin",
	"/usr/share/qemu/bios-256k.bin",
	"/usr/share/seabios/bios.bin",
	NULL,
};

static const char *const ovmf_places[] = {
	"/usr/share/ovmf/OVMF.fd",
	"/usr/share/OVMF/OVMF.fd",
	"/usr/lib/xen/boot/ovmf.bin",
	NULL,
};

/* The last match of the first pattern that has one: the newest Xen. */
static void find(char path[VM_PATH_MAX], const char *configured,
		 const char *const *places)
{
	unsigned int i;
	glob_t g;

	snprintf(path, VM_PATH_MAX, "%s", configured ? configured : places[0]);
	for (i = 0; !configured && places[i]; i++) {
		if (glob(places[i], 0, NULL, &g))
			continue;
		snprintf(path, VM_PATH_MAX, "%s", g.gl_pathv[g.gl_pathc - 1]);
		globfree(&g);
		return;
	}
}

void vm_paths_find(struct vm_paths *paths, const struct vm_config *cfg)
{
	static const char *const kernel[] = {MTOOL_LIBDIR "/stubdom-kernel",
					     NULL};
	static const char *const ramdisk[] = {MTOOL_LIBDIR "/stubdom-initrd",
					      NULL};

	find(paths->hvmloader, cfg->hvmloader_path, hvmloader_places);
	find(paths->bios, cfg->bios_path,
	     cfg->bios == BIOS_OVMF ? ovmf_places : seabios_places);
	find(paths->kernel, cfg->stub_kernel, kernel);
	find(paths->ramdisk, cfg->stub_ramdisk, ramdisk);
}
