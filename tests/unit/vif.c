/* SPDX-License-Identifier: MIT */
/* Nics before there is a domain, and interfaces of this machine. */
#include "devices/vif.h"

#include <stdlib.h>

#include "core/netif.h"
#include "tests/unit/tap.h"

static void parse(struct vm_config *cfg, const char *nics)
{
	char text[1024];
	struct err e;

	snprintf(text, sizeof(text),
		 "name='g';memory=512;vif=[%s]\n"
		 "uuid='01234567-89ab-cdef-0123-456789abcdef'\n",
		 nics);
	if (config_parse(cfg, text, strlen(text), "g.cfg", &e) < 0) {
		ok(false, "%s: %s", nics, e.msg);
		exit(1);
	}
}

/* The guest's are numbered by place, the stub's without a gap. */
static void test_devid(void)
{
	static const int stub[] = {-1, 0, -1, 1, 2};
	struct vm_config cfg;
	unsigned int i;

	parse(&cfg, "'type=vif','','type=vif','',''");
	for (i = 0; i < cfg.nr_nic; i++) {
		is_int(vif_devid(&cfg, i, DOM_TARGET), i, "place %u", i);
		is_int(vif_devid(&cfg, i, DOM_STUB), stub[i], "in the stub");
	}
	config_free(&cfg);
}

static void test_macs(void)
{
	struct vm_config one, two;
	char first[MAC_TEXT], text[96];
	unsigned int i, j, same = 0;

	parse(&one, "'','','','','','','','','','','','','','','',''");
	vif_macs(&one);
	for (i = 0; i < one.nr_nic; i++) {
		for (j = 0; j < i; j++)
			same += !memcmp(one.nic[i].mac, one.nic[j].mac,
					MAC_LEN);
	}
	is_int(same, 0, "16 nics have 16 addresses");
	ok(one.nic[0].mac_set && one.nic[15].mac_set, "all of them");
	/* Somebody gives to the second what the first would have got. */
	mac_text(one.nic[0].mac, first);
	snprintf(text, sizeof(text), "'','mac=%s',''", first);
	parse(&two, text);
	vif_macs(&two);
	ok(memcmp(two.nic[0].mac, two.nic[1].mac, MAC_LEN),
	   "a generated address keeps off a given one");
	ok(!memcmp(two.nic[1].mac, one.nic[0].mac, MAC_LEN),
	   "the given one stays");
	ok(!memcmp(two.nic[2].mac, one.nic[2].mac, MAC_LEN),
	   "others do not change with it");
	config_free(&one);
	config_free(&two);
}

static void test_ports(void)
{
	struct vm_config cfg;
	struct xenbus_dev d;
	struct vif_port p;
	struct err e;

	parse(&cfg, "'type=vif','bridge=br7,vifname=web,mtu=9000',''");
	vif_dev(&d, &p, &cfg, 1, DOM_TARGET, 7);
	is_str(d.back, "/local/domain/0/backend/vif/7/1",
	       "the guest's backend");
	is_str(d.name, "nic 1", "what messages call it");
	ok(d.up && d.ctx == &p, "it is plugged when it is up");
	is_str(p.netdev, "vif7.1", "as netback calls it");
	is_str(p.name, "web", "as it will be called");
	is_str(p.bridge, "br7", "its bridge");
	is_int(p.mtu, 9000, "its MTU");
	vif_dev(&d, &p, &cfg, 1, DOM_STUB, 12);
	is_str(d.back, "/local/domain/0/backend/vif/12/0",
	       "the stub's backend");
	is_str(d.name, "nic 1", "is of the same nic");
	is_str(p.netdev, "vif12.0", "as netback calls it");
	is_str(p.name, "web-emu", "as it will be called");
	vif_dev(&d, &p, &cfg, 2, DOM_STUB, 12);
	is_str(p.name, "vif12.1", "one without a name keeps netback's");
	is_int(p.mtu, 0, "and the bridge's MTU");
	vif_dev(&d, &p, &cfg, 2, DOM_TARGET, 32751);
	is_str(p.name, "vif32751.2", "the highest domid there is");
	is_int(d.up(&d, NULL, &e), 1, "without its interface it has to wait");
	config_free(&cfg);
}

static int check(const char *nics, struct err *e)
{
	struct vm_config cfg;
	int rc;

	parse(&cfg, nics);
	e->code = EXIT_DONE;
	e->msg[0] = '\0';
	/* none of these gets as far as xenstore */
	rc = vif_check(NULL, &cfg, 0, e);
	config_free(&cfg);
	return rc;
}

/* What is on any machine: lo, which is no bridge. */
static void test_check(void)
{
	struct err e;

	is_int(check("", &e), 0, "no nics want nothing of the host");
	is_int(check("'bridge=lo'", &e), -1, "lo as a bridge");
	is_int(e.code, EXIT_FAILED, "has failed");
	is_str(e.msg, "nic 0: lo is not a bridge", "is named");
	is_int(check("'bridge=mtool-none'", &e), -1,
	       "a bridge that is missing");
	is_int(e.code, EXIT_FAILED, "has failed");
	is_str(e.msg, "nic 0: bridge mtool-none: no such interface",
	       "is named");
}

static void test_netif(void)
{
	unsigned int mtu;
	struct err e;

	ok(netif_exists("lo"), "lo is there");
	ok(!netif_exists("mtool-none"), "another is not");
	ok(!netif_is_bridge("lo"), "lo is no bridge");
	is_int(netif_get_mtu("lo", &mtu, &e), 0, "lo has an MTU");
	is_int(netif_get_mtu("mtool-none", &mtu, &e), -1, "another has none");
	is_str(e.msg, "mtool-none: MTU: No such device", "and says which");
	ok(netif_name_ok("vif32751.15-em") && netif_name_ok("a") &&
		   netif_name_ok("..."),
	   "names");
	ok(!netif_name_ok("") && !netif_name_ok(".") && !netif_name_ok("..") &&
		   !netif_name_ok("sixteen-letters-") && !netif_name_ok("a\n"),
	   "no names");
}

int main(void)
{
	test_devid();
	test_macs();
	test_ports();
	test_check();
	test_netif();
	return done_testing();
}
