/* SPDX-License-Identifier: MIT */
/* The text of a disk, against xl-disk-configuration(5). */
#include "core/diskspec.h"

#include "tests/unit/tap.h"

/* Flags as a string: r/w, c cdrom, d discard, s direct-io-safe, u untrusted. */
static const struct {
	const char *text;
	const char *path, *vdev, *flags;
	enum disk_kind kind;
} good[] = {
	/* the manual's four ways to say one disk, */
	{"/dev/vg/guest-volume,,hda", "/dev/vg/guest-volume", "hda", "wd", 0},
	{"/dev/vg/guest-volume,raw,hda,rw", "/dev/vg/guest-volume", "hda", "wd",
	 0},
	{"format=raw, vdev=hda, access=rw, target=/dev/vg/guest-volume",
	 "/dev/vg/guest-volume", "hda", "wd", 0},
	{"raw:/dev/vg/guest-volume,hda,w", "/dev/vg/guest-volume", "hda", "wd",
	 0},
	/* and its five to say one CD-ROM */
	{"/root/image.iso,,hdc,cdrom", "/root/image.iso", "hdc", "rc", 0},
	{"/root/image.iso,,hdc,,cdrom", "/root/image.iso", "hdc", "rc", 0},
	{"/root/image.iso,raw,hdc,devtype=cdrom", "/root/image.iso", "hdc",
	 "rc", 0},
	{"format=raw, vdev=hdc, access=ro, devtype=cdrom, "
	 "target=/root/image.iso",
	 "/root/image.iso", "hdc", "rc", 0},
	{"raw:/root/image.iso,hdc:cdrom,ro", "/root/image.iso", "hdc", "rc", 0},
	/* empty drives */
	{",hdc:cdrom,r", NULL, "hdc", "rc", 0},
	{",,hdc,cdrom", NULL, "hdc", "rc", 0},
	{",raw,hdc,cdrom", NULL, "hdc", "rc", 0},
	{"cdrom,vdev=hdc", NULL, "hdc", "rc", 0},
	{"vdev=hdc,devtype=cdrom,target=", NULL, "hdc", "rc", 0},
	{"phy:,hdc:cdrom,r", NULL, "hdc", "rc", 0},
	/* a CD-ROM is read-only whatever else is said */
	{"/i.iso,,hdc,w,cdrom", "/i.iso", "hdc", "rc", 0},
	{"phy:/i.iso,hdc:cdrom,w", "/i.iso", "hdc", "rc", 0},
	{"/x,,hdc:disk,w", "/x", "hdc", "wd", 0},
	{"/x,,hdc,devtype=disk", "/x", "hdc", "wd", 0},
	/* access and what goes with it */
	{"/x,,xvda,r", "/x", "xvda", "r", 0},
	{"/x,,xvda,ro", "/x", "xvda", "r", 0},
	{"/x,,xvda,access=w", "/x", "xvda", "wd", 0},
	{"/x,,xvda,access=", "/x", "xvda", "wd", 0},
	{"/x,,xvda,discard", "/x", "xvda", "wd", 0},
	{"/x,,xvda,no-discard", "/x", "xvda", "w", 0},
	{"/x,,xvda,r,discard", "/x", "xvda", "rd", 0},
	{"/x,,xvda,direct-io-safe", "/x", "xvda", "wds", 0},
	{"/x,,xvda,untrusted", "/x", "xvda", "wdu", 0},
	{"/x,,xvda,trusted", "/x", "xvda", "wd", 0},
	{"discard,untrusted,/x,direct-io-safe,,xvda", "/x", "xvda", "wdsu", 0},
	/* backends */
	{"/x,,xvda,backendtype=phy", "/x", "xvda", "wd", DISK_PHY},
	{"/x,,xvda,backendtype=", "/x", "xvda", "wd", 0},
	{"/x,,xvda,backend=0", "/x", "xvda", "wd", 0},
	{"/x,,xvda,backend=Domain-0", "/x", "xvda", "wd", 0},
	{"/x,,xvda,specification=xen", "/x", "xvda", "wd", 0},
	{"/x,,xvda,script=", "/x", "xvda", "wd", 0},
	/* prefixes that mean nothing any more */
	{"phy:/dev/x,xvda,w", "/dev/x", "xvda", "wd", 0},
	{"file:/x.img,xvda,w", "/x.img", "xvda", "wd", 0},
	{"tap:aio:/x,hda,w", "/x", "hda", "wd", 0},
	{"tap2:aio:/x,hda,r", "/x", "hda", "r", 0},
	{"tapdisk:/x,hda", "/x", "hda", "wd", 0},
	{"ioemu:/x,hda", "/x", "hda", "wd", 0},
	{"aio:raw:/x,hda", "/x", "hda", "wd", 0},
	{"vdev=hda,phy:/x", "/x", "hda", "wd", 0},
	{"format=raw,/x,hda:cdrom,r", "/x", "hda", "rc", 0},
	/* below /dev */
	{"vg/guest,,xvda", "/dev/vg/guest", "xvda", "wd", 0},
	{"phy:vg/guest,xvda,w", "/dev/vg/guest", "xvda", "wd", 0},
	{"a:b,,hda", "/dev/a:b", "hda", "wd", 0},
	/* a named target is the rest of the text */
	{"vdev=hda,target=/a,b=c,raw ", "/a,b=c,raw ", "hda", "wd", 0},
	{"vdev=hda,target=/phy:x", "/phy:x", "hda", "wd", 0},
	{",,xvda,target=/y", "/y", "xvda", "wd", 0},
	/* names and places may be mixed */
	{"/x,,vdev=hda", "/x", "hda", "wd", 0},
	{"/x,vdev=hda,raw,r", "/x", "hda", "r", 0},
	{"/x,,hda,format=raw", "/x", "hda", "wd", 0},
	{"cdrom,/x,,hdc", "/x", "hdc", "rc", 0},
	{"  /x,   raw,  hda,  r", "/x", "hda", "r", 0},
	{"/x,raw,hda,w,", "/x", "hda", "wd", 0},
	{":/x,,hda", "/dev/:/x", "hda", "wd", 0},
	{"/x:y,,hda", "/x:y", "hda", "wd", 0},
	{"/b\xc3\xbc,,hda", "/b\xc3\xbc", "hda", "wd", 0},
	/* names of disks become canonical */
	{"/x,,d0", "/x", "xvda", "wd", 0},
	{"/x,,2064", "/x", "sdb", "wd", 0},
	{"/x,,0x300", "/x", "hda", "wd", 0},
};

#define NBD                                                                   \
	"the kernel serves raw images only: convert it (qemu-img convert -O " \
	"raw), or use qemu-nbd -c /dev/nbd0 and then /dev/nbd0"

static const struct {
	const char *text, *want;
} bad[] = {
	/* what is missing */
	{"", "no vdev (xvda, hda, ...) in an empty disk"},
	{"/x", "no vdev (xvda, hda, ...) in /x"},
	{"/x,raw", "no vdev (xvda, hda, ...) in /x,raw"},
	{"cdrom", "no vdev (xvda, hda, ...) in cdrom"},
	{"target=/x,,hda", "no vdev (xvda, hda, ...) in target=/x,,hda"},
	{",,hdc", "hdc has no target: only a cdrom may be empty"},
	{"vdev=hdc", "hdc has no target: only a cdrom may be empty"},
	/* images that need QEMU in dom0 */
	{"/x,qcow2,hda", "format qcow2: " NBD},
	{"/x,vhd,hda", "format vhd: " NBD},
	{"/x,,hda,format=qed", "format qed: " NBD},
	{"qcow:/x,hda,w", "format qcow: " NBD},
	{"tap:qcow2:/x,hda,w", "format qcow2: " NBD},
	{"/x,,hda,backendtype=qdisk",
	 "mtool runs no QEMU in dom0: leave backendtype out, or use qemu-nbd "
	 "-c /dev/nbd0 and then /dev/nbd0, instead of backendtype: qdisk"},
	{"/x,,hda,backendtype=tap",
	 "mtool runs no QEMU in dom0: leave backendtype out, or use qemu-nbd "
	 "-c /dev/nbd0 and then /dev/nbd0, instead of backendtype: tap"},
	{"/x,,hda,backendtype=standalone",
	 "mtool cannot do backendtype: standalone"},
	{"/x,,hda,specification=virtio",
	 "mtool cannot do specification: virtio"},
	{"/x,,hda,backend=storage",
	 "only dom0 serves disks, not backend: storage"},
	{"/x,,hda,script=block-iscsi",
	 "mtool runs no scripts: attach the device first and give its /dev "
	 "path, instead of script: block-iscsi"},
	{"iscsi:x,hda,w",
	 "mtool runs no scripts: attach the device first and give its /dev "
	 "path, instead of script: iscsi"},
	{"nbd:x,hda,w",
	 "mtool runs no scripts: attach the device first and give its /dev "
	 "path, instead of script: nbd"},
	{"/x,,hda,colo", "mtool has no COLO replication: colo"},
	{"/x,,hda,colo-port=1", "mtool has no COLO replication: colo-port"},
	{"/x,,hda,active-disk=1", "mtool has no COLO replication: active-disk"},
	/* words that are none */
	{"/x,foo,hda", "unknown format: foo"},
	{"/x,RAW,hda", "unknown format: RAW"},
	{"/x,raw ,hda", "unknown format: raw "},
	{"/x,hda", "unknown format: hda"},
	{"/x,hda:cdrom,w", "unknown format: hda:cdrom"},
	{"/x,,hda,x", "access is neither r, ro, w nor rw: x"},
	{"/x,,hda,access=rx", "access is neither r, ro, w nor rw: rx"},
	{"/x,,hda,Cdrom", "access is neither r, ro, w nor rw: Cdrom"},
	{"/x,,hda,devtype=floppy", "unknown devtype: floppy"},
	{"raw:/x,hda:floppy,w", "unknown devtype: floppy"},
	{"/x,,hda,backendtype=file", "unknown backendtype: file"},
	{"/x,,hda,foo=bar", "unknown parameter: foo"},
	{"vdev=xvda, target = /x",
	 "no PARAMETER=VALUE; a path with = in it is the last word, "
	 "target=PATH: target = /x"},
	{"/x,,hda,w,foo", "too many parameters: foo"},
	{"/x,,hda,,rw", "too many parameters: rw"},
	{"/x,raw,hda,w,,", "too many parameters: "},
	{"http://x,,hda", "unknown prefix: http"},
	{"md:/x,hda,w", "unknown prefix: md"},
	/* the name of the disk */
	{"/x,,Hda", "unknown vdev: Hda"},
	{"/x,,hde", "unknown vdev: hde"},
	{"/x,,hda ", "unknown vdev: hda "},
	{"/x,,xvdaxvdaxvdaxvdaxvda", "unknown vdev: xvdaxvdaxvdaxvdaxvda"},
	{"/x,,hda1", "QEMU emulates whole disks, not partitions: hda1"},
	{"/x,,d1p2", "QEMU emulates whole disks, not partitions: d1p2"},
	/* twice */
	{"/x,vdev=xvda,vdev=xvdb", "vdev is given twice"},
	{"/x,,xvda,vdev=xvda", "vdev is given twice"},
	{"/x,,xvda,target=/y", "target is given twice"},
	{"access=r,access=w,vdev=hda", "access is given twice"},
	{"raw:qcow2:/x,hda,w", "format is given twice"},
	{"format=qcow2,raw:/x,hda,w", "format is given twice"},
	{"/x,,hda:cdrom,devtype=cdrom", "devtype is given twice"},
	{"devtype=cdrom,/x,,hda:cdrom", "devtype is given twice"},
	{"/x,,hda,discard,no-discard",
	 "both trusted and untrusted, or both discard and no-discard"},
	{"/x,,hda,untrusted,trusted",
	 "both trusted and untrusted, or both discard and no-discard"},
	/* bytes */
	{"/x\ny,,hda", "control character 0x0a in a disk"},
	{"/x,\traw,hda", "control character 0x09 in a disk"},
	{"/x\x7f,,hda", "control character 0x7f in a disk"},
};

static const char *flags_of(const struct disk_config *d, char *buf)
{
	char *p = buf;

	*p++ = d->readonly ? 'r' : 'w';
	if (d->cdrom)
		*p++ = 'c';
	if (d->discard)
		*p++ = 'd';
	if (d->direct_io_safe)
		*p++ = 's';
	if (d->untrusted)
		*p++ = 'u';
	*p = '\0';
	return buf;
}

static void test_good(void)
{
	struct disk_config d;
	struct err e;
	char buf[8];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		const char *text = good[i].text;

		e.msg[0] = '\0';
		is_int(diskspec_parse(text, &d, &e), 0, "'%s' is good", text);
		is_str(e.msg, "", "'%s': no complaint", text);
		if (good[i].path)
			is_str(d.path, good[i].path, "'%s': path", text);
		else
			ok(!d.path, "'%s' is empty", text);
		is_str(d.vdev, good[i].vdev, "'%s': vdev", text);
		is_str(flags_of(&d, buf), good[i].flags, "'%s': flags", text);
		is_int(d.kind, good[i].kind, "'%s': kind", text);
		diskspec_free(&d);
		ok(!d.path, "'%s' is freed", text);
	}
}

static void test_bad(void)
{
	struct disk_config d;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		e.msg[0] = '\0';
		is_int(diskspec_parse(bad[i].text, &d, &e), -1,
		       "bad row %zu is refused", i);
		is_str(e.msg, bad[i].want, "bad row %zu: reason", i);
		is_int(e.code, EXIT_USAGE, "bad row %zu: exit code", i);
	}
}

static void test_numbers(void)
{
	struct disk_config d;
	struct err e;

	diskspec_parse("/x,,xvdc", &d, &e);
	is_int(d.devid, 51744, "xvdc: device number");
	is_int(d.index, 2, "xvdc: disk number");
	diskspec_free(&d);
	diskspec_parse("/x,,5696", &d, &e);
	is_int(d.devid, 5696, "5696: device number");
	is_int(d.index, 3, "5696, which is hdd: disk number");
	diskspec_free(&d);
}

static void test_long(void)
{
	char text[DISK_PATH_MAX + 32] = "vdev=hda,target=/";
	struct disk_config d;
	struct err e;

	memset(text + 17, 'x', DISK_PATH_MAX - 2);
	is_int(diskspec_parse(text, &d, &e), 0, "a path of 1023 bytes fits");
	is_int(strlen(d.path), DISK_PATH_MAX - 1, "whole");
	diskspec_free(&d);
	text[16] = 'x';
	is_int(diskspec_parse(text, &d, &e), -1, "with /dev/ it does not");
	text[16] = '/';
	text[DISK_PATH_MAX + 15] = 'x';
	is_int(diskspec_parse(text, &d, &e), -1, "nor do 1024");
	is_str(e.msg, "a target of more than 1023 bytes", "and says so");
	memset(text, 'x', sizeof(text) - 1);
	text[2] = '=';
	is_int(diskspec_parse(text, &d, &e), -1, "a long name is unknown");
	is_str(e.msg, "unknown parameter: xx", "and only the name is shown");
	text[2] = 'x';
	text[900] = '=';
	diskspec_parse(text, &d, &e);
	ok(strlen(e.msg) < 100, "a message shows 64 bytes of it at most");
}

int main(void)
{
	test_good();
	test_bad();
	test_numbers();
	test_long();
	return done_testing();
}
