/* SPDX-License-Identifier: MIT */
/*
 * Nics attached while the guest ran are remembered for its next start. The
 * file is in /run/mtool, so this runs in a mount namespace of its own, and
 * only as root.
 */
#include "tools/mtool/hotnics.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>

#include "core/file.h"
#include "core/vifspec.h"
#include "tests/unit/tap.h"
#include "tools/mtool/rundir.h"

static const char base[] = "name='g';memory=512;vif=['','']";

/* What is missing for an empty /run of our own, or NULL. */
static const char *isolate(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		return "no mount namespace";
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return "mounts cannot be made private";
	if (mount("tmpfs", "/run", "tmpfs", 0, "mode=755") < 0)
		return "no tmpfs";
	return NULL;
}

static void parse(struct vm_config *cfg)
{
	struct err e;

	if (config_parse(cfg, base, strlen(base), "g.cfg", &e) < 0)
		abort();
}

static void attach(unsigned int devid, const char *mac, const char *text)
{
	struct nic_config n;
	struct err e;

	if (vifspec_parse(text, false, &n, &e) < 0 || mac_parse(mac, n.mac) < 0)
		abort();
	n.devid = devid;
	is_int(hotnics_add("g", &n, text, &e), 0, "nic %u is remembered",
	       devid);
}

static void test_remembered(void)
{
	struct vm_config cfg;
	char mac[MAC_TEXT];
	struct err e;

	parse(&cfg);
	is_int(hotnics_load("g", &cfg, &e), 0, "nothing was attached");
	is_int(cfg.nr_nic, 2, "and nothing comes");
	attach(2, "00:16:3e:00:00:02", "");
	attach(3, "00:16:3e:00:00:03", "bridge=br1, mtu=1400");
	attach(12, "00:16:3e:00:00:0c", "mac=00:16:3e:00:00:0c");
	is_int(hotnics_del("g", 2, &e), 0, "one is forgotten");
	is_int(hotnics_load("g", &cfg, &e), 0, "they are read");
	is_int(cfg.nr_nic, 4, "those that are left");
	is_int(cfg.nic[2].devid, 3, "with their numbers");
	is_int(cfg.nic[3].devid, 12, "though there are gaps");
	mac_text(cfg.nic[2].mac, mac);
	is_str(mac, "00:16:3e:00:00:03", "with the address it got");
	is_str(cfg.nic[2].bridge, "br1", "and what was asked for");
	is_int(cfg.nic[2].mtu, 1400, "all of it");
	ok(cfg.nic[2].mac_set && cfg.nic[2].hotplugged && !cfg.nic[2].emulated,
	   "as a PV nic");
	is_int(hotnics_load("g", &cfg, &e), 0, "read once more");
	is_int(cfg.nr_nic, 4, "they are not there twice");
	is_int(hotnics_del("g", 7, &e), 0, "none is forgotten");
	config_free(&cfg);
}

static void test_damaged(void)
{
	static const char *const bad[] = {
		"2\n",
		"x 00:16:3e:00:00:02 \n",
		"16 00:16:3e:00:00:02 \n",
		"2 00:16:3e:00:02 \n",
		"2 00:16:3e:00:00:02 mtu=1\n",
	};
	char path[RUNDIR_PATH_MAX], many[1024] = "";
	struct vm_config cfg;
	struct err e;
	unsigned int i;

	parse(&cfg);
	rundir_file("g", "nics", path);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		file_write(path, bad[i], &e);
		is_int(hotnics_load("g", &cfg, &e), -1, "damaged file %u", i);
		is_int(cfg.nr_nic, 2, "gives nothing");
	}
	for (i = 0; i < 15; i++)
		strcat(many, "2 00:16:3e:00:00:02 \n");
	file_write(path, many, &e);
	is_int(hotnics_load("g", &cfg, &e), -1, "17 nics are too many");
	is_str(e.msg, "more than 16 nics", "and it says so");
	config_free(&cfg);
}

int main(void)
{
	const char *missing = isolate();
	struct rundir r;
	struct err e;

	if (missing) {
		printf("1..0 # SKIP %s: %s\n", missing, strerror(errno));
		return 0;
	}
	if (rundir_take(&r, "g", &e) < 0)
		abort();
	test_remembered();
	test_damaged();
	rundir_remove(&r);
	return done_testing();
}
