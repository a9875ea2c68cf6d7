/* SPDX-License-Identifier: MIT */
/* Disks that were attached later, as the run directory remembers them. */
#include "tools/mtool/hotdisks.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/tap.h"

#define DIR "/run/mtool/g"

/* What is missing for an empty /run of our own, or NULL. */
static const char *isolate(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		return "no mount namespace";
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, "mode=755") < 0)
		return "no tmpfs";
	if (mkdir("/run/mtool", 0700) < 0 || mkdir(DIR, 0700) < 0)
		abort();
	return NULL;
}

static bool parse(struct vm_config *cfg)
{
	static const char text[] = "name='g';memory=512;disk=['/a,,hda']";
	struct err e;

	return ok(!config_parse(cfg, text, strlen(text), "g.cfg", &e),
		  "a configuration");
}

static void test_nothing(void)
{
	struct vm_config cfg;
	struct err e;

	if (!parse(&cfg))
		return;
	is_int(hotdisks_load("g", &cfg, &e), 0, "no file");
	is_int(cfg.nr_disk, 1, "is no disk");
	config_free(&cfg);
	is_int(hotdisks_del("g", "xvdf", &e), 0, "nothing to forget");
}

static void test_remember(void)
{
	struct vm_config cfg;
	struct err e;

	if (!parse(&cfg))
		return;
	is_int(hotdisks_add("g", "vdev=xvdf,target=/srv/f", &e), 0, "one");
	is_int(hotdisks_add("g", "phy:/dev/g,xvdg,r", &e), 0, "two");
	is_int(hotdisks_load("g", &cfg, &e), 0, "they are read");
	is_int(cfg.nr_disk, 3, "behind those of the configuration");
	is_str(cfg.disk[1].path, "/srv/f", "the first");
	is_str(cfg.disk[2].vdev, "xvdg", "the second");
	ok(cfg.disk[2].readonly, "as it was given");
	ok(!cfg.disk[0].hotplugged && cfg.disk[1].hotplugged &&
		   cfg.disk[2].hotplugged,
	   "they are known for what they are");
	is_int(hotdisks_load("g", &cfg, &e), 0, "read once more");
	is_int(cfg.nr_disk, 3, "they are no more than before");

	is_int(hotdisks_del("g", "xvdf", &e), 0, "forget one");
	is_int(hotdisks_del("g", "hda", &e), 0, "and one that is not there");
	is_int(hotdisks_load("g", &cfg, &e), 0, "read what is left");
	is_int(cfg.nr_disk, 2, "one is");
	is_str(cfg.disk[1].vdev, "xvdg", "the other");
	config_free(&cfg);
	is_int(hotdisks_del("g", "xvdg", &e), 0, "forget the last");
}

static void put_line(const char *line)
{
	FILE *f = fopen(DIR "/disks", "w");

	if (!f || fprintf(f, "%s\n", line) < 0 || fclose(f))
		abort();
}

/* A drive has one medium: the last that was put in, or none. */
static void test_drive(void)
{
	static const char text[] =
		"name='g';memory=512;disk=['/a,,hda','/b,,hdc,cdrom']";
	struct vm_config cfg;
	struct err e;

	if (!ok(!config_parse(&cfg, text, strlen(text), "g.cfg", &e),
		"a configuration with a CD"))
		return;
	hotdisks_add("g", "vdev=hdc,devtype=cdrom,target=/c", &e);
	hotdisks_add("g", "vdev=hdc,devtype=cdrom,target=/d", &e);
	is_int(hotdisks_load("g", &cfg, &e), 0, "a medium was inserted");
	is_int(cfg.nr_disk, 2, "that is no new disk");
	is_str(cfg.disk[1].path, "/d", "but the last one in the drive");
	ok(!cfg.disk[1].hotplugged, "which is the configuration's");
	hotdisks_add("g", "vdev=hdc,devtype=cdrom", &e);
	is_int(hotdisks_load("g", &cfg, &e), 0, "it was ejected");
	ok(!cfg.disk[1].path, "the drive is empty");
	config_free(&cfg);
	unlink(DIR "/disks");
}

static void test_damaged(void)
{
	struct vm_config cfg;
	unsigned int i;
	char text[64];
	struct err e;

	if (!parse(&cfg))
		return;
	put_line("nonsense");
	is_int(hotdisks_load("g", &cfg, &e), -1, "a line that is no disk");
	unlink(DIR "/disks");
	for (i = 0; i < VM_DISKS_MAX; i++) {
		snprintf(text, sizeof(text), "vdev=d%u,target=/x", i + 1);
		hotdisks_add("g", text, &e);
	}
	is_int(hotdisks_load("g", &cfg, &e), -1,
	       "more disks than there may be");
	config_free(&cfg);
}

static void test_lock(void)
{
	struct err e;
	int fd = hotdisks_lock("g", &e);

	ok(fd >= 0, "the lock");
	close(fd);
	fd = hotdisks_lock("g", &e);
	ok(fd >= 0, "is free again when it is closed");
	close(fd);
	is_int(hotdisks_lock("h", &e), -1, "no VM, no lock");
	is_int(e.code, EXIT_NO_VM, "and that is said");
}

int main(void)
{
	const char *missing = isolate();

	if (missing) {
		printf("1..0 # SKIP %s\n", missing);
		return 0;
	}
	test_nothing();
	test_remember();
	test_drive();
	test_damaged();
	test_lock();
	return done_testing();
}
