/* SPDX-License-Identifier: MIT */
/*
 * Network interfaces. The kernel's netback serves them for both domains of a
 * VM: the guest's PV driver has vif<target>.<N> of dom0, and the stubdomain,
 * whose QEMU emulates the same card, vif<stub>.<K>. Both are ports of one
 * bridge; which of the two carries the traffic is the guest's choice.
 */
#ifndef DEVICES_VIF_H
#define DEVICES_VIF_H

#include "core/config.h"
#include "core/err.h"
#include "core/plan.h"
#include "core/xs.h"
#include "devices/xenbus.h"

/*
 * Give an address to each nic that has none: it follows from cfg->uuid and
 * the nic's place, so a VM has the same ones at each start.
 */
void vif_macs(struct vm_config *cfg);

/*
 * Check the nics from place `first` on: that each one's bridge is there and
 * is one, that no interface has its vifname, that dom0 has netback, and that
 * no domain of this host has a nic with its address; vif_macs is called for
 * those without. -1 and *e: EXIT_FAILED; EXIT_BUSY for a name or address that
 * is taken; EXIT_HOST without netback.
 */
int vif_check(struct xs *xs, struct vm_config *cfg, unsigned int first,
	      struct err *e);

/*
 * Set the plan's variables nic<place>.mtu, from the bridges, for the nics from
 * place `first` on.
 */
int vif_vars(const struct vm_config *cfg, unsigned int first,
	     struct plan_vars *vars, struct err *e);

/*
 * Append the nodes of all nics of one of the two domains. A nic without
 * address (a plan that is only shown) has a variable in its place.
 */
void vif_plan_nodes(struct plan *p, const struct vm_config *cfg,
		    enum plan_dom dom);

/* The same for the nic at `place` alone. */
void vif_plan_nic(struct plan *p, const struct vm_config *cfg,
		  unsigned int place, enum plan_dom dom);

/*
 * The steps that put each nic's ends into its bridge, once they are there:
 * their index is the nic's place.
 */
void vif_plan_ports(struct plan *p, const struct vm_config *cfg);

/* Dom0's end of one nic, on its way into the bridge. */
struct vif_port {
	char netdev[NIC_NAME_MAX]; /* what netback calls the interface */
	char name[NIC_NAME_MAX];   /* what it is called in the end */
	char bridge[NIC_NAME_MAX];
	unsigned int mtu; /* 0: the bridge's */
};

/*
 * The number of nic `place` in `dom`, or -1 if it has none there. The stub's
 * are those of the emulated ones, numbered without a gap.
 */
int vif_devid(const struct vm_config *cfg, unsigned int place,
	      enum plan_dom dom);

/*
 * Fill in *d and *port, which belong together, for the nic `place` of domain
 * `domid`, which is `dom`. When the backend is up, which is when netback has
 * made the interface, d->up does what xl's vif-bridge does, without a script:
 * the interface gets its name and MTU, joins the bridge, is up, and the
 * backend is told. It vanishes with the backend's nodes, from the bridge too.
 */
void vif_dev(struct xenbus_dev *d, struct vif_port *port,
	     const struct vm_config *cfg, unsigned int place, enum plan_dom dom,
	     uint32_t domid);

#endif
