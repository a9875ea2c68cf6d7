/* SPDX-License-Identifier: MIT */
/*
 * One bridge per NIC, tap - br - eth: a common one would short-circuit the
 * guest's NICs. The stubdomain itself must stay mute on all of them: what it
 * sent would appear in the guest's network under an address of nobody.
 */
#include "tools/stubdom/net.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/stubdom/mount.h"
#include "tools/stubdom/netdev.h"
#include "tools/stubdom/say.h"

/* `arg` is a struct ifreq but for SIOCBRADDBR, which takes a bare name. */
static int if_ioctl(unsigned long request, void *arg, struct err *e)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return err_sys(e, EXIT_FAILED, "socket");
	rc = ioctl(fd, request, arg);
	if (rc < 0)
		err_sys(e, EXIT_FAILED, "ioctl %#lx", request);
	close(fd);
	return rc < 0 ? -1 : 0;
}

static struct ifreq if_named(const char *name)
{
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	return r;
}

static int if_up(const char *name, struct err *e)
{
	struct ifreq r = if_named(name);

	if (if_ioctl(SIOCGIFFLAGS, &r, e) < 0)
		return -1;
	r.ifr_flags |= IFF_UP;
	return if_ioctl(SIOCSIFFLAGS, &r, e);
}

static int if_get_mac(const char *name, char mac[MAC_TEXT], struct err *e)
{
	struct ifreq r = if_named(name);
	uint8_t b[ETH_ALEN];

	if (if_ioctl(SIOCGIFHWADDR, &r, e) < 0)
		return -1;
	memcpy(b, r.ifr_hwaddr.sa_data, ETH_ALEN);
	snprintf(mac, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5]);
	return 0;
}

/* The interface must be down: xen-netfront says EBUSY otherwise. */
static int if_set_mac(const char *name, const uint8_t mac[ETH_ALEN],
		      struct err *e)
{
	struct ifreq r = if_named(name);

	r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(r.ifr_hwaddr.sa_data, mac, ETH_ALEN);
	return if_ioctl(SIOCSIFHWADDR, &r, e);
}

static int bridge_create(char *bridge, struct err *e)
{
	char knob[96];

	if (if_ioctl(SIOCBRADDBR, bridge, e) < 0)
		return -1;
	snprintf(knob, sizeof(knob), "/sys/class/net/%s/bridge/%s", bridge,
		 "multicast_snooping");
	return knob_set(knob, "0", e);
}

static int bridge_join(const char *bridge, const char *port, struct err *e)
{
	struct ifreq r = if_named(bridge);

	r.ifr_ifindex = (int)if_nametoindex(port);
	if (!r.ifr_ifindex)
		return err_sys(e, EXIT_FAILED, "%s", port);
	if (if_ioctl(SIOCBRADDIF, &r, e) < 0 || if_up(port, e) < 0)
		return err_in(e, "%s", port);
	return 0;
}

/*
 * Persistent, so that it is in the bridge before QEMU opens it by name; QEMU
 * adds its own flags to an existing tap. Its address only has to differ from
 * all others.
 */
static int tap_create(const struct nic *nic, struct err *e)
{
	uint8_t mac[ETH_ALEN] = {0xfe, 0xff, 0xff, 0xff, 0xfe, 0xf0};
	struct ifreq r = if_named(nic->tap);
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_sys(e, EXIT_FAILED, "open /dev/net/tun");
	r.ifr_flags = IFF_TAP | IFF_NO_PI;
	rc = ioctl(fd, TUNSETIFF, &r);
	if (rc == 0)
		rc = ioctl(fd, TUNSETPERSIST, 1);
	if (rc < 0)
		err_sys(e, EXIT_FAILED, "create tap");
	close(fd);
	if (rc < 0)
		return -1;
	mac[ETH_ALEN - 1] = (uint8_t)(mac[ETH_ALEN - 1] + nic->nr);
	return if_set_mac(nic->tap, mac, e);
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
	uint8_t ours[ETH_ALEN] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xf0};
	char mac[MAC_TEXT], guest[MAC_TEXT];

	if (if_get_mac(eth, mac, e) < 0)
		return -1;
	if (netdev_guest_mac(args, nr, guest) && strcasecmp(mac, guest))
		return 0;
	ours[ETH_ALEN - 1] = (uint8_t)(ours[ETH_ALEN - 1] + nr);
	return if_set_mac(eth, ours, e);
}

static int nic_setup(const struct argv *args, const struct nic *nic,
		     struct err *e)
{
	char bridge[IFNAMSIZ], eth[IFNAMSIZ];

	/* first of all, and alone: QEMU does not start without its tap */
	if (tap_create(nic, e) < 0)
		return -1;
	snprintf(bridge, sizeof(bridge), "br%u", nic->nr);
	if (vif_name(nic->nr, eth, e) < 0 ||
	    vif_unlike_guest(eth, args, nic->nr, e) < 0)
		return -1;
	if (bridge_create(bridge, e) < 0 ||
	    bridge_join(bridge, nic->tap, e) < 0 ||
	    bridge_join(bridge, eth, e) < 0 || if_up(bridge, e) < 0)
		return err_in(e, "%s", bridge);
	return 0;
}

static void netdev_setup(const struct argv *args, const char *opts)
{
	struct nic nic;
	struct err e;

	switch (netdev_parse(opts, &nic)) {
	case NETDEV_TAP:
		if (nic_setup(args, &nic, &e) < 0)
			say("nic %u (%s): %s", nic.nr, nic.tap, e.msg);
		break;
	case NETDEV_UNKNOWN:
		say("a tap without ifname= and id=net<N> is not connected");
		break;
	case NETDEV_OTHER:
		break;
	}
}

void net_setup(const struct argv *args)
{
	unsigned int i;
	struct err e;

	/* all means what is there and what is to come; off before any is up */
	if (knob_set("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1", &e) < 0)
		say("%s", e.msg);
	for (i = 0; i + 1 < args->n; i++) {
		if (!strcmp(args->v[i], "-netdev"))
			netdev_setup(args, args->v[i + 1]);
	}
}
