/* SPDX-License-Identifier: MIT */
/* QEMU's command line, argument by argument, from configurations. */
#include "core/qemuargs.h"

#include <stdlib.h>

#include "core/diskplace.h"
#include "core/plan.h"
#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

#define BASE "name='g';memory=512\n"

/* The parts of a command line, in their order. */
#define HEAD                                                       \
	"-xen-domid <T> -no-shutdown -nodefaults -no-user-config " \
	"-name g -display none "
#define LSI "-device lsi53c895a "
#define CIRRUS "-device cirrus-vga,vgamem_mb=8 "
#define BOOT "-boot order=cda "
#define NET "-net none "
#define XENFV "-machine xenfv,suppress-vmdesc=on"
#define MEMORY " -m 504"
#define AHCI0 " -device ahci,id=ahci0"
#define PLAIN HEAD CIRRUS BOOT NET XENFV MEMORY
#define PLAIN_SCSI HEAD LSI CIRRUS BOOT NET XENFV MEMORY

/* Disks: the stub's name, and what the emulated device is called. */
#define IDE(dev, index)                                               \
	" -drive file=/dev/" dev ",if=ide,index=" index ",media=disk" \
	",format=host_device,cache=writeback"
#define AHCI(dev, index)                                       \
	" -drive file=/dev/" dev ",if=none,id=ahcidisk-" index \
	",format=host_device,cache=writeback"                  \
	" -device ide-hd,bus=ahci0." index ",unit=0,drive=ahcidisk-" index
#define SCSI(dev, index, readonly)                                          \
	" -drive file=/dev/" dev ",id=scsi0-hd" index                       \
	",format=host_device,if=none,readonly=" readonly ",cache=writeback" \
	" -device scsi-hd,drive=scsi0-hd" index ",scsi-id=" index
#define CDROM(devid, medium, bus, unit)                                     \
	" -drive if=none,readonly=on,id=ide-" devid medium                  \
	" -device ide-cd,id=ide-" devid ",drive=ide-" devid ",bus=ide." bus \
	",unit=" unit
#define MEDIUM(dev) ",file=/dev/" dev ",format=host_device"

/* Nics: the guest's place, the stub's number. */
#define NIC(model, place, mac, nr)                                    \
	"-device " model ",id=nic" place ",netdev=net" nr ",mac=" mac \
	",romfile= " TAP(nr, "xenbr0")
#define TAP(nr, bridge)                                                     \
	"-netdev type=tap,id=net" nr ",ifname=vif<T>." nr "-emu,br=" bridge \
	",script=no,downscript=no "

struct guest {
	const char *config; /* behind BASE */
	const char *want;   /* all arguments, with blanks between */
};

static const struct guest machines[] = {
	{"", PLAIN},
	{"bios='ovmf'", PLAIN},
	{"boot='nc'", HEAD CIRRUS "-boot order=nc " NET XENFV MEMORY},
	{"xen_platform_pci=0", HEAD CIRRUS BOOT NET
	 "-machine pc,accel=xen,suppress-vmdesc=on" MEMORY},
	{"mmio_hole=1024",
	 HEAD CIRRUS BOOT NET XENFV ",max-ram-below-4g=3221225472" MEMORY},
	{"mmio_hole=256;xen_platform_pci=0",
	 HEAD CIRRUS BOOT NET "-machine pc,accel=xen,suppress-vmdesc=on,"
			      "max-ram-below-4g=4026531840" MEMORY},
	{"acpi=0", HEAD CIRRUS BOOT "-no-acpi " NET XENFV MEMORY},
	{"vcpus=2", HEAD CIRRUS BOOT "-smp 2,maxcpus=2 " NET XENFV MEMORY},
	{"vcpus=2;maxvcpus=4",
	 HEAD CIRRUS BOOT "-smp 2,maxcpus=4 " NET XENFV MEMORY},
	{"maxvcpus=4", HEAD CIRRUS BOOT "-smp 1,maxcpus=4 " NET XENFV MEMORY},
	/* QEMU lays out all memory that there may ever be. */
	{"maxmem=1024", HEAD CIRRUS BOOT NET XENFV " -m 1016"},
};

static const struct guest devices[] = {
	{"vga='cirrus'", PLAIN},
	{"vga='cirrus';videoram=16",
	 HEAD "-device cirrus-vga,vgamem_mb=16 " BOOT NET XENFV " -m 496"},
	{"vga='stdvga'",
	 HEAD "-device VGA,vgamem_mb=16 " BOOT NET XENFV " -m 496"},
	{"vga='stdvga';videoram=32",
	 HEAD "-device VGA,vgamem_mb=32 " BOOT NET XENFV " -m 480"},
	{"vga='qxl'",
	 HEAD "-device qxl-vga,vram_size_mb=64,ram_size_mb=64 " BOOT NET XENFV
	      " -m 384"},
	{"vga='none'", HEAD BOOT NET XENFV " -m 512"},

	{"serial='none'", PLAIN},
	{"serial='pty'",
	 HEAD "-serial /dev/hvc3 " CIRRUS BOOT NET XENFV MEMORY},
	{"serial=['pty','pty','pty','pty']",
	 HEAD "-serial /dev/hvc3 -serial /dev/hvc4 -serial /dev/hvc5 "
	      "-serial /dev/hvc6 " CIRRUS BOOT NET XENFV MEMORY},

	{"usb=1", HEAD CIRRUS BOOT "-usb " NET XENFV MEMORY},
	{"usbdevice='tablet'",
	 HEAD CIRRUS BOOT "-usb -usbdevice tablet " NET XENFV MEMORY},
	{"usb=1;usbdevice=['tablet','keyboard']", HEAD CIRRUS BOOT
	 "-usb -usbdevice tablet -usbdevice keyboard " NET XENFV MEMORY},
	{"soundhw='ac97'", HEAD CIRRUS BOOT "-device AC97 " NET XENFV MEMORY},
	{"soundhw='hda'", HEAD CIRRUS BOOT
	 "-device intel-hda -device hda-duplex " NET XENFV MEMORY},
	{"usb=1;soundhw='es1370';acpi=0;vcpus=2", HEAD CIRRUS BOOT
	 "-usb -device ES1370 -no-acpi -smp 2,maxcpus=2 " NET XENFV MEMORY},

	{"device_model_args=['-d','int']",
	 HEAD CIRRUS BOOT NET "-d int " XENFV MEMORY},
	{"device_model_args=['-x'];device_model_args_hvm=['-y']",
	 HEAD CIRRUS BOOT NET "-x -y " XENFV MEMORY},
};

static const struct guest disks[] = {
	/* IDE: the stub's name is the place, the slot is the vdev's. */
	{"disk=['/x,,hda','/y,,hdb']", PLAIN IDE("xvda", "0") IDE("xvdb", "1")},
	{"disk=['/x,,hdd','/y,,hda']", PLAIN IDE("xvda", "3") IDE("xvdb", "0")},
	{"disk=['/x,,xvda']", PLAIN IDE("xvda", "0")},
	{"disk=['/x,,xvdd','/y,,xvde']", PLAIN IDE("xvda", "3")},
	{"disk=['/x,,xvde','/y,,xvdb']", PLAIN IDE("xvdb", "1")},
	{"disk=['phy:/dev/x,hda,w','file:/y,xvdb,w']",
	 PLAIN IDE("xvda", "0") IDE("xvdb", "1")},

	/* IDE could not keep a disk read-only: it is PV only (XSA-142). */
	{"disk=['/x,,hda,r']", PLAIN},
	{"disk=['/x,,hda,r','/y,,hdb']", PLAIN IDE("xvdb", "1")},

	/* CD-ROMs, with and without a medium. */
	{"disk=['/x,,hdc:cdrom']",
	 PLAIN CDROM("5632", MEDIUM("xvda"), "1", "0")},
	{"disk=[',hdc:cdrom,r']", PLAIN CDROM("5632", "", "1", "0")},
	{"disk=['/x,,hdd,cdrom']",
	 PLAIN CDROM("5696", MEDIUM("xvda"), "1", "1")},
	{"disk=['/x,,hda,cdrom']",
	 PLAIN CDROM("768", MEDIUM("xvda"), "0", "0")},
	{"disk=['/x,,xvdc,cdrom']",
	 PLAIN CDROM("51744", MEDIUM("xvda"), "1", "0")},
	{"disk=['/x,,sdb,cdrom']",
	 PLAIN CDROM("2064", MEDIUM("xvda"), "0", "1")},
	{"disk=['/x,,xvde,cdrom']", PLAIN},
	{"disk=['/x,,hda',',hdb:cdrom,r','/z,,hdc']",
	 PLAIN IDE("xvda", "0") CDROM("832", "", "0", "1") IDE("xvdc", "2")},

	/* SCSI: can be read-only. */
	{"disk=['/x,,sda']", PLAIN_SCSI SCSI("xvda", "0", "off")},
	{"disk=['/x,,sda,r']", PLAIN_SCSI SCSI("xvda", "0", "on")},
	{"disk=['/x,,sdg','/y,,hda']",
	 PLAIN_SCSI SCSI("xvda", "6", "off") IDE("xvdb", "0")},
	{"serial='pty';disk=['/x,,sda']", HEAD LSI
	 "-serial /dev/hvc3 " CIRRUS BOOT NET XENFV MEMORY SCSI("xvda", "0",
								"off")},

	/* AHCI: six places; CD-ROMs stay on IDE, sd* on SCSI. */
	{"hdtype='ahci'", PLAIN},
	{"hdtype='ahci';disk=['/x,,hda']", PLAIN AHCI0 AHCI("xvda", "0")},
	{"hdtype='ahci';disk=['/x,,xvdf','/y,,xvdb','/z,,xvdg']",
	 PLAIN AHCI0 AHCI("xvda", "5") AHCI("xvdb", "1")},
	{"hdtype='ahci';disk=['/x,,hda,r']", PLAIN},
	{"hdtype='ahci';disk=['/x,,hdc,cdrom']",
	 PLAIN CDROM("5632", MEDIUM("xvda"), "1", "0")},
	{"hdtype='ahci';disk=['/x,,hda','/y,,hdc,cdrom','/z,,sdb']",
	 PLAIN_SCSI AHCI0 AHCI("xvda", "0") CDROM(
		 "5632", MEDIUM("xvdb"), "1", "0") SCSI("xvdc", "1", "off")},
};

static const struct guest nics[] = {
	{"vif=[]", PLAIN},
	{"vif=['']",
	 HEAD CIRRUS BOOT NIC("rtl8139", "0", "<nic0.mac>", "0") XENFV MEMORY},
	{"vif=['type=vif']", PLAIN},
	{"vif=['mac=00:16:3E:00:00:01,model=e1000,bridge=b']", HEAD CIRRUS BOOT
	 "-device e1000,id=nic0,netdev=net0,"
	 "mac=00:16:3e:00:00:01,romfile= " TAP("0", "b") XENFV MEMORY},
	/* the stub's have no gap where the guest has a PV nic only */
	{"vif=['model=e1000','type=vif','model=virtio-net-pci']",
	 HEAD CIRRUS BOOT NIC("e1000", "0", "<nic0.mac>", "0")
		 NIC("virtio-net-pci", "2", "<nic2.mac>", "1") XENFV MEMORY},
	/* what boots from a network has its ROM, and only the first */
	{"boot='n';vif=['type=vif','','model=pcnet']",
	 HEAD CIRRUS "-boot order=n -device rtl8139,id=nic1,netdev=net0,"
		     "mac=<nic1.mac> " TAP("0", "xenbr0")
			     NIC("pcnet", "2", "<nic2.mac>", "1") XENFV MEMORY},
	/* a tap beside device_model_args */
	{"vif=[''];device_model_args=['-x']",
	 HEAD CIRRUS BOOT NIC("rtl8139", "0", "<nic0.mac>",
			      "0") "-x " XENFV MEMORY},
};

static int parse(struct vm_config *cfg, const char *config)
{
	char text[8192];
	struct err e;

	snprintf(text, sizeof(text), "%s%s", BASE, config);
	if (!config_parse(cfg, text, strlen(text), "g.cfg", &e))
		return 0;
	ok(false, "[%s]: %s", config, e.msg);
	return -1;
}

/* The arguments with blanks between, domids as they are in plans. */
static void join(const struct qemu_args *a, char *buf, size_t size)
{
	char arg[QEMU_ARG_BYTES];
	unsigned int i;
	size_t len = 0;
	struct err e;

	buf[0] = '\0';
	for (i = 0; i < a->nr; i++) {
		if (plan_expand(NULL, a->arg[i], arg, sizeof(arg), &e) < 0)
			abort();
		len += (size_t)snprintf(buf + len, size - len, "%s%s",
					i ? " " : "", arg);
	}
}

/* The same of a configuration; "" if it has none. */
static void arguments(const char *config, char *buf, size_t size)
{
	struct vm_config cfg;
	struct qemu_args a;
	struct err e;

	buf[0] = '\0';
	if (parse(&cfg, config) < 0)
		return;
	if (!qemu_args_make(&a, &cfg, &e))
		join(&a, buf, size);
	qemu_args_free(&a);
	config_free(&cfg);
}

static void test_guests(const struct guest *guest, size_t nr)
{
	char got[8192];
	size_t i;

	for (i = 0; i < nr; i++) {
		arguments(guest[i].config, got, sizeof(got));
		is_str(got, guest[i].want, "[%s]", guest[i].config);
	}
}

/* The example that libxl gives. */
static void test_libxl_example(void)
{
	static const char config[] =
		"name='win';memory=2048;vcpus=2;vga='stdvga';boot='cd'\n"
		"serial='pty'\n"
		"disk=['phy:/dev/vg/a,hda,w','phy:/dev/vg/b,hdb,w',"
		"'/srv/cd.iso,,hdc,cdrom']\n"
		"vif=['mac=00:16:3e:12:34:56']\n";
	static const char *const want[] = {
		"-xen-domid",
		"7",
		"-no-shutdown",
		"-nodefaults",
		"-no-user-config",
		"-name",
		"win",
		"-display",
		"none",
		"-serial",
		"/dev/hvc3",
		"-device",
		"VGA,vgamem_mb=16",
		"-boot",
		"order=cd",
		"-smp",
		"2,maxcpus=2",
		"-device",
		"rtl8139,id=nic0,netdev=net0,mac=00:16:3e:12:34:56,romfile=",
		"-netdev",
		"type=tap,id=net0,ifname=vif7.0-emu,br=xenbr0,script=no,"
		"downscript=no",
		"-machine",
		"xenfv,suppress-vmdesc=on",
		"-m",
		"2032",
		"-drive",
		"file=/dev/xvda,if=ide,index=0,media=disk,"
		"format=host_device,cache=writeback",
		"-drive",
		"file=/dev/xvdb,if=ide,index=1,media=disk,"
		"format=host_device,cache=writeback",
		"-drive",
		"if=none,readonly=on,id=ide-5632,file=/dev/xvdc,"
		"format=host_device",
		"-device",
		"ide-cd,id=ide-5632,drive=ide-5632,bus=ide.1,unit=0",
	};
	struct plan_vars v = {.nr = 0};
	struct vm_config cfg;
	struct qemu_args a;
	char arg[256];
	struct err e;
	unsigned int i;

	plan_set(&v, "T", "7");
	is_int(config_parse(&cfg, config, strlen(config), "win.cfg", &e), 0,
	       "libxl's example");
	is_int(qemu_args_make(&a, &cfg, &e), 0, "has arguments");
	is_int(a.nr, ARRAY_SIZE(want), "as many as there");
	for (i = 0; i < a.nr && i < ARRAY_SIZE(want); i++) {
		plan_expand(&v, a.arg[i], arg, sizeof(arg), &e);
		is_str(arg, want[i], "argument %03u", i + 1);
	}
	qemu_args_free(&a);
	config_free(&cfg);
}

/* What has blanks in it stays one argument. */
static void test_blanks(void)
{
	struct vm_config cfg;
	struct qemu_args a;
	struct err e;
	unsigned int i;

	if (parse(&cfg, "device_model_args=['-append','a b  c %s %n']") < 0)
		return;
	is_int(qemu_args_make(&a, &cfg, &e), 0, "an argument with blanks");
	for (i = 0; i + 1 < a.nr && strcmp(a.arg[i], "-append"); i++)
		;
	is_str(a.arg[i + 1], "a b  c %s %n", "is passed as it is");
	qemu_args_free(&a);
	ok(!a.nr, "qemu_args_free leaves nothing");
	qemu_args_free(&a);
	config_free(&cfg);
}

/* `nr` disks that IDE has no place for, and then one that it has. */
static void disk_at_place(unsigned int nr, const char *last, char *text,
			  size_t size)
{
	char vdev[3] = "e";
	unsigned int i;
	size_t len = (size_t)snprintf(text, size, "disk=[");

	for (i = 0; i < nr; i++) {
		if (i < 22)
			snprintf(vdev, sizeof(vdev), "%c", 'e' + i);
		else
			snprintf(vdev, sizeof(vdev), "a%c", 'a' + i - 22);
		len += (size_t)snprintf(text + len, size - len, "'/x,,xvd%s',",
					vdev);
	}
	snprintf(text + len, size - len, "'/y,,%s']", last);
}

/* Protocol: "at most 26 emulated disks". */
static void test_places(void)
{
	static const struct guest at[] = {
		{"hda", IDE("xvdz", "0")},
		{"hdc,cdrom", CDROM("5632", MEDIUM("xvdz"), "1", "0")},
		{"sdb", SCSI("xvdz", "1", "off")},
	};
	char text[2048], got[8192];
	size_t i, len, tail;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		disk_at_place(25, at[i].config, text, sizeof(text));
		arguments(text, got, sizeof(got));
		len = strlen(got);
		tail = strlen(at[i].want);
		is_str(got + (len > tail ? len - tail : 0), at[i].want,
		       "%s in place 26 is emulated", at[i].config);
		disk_at_place(26, at[i].config, text, sizeof(text));
		arguments(text, got, sizeof(got));
		is_str(got, PLAIN, "%s behind it is not", at[i].config);
	}
}

static void test_emulation(void)
{
	struct vm_config cfg;

	if (parse(&cfg, "disk=['/a,,hda','/b,,hdb,r','/c,,hdc,cdrom',"
			"'/d,,sdd','/e,,xvde']") < 0)
		return;
	is_int(disk_emulation(&cfg, 0), EMUL_IDE, "a disk");
	is_int(disk_emulation(&cfg, 1), EMUL_NONE, "a read-only one");
	is_int(disk_emulation(&cfg, 2), EMUL_CDROM, "a drive");
	is_int(disk_emulation(&cfg, 3), EMUL_SCSI, "on SCSI");
	is_int(disk_emulation(&cfg, 4), EMUL_NONE, "beyond the slots");
	cfg.hdtype = HDTYPE_AHCI;
	is_int(disk_emulation(&cfg, 0), EMUL_AHCI, "a disk on AHCI");
	is_int(disk_emulation(&cfg, 1), EMUL_NONE, "a read-only one");
	is_int(disk_emulation(&cfg, 2), EMUL_CDROM, "a drive stays on IDE");
	is_int(disk_emulation(&cfg, 3), EMUL_SCSI, "SCSI stays SCSI");
	is_int(disk_emulation(&cfg, 4), EMUL_AHCI, "AHCI has more slots");
	config_free(&cfg);
}

/* One argument of `len` bytes. */
static int long_argument(size_t len, struct err *e)
{
	char text[4096], arg[3000];
	struct vm_config cfg;
	struct qemu_args a;
	int rc;

	memset(arg, 'x', len);
	arg[len] = '\0';
	snprintf(text, sizeof(text), "device_model_args=['%s']", arg);
	if (parse(&cfg, text) < 0)
		return 1;
	rc = qemu_args_make(&a, &cfg, e);
	qemu_args_free(&a);
	config_free(&cfg);
	return rc;
}

static void test_limit(void)
{
	struct err e = {.msg = ""};

	is_int(long_argument(QEMU_ARG_BYTES - 1, &e), 0, "2047 bytes fit");
	is_int(long_argument(QEMU_ARG_BYTES, &e), -1, "2048 do not");
	is_int(e.code, EXIT_USAGE, "the configuration is to blame");
	is_str(e.msg,
	       "QEMU argument 16: 2048 bytes, at most 2047 fit the "
	       "protocol",
	       "the argument is named");
}

int main(void)
{
	test_guests(machines, ARRAY_SIZE(machines));
	test_guests(devices, ARRAY_SIZE(devices));
	test_guests(disks, ARRAY_SIZE(disks));
	test_guests(nics, ARRAY_SIZE(nics));
	test_libxl_example();
	test_blanks();
	test_places();
	test_emulation();
	test_limit();
	return done_testing();
}
