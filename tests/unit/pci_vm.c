/* SPDX-License-Identifier: MIT */
/*
 * What is remembered of a VM's PCI devices, and what its QEMU tells of them.
 * Needs an empty /run.
 */
#include "tools/mtool/hotpcis.h"

#include <errno.h>
#include <stdlib.h>

#include "core/file.h"
#include "tests/unit/isolate.h"
#include "tests/unit/tap.h"
#include "tools/mtool/pcilog.h"
#include "tools/mtool/pciqmp.h"

static const struct bdf edu = {0, 0, 4, 0}, nic = {0, 1, 0, 0};
static struct err e;

static void parse(struct vm_config *cfg)
{
	static const char text[] = "name='g';memory=64;pci=['00:04.0']";

	if (config_parse(cfg, text, strlen(text), "g.cfg", &e) < 0)
		abort();
}

static void load(struct vm_config *cfg)
{
	config_free(cfg);
	parse(cfg);
	is_int(hotpcis_load("g", cfg, &e), 0, "they are read");
}

static void test_remembered(void)
{
	const struct pci_config one = {nic, .slot = 6, .permissive = true};
	struct vm_config cfg;

	parse(&cfg);
	load(&cfg);
	is_int(cfg.nr_pci, 1, "nothing has changed");
	ok(!hotpcis_add("g", &one, &e), "one is attached");
	load(&cfg);
	is_int(cfg.nr_pci, 2, "it comes back");
	ok(bdf_same(&cfg.pci[1].bdf, &nic) && cfg.pci[1].slot == 6 &&
		   cfg.pci[1].permissive && cfg.pci[1].hotplugged,
	   "as it was");
	ok(!hotpcis_del("g", &edu, &e), "the configuration's is detached");
	load(&cfg);
	ok(cfg.nr_pci == 1 && bdf_same(&cfg.pci[0].bdf, &nic),
	   "it does not come back");
	ok(!hotpcis_load("g", &cfg, &e) && cfg.nr_pci == 1,
	   "read twice, nothing is there twice");
	ok(!hotpcis_del("g", &nic, &e), "the other one is, too");
	load(&cfg);
	is_int(cfg.nr_pci, 0, "none is left");
	is_int(cfg.passthrough, PASSTHROUGH_ENABLED,
	       "but the guest can be given one again");
	ok(!hotpcis_add("g", &(struct pci_config){edu, .slot = -1}, &e),
	   "which it is");
	load(&cfg);
	is_int(cfg.nr_pci, 1, "and has it");
	ok(!hotpcis_del_all("g", &cfg, &e) && !cfg.nr_pci,
	   "restored, it has none");
	load(&cfg);
	is_int(cfg.nr_pci, 0, "nor when it reboots");
	config_free(&cfg);
}

static void test_damaged(void)
{
	static const char *const bad[] = {"00:04.0\n", "+00:04\n", "-\n",
					  "+00:04.0,colour=red\n"};
	char path[RUNDIR_PATH_MAX];
	struct vm_config cfg;
	unsigned int i;

	parse(&cfg);
	rundir_file("g", "pcis", path);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		file_write(path, bad[i], &e);
		is_int(hotpcis_load("g", &cfg, &e), -1, "damaged file %u", i);
	}
	config_free(&cfg);
}

static void test_log(void)
{
	static const char text[] =
		"stub: [00:03.0] Write-back to unknown field 0x80 (partially) "
		"inhibited (0x00000000)\n"
		"stub: [00:03.0] Write-back to unknown field 0x80 (partially)\n"
		"[00:05.0] Write-back to unknown field 0x90 (partially)\n"
		"[00:03.0] Write-back to unknown field 0x44 (partially)\n"
		"] Write-back to unknown field 0x44 (partially)\n"
		"[zz:03.0] Write-back to unknown field 0x48 (partially)\n"
		"[00:03.0] Write-back to unknown field 0xzz (partially)\n"
		"[00:03.0] Write-back to unknown field\n";
	const char *path = "/run/mtool/g/log";
	json_t *list;

	file_write(path, text, &e);
	list = pci_log_refused(path, 3);
	is_int(json_array_size(list), 2, "two registers were refused");
	is_int(json_integer_value(json_array_get(list, 0)), 0x80, "this");
	is_int(json_integer_value(json_array_get(list, 1)), 0x44, "and this");
	json_decref(list);
	list = pci_log_refused("/run/mtool/g/none", 3);
	is_int(json_array_size(list), 0, "no log, nothing refused");
	json_decref(list);
}

static void is_slot(const char *text, int want, const char *what)
{
	json_t *o = json_loads(text, JSON_DECODE_ANY, NULL);

	is_int(pci_slot_in(o, "pci-pt-00_04.0"), want, "%s", what);
	json_decref(o);
}

static void test_slot(void)
{
	char id[PCI_QMP_ID];

	pci_qmp_id(&edu, id);
	is_str(id, "pci-pt-00_04.0", "what QEMU calls it");
	pci_qmp_id(&(struct bdf){1, 0xa0, 0x1f, 7}, id);
	is_str(id, "pci-pt-0001_a0_1f.7", "in another segment");
	is_slot("[{\"bus\": 0, \"devices\": [{\"slot\": 2, \"qdev_id\": \"\"}, "
		"{\"slot\": 3, \"qdev_id\": \"pci-pt-00_04.0\"}]}]",
		3, "it is found");
	is_slot("[{\"bus\": 0, \"devices\": [{\"slot\": 2}]}]", -1,
		"it is not there");
	is_slot("[{\"devices\": [{\"qdev_id\": \"pci-pt-00_04.0\", "
		"\"slot\": \"x\"}]}]",
		-1, "no number is no slot");
	is_slot("[{\"devices\": [{\"qdev_id\": \"pci-pt-00_04.0\", "
		"\"slot\": 99999}]}]",
		31, "whatever is said, it is one of 32");
	is_slot("{}", -1, "nonsense");
	is_slot("[7, null, {\"devices\": 1}]", -1, "is nothing");
}

int main(void)
{
	const char *missing = isolate();
	struct rundir r;

	if (missing) {
		printf("1..0 # SKIP %s: %s\n", missing, strerror(errno));
		return 0;
	}
	if (rundir_take(&r, "g", &e) < 0)
		abort();
	test_remembered();
	test_damaged();
	test_log();
	test_slot();
	rundir_remove(&r);
	return done_testing();
}
