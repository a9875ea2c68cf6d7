/* SPDX-License-Identifier: MIT */
/*
 * Network interfaces of this kernel, by name, through ioctl and sysfs. All of
 * them: 0, or -1 and *e (EXIT_FAILED) naming the interface.
 */
#ifndef CORE_NETIF_H
#define CORE_NETIF_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/err.h"
#include "core/mac.h"

/* Whether `name` can be one, and whether there is one. */
bool netif_name_ok(const char *name);
bool netif_exists(const char *name);
bool netif_is_bridge(const char *name);

int netif_up(const char *name, struct err *e);
int netif_rename(const char *name, const char *new_name, struct err *e);
int netif_get_mtu(const char *name, unsigned int *mtu, struct err *e);
int netif_set_mtu(const char *name, unsigned int mtu, struct err *e);
int netif_get_mac(const char *name, uint8_t mac[MAC_LEN], struct err *e);
/* The interface must be down: xen-netfront says EBUSY otherwise. */
int netif_set_mac(const char *name, const uint8_t mac[MAC_LEN], struct err *e);

/*
 * Keep this kernel from speaking IPv6 on it: a port of a bridge has no business
 * of its own in the network behind.
 */
int netif_no_ipv6(const char *name, struct err *e);

int netif_bridge_create(const char *bridge, struct err *e);
int netif_bridge_add(const char *bridge, const char *port, struct err *e);

#endif
