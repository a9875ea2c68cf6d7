/* SPDX-License-Identifier: MIT */
/*
 * The text of one PCI device for a guest, as in xl-pci-configuration(5):
 * [SSSS:]BB:DD.F[@VSLOT] and KEY=VALUE with commas between; `bdf` and `vslot`
 * may also be given as keys.
 */
#ifndef CORE_PCISPEC_H
#define CORE_PCISPEC_H

#include "core/config.h"
#include "core/err.h"

/*
 * Returns 0 and fills *out, or -1 and *e (EXIT_USAGE). What the text does not
 * say is taken from `def`. Allocates nothing.
 */
int pcispec_parse(const char *text, const struct pci_config *def,
		  struct pci_config *out, struct err *e);

enum { PCISPEC_TEXT = 128 };

/* The text of a device, from which pcispec_parse makes the same again. */
void pcispec_text(const struct pci_config *p, char buf[PCISPEC_TEXT]);

/*
 * What the backend's node opts-N holds. Only QEMU's own property and
 * pciback's attribute make a device permissive: this tells it to people.
 */
void pcispec_opts(const struct pci_config *p, char buf[PCISPEC_TEXT]);

#endif
