/* SPDX-License-Identifier: MIT */
/* The text of a nic, against xl-network-configuration(5). */
#include "core/vifspec.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

/* All of a nic as one text, what is not set left out. */
static const char *all_of(const struct nic_config *n, char *buf, size_t size)
{
	char mac[NIC_MAC_TEXT] = "-", mtu[24] = "", rate[48] = "";

	if (n->mac_set)
		vifspec_mac(n, 0, mac);
	if (n->mtu)
		snprintf(mtu, sizeof(mtu), " mtu %u", n->mtu);
	if (n->rate_usec)
		snprintf(rate, sizeof(rate), " rate %llu,%u",
			 (unsigned long long)n->rate_bytes, n->rate_usec);
	snprintf(buf, size, "%s %s %s%s%s%s%s%s%s%s", mac, n->bridge,
		 n->emulated ? n->model : "pv", *n->vifname ? " name " : "",
		 n->vifname, mtu, rate, *n->ip ? " ip " : "", n->ip,
		 n->untrusted ? " untrusted" : "");
	return buf;
}

#define PLAIN "- xenbr0 rtl8139"

static const struct {
	const char *text, *want;
} good[] = {
	/* the manual's examples, */
	{"", PLAIN},
	{"mac=00:16:3E:74:3d:76,model=rtl8139,bridge=xenbr0",
	 "00:16:3e:74:3d:76 xenbr0 rtl8139"},
	{"mac=00:16:3E:74:34:32", "00:16:3e:74:34:32 xenbr0 rtl8139"},
	{"mac=00:16:3e:5f:48:e4,bridge=xenbr1",
	 "00:16:3e:5f:48:e4 xenbr1 rtl8139"},
	{"rate=10Mb/s", PLAIN " rate 62500,50000"},
	{"rate=250KB/s", PLAIN " rate 12500,50000"},
	{"rate=1MB/s@20ms", PLAIN " rate 20000,20000"},
	/* and the other forms of a rate */
	{"rate=800b/s@1s", PLAIN " rate 100,1000000"},
	{"rate=100B/s@1s", PLAIN " rate 100,1000000"},
	{"rate=8Kb/s@1", PLAIN " rate 1000,1000000"},
	{"rate=1Gb/s", PLAIN " rate 6250000,50000"},
	{"rate=1GB/s@10us", PLAIN " rate 10000,10"},
	{"rate=1MB/s@20m", PLAIN " rate 20000,20000"},
	{"rate=1MB/s@20u", PLAIN " rate 20,20"},
	{"rate=4294967295GB/s@1ms", PLAIN " rate 4294967295000000,1000"},
	{"rate=1B/s@4294s", PLAIN " rate 4294,4294000000"},
	/* kinds */
	{"type=vif", "- xenbr0 pv"},
	{"type=vif,model=e1000", "- xenbr0 pv"},
	{"type=ioemu", PLAIN},
	{"model=e1000", "- xenbr0 e1000"},
	{"model=e1000e", "- xenbr0 e1000e"},
	{"model=virtio-net-pci", "- xenbr0 virtio-net-pci"},
	{"model=virtio-net", "- xenbr0 virtio-net"},
	{"model=virtio-net-pci-non-transitional",
	 "- xenbr0 virtio-net-pci-non-transitional"},
	/* names */
	{"vifname=elevenchars", PLAIN " name elevenchars"},
	{"type=vif,vifname=fifteen-letters",
	 "- xenbr0 pv name fifteen-letters"},
	{"vifname=fifteen-letters,type=vif",
	 "- xenbr0 pv name fifteen-letters"},
	{"bridge=fifteen-letters", "- fifteen-letters rtl8139"},
	{"bridge=br.100", "- br.100 rtl8139"},
	/* the rest */
	{"mtu=68", PLAIN " mtu 68"},
	{"mtu=65517", PLAIN " mtu 65517"},
	{"ip=192.0.2.1", PLAIN " ip 192.0.2.1"},
	{"ip=192.0.2.0/24 2001:db8::1 fe80::/64",
	 PLAIN " ip 192.0.2.0/24 2001:db8::1 fe80::/64"},
	{"untrusted", PLAIN " untrusted"},
	{"trusted", PLAIN},
	{"backend=0", PLAIN},
	{"backend=Domain-0", PLAIN},
	{"script=vif-bridge", PLAIN},
	{"script=/etc/xen/scripts/vif-bridge", PLAIN},
	/* commas and blanks */
	{"mtu=68,", PLAIN " mtu 68"},
	{",,mtu=68", PLAIN " mtu 68"},
	{"  mtu=68,  bridge=b", "- b rtl8139 mtu 68"},
	{"mtu=68, ", PLAIN " mtu 68"},
};

#define NO_RATE "rate is not like 10Mb/s or 250KB/s@20ms: "
#define NO_INTERVAL "rate: no interval like 20ms, 500us or 1s: "
#define NO_MTU "mtu is not a number in 68..65517: "
#define NO_MODEL                                                       \
	"the stubdomain's QEMU has no such model (rtl8139, e1000 and " \
	"virtio-net-pci are the usual ones): "
#define NO_SCRIPT                                                       \
	"mtool runs no scripts: it adds the nic to its bridge itself, " \
	"instead "                                                      \
	"of script: "

static const struct {
	const char *text, *want;
} bad[] = {
	{"mac=", "mac is not like 00:16:3e:01:02:03: nothing"},
	{"mac=00:16:3e:1", "mac is not like 00:16:3e:01:02:03: 00:16:3e:1"},
	{"mac=01:00:5e:00:00:01",
	 "mac 01:00:5e:00:00:01 is a multicast address"},
	{"bridge=", "bridge cannot be the name of an interface: nothing"},
	{"bridge=sixteen-letters-",
	 "bridge: more than 15 characters: sixteen-letters-"},
	{"bridge=a/b", "bridge cannot be the name of an interface: a/b"},
	{"bridge=..", "bridge cannot be the name of an interface: .."},
	{"bridge=a b", "bridge cannot be the name of an interface: a b"},
	{"bridge=a:1", "bridge cannot be the name of an interface: a:1"},
	{"vifname=twelve-chars",
	 "vifname: more than 11 characters (-emu is to fit behind it): "
	 "twelve-chars"},
	{"type=vif,vifname=sixteen-letters-",
	 "vifname: more than 15 characters: sixteen-letters-"},
	{"vifname=a%d", "vifname cannot be the name of an interface: a%d"},
	{"type=", "type is neither ioemu nor vif: nothing"},
	{"type=ioemu ", "type is neither ioemu nor vif: ioemu "},
	{"model=", NO_MODEL "nothing"},
	{"model=ne2k_isa", NO_MODEL "ne2k_isa"},
	{"model=e1000;x", NO_MODEL "e1000;x"},
	{"mtu=67", NO_MTU "67"},
	{"mtu=65518", NO_MTU "65518"},
	{"mtu=1500x", NO_MTU "1500x"},
	{"mtu=-1", NO_MTU "-1"},
	{"mtu=", NO_MTU "nothing"},
	{"rate=", NO_RATE "nothing"},
	{"rate=10", NO_RATE "10"},
	{"rate=10Mb", NO_RATE "10Mb"},
	{"rate=10mb/s", NO_RATE "10mb/s"},
	{"rate=Mb/s", NO_RATE "Mb/s"},
	{"rate=0Mb/s", NO_RATE "0Mb/s"},
	{"rate=-1Mb/s", NO_RATE "-1Mb/s"},
	{"rate=4294967296B/s", NO_RATE "4294967296B/s"},
	{"rate=99999999999999999999999999999999999999B/s",
	 NO_RATE "99999999999999999999999999999999999999B/s"},
	{"rate=10Mb/sec", NO_RATE "10Mb/sec"},
	{"rate=@1s", NO_RATE "@1s"},
	{"rate=1MB/s@", NO_INTERVAL "@"},
	{"rate=1MB/s@0s", NO_INTERVAL "@0s"},
	{"rate=1MB/s@5h", NO_INTERVAL "@5h"},
	{"rate=1MB/s@1ns", NO_INTERVAL "@1ns"},
	{"rate=1MB/s@4295s", NO_INTERVAL "@4295s"},
	{"rate=1MB/s@1s@1s", NO_INTERVAL "@1s@1s"},
	{"rate=1b/s", "rate: less than one byte in an interval: 1b/s"},
	{"rate=4294967295GB/s@4294s",
	 "rate: more than can be counted: 4294967295GB/s@4294s"},
	{"ip=", "ip is not an address: nothing"},
	{"ip=192.0.2", "ip is not an address: 192.0.2"},
	{"ip=192.0.2.1/33", "ip is not an address: 192.0.2.1/33"},
	{"ip=::1/129", "ip is not an address: ::1/129"},
	{"ip=host", "ip is not an address: host"},
	{"backend=net", "only dom0 serves nics, not backend: net"},
	{"script=vif-route", NO_SCRIPT "vif-route"},
	{"script=", NO_SCRIPT "nothing"},
	/* known, not done */
	{"gatewaydev=eth0",
	 "gatewaydev: mtool routes nothing: nics join a bridge"},
	{"netdev=eth0", "netdev: mtool routes nothing: nics join a bridge"},
	{"devid=3", "devid: nics are numbered by their place"},
	{"vlan=2", "vlan: mtool cannot do VLANs: give the VLAN's own bridge"},
	{"accel=x", "accel: mtool cannot do this"},
	{"forwarddev=x", "forwarddev: mtool has no COLO replication"},
	{"colo_filter_mirror_queue=x",
	 "colo_filter_mirror_queue: mtool has no COLO replication"},
	/* words that are none */
	{"foo=bar", "unknown parameter: foo"},
	{"foo", "unknown parameter: foo"},
	{"=x", "unknown parameter: nothing"},
	{"Mac=00:16:3e:00:00:01", "unknown parameter: Mac"},
	{"mac", "unknown parameter: mac"},
	{"mtu=68,mtu=68", "mtu is given twice"},
	{"trusted,untrusted", "both trusted and untrusted"},
	{"untrusted,trusted", "both trusted and untrusted"},
	{"bridge=b\x01", "byte 0x01 in a vif"},
	{"bridge=b\xc3\xbc", "byte 0xc3 in a vif"},
};

static void test_good(void)
{
	struct nic_config n;
	struct err e;
	char buf[512];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		e.msg[0] = '\0';
		is_int(vifspec_parse(good[i].text, true, &n, &e), 0,
		       "'%s' is good", good[i].text);
		is_str(e.msg, "", "'%s': no complaint", good[i].text);
		is_str(all_of(&n, buf, sizeof(buf)), good[i].want, "'%s'",
		       good[i].text);
	}
}

static void test_bad(void)
{
	struct nic_config n;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		e.msg[0] = '\0';
		is_int(vifspec_parse(bad[i].text, true, &n, &e), -1,
		       "bad row %zu is refused", i);
		is_str(e.msg, bad[i].want, "bad row %zu: reason", i);
		is_int(e.code, EXIT_USAGE, "bad row %zu: exit code", i);
	}
}

static void test_long(void)
{
	struct nic_config n;
	char text[1100];
	struct err e;

	memset(text, ' ', sizeof(text));
	text[1023] = '\0';
	is_int(vifspec_parse(text, true, &n, &e), 0, "1023 blanks are nothing");
	text[1023] = ' ';
	text[1024] = '\0';
	is_int(vifspec_parse(text, true, &n, &e), -1, "1024 are too many");
	is_str(e.msg, "a vif of more than 1023 bytes", "and says so");
	memset(text, '1', 200);
	memcpy(text, "ip=", 3);
	text[200] = '\0';
	is_int(vifspec_parse(text, true, &n, &e), -1, "a long ip is refused");
	is_str(e.msg, "ip: more than 127 bytes", "and says so");
	memset(text, 'x', 200);
	vifspec_parse(text, true, &n, &e);
	ok(strlen(e.msg) < 100, "a message shows 64 bytes of it at most");
}

static void test_default_type(void)
{
	struct nic_config n;
	struct err e;

	vifspec_parse("", false, &n, &e);
	ok(!n.emulated, "without a type it is what the caller says");
	vifspec_parse("type=ioemu", false, &n, &e);
	ok(n.emulated, "a type given is that");
}

static void test_rom(void)
{
	ok(vifspec_has_rom("e1000") && vifspec_has_rom("rtl8139") &&
		   vifspec_has_rom("virtio-net-pci"),
	   "the usual models can boot");
	ok(!vifspec_has_rom("pcnet") && !vifspec_has_rom("none"),
	   "others cannot");
}

int main(void)
{
	test_good();
	test_bad();
	test_long();
	test_default_type();
	test_rom();
	return done_testing();
}
