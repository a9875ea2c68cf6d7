/* SPDX-License-Identifier: MIT */
/*
 * dom0's driver for PCI devices that are passed through, xen-pciback: taking a
 * device and giving it back, and what it lets a guest do with it. All through
 * sysfs; `root` is as in devices/pcisys.h.
 */
#ifndef DEVICES_PCIBACK_H
#define DEVICES_PCIBACK_H

#include <stdbool.h>
#include "core/bdf.h"
#include "core/err.h"

#define PCIBACK "pciback"

/* EXIT_HOST if dom0 has no pciback. */
int pciback_check(int root, struct err *e);

/*
 * Whether a device has the same address in the stubdomain as in dom0, as its
 * QEMU expects: 1, 0 or, if this pciback does not tell, -1.
 */
int pciback_same_address(int root);

/*
 * Let go of the device, whichever driver has it; have pciback take it, or give
 * it up; have `driver` take it. Each is done already if it is so already.
 */
int pci_unbind(int root, const struct bdf *b, struct err *e);
int pciback_take(int root, const struct bdf *b, struct err *e);
int pciback_give_up(int root, const struct bdf *b, struct err *e);
int pci_bind(int root, const struct bdf *b, const char *driver, struct err *e);

/* Whether pciback has it. */
bool pciback_has(int root, const struct bdf *b);

/*
 * Reset it by what the kernel offers. 1 if it offers nothing; -1 and *e if
 * that fails.
 */
int pci_reset(int root, const struct bdf *b, struct err *e);

/* Whether pciback lets config-space writes through unseen. */
bool pciback_is_permissive(int root, const struct bdf *b);

/*
 * Make it so and see that it is; or not so, for which pciback takes the device
 * anew: no guest may have it then.
 */
int pciback_permissive(int root, const struct bdf *b, bool on, struct err *e);

/*
 * Let the guest's device model switch MSI on (allow_interrupt_control). pciback
 * forgets it with each guest. 1 if this pciback does not know it.
 */
int pciback_interrupts(int root, const struct bdf *b, struct err *e);

#endif
