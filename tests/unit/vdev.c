/* SPDX-License-Identifier: MIT */
/* Virtual device names and numbers, against xen-vbd-interface(7). */
#include "core/vdev.h"

#include "tests/unit/tap.h"

static const struct {
	const char *name;
	unsigned int devid, disk, part;
	char bus;
	const char *canonical;
} good[] = {
	{"xvda", 51712, 0, 0, 'x', "xvda"},
	{"xvdb", 51728, 1, 0, 'x', "xvdb"},
	{"xvdc", 51744, 2, 0, 'x', "xvdc"},
	{"xvdb2", 51730, 1, 2, 'x', "xvdb2"},
	{"xvdp", 202 << 8 | 15 << 4, 15, 0, 'x', "xvdp"},
	{"xvdp15", 202 << 8 | 15 << 4 | 15, 15, 15, 'x', "xvdp15"},
	{"xvda16", 1 << 28 | 16, 0, 16, 'x', "xvda16"},
	{"xvda255", 1 << 28 | 255, 0, 255, 'x', "xvda255"},
	{"xvdq", 1 << 28 | 16 << 8, 16, 0, 'x', "xvdq"},
	{"xvdz", 1 << 28 | 25 << 8, 25, 0, 'x', "xvdz"},
	{"xvdaa", 1 << 28 | 26 << 8, 26, 0, 'x', "xvdaa"},
	{"xvdtq37", 1 << 28 | 536 << 8 | 37, 536, 37, 'x', "xvdtq37"},
	{"xvdbgqcv", 1 << 28 | 1048575 << 8, 1048575, 0, 'x', "xvdbgqcv"},
	{"d0", 51712, 0, 0, 'x', "xvda"},
	{"d0p0", 51712, 0, 0, 'x', "xvda"},
	{"d1p2", 51730, 1, 2, 'x', "xvdb2"},
	{"d536p37", 1 << 28 | 536 << 8 | 37, 536, 37, 'x', "xvdtq37"},
	{"d0p255", 1 << 28 | 255, 0, 255, 'x', "xvda255"},
	{"d1048575", 1 << 28 | 1048575 << 8, 1048575, 0, 'x', "xvdbgqcv"},
	{"hda", 768, 0, 0, 'h', "hda"},
	{"hdb", 832, 1, 0, 'h', "hdb"},
	{"hdc", 5632, 2, 0, 'h', "hdc"},
	{"hdd", 5696, 3, 0, 'h', "hdd"},
	{"hdc2", 5634, 2, 2, 'h', "hdc2"},
	{"hdb63", 832 + 63, 1, 63, 'h', "hdb63"},
	{"sda", 2048, 0, 0, 's', "sda"},
	{"sdb", 2064, 1, 0, 's', "sdb"},
	{"sdb3", 2067, 1, 3, 's', "sdb3"},
	{"sdp15", 2048 + 255, 15, 15, 's', "sdp15"},
	{"768", 768, 0, 0, 'h', "hda"},
	{"0x300", 768, 0, 0, 'h', "hda"},
	{"5696", 5696, 3, 0, 'h', "hdd"},
	{"895", 895, 1, 63, 'h', "hdb63"},
	{"2064", 2064, 1, 0, 's', "sdb"},
	{"51712", 51712, 0, 0, 'x', "xvda"},
	{"268439552", 1 << 28 | 16 << 8, 16, 0, 'x', "xvdq"},
};

static const char *const bad[] = {
	"",
	"x",
	"xv",
	"xvd",
	"hd",
	"sd",
	"h",
	"s",
	"d",
	"dp",
	"d0p",
	/* spelling */
	"xvdA",
	"XVDA",
	"Hda",
	"xvda ",
	" xvda",
	"xvda1x",
	"xvd1",
	"hda-1",
	"xvda0",
	"xvda01",
	"hda+1",
	"d01",
	"d00",
	"d0p01",
	"d-1",
	"d1p2p3",
	"d1p0x2",
	"d0x1",
	"vda",
	"nvme0n1",
	"xvda1 ",
	/* beyond the bus */
	"hde",
	"hdaa",
	"hda64",
	"sdq",
	"sdaa",
	"sda16",
	"xvda256",
	"xvdbgqcw",
	"xvdzzzzzzzzzzzzzzzz",
	"d1048576",
	"d0p256",
	"d99999999999999999999",
	/* numbers that encode none of them */
	"0",
	"1",
	"255",
	"0x",
	"0768",
	"01400",
	"-768",
	"768 ",
	"1024",
	"51456",
	"268435456",
	"536870912",
	"4294967296",
	"18446744073709551615",
};

/* Two names for one disk are one number, two disks never are. */
static void test_distinct(void)
{
	static const char *const buses[] = {"xvd", "hd", "sd"};
	char name[VDEV_NAME_MAX];
	struct vdev v, again;
	unsigned int i, j;
	bool same = true;

	for (i = 0; i < 3; i++) {
		for (j = 0; j < 26; j++) {
			snprintf(name, sizeof(name), "%s%c", buses[i], 'a' + j);
			if (vdev_parse(name, &v) < 0)
				continue;
			snprintf(name, sizeof(name), "%u", v.devid);
			same &= !vdev_parse(name, &again) &&
				again.bus == v.bus && again.disk == v.disk &&
				again.part == v.part;
		}
	}
	ok(same, "every name's number means that name");
}

static void test_linux_names(void)
{
	static const struct {
		unsigned int disk;
		const char *name;
	} names[] = {{0, "xvda"},    {1, "xvdb"},    {25, "xvdz"},
		     {26, "xvdaa"},  {51, "xvdaz"},  {52, "xvdba"},
		     {701, "xvdzz"}, {702, "xvdaaa"}};
	char buf[VDEV_NAME_MAX];
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		vdev_linux_name(names[i].disk, buf, sizeof(buf));
		is_str(buf, names[i].name, "disk %u", names[i].disk);
	}
	vdev_linux_name(~0u, buf, sizeof(buf));
	ok(strlen(buf) < sizeof(buf), "any number makes a name that fits");
	vdev_linux_name(702, buf, 5);
	is_str(buf, "xvda", "a small buffer cuts");
}

int main(void)
{
	char name[VDEV_NAME_MAX];
	struct vdev v;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		memset(&v, 0xff, sizeof(v));
		is_int(vdev_parse(good[i].name, &v), 0, "%s is a disk",
		       good[i].name);
		is_int(v.devid, good[i].devid, "%s: number", good[i].name);
		is_int(v.disk, good[i].disk, "%s: disk", good[i].name);
		is_int(v.part, good[i].part, "%s: partition", good[i].name);
		is_int(v.bus, good[i].bus, "%s: bus", good[i].name);
		vdev_name(&v, name, sizeof(name));
		is_str(name, good[i].canonical, "%s: name", good[i].name);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		memset(&v, 0x5a, sizeof(v));
		is_int(vdev_parse(bad[i], &v), -1, "\"%s\" is no disk", bad[i]);
		is_int(v.devid, 0x5a5a5a5a, "\"%s\" leaves the result alone",
		       bad[i]);
	}
	test_distinct();
	test_linux_names();
	return done_testing();
}
