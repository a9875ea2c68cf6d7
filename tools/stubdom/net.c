/* SPDX-License-Identifier: MIT */
/*
 * One bridge per NIC, tap - br - eth: a common one would short-circuit the
 * guest's NICs. The stubdomain itself must stay mute on all of them: what it
 * sent would appear in the guest's network under an address of nobody.
 */
#include "tools/stubdom/net.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/netif.h"
#include "tools/stubdom/mount.h"
#include "tools/stubdom/netdev.h"
#include "tools/stubdom/say.h"
#include "tools/stubdom/store.h"

static int bridge_create(const char *bridge, struct err *e)
{
	char knob[96];

	if (netif_bridge_create(bridge, e) < 0)
		return -1;
	snprintf(knob, sizeof(knob), "/sys/class/net/%s/bridge/%s", bridge,
		 "multicast_snooping");
	return knob_set(knob, "0", e);
}

static int bridge_join(const char *bridge, const char *port, struct err *e)
{
	if (netif_bridge_add(bridge, port, e) < 0)
		return -1;
	return netif_up(port, e);
}

/*
 * Persistent, so that it is in the bridge before QEMU opens it by name; QEMU
 * adds its own flags to an existing tap. Its address only has to differ from
 * all others.
 */
static int tap_create(const struct nic *nic, struct err *e)
{
	uint8_t mac[MAC_LEN] = {0xfe, 0xff, 0xff, 0xff, 0xfe, 0xf0};
	struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_sys(e, EXIT_FAILED, "open /dev/net/tun");
	memcpy(r.ifr_name, nic->tap, sizeof(r.ifr_name));
	rc = ioctl(fd, TUNSETIFF, &r);
	if (rc == 0)
		rc = ioctl(fd, TUNSETPERSIST, 1);
	if (rc < 0)
		err_sys(e, EXIT_FAILED, "create tap");
	close(fd);
	if (rc < 0)
		return -1;
	mac[MAC_LEN - 1] = (uint8_t)(mac[MAC_LEN - 1] + nic->nr);
	return netif_set_mac(nic->tap, mac, e);
}

/*
 * The name of the interface that vif `nr` became: eth<nr> if the vifs are
 * numbered without a gap.
 */
static int vif_name(unsigned int nr, char name[IFNAMSIZ], struct err *e)
{
	char path[64];
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/xen/devices/vif-%u/net", nr);
	dir = opendir(path);
	if (!dir)
		return err_sys(e, EXIT_FAILED, "the stubdomain has no vif %u",
			       nr);
	do {
		d = readdir(dir);
	} while (d && d->d_name[0] == '.');
	if (d)
		snprintf(name, IFNAMSIZ, "%.*s", IFNAMSIZ - 1, d->d_name);
	closedir(dir);
	return d ? 0 : err_set(e, EXIT_FAILED, "vif %u: no interface", nr);
}

/*
 * A toolstack may give the stubdomain's vif the guest's own address, as libxl
 * does. In a bridge it is then local, and no frame ever reaches the guest.
 */
static int vif_unlike_guest(const char *eth, const struct argv *args,
			    unsigned int nr, struct err *e)
{
	uint8_t ours[MAC_LEN] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xf0};
	uint8_t mac[MAC_LEN];
	char text[MAC_TEXT], guest[MAC_TEXT];

	if (netif_get_mac(eth, mac, e) < 0)
		return -1;
	mac_text(mac, text);
	if (netdev_guest_mac(args, nr, guest) && strcasecmp(text, guest))
		return 0;
	ours[MAC_LEN - 1] = (uint8_t)(ours[MAC_LEN - 1] + nr);
	return netif_set_mac(eth, ours, e);
}

/*
 * A bridge drops what is longer than its port's MTU. The guest may have been
 * promised more than the usual, and no driver reads that node for us.
 */
static int set_mtu(struct xs *xs, const struct nic *nic, const char *eth,
		   struct err *e)
{
	unsigned int mtu = store_vif_mtu(xs, nic->nr);

	if (!mtu)
		return 0;
	if (netif_set_mtu(eth, mtu, e) < 0)
		return -1;
	return netif_set_mtu(nic->tap, mtu, e);
}

static int nic_setup(struct xs *xs, const struct argv *args,
		     const struct nic *nic, struct err *e)
{
	char bridge[IFNAMSIZ], eth[IFNAMSIZ];

	/* first of all, and alone: QEMU does not start without its tap */
	if (tap_create(nic, e) < 0)
		return -1;
	snprintf(bridge, sizeof(bridge), "br%u", nic->nr);
	if (vif_name(nic->nr, eth, e) < 0 ||
	    vif_unlike_guest(eth, args, nic->nr, e) < 0 ||
	    set_mtu(xs, nic, eth, e) < 0)
		return -1;
	if (bridge_create(bridge, e) < 0 ||
	    bridge_join(bridge, nic->tap, e) < 0 ||
	    bridge_join(bridge, eth, e) < 0 || netif_up(bridge, e) < 0)
		return err_in(e, "%s", bridge);
	return 0;
}

static void netdev_setup(struct xs *xs, const struct argv *args,
			 const char *opts)
{
	struct nic nic;
	struct err e;

	switch (netdev_parse(opts, &nic)) {
	case NETDEV_TAP:
		if (nic_setup(xs, args, &nic, &e) < 0)
			say("nic %u (%s): %s", nic.nr, nic.tap, e.msg);
		break;
	case NETDEV_UNKNOWN:
		say("a tap without ifname= and id=net<N> is not connected");
		break;
	case NETDEV_OTHER:
		break;
	}
}

void net_setup(struct xs *xs, const struct argv *args)
{
	unsigned int i;
	struct err e;

	/* all means what is there and what is to come; off before any is up */
	if (knob_set("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1", &e) < 0)
		say("%s", e.msg);
	for (i = 0; i + 1 < args->n; i++) {
		if (!strcmp(args->v[i], "-netdev"))
			netdev_setup(xs, args, args->v[i + 1]);
	}
}
