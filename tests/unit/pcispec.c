/* SPDX-License-Identifier: MIT */
/* Addresses and texts of PCI devices, against xl-pci-configuration(5). */
#include "core/pcispec.h"

#include "core/config.h"
#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

static const struct pci_config plain;

static void test_bdf(void)
{
	static const char *const bad[] = {
		"",
		"00",
		"00:04",
		"00:04.",
		"00:04.8",
		"00:20.0",
		"100:04.0",
		"00:004.0",
		"0:00:04.0.",
		":00:04.0",
		"00:04.0 ",
		" 00:04.0",
		"10000:00:04.0",
		"00:04.00",
		"0000:00:04:0",
		"0000-00-04.0",
		"g0:04.0",
		"0x00:04.0",
		"00:04.*",
		"-1:04.0",
	};
	static const struct {
		const char *text, *full;
		uint32_t number;
	} good[] = {
		{"00:04.0", "0000:00:04.0", 0x20},
		{"0:4.0", "0000:00:04.0", 0x20},
		{"0000:00:04.0", "0000:00:04.0", 0x20},
		{"0:0:4.0", "0000:00:04.0", 0x20},
		{"ff:1f.7", "0000:ff:1f.7", 0xffff},
		{"FFFF:FF:1F.7", "ffff:ff:1f.7", 0xffffffff},
		{"1:a0:10.3", "0001:a0:10.3", 0x1a083},
	};
	struct bdf b, back;
	char text[BDF_TEXT];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		ok(bdf_parse(bad[i], &b) < 0, "\"%s\" is no address", bad[i]);
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		is_int(bdf_parse(good[i].text, &b), 0, "%s is one",
		       good[i].text);
		bdf_text(&b, text);
		is_str(text, good[i].full, "and means this");
		is_int(bdf_number(&b), good[i].number, "in Xen's form");
		back = bdf_from(bdf_number(&b));
		ok(bdf_same(&b, &back), "from which it comes back");
	}
}

static void test_good(void)
{
	static const struct {
		const char *text, *want;
	} good[] = {
		/* the manual's three ways to say one thing (in 0..1f here) */
		{"36:00.0@14",
		 "0000:36:00.0@14,msitranslate=0,power_mgmt=0,permissive=0,"
		 "rdm_policy=strict"},
		{"36:00.0,vslot=14",
		 "0000:36:00.0@14,msitranslate=0,power_mgmt=0,permissive=0,"
		 "rdm_policy=strict"},
		{"bdf=36:00.0,vslot=14,seize=0",
		 "0000:36:00.0@14,msitranslate=0,power_mgmt=0,permissive=0,"
		 "rdm_policy=strict"},
		{"0000:00:04.0,permissive=1",
		 "0000:00:04.0,msitranslate=0,power_mgmt=0,permissive=1,"
		 "rdm_policy=strict"},
		{"permissive=1,bdf=00:04.0",
		 "0000:00:04.0,msitranslate=0,power_mgmt=0,permissive=1,"
		 "rdm_policy=strict"},
		{"00:04.0@0,rdm_policy=relaxed,power_mgmt=1,msitranslate=1",
		 "0000:00:04.0@0,msitranslate=1,power_mgmt=1,permissive=0,"
		 "rdm_policy=relaxed"},
	};
	struct pci_config p, again;
	char text[PCISPEC_TEXT], twice[PCISPEC_TEXT];
	unsigned int i;
	struct err e;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		if (!ok(!pcispec_parse(good[i].text, &plain, &p, &e), "%s",
			good[i].text))
			continue;
		pcispec_text(&p, text);
		is_str(text, good[i].want, "means this");
		ok(!pcispec_parse(text, &plain, &again, &e), "which is taken");
		pcispec_text(&again, twice);
		is_str(twice, text, "and means the same");
	}
}

static void test_bad(void)
{
	static const struct {
		const char *text, *want;
	} bad[] = {
		{"", "not the address of a PCI device, like 0000:03:00.0: "
		     "nothing"},
		{"permissive=1", "no device: give its address"},
		{"00:04.0,bdf=00:05.0", "bdf is there twice"},
		{"00:04.0@1,vslot=2", "vslot is there twice"},
		{"00:04.0,permissive=1,permissive=1", "permissive is there "
						      "twice"},
		{"00:04.0,permissive=2", "permissive is neither 0 nor 1: 2"},
		{"00:04.0,permissive=", "permissive is neither 0 nor 1: "
					"nothing"},
		{"00:04.0,permissive", "not KEY=VALUE: permissive"},
		{"00:04.0,", "not KEY=VALUE: nothing"},
		{"00:04.0@20", "vslot is not a hexadecimal number in 0..1f: "
			       "20"},
		{"00:04.0@", "vslot is not a hexadecimal number in 0..1f: "
			     "nothing"},
		{"00:04.0@1f0", "vslot is not a hexadecimal number in 0..1f: "
				"1f0"},
		{"00:04.*", "all functions at once is not done: give each "
			    "one: 00:04.*"},
		{"00:04.0,rdm_policy=host",
		 "rdm_policy is neither strict nor relaxed: host"},
		{"00:04.0,colour=red", "unknown key: colour"},
		{"00:04.0,seize=1",
		 "seize=1: mtool takes nothing from dom0 by itself: mtool "
		 "pci-assignable-add first"},
		{"name=nic", "names of devices are not done: give its "
			     "address: nic"},
	};
	struct pci_config p;
	char longer[400];
	unsigned int i;
	struct err e;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ok(pcispec_parse(bad[i].text, &plain, &p, &e) < 0 &&
			   e.code == EXIT_USAGE,
		   "\"%s\" is refused", bad[i].text);
		is_str(e.msg, bad[i].want, "for this");
	}
	memset(longer, ',', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ok(pcispec_parse(longer, &plain, &p, &e) < 0, "so is a long text");
}

static int config(struct vm_config *cfg, const char *lines, struct err *e)
{
	char text[512];

	snprintf(text, sizeof(text), "name='g'\nmemory=64\n%s\n", lines);
	return config_parse(cfg, text, strlen(text), "g.cfg", e);
}

static void test_config(void)
{
	static const struct {
		const char *lines, *want;
	} bad[] = {
		{"pci='00:04.0'", "g.cfg:3: pci: not a list of strings"},
		{"pci=['00:04.0','0000:00:4.0']",
		 "g.cfg:3: pci: 0000:00:04.0 is there twice"},
		{"pci=['00:04.0@5','00:05.0@5']",
		 "g.cfg:3: pci: vslot 5 is there twice"},
		{"pci=['00:04.0']\npassthrough='disabled'",
		 "g.cfg:3: pci: needs passthrough other than \"disabled\""},
		{"pci=['00:04.0']\nmaxmem=128",
		 "g.cfg:3: pci: needs memory and maxmem to be the same"},
		{"passthrough='enabled'\nmaxmem=128",
		 "g.cfg:3: passthrough: needs memory and maxmem to be the "
		 "same"},
		{"rdm='strategy=all'",
		 "g.cfg:3: rdm: not strategy=host|none, policy=strict|relaxed: "
		 "strategy=all"},
	};
	struct vm_config cfg;
	unsigned int i;
	struct err e;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ok(config(&cfg, bad[i].lines, &e) < 0, "refused");
		is_str(e.msg, bad[i].want, "for this");
	}
	if (!ok(!config(&cfg,
			"pci=['00:04.0','01:00.0,permissive=0']\n"
			"pci_permissive=1\nrdm='strategy=host,policy=relaxed'",
			&e),
		"two devices, and a default for both"))
		return;
	is_int(cfg.nr_pci, 2, "are two");
	is_int(cfg.pci[0].permissive, 1, "the default counts,");
	is_int(cfg.pci[1].permissive, 0, "unless the device says otherwise");
	ok(cfg.rdm_host && cfg.pci[1].rdm_relaxed, "so does rdm's policy");
	config_free(&cfg);
}

int main(void)
{
	test_bdf();
	test_good();
	test_bad();
	test_config();
	return done_testing();
}
