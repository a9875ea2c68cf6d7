/* SPDX-License-Identifier: MIT */
/* What the stubdomain reads out of -netdev and -device. */
#include "tools/stubdom/netdev.h"

#include "tests/unit/tap.h"

static void options_are_found(void)
{
	char v[16];

	ok(opt_get("a=1,b=2", "b", v, sizeof(v)), "the last one");
	is_str(v, "2", "has its value");
	ok(opt_get("a=1,b=2", "a", v, sizeof(v)), "the first one");
	is_str(v, "1", "has its value");
	ok(opt_get("a=,b=2", "a", v, sizeof(v)), "an empty one");
	is_str(v, "", "is empty");
	ok(opt_get("a=x,,y=z,b=2", "a", v, sizeof(v)), "a doubled comma");
	is_str(v, "x,y=z", "is one comma of the value");
	ok(opt_get("a=1,a=2", "a", v, sizeof(v)), "given twice");
	is_str(v, "2", "the last counts, as in QEMU");
	ok(!opt_get("xa=1,a", "a", v, sizeof(v)), "neither xa= nor a bare a");
	ok(!opt_get("", "a", v, sizeof(v)), "nothing in nothing");
	ok(!opt_get("b=a=1", "a", v, sizeof(v)), "not inside another's value");
	ok(!opt_get("b=1,,a=2", "a", v, sizeof(v)), "not behind two commas");
}

static void values_keep_their_room(void)
{
	char v[16], opts[600];

	ok(opt_get("a=123456789012345", "a", v, sizeof(v)), "15 fit");
	ok(!opt_get("a=1234567890123456", "a", v, sizeof(v)), "16 do not");
	ok(!opt_get("a=1,a=1234567890123456", "a", v, sizeof(v)),
	   "nor does an earlier one count then");
	memset(opts, 'x', sizeof(opts));
	memcpy(opts, "a=", 2);
	memcpy(opts + sizeof(opts) - 5, ",b=1", 5);
	ok(!opt_get(opts, "a", v, sizeof(v)), "a very long item");
	ok(opt_get(opts, "b", v, sizeof(v)), "hides none behind it");
}

static void taps_are_understood(void)
{
	struct nic nic;

	is_int(netdev_parse("type=tap,id=net0,ifname=vif7.0-emu,br=xenbr0,"
			    "script=no,downscript=no",
			    &nic),
	       NETDEV_TAP, "libxl's");
	is_int(nic.nr, 0, "net0");
	is_str(nic.tap, "vif7.0-emu", "its interface");
	is_int(netdev_parse("tap,ifname=t,script=no,id=net15", &nic),
	       NETDEV_TAP, "bare type, other order");
	is_int(nic.nr, 15, "net15");
	is_str(nic.tap, "t", "its interface");
}

static void other_netdevs_are_left_alone(void)
{
	static const char *const other[] = {
		"user,id=net0", "type=user,id=net0,ifname=x", "hubport,id=net0",
		"tap,id=net0,fd=9", "tapestry,id=net0,ifname=x"};
	struct nic nic;
	unsigned int i;

	for (i = 0; i < sizeof(other) / sizeof(*other); i++)
		is_int(netdev_parse(other[i], &nic), NETDEV_OTHER, "%s",
		       other[i]);
}

static void strange_taps_are_told(void)
{
	static const char *const unknown[] = {
		"tap,id=net0",
		"tap,ifname=x",
		"tap,id=lan,ifname=x",
		"tap,id=net16,ifname=x",
		"tap,id=net,ifname=x",
		"tap,id=net1x,ifname=x",
		"tap,id=net0,ifname=sixteenletters00"};
	struct nic nic;
	unsigned int i;

	for (i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		is_int(netdev_parse(unknown[i], &nic), NETDEV_UNKNOWN, "%s",
		       unknown[i]);
}

static void guest_macs_are_found(void)
{
	struct argv a = {.n = 8,
			 .v = {"-device",
			       "rtl8139,id=nic0,netdev=net0,mac=00:16:3e:0:0:1",
			       "-device",
			       "e1000,mac=00:16:3e:00:00:02,netdev=net1",
			       "-device", "e1000,netdev=net2", "-netdev",
			       "tap,id=net3,netdev=net3,mac=no"}};
	char mac[MAC_TEXT];

	ok(netdev_guest_mac(&a, 0, mac), "net0's");
	is_str(mac, "00:16:3e:0:0:1", "as it stands there");
	ok(netdev_guest_mac(&a, 1, mac), "net1's");
	is_str(mac, "00:16:3e:00:00:02", "as it stands there");
	ok(!netdev_guest_mac(&a, 2, mac), "net2 has none");
	ok(!netdev_guest_mac(&a, 3, mac), "a -netdev is no -device");
}

int main(void)
{
	options_are_found();
	values_keep_their_room();
	taps_are_understood();
	other_netdevs_are_left_alone();
	strange_taps_are_told();
	guest_macs_are_found();
	return done_testing();
}
