/* SPDX-License-Identifier: MIT */
/* A VM's PCI devices in xenstore: sets of keys, owners, drivers. */
#include "devices/pci.h"

#include "devices/pciowner.h"
#include "tests/unit/tap.h"
#include "tests/unit/xs_fake.h"

#define BACK "/local/domain/0/backend/pci/6/0/"

static const struct bdf edu = {0, 0, 4, 0}, nic = {0, 1, 0, 0};
static struct err e;

static void test_sets(void)
{
	struct pci_sets s;

	memset(&store, 0, sizeof(store));
	pci_sets_read(NULL, 6, &edu, &s);
	ok(!s.there && !s.nr && !s.free && s.index == -1, "no frontend");
	put(BACK "num_devs", "3");
	put(BACK "dev-0", "0000:00:04.0");
	put(BACK "dev-2", "0000:01:00.0");
	pci_sets_read(NULL, 6, &edu, &s);
	ok(s.there && s.nr == 3 && s.free == 1 && s.index == 0,
	   "two devices and a gap");
	pci_sets_read(NULL, 6, &nic, &s);
	is_int(s.index, 2, "the other one");
	put(BACK "dev-1", "0000:00:05.0");
	put(BACK "state", "3");
	pci_sets_read(NULL, 6, &nic, &s);
	ok(!s.connected, "not connected yet");
	put(BACK "state", "4");
	pci_sets_read(NULL, 6, &nic, &s);
	ok(s.connected, "but now");
	is_int(s.free, 3, "no gap: the next one is behind them all");
	put(BACK "num_devs", "100000");
	pci_sets_read(NULL, 6, &nic, &s);
	ok(!s.there, "a number that nobody can mean is none");
}

static void test_address(void)
{
	memset(&store, 0, sizeof(store));
	put(BACK "vdev-0", "0000:00:04.00");
	ok(!pci_check_address(NULL, 6, 0, &edu, &e),
	   "pciback writes the function with two digits");
	put(BACK "vdev-0", "0000:00:04.0");
	ok(!pci_check_address(NULL, 6, 0, &edu, &e), "or with one");
	put(BACK "vdev-0", "0000:00:00.00");
	ok(pci_check_address(NULL, 6, 0, &edu, &e) < 0 && e.code == EXIT_HOST,
	   "another place than dom0's");
	ok(strstr(e.msg, "0000:00:04.0: the stubdomain has it at "
			 "0000:00:00.0") &&
		   strstr(e.msg, "passthrough=1"),
	   "is told, with the cure");
	ok(pci_check_address(NULL, 6, 1, &edu, &e) < 0 &&
		   strstr(e.msg, "nowhere"),
	   "no place at all, too");
}

static void test_removal(void)
{
	memset(&store, 0, sizeof(store));
	put(BACK "state", "4");
	put(BACK "state-1", "3");
	put(BACK "dev-1", "0000:00:04.0");
	put(BACK "vdev-1", "0000:00:04.00");
	put(BACK "dev-10", "0000:01:00.0");
	ok(!pci_set_close(NULL, 6, 1, &e), "asked to let go");
	is_str(get(BACK "state-1"), "5", "of that device");
	is_str(get(BACK "state"), "7", "both drivers look anew");
	ok(!pci_set_remove(NULL, 6, 1, &e), "then its keys");
	ok(!there(BACK "dev-1") && !there(BACK "vdev-1") &&
		   !there(BACK "state-1"),
	   "go");
	ok(there(BACK "dev-10"), "and no other's");
}

static void node_is(const struct plan *p, const char *key, const char *want)
{
	const struct plan_step *s = &p->step[0];
	const char *got = NULL;
	unsigned int i;

	for (i = 0; i < s->nr_node; i++) {
		const char *slash = strrchr(s->node[i].path, '/');

		if (slash && !strcmp(slash + 1, key))
			got = s->node[i].value;
	}
	is_str(got, want, "%s", key);
}

static void test_more(void)
{
	const struct pci_config pci = {nic, .slot = 6, .permissive = true};
	struct plan p;

	plan_init(&p);
	plan_step(&p, OP_NODES, DOM_STUB, GROUP_STARTUP, NULL, "x");
	pci_plan_more(&p, &pci, 1, 2);
	node_is(&p, "dev-1", "0000:01:00.0");
	node_is(&p, "key-1", "0000:01:00.0");
	node_is(&p, "vdevfn-1", "30");
	node_is(&p, "state-1", "1");
	node_is(&p, "opts-1",
		"msitranslate=0,power_mgmt=0,permissive=1,rdm_policy=strict");
	node_is(&p, "num_devs", "2");
	node_is(&p, "state", "7");
	plan_free(&p);
}

static void test_owner(void)
{
	struct pci_owner o = {.bdf = edu, .target = 5, .stub = 6}, got[4];
	const uint8_t other[16] = {9};

	memset(&store, 0, sizeof(store));
	is_int(pci_owner_get(NULL, &edu, &got[0], &e), 0, "nobody's");
	is_int(pci_owned(NULL, NULL, got, 4), 0, "no device is anybody's");
	memset(o.uuid, 0xab, 16);
	memset(o.stub_uuid, 0xcd, 16);
	ok(!pci_owner_claim(NULL, &o, &e), "given to somebody");
	ok(pci_owner_claim(NULL, &o, &e) < 0 && e.code == EXIT_BUSY,
	   "and to nobody else");
	ok(there("/mtool/pci/0000-00-04-0/owner"), "that is a node");
	is_int(pci_owner_get(NULL, &edu, &got[0], &e), 1, "which is read");
	ok(!memcmp(got[0].uuid, o.uuid, 16) &&
		   !memcmp(got[0].stub_uuid, o.stub_uuid, 16) &&
		   got[0].target == 5 && got[0].stub == 6 && !got[0].whole,
	   "as it was written");
	o.whole = true;
	o.bdf = nic;
	pci_owner_set(NULL, &o, &e);
	is_int(pci_owned(NULL, o.uuid, got, 4), 2, "it has two");
	ok(got[0].whole != got[1].whole, "one of them not quite");
	is_int(pci_owned(NULL, other, got, 4), 0, "another has none");
	is_int(pci_owned(NULL, NULL, got, 1), 1, "no more than fit");
	pci_owner_clear(NULL, &edu, &e);
	pci_owner_clear(NULL, &nic, &e);
	ok(!there("/mtool"), "afterwards nothing is left");
	put("/mtool/pci/0000-00-04-0/owner", "what");
	ok(pci_owner_get(NULL, &edu, &got[0], &e) < 0, "nonsense is an error");
	is_str(e.msg, "/mtool/pci/0000-00-04-0/owner is damaged", "named");
}

static void test_driver(void)
{
	char driver[32];

	memset(&store, 0, sizeof(store));
	ok(pci_driver_get(NULL, &edu, driver, sizeof(driver)) < 0, "unknown");
	pci_driver_set(NULL, &edu, "", &e);
	is_int(pci_driver_get(NULL, &edu, driver, sizeof(driver)), 0, "known");
	is_str(driver, "", "to be none");
	pci_driver_set(NULL, &edu, "e1000e", &e);
	is_int(pci_driver_get(NULL, &edu, driver, sizeof(driver)), 0, "known");
	is_str(driver, "e1000e", "by its name");
	pci_driver_set(NULL, &edu, "../x", &e);
	ok(pci_driver_get(NULL, &edu, driver, sizeof(driver)) < 0,
	   "a name is no path");
	pci_driver_clear(NULL, &edu, &e);
	ok(!there("/mtool"), "and it is forgotten");
}

int main(void)
{
	test_sets();
	test_address();
	test_removal();
	test_more();
	test_owner();
	test_driver();
	return done_testing();
}
