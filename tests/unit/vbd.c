/* SPDX-License-Identifier: MIT */
/* Disks before there is a domain: what their media are, their numbers. */
#include "devices/vbd.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

static bool parse(struct vm_config *cfg, const char *disks)
{
	char text[512];
	struct err e;

	snprintf(text, sizeof(text), "name='g';memory=512;disk=[%s]", disks);
	if (!config_parse(cfg, text, strlen(text), "g.cfg", &e))
		return true;
	return ok(false, "%s: %s", disks, e.msg);
}

static void put(const char *path, size_t len)
{
	FILE *f = fopen(path, "w");

	if (!f || fclose(f) || truncate(path, (off_t)len) < 0)
		abort();
}

static void test_guess(void)
{
	static const enum disk_kind want[] = {DISK_PHY, DISK_FILE, DISK_FILE,
					      DISK_PHY, DISK_PHY};
	struct vm_config cfg;
	unsigned int i;

	if (!parse(&cfg, "'/dev/x,,xvda','/srv/x,,xvdb','/devices/x,,xvdc',"
			 "'file:/dev/x,xvdf,w',"
			 "'backendtype=phy,vdev=xvde,target=/srv/x',"
			 "',xvdd:cdrom,r'"))
		return;
	vbd_guess(&cfg);
	for (i = 0; i < ARRAY_SIZE(want); i++)
		is_int(cfg.disk[i].kind, want[i], "%s is what it looks like",
		       cfg.disk[i].path);
	is_int(cfg.disk[5].kind, DISK_AUTO, "no medium, nothing to guess");
	config_free(&cfg);
}

/* Check one disk whose medium is a file of `len` bytes. */
static int check(const char *dir, const char *format, size_t len,
		 struct vm_config *cfg, struct err *e)
{
	char path[64], disk[256];

	snprintf(path, sizeof(path), "%s/medium", dir);
	put(path, len);
	snprintf(disk, sizeof(disk), format, path);
	if (!parse(cfg, disk))
		abort();
	e->code = EXIT_DONE;
	return vbd_check(NULL, cfg, 0, e);
}

static void test_check(const char *dir)
{
	static const struct {
		const char *disk;
		size_t len;
		int want;
	} media[] = {
		{"'%s,,hda'", 512, 0},
		{"'%s,,hda'", 511, -1},
		{"'%s,,hda'", 0, -1},
		{"'phy:%s,hda,w'", 512, 0},
		{"'backendtype=phy,vdev=hda,target=%s'", 512, -1},
		{"'%s,,hdc,cdrom'", 2048, 0},
		{"'%s.none,,hda'", 512, -1},
		{"'%s/x,,hda'", 512, -1},
		{"'file:/dev/null,hda,r'", 0, -1},
		{"'/tmp,,hda,r'", 0, -1},
		{"',hdc:cdrom,r'", 0, 0},
	};
	struct vm_config cfg;
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(media); i++) {
		is_int(check(dir, media[i].disk, media[i].len, &cfg, &e),
		       media[i].want, "[%s] of %zu bytes", media[i].disk,
		       media[i].len);
		if (media[i].want < 0)
			ok(e.code == EXIT_FAILED &&
				   !strncmp(e.msg, "disk hda: ", 10),
			   "it is named: %s", e.msg);
		else if (cfg.disk[0].path)
			is_int(cfg.disk[0].kind, DISK_FILE, "it is a file");
		config_free(&cfg);
	}
}

/* The guest's numbers are its vdevs', the stub's are the places. */
static void test_devid(void)
{
	static const unsigned int target[] = {268439552, 5632, 2064,
					      51712 + 64};
	static const unsigned int stub[] = {51712, 51728, 51744, 51760};
	struct vm_config cfg;
	unsigned int i;

	if (!parse(&cfg, "'/a,,xvdq','/b,,hdc','/c,,sdb','/d,,xvde'"))
		return;
	for (i = 0; i < ARRAY_SIZE(target); i++) {
		is_int(vbd_devid(&cfg, i, DOM_TARGET), target[i], "%s",
		       cfg.disk[i].vdev);
		is_int(vbd_devid(&cfg, i, DOM_STUB), stub[i], "in place %u", i);
	}
	is_int(vbd_devid(&cfg, 15, DOM_STUB), 202 << 8 | 15 << 4, "xvdp");
	is_int(vbd_devid(&cfg, 16, DOM_STUB), 1 << 28 | 16 << 8, "xvdq");
	is_int(vbd_devid(&cfg, 63, DOM_STUB), 1 << 28 | 63 << 8, "the last");
	cfg.protocol = PROTOCOL_MERGED;
	is_int(vbd_devid(&cfg, 0, DOM_STUB), target[0], "merged: as libxl");
	config_free(&cfg);
}

int main(void)
{
	char dir[] = "/tmp/mtool-test-XXXXXX", path[64];

	if (!mkdtemp(dir))
		abort();
	test_guess();
	test_check(dir);
	test_devid();
	snprintf(path, sizeof(path), "%s/medium", dir);
	unlink(path);
	rmdir(dir);
	return done_testing();
}
