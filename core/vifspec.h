/* SPDX-License-Identifier: MIT */
/*
 * The text of one network interface, as in xl-network-configuration(5):
 * KEY=VALUE and flags with commas between, all of them optional. What needs a
 * script or another backend domain is refused by name.
 */
#ifndef CORE_VIFSPEC_H
#define CORE_VIFSPEC_H

#include "core/config.h"
#include "core/err.h"

enum { NIC_MAC_TEXT = 32 }; /* MAC_TEXT, or a variable of plans */
enum { NIC_MTU_MIN = 68, NIC_MTU_MAX = 65517 }; /* netback's */

/*
 * Returns 0 and fills *out but for its number, or -1 and *e (EXIT_USAGE).
 * `emulated` is what it is if its type is not given. Allocates nothing.
 */
int vifspec_parse(const char *text, bool emulated, struct nic_config *out,
		  struct err *e);

/*
 * The address of the nic at `place` as a plan shows it: one that is not known
 * yet (vif_macs) is a variable.
 */
void vifspec_mac(const struct nic_config *n, unsigned int place,
		 char buf[NIC_MAC_TEXT]);

/* Whether the stub's QEMU could boot from a network through this `model`. */
bool vifspec_has_rom(const char *model);

#endif
