/* SPDX-License-Identifier: MIT */
#include "core/netif.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* `arg` is a struct ifreq but for SIOCBRADDBR, which takes a bare name. */
static int call(unsigned long request, void *arg)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc, saved;

	if (fd < 0)
		return -1;
	rc = ioctl(fd, request, arg);
	saved = errno;
	close(fd);
	errno = saved;
	return rc < 0 ? -1 : 0;
}

static struct ifreq named(const char *name)
{
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	return r;
}

/* The kernel's dev_valid_name, less what would need quoting somewhere. */
bool netif_name_ok(const char *name)
{
	const char *p;

	if (!*name || strlen(name) >= IFNAMSIZ || !strcmp(name, ".") ||
	    !strcmp(name, ".."))
		return false;
	for (p = name; *p; p++) {
		if (*p <= ' ' || *p > '~' || strchr("/:,%\"'\\", *p))
			return false;
	}
	return true;
}

static bool in_sysfs(const char *name, const char *below)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/%.15s%s", name, below);
	return !access(path, F_OK);
}

bool netif_exists(const char *name)
{
	return in_sysfs(name, "");
}

bool netif_is_bridge(const char *name)
{
	return in_sysfs(name, "/bridge");
}

int netif_up(const char *name, struct err *e)
{
	struct ifreq r = named(name);

	if (call(SIOCGIFFLAGS, &r) < 0)
		return err_sys(e, EXIT_FAILED, "%s: flags", name);
	r.ifr_flags |= IFF_UP;
	if (call(SIOCSIFFLAGS, &r) < 0)
		return err_sys(e, EXIT_FAILED, "%s: up", name);
	return 0;
}

int netif_rename(const char *name, const char *new_name, struct err *e)
{
	struct ifreq r = named(name);

	snprintf(r.ifr_newname, sizeof(r.ifr_newname), "%s", new_name);
	if (call(SIOCSIFNAME, &r) < 0)
		return err_sys(e, EXIT_FAILED, "%s: rename to %s", name,
			       new_name);
	return 0;
}

int netif_get_mtu(const char *name, unsigned int *mtu, struct err *e)
{
	struct ifreq r = named(name);

	if (call(SIOCGIFMTU, &r) < 0)
		return err_sys(e, EXIT_FAILED, "%s: MTU", name);
	*mtu = (unsigned int)r.ifr_mtu;
	return 0;
}

int netif_set_mtu(const char *name, unsigned int mtu, struct err *e)
{
	struct ifreq r = named(name);

	r.ifr_mtu = (int)mtu;
	if (call(SIOCSIFMTU, &r) < 0)
		return err_sys(e, EXIT_FAILED, "%s: MTU %u", name, mtu);
	return 0;
}

int netif_get_mac(const char *name, uint8_t mac[MAC_LEN], struct err *e)
{
	struct ifreq r = named(name);

	if (call(SIOCGIFHWADDR, &r) < 0)
		return err_sys(e, EXIT_FAILED, "%s: address", name);
	memcpy(mac, r.ifr_hwaddr.sa_data, MAC_LEN);
	return 0;
}

int netif_set_mac(const char *name, const uint8_t mac[MAC_LEN], struct err *e)
{
	struct ifreq r = named(name);

	r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(r.ifr_hwaddr.sa_data, mac, MAC_LEN);
	if (call(SIOCSIFHWADDR, &r) < 0)
		return err_sys(e, EXIT_FAILED, "%s: set address", name);
	return 0;
}

int netif_no_ipv6(const char *name, struct err *e)
{
	char path[80];
	int fd, rc;

	snprintf(path, sizeof(path),
		 "/proc/sys/net/ipv6/conf/%.15s/disable_ipv6", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0; /* it speaks none */
	if (fd < 0)
		return err_sys(e, EXIT_FAILED, "open %s", path);
	rc = write(fd, "1", 1) == 1 ? 0 : err_sys(e, EXIT_FAILED, "%s", path);
	close(fd);
	return rc;
}

int netif_bridge_create(const char *bridge, struct err *e)
{
	struct ifreq r = named(bridge);

	if (call(SIOCBRADDBR, r.ifr_name) < 0)
		return err_sys(e, EXIT_FAILED, "%s: make a bridge", bridge);
	return 0;
}

int netif_bridge_add(const char *bridge, const char *port, struct err *e)
{
	struct ifreq r = named(bridge);

	r.ifr_ifindex = (int)if_nametoindex(port);
	if (!r.ifr_ifindex || call(SIOCBRADDIF, &r) < 0)
		return err_sys(e, EXIT_FAILED, "%s: join bridge %s", port,
			       bridge);
	return 0;
}
