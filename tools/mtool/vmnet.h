/* SPDX-License-Identifier: MIT */
/* The nics of a running VM. */
#ifndef TOOLS_MTOOL_VMNET_H
#define TOOLS_MTOOL_VMNET_H

#include <jansson.h>
#include <stdbool.h>
#include "core/err.h"
#include "tools/mtool/live.h"

/*
 * Attach the nic of the text (xl-network-configuration) as a PV nic of the
 * guest. On success its driver has it; on failure nothing is left of it.
 * EXIT_BUSY: name or address taken, guest paused; EXIT_TIMEOUT: the guest's
 * driver did not take it.
 */
int net_attach(struct live *l, const char *text, unsigned int limit_s,
	       struct err *e);

/*
 * Detach the guest's nic `who` (a number or an address), and the stub's part
 * of it. EXIT_FAILED if there is none, or the guest uses the emulated card;
 * EXIT_TIMEOUT if the guest does not let go of it, which leaves it as it was.
 * `force` takes it away in both cases: the emulated card stays, without a
 * network.
 */
int net_detach(struct live *l, const char *who, bool force,
	       unsigned int limit_s, struct err *e);

/*
 * All nics of a VM: an array of objects with id, mac, bridge, interface, model
 * (null: PV only) and the PV side's state. NULL and *e if xenstore cannot be
 * asked.
 */
json_t *net_list(struct live *l, struct err *e);
/* The same as lines for people, each behind `before` and its number. */
void net_print(const json_t *nics, const char *before);

#endif
