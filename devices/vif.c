/* SPDX-License-Identifier: MIT */
#include "devices/vif.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/netif.h"
#include "core/vifspec.h"
#include "core/xenbus.h"

#define BACKENDS "/local/domain/0/backend/vif"
#define NETBACK "/sys/bus/xen-backend/drivers/vif"

static int check_bridge(const struct nic_config *n, struct err *e)
{
	if (!netif_exists(n->bridge))
		return err_set(e, EXIT_FAILED,
			       "nic %u: bridge %s: no such interface", n->devid,
			       n->bridge);
	if (!netif_is_bridge(n->bridge))
		return err_set(e, EXIT_FAILED, "nic %u: %s is not a bridge",
			       n->devid, n->bridge);
	return 0;
}

/* What dom0's end of the stub's nic is called, where the guest's has a name. */
static void emu_name(const struct nic_config *n, char name[NIC_NAME_MAX])
{
	snprintf(name, NIC_NAME_MAX, "%.11s-emu", n->vifname);
}

static int check_vifname(const struct nic_config *n, struct err *e)
{
	char emu[NIC_NAME_MAX];
	const char *taken = NULL;

	emu_name(n, emu);
	if (netif_exists(n->vifname))
		taken = n->vifname;
	else if (n->emulated && netif_exists(emu))
		taken = emu;
	if (taken)
		return err_set(e, EXIT_BUSY,
			       "nic %u: vifname %s: there is an interface %s "
			       "already",
			       n->devid, n->vifname, taken);
	return 0;
}

static bool taken(const struct vm_config *cfg, unsigned int first,
		  const uint8_t mac[MAC_LEN])
{
	unsigned int i;

	for (i = first; i < cfg->nr_nic; i++) {
		if (cfg->nic[i].mac_set &&
		    !memcmp(cfg->nic[i].mac, mac, MAC_LEN))
			return true;
	}
	return false;
}

void vif_macs(struct vm_config *cfg)
{
	unsigned int i, attempt;
	uint8_t mac[MAC_LEN];

	for (i = 0; i < cfg->nr_nic; i++) {
		if (cfg->nic[i].mac_set)
			continue;
		attempt = 0;
		do {
			mac_generate(cfg->uuid, cfg->nic[i].devid, attempt++,
				     mac);
		} while (taken(cfg, 0, mac));
		memcpy(cfg->nic[i].mac, mac, MAC_LEN);
		cfg->nic[i].mac_set = true;
	}
}

/* Look at what the backend directory `domid`/`devid` says of its address. */
static int check_mac_of(struct xs *xs, const struct vm_config *cfg,
			unsigned int first, const char *domid,
			const char *devid, struct err *e)
{
	char path[XS_PATH_MAX], text[MAC_TEXT];
	uint8_t mac[MAC_LEN];

	snprintf(path, sizeof(path), BACKENDS "/%.10s/%.10s/mac", domid, devid);
	if (xs_read_str(xs, XBT_NULL, path, text, sizeof(text)) < 0 ||
	    mac_parse(text, mac) < 0 || !taken(cfg, first, mac))
		return 0;
	return err_set(e, EXIT_BUSY, "mac %s: domain %s has it already", text,
		       domid);
}

static int check_macs_of(struct xs *xs, const struct vm_config *cfg,
			 unsigned int first, const char *domid, struct err *e)
{
	char path[XS_PATH_MAX], **devid;
	unsigned int i, nr;
	int rc = 0;

	snprintf(path, sizeof(path), BACKENDS "/%.10s", domid);
	devid = xs_list(xs, XBT_NULL, path, &nr);
	if (!devid && errno != ENOENT)
		return err_sys(e, EXIT_FAILED, "list %s", path);
	for (i = 0; devid && !rc && i < nr; i++)
		rc = check_mac_of(xs, cfg, first, domid, devid[i], e);
	free(devid);
	return rc;
}

static int check_macs(struct xs *xs, const struct vm_config *cfg,
		      unsigned int first, struct err *e)
{
	unsigned int i, nr;
	char **domid;
	int rc = 0;

	domid = xs_list(xs, XBT_NULL, BACKENDS, &nr);
	if (!domid && errno != ENOENT)
		return err_sys(e, EXIT_FAILED, "list %s", BACKENDS);
	for (i = 0; domid && !rc && i < nr; i++)
		rc = check_macs_of(xs, cfg, first, domid[i], e);
	free(domid);
	return rc;
}

static int check_one(const struct nic_config *n, struct err *e)
{
	if (check_bridge(n, e) < 0)
		return -1;
	return *n->vifname ? check_vifname(n, e) : 0;
}

int vif_check(struct xs *xs, struct vm_config *cfg, unsigned int first,
	      struct err *e)
{
	unsigned int i;

	if (first == cfg->nr_nic)
		return 0;
	for (i = first; i < cfg->nr_nic; i++) {
		if (check_one(&cfg->nic[i], e) < 0)
			return -1;
	}
	if (access(NETBACK, F_OK))
		return err_set(e, EXIT_HOST,
			       "vif: dom0 has no netback (module xen-netback)");
	vif_macs(cfg);
	return check_macs(xs, cfg, first, e);
}

int vif_vars(const struct vm_config *cfg, unsigned int first,
	     struct plan_vars *vars, struct err *e)
{
	char name[PLAN_VAR_NAME];
	unsigned int i, mtu;

	for (i = first; i < cfg->nr_nic; i++) {
		if (cfg->nic[i].mtu)
			continue;
		if (netif_get_mtu(cfg->nic[i].bridge, &mtu, e) < 0)
			return err_in(e, "nic %u", cfg->nic[i].devid);
		snprintf(name, sizeof(name), "nic%u.mtu", i);
		plan_set(vars, name, "%u", mtu);
	}
	return 0;
}

int vif_devid(const struct vm_config *cfg, unsigned int place,
	      enum plan_dom dom)
{
	unsigned int i;
	int devid = 0;

	if (dom == DOM_TARGET)
		return (int)cfg->nic[place].devid;
	if (!cfg->nic[place].emulated)
		return -1;
	for (i = 0; i < place; i++)
		devid += cfg->nic[i].emulated;
	return devid;
}

static void stub_mac(const struct nic_config *n, unsigned int place,
		     char buf[NIC_MAC_TEXT])
{
	uint8_t mac[MAC_LEN];

	mac_for_stub(n->mac, mac);
	if (n->mac_set)
		mac_text(mac, buf);
	else
		snprintf(buf, NIC_MAC_TEXT, PLAN_VAR("nic%u.stub-mac"), place);
}

static void mtu_value(const struct nic_config *n, unsigned int place, char *buf,
		      size_t size)
{
	if (n->mtu)
		snprintf(buf, size, "%u", n->mtu);
	else
		snprintf(buf, size, PLAN_VAR("nic%u.mtu"), place);
}

/* Written empty with the others, and again when the nic is in its bridge. */
static const char plugged_key[] = "hotplug-status", plugged[] = "connected";

static void dom0_name(const struct nic_config *n, enum plan_dom dom,
		      char name[NIC_NAME_MAX])
{
	if (*n->vifname && dom == DOM_STUB)
		emu_name(n, name);
	else
		snprintf(name, NIC_NAME_MAX, "%s", n->vifname);
}

/*
 * Without `script` netback does not start (netback_probe); hotplug-status,
 * there but empty, makes it wait for plug().
 */
static void backend_nodes(struct plan *p, const struct xenbus_pair *x,
			  const struct nic_config *n, enum plan_dom dom,
			  int devid, const char *mac)
{
	char name[NIC_NAME_MAX];

	dom0_name(n, dom, name);
	plan_node(p, NULL, x->back, "script", "/etc/xen/scripts/vif-bridge");
	if (*name)
		plan_node(p, NULL, x->back, "vifname", "%s", name);
	plan_node(p, NULL, x->back, "mac", "%s", mac);
	if (*n->ip)
		plan_node(p, NULL, x->back, "ip", "%s", n->ip);
	if (n->rate_usec)
		plan_node(p, NULL, x->back, "rate", "%llu,%u",
			  (unsigned long long)n->rate_bytes, n->rate_usec);
	if (n->mtu)
		plan_node(p, NULL, x->back, "mtu", "%u", n->mtu);
	plan_node(p, NULL, x->back, "bridge", "%s", n->bridge);
	plan_node(p, NULL, x->back, "handle", "%d", devid);
	plan_node(p, NULL, x->back, "type",
		  dom == DOM_TARGET && n->emulated ? "vif_ioemu" : "vif");
	plan_node(p, NULL, x->back, plugged_key, "%s", "");
}

void vif_plan_nic(struct plan *p, const struct vm_config *cfg,
		  unsigned int place, enum plan_dom dom)
{
	const struct nic_config *n = &cfg->nic[place];
	char mac[NIC_MAC_TEXT], mtu[PLAN_VAR_NAME + 2];
	int devid = vif_devid(cfg, place, dom);
	struct xenbus_pair x;

	if (devid < 0)
		return;
	if (dom == DOM_TARGET)
		vifspec_mac(n, place, mac);
	else
		stub_mac(n, place, mac);
	mtu_value(n, place, mtu, sizeof(mtu));
	xenbus_pair(&x, dom, "vif", (unsigned int)devid);
	xenbus_nodes(p, &x, dom);
	plan_node(p, NULL, x.front, "handle", "%d", devid);
	plan_node(p, NULL, x.front, "mac", "%s", mac);
	plan_node(p, x.fixed_perm, x.front, "mtu", "%s", mtu);
	plan_node(p, NULL, x.front, "trusted", "%d", !n->untrusted);
	backend_nodes(p, &x, n, dom, devid, mac);
}

void vif_plan_nodes(struct plan *p, const struct vm_config *cfg,
		    enum plan_dom dom)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_nic; i++)
		vif_plan_nic(p, cfg, i, dom);
}

/* " vif<T>.0" or " vif<T>.0 as NAME"; nothing if `dom` has no such nic. */
static void end_title(const struct vm_config *cfg, unsigned int place,
		      enum plan_dom dom, char *buf, size_t size)
{
	int devid = vif_devid(cfg, place, dom);
	char name[NIC_NAME_MAX];

	dom0_name(&cfg->nic[place], dom, name);
	if (devid < 0)
		*buf = '\0';
	else
		snprintf(buf, size, " vif%s.%d%s%s",
			 dom == DOM_TARGET ? PLAN_T : PLAN_S, devid,
			 *name ? " as " : "", name);
}

static void plan_plugged(struct plan *p, const struct vm_config *cfg,
			 unsigned int place, enum plan_dom dom)
{
	int devid = vif_devid(cfg, place, dom);
	struct xenbus_pair x;

	if (devid < 0)
		return;
	xenbus_pair(&x, dom, "vif", (unsigned int)devid);
	plan_node(p, NULL, x.back, plugged_key, "%s", plugged);
}

void vif_plan_ports(struct plan *p, const struct vm_config *cfg)
{
	char target[64], stub[64];
	unsigned int i;

	for (i = 0; i < cfg->nr_nic; i++) {
		end_title(cfg, i, DOM_TARGET, target, sizeof(target));
		end_title(cfg, i, DOM_STUB, stub, sizeof(stub));
		plan_step(p, OP_PORT, DOM_HOST, GROUP_STARTUP,
			  "nics of the target are those of the stub, too",
			  "nic %u: put%s%s%s into bridge %s once there", i,
			  target, *stub ? " and" : "", stub,
			  cfg->nic[i].bridge);
		plan_step_index(p, i);
		plan_plugged(p, cfg, i, DOM_TARGET);
		plan_plugged(p, cfg, i, DOM_STUB);
	}
}

/*
 * netback tells of InitWait first and makes the interface then. In sysfs that
 * is before its IPv6 settings are there (Linux, register_netdevice); what sets
 * the name or the MTU waits until the kernel is done with it, for rtnl.
 */
static int plug(struct xenbus_dev *d, struct xs *xs, struct err *e)
{
	const struct vif_port *port = d->ctx;
	unsigned int mtu = port->mtu;
	char path[XS_PATH_MAX];

	if (!netif_exists(port->netdev))
		return 1;
	if (!mtu && netif_get_mtu(port->bridge, &mtu, e) < 0)
		return -1;
	if (strcmp(port->name, port->netdev) &&
	    netif_rename(port->netdev, port->name, e) < 0)
		return -1;
	if (netif_set_mtu(port->name, mtu, e) < 0 ||
	    netif_no_ipv6(port->name, e) < 0 ||
	    netif_bridge_add(port->bridge, port->name, e) < 0 ||
	    netif_up(port->name, e) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/%s", d->back, plugged_key);
	if (xs_put(xs, XBT_NULL, path, plugged) < 0)
		return err_sys(e, EXIT_FAILED, "write %s", path);
	return 0;
}

void vif_dev(struct xenbus_dev *d, struct vif_port *port,
	     const struct vm_config *cfg, unsigned int place, enum plan_dom dom,
	     uint32_t domid)
{
	const struct nic_config *n = &cfg->nic[place];
	int devid = vif_devid(cfg, place, dom);
	char name[24];

	snprintf(name, sizeof(name), "nic %u", n->devid);
	xenbus_dev(d, "vif", domid, (unsigned int)devid, name);
	d->up = plug;
	d->ctx = port;
	snprintf(port->netdev, sizeof(port->netdev), "vif%u.%d", domid, devid);
	dom0_name(n, dom, port->name);
	if (!*port->name)
		strcpy(port->name, port->netdev);
	strcpy(port->bridge, n->bridge);
	port->mtu = n->mtu;
}
