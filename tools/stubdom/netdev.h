/* SPDX-License-Identifier: MIT */
/* What QEMU's arguments say about the guest's emulated NICs. */
#ifndef STUBDOM_NETDEV_H
#define STUBDOM_NETDEV_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include "core/mac.h"
#include "tools/stubdom/args.h"

enum {
	NIC_MAX = 16, /* the last hex digit of the addresses we give out */
};

/* An emulated NIC: number N joins the tap with the stubdomain's vif N. */
struct nic {
	unsigned int nr;
	char tap[IFNAMSIZ];
};

enum netdev_kind {
	NETDEV_OTHER,	/* not a tap, or a tap that QEMU is handed open */
	NETDEV_TAP,	/* *nic is filled */
	NETDEV_UNKNOWN, /* a tap, but not which vif it belongs to */
};

/*
 * The value of `key` in a QEMU option string ("a=b,c=d", a comma in a value
 * doubled; the last one counts). False if there is none or it does not fit.
 */
bool opt_get(const char *opts, const char *key, char *value, size_t size);

/* Understand the value of a -netdev option. */
enum netdev_kind netdev_parse(const char *opts, struct nic *nic);

/*
 * The guest's address for NIC `nr`, as the -device with netdev=net<nr> has
 * it. False if there is none.
 */
bool netdev_guest_mac(const struct argv *args, unsigned int nr,
		      char mac[MAC_TEXT]);

#endif
