/* SPDX-License-Identifier: MIT */
/* Which nics a running domain has, as dom0's half of xenstore tells. */
#ifndef DEVICES_VIFLIST_H
#define DEVICES_VIFLIST_H

#include <stdbool.h>
#include <stdint.h>
#include "core/config.h"
#include "core/err.h"
#include "core/xs.h"

enum { VIF_LIST_MAX = 64 }; /* nics of one domain that are looked at */

struct vif_entry {
	unsigned int devid;
	uint8_t mac[MAC_LEN];
	char bridge[NIC_NAME_MAX];
	char netdev[NIC_NAME_MAX]; /* dom0's end */
	bool emulated;		   /* it has an emulated card beside it */
	unsigned int state;	   /* the backend's, an enum xenbus_state */
};

/*
 * The nics of `domid` by number, at most VIF_LIST_MAX. Returns how many, or -1
 * and *e.
 */
int vif_list(struct xs *xs, uint32_t domid, struct vif_entry list[VIF_LIST_MAX],
	     struct err *e);

/* What a backend's state says of its frontend: "connected", "waiting", ... */
const char *vif_state_word(unsigned int state);

#endif
