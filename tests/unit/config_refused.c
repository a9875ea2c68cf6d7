/* SPDX-License-Identifier: MIT */
/* What a configuration must not be, and how it is told so. */
#include "core/config.h"

#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

/* What every configuration below starts with; the rest is line 2 and on. */
#define BASE "name='g';memory=512\n"

static int parse(struct vm_config *cfg, const char *text, struct err *e)
{
	e->msg[0] = '\0';
	e->code = EXIT_DONE;
	return config_parse(cfg, text, strlen(text), "g.cfg", e);
}

static int parse_base(struct vm_config *cfg, const char *rest, struct err *e)
{
	char text[8192];

	snprintf(text, sizeof(text), "%s%s", BASE, rest);
	return parse(cfg, text, e);
}

#define GRAPHICS "the protocol has no graphics output"
#define NAME_RULE                                                             \
	"a name is 1 to 64 letters, digits and ._+- and starts with neither " \
	". nor -"
#define NOT_OFFERED "mtool cannot do this"

/* Text after BASE, and the whole complaint. */
static const struct {
	const char *text, *want;
} bad[] = {
	/* keys */
	{"memroy=512", "g.cfg:2: memroy: unknown key (is it memory?)"},
	{"Memory=512", "g.cfg:2: Memory: unknown key (is it memory?)"},
	{"VCPUS=2", "g.cfg:2: VCPUS: unknown key (is it vcpus?)"},
	{"vcpu=2", "g.cfg:2: vcpu: unknown key (is it vcpus?)"},
	{"disks=[]", "g.cfg:2: disks: unknown key (is it disk?)"},
	{"stubdomain_memry=1",
	 "g.cfg:2: stubdomain_memry: unknown key (is it stubdomain_memory?)"},
	{"frobnicate=1", "g.cfg:2: frobnicate: unknown key"},
	{"x=1", "g.cfg:2: x: unknown key"},
	{"boxx=1", "g.cfg:2: boxx: unknown key"},
	{"p8=1", "g.cfg:2: p8: unknown key"},
	/* syntax comes with its place */
	{"\nvcpus=two", "g.cfg:3: vcpus: unexpected two where a number or a "
			"string in quotes should be"},
	{"disk=['/x,,hda'", "g.cfg:2: disk: unclosed ["},
	/* one key under two names */
	{"bios='seabios'\nfirmware='uefi'",
	 "g.cfg:3: firmware: bios, its other name, is given, too"},
	/* a drive that would be nowhere */
	{"disk=['/x,,xvda,w',',,xvde,cdrom']",
	 "g.cfg:2: disk: xvde: an empty CD drive is one of the first four "
	 "disks, which are emulated"},
	/* names */
	{"name=''", "g.cfg:2: name: " NAME_RULE},
	{"name='a@'", "g.cfg:2: name: " NAME_RULE},
	{"name='a['", "g.cfg:2: name: " NAME_RULE},
	{"name='a`'", "g.cfg:2: name: " NAME_RULE},
	{"name='a{'", "g.cfg:2: name: " NAME_RULE},
	{"name='a/'", "g.cfg:2: name: " NAME_RULE},
	{"name='a:'", "g.cfg:2: name: " NAME_RULE},
	{"name='a b'", "g.cfg:2: name: " NAME_RULE},
	{"name='b\xc3\xbc'", "g.cfg:2: name: " NAME_RULE},
	{"name=['g']", "g.cfg:2: name: a list where one value should be"},
	{"uuid='0'", "g.cfg:2: uuid: not like "
		     "01234567-89ab-cdef-0123-456789abcdef"},
	{"uuid='01234567-89ab-cdef-0123-456789abcdef0'",
	 "g.cfg:2: uuid: not like 01234567-89ab-cdef-0123-456789abcdef"},
	{"uuid='0123456789abcdef0123456789abcdef'",
	 "g.cfg:2: uuid: not like 01234567-89ab-cdef-0123-456789abcdef"},
	{"uuid='0123456g-89ab-cdef-0123-456789abcdef'",
	 "g.cfg:2: uuid: not like 01234567-89ab-cdef-0123-456789abcdef"},
	{"uuid='00000000-0000-0000-0000-000000000000'",
	 "g.cfg:2: uuid: all zero is dom0's"},
	{"type='pv'",
	 "g.cfg:2: type: pv: not done yet: mtool builds hvm guests"},
	{"type='pvh'",
	 "g.cfg:2: type: pvh: not done yet: mtool builds hvm guests"},
	{"type='vm'", "g.cfg:2: type: \"vm\" is not one of: hvm"},
	{"builder='generic'", "g.cfg:2: builder: generic: this is pv: mtool "
			      "builds hvm guests"},
	{"uuid='@1234567-89ab-cdef-0123-456789abcdef'",
	 "g.cfg:2: uuid: not like 01234567-89ab-cdef-0123-456789abcdef"},
	{"uuid=''",
	 "g.cfg:2: uuid: not like 01234567-89ab-cdef-0123-456789abcdef"},
	/* numbers */
	{"memory=1", "g.cfg:2: memory: 1 is less than 2"},
	{"memory=-1", "g.cfg:2: memory: -1 is less than 2"},
	{"memory=0", "g.cfg:2: memory: 0 is less than 2"},
	{"memory=16777217", "g.cfg:2: memory: 16777217 is more than 16777216"},
	{"memory=99999999999999999999",
	 "g.cfg:2: memory: 99999999999999999999 is more than 16777216"},
	{"memory=0512",
	 "g.cfg:2: memory: 0512: a number must not start with 0"},
	{"memory=00", "g.cfg:2: memory: 00: a number must not start with 0"},
	{"memory=09", "g.cfg:2: memory: 09: a number must not start with 0"},
	{"memory=-09", "g.cfg:2: memory: -09: a number must not start with 0"},
	{"memory=0_", "g.cfg:2: memory: 0_ is not a number"},
	{"memory=512M", "g.cfg:2: memory: 512M is not a number"},
	{"memory='512 '", "g.cfg:2: memory: 512  is not a number"},
	{"memory=''", "g.cfg:2: memory: an empty string is not a number"},
	{"memory='\xc3\xa9'", "g.cfg:2: memory: not a number"},
	{"memory=[512]", "g.cfg:2: memory: a list where one value should be"},
	{"memory=--5", "g.cfg:2: memory: --5 is not a number"},
	{"memory=+5", "g.cfg:2: memory: +5 is not a number"},
	{"maxmem=511", "g.cfg:2: maxmem: 511 is less than memory, 512"},
	{"memory=8", "g.cfg:2: memory: 8 leaves nothing beside videoram, 8"},
	{"vga='qxl';memory=64",
	 "g.cfg:2: memory: 64 leaves nothing beside videoram, 128"},
	{"vcpus=0", "g.cfg:2: vcpus: 0 is less than 1"},
	{"vcpus=129", "g.cfg:2: vcpus: 129 is more than 128"},
	{"maxvcpus=129", "g.cfg:2: maxvcpus: 129 is more than 128"},
	{"vcpus=4\nmaxvcpus=2", "g.cfg:3: maxvcpus: 2 is less than vcpus, 4"},
	{"rtc_timeoffset=2000000001",
	 "g.cfg:2: rtc_timeoffset: 2000000001 is more than 2000000000"},
	{"rtc_timeoffset=-2000000001",
	 "g.cfg:2: rtc_timeoffset: -2000000001 is less than -2000000000"},
	{"mmio_hole=255", "g.cfg:2: mmio_hole: 255 is less than 256"},
	{"mmio_hole=3841", "g.cfg:2: mmio_hole: 3841 is more than 3840"},
	{"max_grant_frames=0", "g.cfg:2: max_grant_frames: 0 is less than 1"},
	{"stubdomain_memory=31",
	 "g.cfg:2: stubdomain_memory: 31 is less than 32"},
	{"stubdomain_timeout=0",
	 "g.cfg:2: stubdomain_timeout: 0 is less than 1"},
	{"stubdomain_timeout=86401",
	 "g.cfg:2: stubdomain_timeout: 86401 is more than 86400"},
	{"log_limit=4095", "g.cfg:2: log_limit: 4095 is less than 4096"},
	{"acpi='yes'", "g.cfg:2: acpi: yes is not a number"},
	/* choices */
	{"bios='efi'", "g.cfg:2: bios: \"efi\" is not one of: seabios, ovmf"},
	{"bios='rombios'",
	 "g.cfg:2: bios: rombios: only qemu-xen-traditional has it"},
	{"bios='\xc3\xa9'",
	 "g.cfg:2: bios: \"?\" is not one of: seabios, ovmf"},
	{"vga='vmware'", "g.cfg:2: vga: \"vmware\" is not one of: cirrus, "
			 "stdvga, qxl, none"},
	{"vga=''",
	 "g.cfg:2: vga: \"\" is not one of: cirrus, stdvga, qxl, none"},
	{"hdtype=['ide']", "g.cfg:2: hdtype: a list where one value should be"},
	{"timer_mode=4",
	 "g.cfg:2: timer_mode: \"4\" is not one of: delay_for_missed_ticks, "
	 "no_delay_for_missed_ticks, no_missed_ticks_pending, "
	 "one_missed_tick_pending"},
	{"tsc_mode=3",
	 "g.cfg:2: tsc_mode: native_paravirt: Xen has it no longer"},
	{"on_crash='coredump-destroy'",
	 "g.cfg:2: on_crash: coredump-destroy: mtool writes no core dumps"},
	{"on_crash='explode'", "g.cfg:2: on_crash: \"explode\" is not one of: "
			       "destroy, restart, rename-restart, "
			       "preserve"},
	{"nx=0", "g.cfg:2: nx: mtool does not hide NX from guests"},
	{"boot='x'", "g.cfg:2: boot: only the letters a, c, d and n"},
	{"boot='cdc'", "g.cfg:2: boot: c is there twice"},
	{"viridian=['all','!freq']",
	 "g.cfg:2: viridian: mtool cannot choose groups: give 0, 1 or "
	 "[ \"defaults\" ]"},
	{"soundhw='pcspk'", "g.cfg:2: soundhw: not one of: hda, ac97, es1370, "
			    "adlib, gus, cs4231a, sb16"},
	/* video memory */
	{"videoram=4",
	 "g.cfg:2: videoram: 4 is not in 8..16, what this vga has"},
	{"videoram=32",
	 "g.cfg:2: videoram: 32 is not in 8..16, what this vga has"},
	{"videoram=0",
	 "g.cfg:2: videoram: 0 is not in 8..16, what this vga has"},
	{"stdvga=1;videoram=8",
	 "g.cfg:2: videoram: 8 is not in 16..512, what this vga has"},
	{"stdvga=1;videoram=24", "g.cfg:2: videoram: 24 is no power of two"},
	{"vga='qxl';videoram=64",
	 "g.cfg:2: videoram: 64 is not in 128..512, what this vga has"},
	{"vga='none';videoram=8",
	 "g.cfg:2: videoram: 8 is not in 0..0, what this vga has"},
	/* paths and texts */
	{"bios_path_override='bios.bin'",
	 "g.cfg:2: bios_path_override: \"bios.bin\" is not an absolute path"},
	{"stubdomain_kernel=''",
	 "g.cfg:2: stubdomain_kernel: \"\" is not an absolute path"},
	{"stubdomain_ramdisk='./r'",
	 "g.cfg:2: stubdomain_ramdisk: \"./r\" is not an absolute path"},
	{"firmware_override=1",
	 "g.cfg:2: firmware_override: \"1\" is not an absolute path"},
	{"stubdomain_cmdline='\xc3\xa9'",
	 "g.cfg:2: stubdomain_cmdline: not ASCII"},
	/* lists */
	{"uuid=['/x']", "g.cfg:2: uuid: a list where one value should be"},
	{"boot=['/x']", "g.cfg:2: boot: a list where one value should be"},
	{"soundhw=['/x']",
	 "g.cfg:2: soundhw: a list where one value should be"},
	{"stubdomain_kernel=['/x']",
	 "g.cfg:2: stubdomain_kernel: a list where one value should be"},
	{"stubdomain_cmdline=['/x']",
	 "g.cfg:2: stubdomain_cmdline: a list where one value should be"},
	{"hap=['/x']", "g.cfg:2: hap: a list where one value should be"},
	{"acpi=['/x']", "g.cfg:2: acpi: a list where one value should be"},
	{"rtc_timeoffset=['/x']",
	 "g.cfg:2: rtc_timeoffset: a list where one value should be"},
	{"max_grant_frames=['/x']",
	 "g.cfg:2: max_grant_frames: a list where one value should be"},
	{"log_limit=['/x']",
	 "g.cfg:2: log_limit: a list where one value should be"},
	{"bios=['/x']", "g.cfg:2: bios: a list where one value should be"},
	{"type=['/x']", "g.cfg:2: type: a list where one value should be"},
	{"timer_mode=['/x']",
	 "g.cfg:2: timer_mode: a list where one value should be"},
	{"hap='x'", "g.cfg:2: hap: x is not a number"},
	/* disks */
	{"disk='/x,,hda'", "g.cfg:2: disk: not a list of strings"},
	{"disk=['/x,,hda',\n'/y,foo,hdb']",
	 "g.cfg:3: disk: unknown format: foo"},
	{"disk=['/x,,hda','/y,,hda']", "g.cfg:2: disk: hda is there twice"},
	{"disk=['/x,,xvda','/y,,d0']", "g.cfg:2: disk: xvda is there twice"},
	{"disk=['/x,,hda','/y,,hdb',\n\n'/z,,xvda']",
	 "g.cfg:4: disk: hda and xvda are both disk number 0: a PV driver "
	 "would call both xvda"},
	{"disk=['/x,,sdc',',,hdc,cdrom']",
	 "g.cfg:2: disk: sdc and hdc are both disk number 2: a PV driver would "
	 "call both xvdc"},
	{"disk=['/x,,xvda1']", "g.cfg:2: disk: QEMU emulates whole disks, not "
			       "partitions: xvda1"},
	/* the rest of the hardware */
	{"serial='stdio'", "g.cfg:2: serial: only \"pty\": QEMU is in a "
			   "stubdomain and sees nothing else of dom0"},
	{"serial=['pty',\n'none']",
	 "g.cfg:3: serial: only \"pty\": QEMU is in a stubdomain and sees "
	 "nothing else of dom0"},
	{"serial=['pty','pty','pty','pty',\n'pty']",
	 "g.cfg:3: serial: more than 4"},
	{"usbdevice='host:1.2'", "g.cfg:2: usbdevice: host:...: the stubdomain "
				 "has no USB devices of the host"},
	{"usbdevice=['disk']", "g.cfg:2: usbdevice: not one of: tablet, mouse, "
			       "keyboard, wacom-tablet"},
	{"usbdevice=['']", "g.cfg:2: usbdevice: not one of: tablet, mouse, "
			   "keyboard, wacom-tablet"},
	{"usb=0;usbdevice='tablet'", "g.cfg:2: usbdevice: needs usb = 1"},
	{"usbversion=2", "g.cfg:2: usbversion: only usb = 1, which is USB 1.1"},
	/* the device model */
	{"device_model_version='qemu-xen-traditional'",
	 "g.cfg:2: device_model_version: qemu-xen-traditional: the stubdomain "
	 "has upstream QEMU"},
	{"device_model_stubdomain_override=0",
	 "g.cfg:2: device_model_stubdomain_override: QEMU always runs in a "
	 "stubdomain: leave it out or set it to 1"},
	{"device_model_override='/usr/bin/qemu'",
	 "g.cfg:2: device_model_override: QEMU runs in a stubdomain: see "
	 "stubdomain_kernel and stubdomain_ramdisk"},
	{"device_model_args='-d'",
	 "g.cfg:2: device_model_args: not a list of strings"},
	{"device_model_args=['-d',\n'']",
	 "g.cfg:3: device_model_args: an empty argument: the protocol cannot "
	 "carry it"},
	{"device_model_args_hvm=['\xc3\xa9']",
	 "g.cfg:2: device_model_args_hvm: not ASCII"},
	{"device_model_args=['-d\\nx']",
	 "g.cfg:2: device_model_args: backslash before anything but \\ ' \""},
	{"stubdomain_protocol='v6'", "g.cfg:2: stubdomain_protocol: \"v6\" is "
				     "not one of: both, merged, v5"},
	/* nics */
	{"vif='bridge=b'", "g.cfg:2: vif: not a list of strings"},
	{"vif=['',\n'mtu=1']",
	 "g.cfg:3: vif: mtu is not a number in 68..65517: 1"},
	{"vif=['mac=00:16:3e:00:00:01','','mac=00:16:3E:00:00:01']",
	 "g.cfg:2: vif: mac 00:16:3e:00:00:01 is there twice"},
	{"vif=['vifname=a','vifname=a']",
	 "g.cfg:2: vif: vifname a is there twice"},
	{"vif=['','','','','','','','','','','','','','','','','']",
	 "g.cfg:2: vif: more than 16"},
	{"boot='cn';vif=['type=vif','model=pcnet','model=e1000']",
	 "g.cfg:2: boot: n, but the stubdomain has nothing that boots from "
	 "model pcnet"},
	/* known, not done */
	{"gfx_passthru='igd'",
	 "g.cfg:2: gfx_passthru: a graphics card can only be a second one"},
	{"pci_seize=1",
	 "g.cfg:2: pci_seize: mtool takes nothing from dom0 by itself: mtool "
	 "pci-assignable-add first"},
	{"passthrough='share_pt'", "g.cfg:2: passthrough: share_pt: Xen "
				   "chooses how to keep IOMMU tables: say "
				   "enabled"},
	{"cpus='0-3'\ncpus_soft='1'",
	 "g.cfg:3: cpus_soft: soft affinity is not done yet"},
	{"cpus='nodes:0'", "g.cfg:2: cpus: nodes:0: not CPUs like 0-3,5,^2 or "
			   "all (numbers to 4095)"},
	{"cpus=['1','2-1']", "g.cfg:2: cpus: 2-1: not CPUs like 0-3,5,^2 or "
			     "all (numbers to 4095)"},
	{"cpus='1,^1'", "g.cfg:2: cpus: 1,^1: no CPU is left"},
	{"cpu_weight=0", "g.cfg:2: cpu_weight: 0 is less than 1"},
	{"cpu_weight=65536", "g.cfg:2: cpu_weight: 65536 is more than 65535"},
	{"device_model_stubdomain_seclabel='x'",
	 "g.cfg:2: device_model_stubdomain_seclabel: security labels are not "
	 "done yet"},
	{"kernel='/k'", "g.cfg:2: kernel: direct boot would need the file "
			"inside the stubdomain"},
	{"bootloader='pygrub'", "g.cfg:2: bootloader: not for hvm guests, and "
				"mtool builds no others"},
	{"nestedhvm=1", "g.cfg:2: nestedhvm: " NOT_OFFERED},
	{"hap=0", "g.cfg:2: hap: " NOT_OFFERED},
	{"altp2m='mixed'",
	 "g.cfg:2: altp2m: \"mixed\" is not one of: disabled"},
	{"vtpm=['backend=x']", "g.cfg:2: vtpm: mtool has no virtual TPM"},
	{"vnuma=[['pnode=0']]", "g.cfg:2: vnuma: a list in a list"},
	{"vnc=1", "g.cfg:2: vnc: " GRAPHICS},
	{"vnc='yes'", "g.cfg:2: vnc: " GRAPHICS},
	{"vnc=[1]", "g.cfg:2: vnc: " GRAPHICS},
	{"vnclisten='0.0.0.0'", "g.cfg:2: vnclisten: " GRAPHICS},
	{"vncdisplay=0", "g.cfg:2: vncdisplay: " GRAPHICS},
	{"sdl=1", "g.cfg:2: sdl: " GRAPHICS},
	{"spice=1", "g.cfg:2: spice: " GRAPHICS},
	{"nographic=1", "g.cfg:2: nographic: " GRAPHICS},
	{"keymap='de'", "g.cfg:2: keymap: " GRAPHICS},
};

static void test_bad(void)
{
	struct vm_config c;
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		is_int(parse_base(&c, bad[i].text, &e), -1,
		       "bad row %zu is refused", i);
		is_str(e.msg, bad[i].want, "bad row %zu: reason", i);
		is_int(e.code, EXIT_USAGE, "bad row %zu: exit code", i);
	}
}

static void test_missing(void)
{
	struct vm_config c;
	struct err e;

	parse(&c, "memory=512", &e);
	is_str(e.msg, "g.cfg: name: not given", "a name must be given");
	parse(&c, "name='g'", &e);
	is_str(e.msg, "g.cfg: memory: not given", "so must memory");
	is_int(e.code, EXIT_USAGE, "this is a matter of usage");
	is_int(parse(&c, "name='g';maxmem=512", &e), 0, "maxmem will do, too");
	is_int(c.memory_mb, 512, "for both");
	config_free(&c);
	parse(&c, "name='g';maxmem=4", &e);
	is_str(e.msg, "g.cfg: memory: 4 leaves nothing beside videoram, 8",
	       "what is not in the file has no line");
}

static void test_limits(void)
{
	char text[8192];
	size_t len;
	struct vm_config c;
	struct err e;
	unsigned int i;

	len = (size_t)sprintf(text, "disk=[");
	for (i = 0; i < VM_DISKS_MAX + 1; i++)
		len += (size_t)sprintf(text + len, "'/x,,d%u',\n", i);
	strcpy(text + len, "]");
	parse_base(&c, text, &e);
	is_str(e.msg, "g.cfg:66: disk: more than 64", "a 65th disk");

	len = (size_t)sprintf(text, "device_model_args=[");
	for (i = 0; i < VM_ARGS_MAX; i++)
		len += (size_t)sprintf(text + len, "'-%u',", i);
	strcpy(text + len, "]");
	is_int(parse_base(&c, text, &e), 0, "128 arguments");
	config_free(&c);
	strcpy(text + len, "]\ndevice_model_args_hvm=['-x']");
	parse_base(&c, text, &e);
	is_str(e.msg, "g.cfg:3: device_model_args_hvm: more than 128",
	       "a 129th argument");

	len = (size_t)sprintf(text, "stubdomain_cmdline='");
	memset(text + len, 'x', 1023);
	strcpy(text + len + 1023, "'");
	is_int(parse_base(&c, text, &e), 0, "a command line of 1023 bytes");
	config_free(&c);
	strcpy(text + len + 1023, "x'");
	parse_base(&c, text, &e);
	is_str(e.msg, "g.cfg:2: stubdomain_cmdline: more than 1023 bytes",
	       "one of 1024");

	parse_base(&c,
		   "usbdevice=['mouse','mouse','mouse','mouse','mouse',"
		   "'mouse','mouse','mouse',\n'mouse']",
		   &e);
	is_str(e.msg, "g.cfg:3: usbdevice: more than 8", "a 9th usbdevice");
}

int main(void)
{
	test_bad();
	test_missing();
	test_limits();
	return done_testing();
}
