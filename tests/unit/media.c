/* SPDX-License-Identifier: MIT */
/* What disks are made of, who else uses it, and how the guest sees them. */
#include "devices/medium.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/diskplace.h"
#include "devices/diskuse.h"
#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

static char dir[] = "/tmp/mtool-test-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[4][64];
	static unsigned int next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/%s", dir, name);
	return path[next];
}

/* A file of 4 KiB with `len` bytes of `text` at `at`. */
static void put(const char *name, long at, const void *text, size_t len)
{
	FILE *f = fopen(in_dir(name), "w");

	if (!f || fseek(f, at, SEEK_SET) < 0 ||
	    fwrite(text, 1, len, f) != len || fclose(f) ||
	    truncate(in_dir(name), 4096) < 0)
		abort();
}

static bool parse(struct vm_config *cfg, const char *keys)
{
	char text[2048];
	struct err e;

	snprintf(text, sizeof(text), "name='g';memory=512;%s", keys);
	if (!config_parse(cfg, text, strlen(text), "g.cfg", &e))
		return true;
	return ok(false, "%s: %s", keys, e.msg);
}

/* A configuration of disks; each %s is the path of `name` in our directory. */
static bool disks(struct vm_config *cfg, const char *format, const char *name)
{
	char keys[1024];

	snprintf(keys, sizeof(keys), format, in_dir(name), in_dir(name));
	return parse(cfg, keys);
}

/* --- medium --- */

static int open_one(const char *format, const char *name, struct err *e)
{
	struct vm_config cfg;
	int fd;

	e->msg[0] = '\0';
	if (!disks(&cfg, format, name))
		return -1;
	fd = medium_open(&cfg.disk[0], e);
	config_free(&cfg);
	return fd;
}

static void test_formats(void)
{
	static const struct {
		const char *format;
		long at;
		const char *mark;
		size_t len;
	} images[] = {
		{"qcow2", 0, "QFI\373\0\0\0\3", 8},
		{"vhd", 0, "conectix", 8},
		{"vhdx", 0, "vhdxfile", 8},
		{"vmdk", 0, "KDMV", 4},
		{"vmdk", 0, "# Disk DescriptorFile", 21},
		{"qed", 0, "QED\0", 4},
		{"vdi", 64, "\177\20\332\276", 4},
	};
	char want[64];
	struct err e;
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(images); i++) {
		put("image", images[i].at, images[i].mark, images[i].len);
		is_int(open_one("disk=['%s,,hda']", "image", &e), -1,
		       "a %s image is refused", images[i].format);
		snprintf(want, sizeof(want), "a %s image: ", images[i].format);
		ok(strstr(e.msg, want) && strstr(e.msg, "qemu-nbd -c"),
		   "with the cure: %s", e.msg);
		fd = open_one("disk=['%s,raw,hda']", "image", &e);
		ok(fd >= 0, "unless it is said to be raw");
		close(fd);
	}
	put("image", 1, "QFI\373", 4);
	fd = open_one("disk=['%s,,hda']", "image", &e);
	ok(fd >= 0, "elsewhere such bytes are data: %s", e.msg);
	close(fd);
}

static void test_no_media(void)
{
	struct err e;

	if (mkfifo(in_dir("fifo"), 0600) < 0)
		abort();
	is_int(open_one("disk=['%s,,hda']", "fifo", &e), -1, "a FIFO");
	ok(strstr(e.msg, "not a block device or file"), "%s", e.msg);
	is_int(open_one("disk=['%s/..,,hda']", "", &e), -1, "a directory");
	ok(strstr(e.msg, "not a block device or file"), "%s", e.msg);
	is_int(open_one("disk=['%s,,hda']", "none", &e), -1, "nothing");
	ok(strstr(e.msg, "No such file"), "%s", e.msg);
	unlink(in_dir("fifo"));
}

/* Writers exclude everybody, readers exclude writers. */
static void test_claims(void)
{
	static const char w[] = "disk=['%s,,hda,w']",
			  r[] = "disk=['%s,,hda,r']";
	int one, two;
	struct err e;

	put("image", 0, "x", 1);
	one = open_one(w, "image", &e);
	ok(one >= 0, "a writer");
	is_int(open_one(w, "image", &e), -1, "no second one");
	is_int(e.code, EXIT_BUSY, "it is busy: %s", e.msg);
	is_int(open_one(r, "image", &e), -1, "nor a reader");
	close(one);
	one = open_one(r, "image", &e);
	two = open_one(r, "image", &e);
	ok(one >= 0 && two >= 0, "two readers");
	is_int(open_one(w, "image", &e), -1, "but no writer beside them");
	close(one);
	close(two);
	one = open_one(w, "image", &e);
	ok(one >= 0, "a claim ends with its descriptor");
	close(one);
}

/* --- who uses it --- */

static void test_same(void)
{
	const struct disk_id sda = {makedev(8, 0), makedev(8, 0), 0, 0};
	const struct disk_id sda1 = {makedev(8, 1), makedev(8, 0), 0, 0};
	const struct disk_id sda2 = {makedev(8, 2), makedev(8, 0), 0, 0};
	const struct disk_id loop = {makedev(7, 0), makedev(7, 0), 5, 9};
	const struct disk_id loop1 = {makedev(7, 1), makedev(7, 1), 5, 9};
	const struct disk_id file = {0, 0, 5, 9}, other = {0, 0, 6, 9};
	const struct disk_id none = {0, 0, 0, 0};

	ok(disk_same(&sda, &sda), "a disk");
	ok(disk_same(&sda, &sda1) && disk_same(&sda1, &sda),
	   "and a partition of it");
	ok(!disk_same(&sda1, &sda2), "not two partitions");
	ok(disk_same(&loop, &file) && disk_same(&file, &loop),
	   "a loop device and its file");
	ok(disk_same(&loop, &loop1), "two loop devices of one file");
	ok(!disk_same(&file, &other), "not one number of two file systems");
	ok(!disk_same(&none, &none) && !disk_same(&none, &file),
	   "nothing is like nothing");
}

static void test_twice(void)
{
	static const struct {
		const char *keys;
		int want;
	} twice[] = {
		{"disk=['%s,,xvda,w','%s,,xvdb,w']", -1},
		{"disk=['%s,,xvda,w','%s,,xvdb,r']", -1},
		{"disk=['%s,,xvda,r','%s,,xvdb,w']", -1},
		{"disk=['%s,,xvda,r','%s,,xvdb,r']", 0},
		{"disk=['%s,,xvda,w','%s.link,,xvdb,w']", -1},
	};
	struct vm_config cfg;
	struct err e;
	size_t i;

	put("image", 0, "x", 1);
	if (symlink("image", in_dir("image.link")) < 0)
		abort();
	for (i = 0; i < ARRAY_SIZE(twice); i++) {
		if (!disks(&cfg, twice[i].keys, "image"))
			continue;
		is_int(diskuse_check(NULL, &cfg, 0, &e), twice[i].want, "%s",
		       twice[i].keys);
		if (twice[i].want < 0)
			ok(e.code == EXIT_USAGE &&
				   strstr(e.msg, "it is disk xvda, too"),
			   "%s", e.msg);
		config_free(&cfg);
	}
	unlink(in_dir("image.link"));
}

/* --- how the guest sees it --- */

#define TAKEN "once the guest's PV drivers take it"

static void test_ways(void)
{
	static const struct {
		const char *keys, *way;
		bool target, stub;
	} ways[] = {
		{"disk=['/a,,hda']", "IDE, or PV " TAKEN, true, true},
		{"disk=['/a,,xvda']", "IDE, or PV " TAKEN, true, true},
		{"disk=['/a,,sda']", "SCSI, or PV " TAKEN, true, true},
		{"disk=['/a,,sda,r']", "SCSI, or PV " TAKEN, true, true},
		{"disk=['/a,,hda,r']",
		 "PV only: no emulated hd can be kept read-only", true, true},
		{"disk=['/a,,xvde']", "PV only: beyond the emulated slots",
		 true, true},
		{"disk=['/a,,hdc,cdrom']", "IDE CD drive", false, true},
		{"disk=[',hdc:cdrom,r']", "IDE CD drive", false, false},
		{"hdtype='ahci';disk=['/a,,hda']",
		 "AHCI only: it would stay beside a PV disk, two ways to one "
		 "image",
		 false, true},
		{"hdtype='ahci';disk=['/a,,hda,r']",
		 "PV only: no emulated hd can be kept read-only", true, true},
		{"hdtype='ahci';disk=['/a,,xvdg']",
		 "PV only: beyond the emulated slots", true, true},
		{"stubdomain_protocol='merged';disk=['/a,,xvdaa']",
		 "PV only: beyond the device model's 26 disks", true, false},
	};
	struct vm_config cfg;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (!parse(&cfg, ways[i].keys))
			continue;
		is_str(disk_way(&cfg, 0), ways[i].way, "%s", ways[i].keys);
		is_int(disk_in_target(&cfg, 0), ways[i].target,
		       "a PV disk of the guest: %d", ways[i].target);
		is_int(disk_in_stub(&cfg, 0), ways[i].stub, "of the stub: %d",
		       ways[i].stub);
		config_free(&cfg);
	}
}

static void test_hotplugged(void)
{
	struct vm_config cfg;

	if (!parse(&cfg, "disk=['/a,,hda']"))
		return;
	cfg.disk[0].hotplugged = true;
	is_str(disk_way(&cfg, 0), "PV only: attached while the guest ran",
	       "one that came later");
	ok(disk_in_target(&cfg, 0) && !disk_in_stub(&cfg, 0),
	   "is the guest's alone");
	config_free(&cfg);
}

/* The letter in the stub: by place, or as libxl by vdev. */
static void test_letters(void)
{
	struct vm_config cfg;

	if (!parse(&cfg, "disk=['/a,,hdb','/b,,xvda']"))
		return;
	is_int(disk_stub_number(&cfg, 0), 0, "the first is xvda");
	is_int(disk_stub_number(&cfg, 1), 1, "the second xvdb");
	cfg.protocol = PROTOCOL_MERGED;
	is_int(disk_stub_number(&cfg, 0), 1, "as libxl: hdb is xvdb");
	is_int(disk_stub_number(&cfg, 1), 0, "xvda is xvda");
	config_free(&cfg);
}

int main(void)
{
	if (!mkdtemp(dir))
		abort();
	test_formats();
	test_no_media();
	test_claims();
	test_same();
	test_twice();
	test_ways();
	test_hotplugged();
	test_letters();
	unlink(in_dir("image"));
	rmdir(dir);
	return done_testing();
}
