/* SPDX-License-Identifier: MIT */
/* The stubdomain's half of the guest's emulated NICs. */
#ifndef STUBDOM_NET_H
#define STUBDOM_NET_H

#include "core/xs.h"
#include "tools/stubdom/args.h"

/*
 * For each tap in QEMU's arguments make the tap and a bridge that joins it
 * with the stubdomain's vif of the same number. A NIC that cannot be joined
 * is told and left without a connection: the guest is worth more than a NIC.
 */
void net_setup(struct xs *xs, const struct argv *args);

#endif
