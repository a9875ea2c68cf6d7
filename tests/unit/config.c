/* SPDX-License-Identifier: MIT */
/*
 * Configurations: what is taken and what it means. What is refused is in
 * config_refused.c, files are in config_load.c.
 */
#include "core/config.h"

#include <stddef.h>

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

/* The default of everything, as mtool.cfg(5) has it. */
static void test_defaults(void)
{
	struct vm_config c;
	struct err e;

	is_int(parse(&c, BASE, &e), 0, "a name and memory are enough");
	is_str(e.msg, "", "without complaint");
	is_str(c.name, "g", "name");
	ok(!c.uuid_set, "no uuid");
	is_int(c.memory_mb, 512, "memory");
	is_int(c.maxmem_mb, 512, "maxmem is memory");
	is_int(c.vcpus, 1, "one vcpu");
	is_int(c.maxvcpus, 1, "at most");
	is_int(c.bios, BIOS_SEABIOS, "seabios");
	ok(!c.bios_path && !c.hvmloader_path, "from the distribution");
	is_str(c.boot, "cda", "boot order");
	ok(c.acpi && c.acpi_s3 && c.acpi_s4 && c.apic, "ACPI and APIC");
	ok(c.pae && c.hpet && c.xen_platform_pci, "PAE to platform");
	ok(!c.viridian && !c.localtime, "neither viridian nor localtime");
	is_int(c.timer_mode, TIMER_NO_DELAY, "timer_mode");
	is_int(c.tsc_mode, TSC_DEFAULT, "tsc_mode");
	is_int(c.rtc_timeoffset, 0, "rtc_timeoffset");
	is_int(c.mmio_hole_mb, 0, "mmio_hole");
	is_int(c.shadow_mb, 0, "shadow_memory");
	is_int(c.max_grant_frames, -1, "max_grant_frames");
	is_int(c.vga, VGA_CIRRUS, "vga");
	is_int(c.videoram_mb, 8, "videoram");
	is_int(c.hdtype, HDTYPE_IDE, "hdtype");
	ok(!c.usb && !c.nr_usbdevice && !c.soundhw, "neither USB nor sound");
	ok(!c.nr_disk && !c.nr_serial && !c.nr_dm_args, "no lists");
	is_int(c.on_poweroff, ACTION_DESTROY, "on_poweroff");
	is_int(c.on_reboot, ACTION_RESTART, "on_reboot");
	is_int(c.on_crash, ACTION_DESTROY, "on_crash");
	is_int(c.on_watchdog, ACTION_DESTROY, "on_watchdog");
	ok(!c.stub_kernel && !c.stub_ramdisk, "the installed stubdomain");
	is_str(c.stub_cmdline, "", "without a command line");
	is_int(c.stub_memory_mb, 256, "stubdomain_memory");
	is_int(c.stub_timeout_s, 60, "stubdomain_timeout");
	is_int(c.protocol, PROTOCOL_BOTH, "stubdomain_protocol");
	ok(c.qmp_marker, "qmp_marker");
	is_int(c.log_limit, 4 * 1024 * 1024, "log_limit");
	config_free(&c);
}

/* A line, and the number it leaves in one field of the configuration. */
#define N(field)                           \
	offsetof(struct vm_config, field), \
		sizeof(((struct vm_config *)0)->field)
static const struct {
	const char *line;
	size_t offset, size;
	long long want;
} numbers[] = {
	{"memory=2048", N(memory_mb), 2048},
	{"memory='2048'", N(memory_mb), 2048},
	{"memory=0x800", N(memory_mb), 2048},
	{"memory=2048", N(maxmem_mb), 2048},
	{"memory=9;vga='none'", N(memory_mb), 9},
	{"memory=9", N(memory_mb), 9},
	{"memory=2;vga='none'", N(memory_mb), 2},
	{"memory=16777216", N(memory_mb), 16777216},
	{"maxmem=1024", N(maxmem_mb), 1024},
	{"maxmem=1024", N(memory_mb), 512},
	{"vcpus=4", N(vcpus), 4},
	{"vcpus=4", N(maxvcpus), 4},
	{"maxvcpus=128", N(maxvcpus), 128},
	{"maxvcpus=128", N(vcpus), 1},
	{"vcpus=4;maxvcpus=4", N(maxvcpus), 4},
	{"cpus=''", N(nr_cpus), 0},
	{"cpus='0-3,^1'", N(nr_cpus), 1},
	{"cpus=3", N(nr_cpus), 1},
	{"cpus='all'", N(cpus_each), 0},
	{"cpus=['0','1','2']", N(nr_cpus), 3},
	{"cpus=['0','1','2']", N(cpus_each), 1},
	{"cpu_weight=65535", N(cpu_weight), 65535},
	{"bios='ovmf'", N(bios), BIOS_OVMF},
	{"bios='seabios'", N(bios), BIOS_SEABIOS},
	{"firmware='uefi'", N(bios), BIOS_OVMF},
	{"firmware='bios'", N(bios), BIOS_SEABIOS},
	{"acpi=0", N(acpi), 0},
	{"acpi_s3=0", N(acpi_s3), 0},
	{"acpi_s4=0", N(acpi_s4), 0},
	{"apic=0", N(apic), 0},
	{"pae=0", N(pae), 0},
	{"hpet=0", N(hpet), 0},
	{"xen_platform_pci=0", N(xen_platform_pci), 0},
	{"acpi=1", N(acpi), 1},
	{"localtime=1", N(localtime), 1},
	{"localtime=2", N(localtime), 1},
	{"localtime='1'", N(localtime), 1},
	{"viridian=1", N(viridian), 1},
	{"viridian=0", N(viridian), 0},
	{"viridian=[]", N(viridian), 0},
	{"viridian=['defaults']", N(viridian), 1},
	{"timer_mode='delay_for_missed_ticks'", N(timer_mode), 0},
	{"timer_mode='no_delay_for_missed_ticks'", N(timer_mode), 1},
	{"timer_mode='no_missed_ticks_pending'", N(timer_mode), 2},
	{"timer_mode='one_missed_tick_pending'", N(timer_mode), 3},
	{"timer_mode=3", N(timer_mode), 3},
	{"tsc_mode='always_emulate'", N(tsc_mode), TSC_ALWAYS_EMULATE},
	{"tsc_mode='native'", N(tsc_mode), TSC_NATIVE},
	{"tsc_mode=2", N(tsc_mode), TSC_NATIVE},
	{"rtc_timeoffset=-3600", N(rtc_timeoffset), -3600},
	{"rtc_timeoffset='-3600'", N(rtc_timeoffset), -3600},
	{"rtc_timeoffset=2000000000", N(rtc_timeoffset), 2000000000},
	{"mmio_hole=256", N(mmio_hole_mb), 256},
	{"mmio_hole=3840", N(mmio_hole_mb), 3840},
	{"shadow_memory=8", N(shadow_mb), 8},
	{"max_grant_frames=1", N(max_grant_frames), 1},
	{"max_grant_frames=64", N(max_grant_frames), 64},
	{"vga='stdvga'", N(vga), VGA_STD},
	{"vga='stdvga'", N(videoram_mb), 16},
	{"vga='qxl'", N(vga), VGA_QXL},
	{"vga='qxl'", N(videoram_mb), 128},
	{"vga='none'", N(vga), VGA_NONE},
	{"vga='none'", N(videoram_mb), 0},
	{"vga='none';videoram=0", N(videoram_mb), 0},
	{"stdvga=1", N(vga), VGA_STD},
	{"stdvga=0", N(vga), VGA_CIRRUS},
	{"stdvga=1;vga='cirrus'", N(vga), VGA_CIRRUS},
	{"videoram=16", N(videoram_mb), 16},
	{"stdvga=1;videoram=256", N(videoram_mb), 256},
	{"hdtype='ahci'", N(hdtype), HDTYPE_AHCI},
	{"usb=1", N(usb), 1},
	{"usbdevice='tablet'", N(usb), 1},
	{"usbdevice='tablet'", N(nr_usbdevice), 1},
	{"usbdevice=['tablet','keyboard']", N(nr_usbdevice), 2},
	{"usbdevice=[]", N(usb), 0},
	{"usbdevice=''", N(usb), 0},
	{"serial='pty'", N(nr_serial), 1},
	{"serial=['pty','pty','pty','pty']", N(nr_serial), 4},
	{"serial='none'", N(nr_serial), 0},
	{"serial=''", N(nr_serial), 0},
	{"serial=[]", N(nr_serial), 0},
	{"on_poweroff='preserve'", N(on_poweroff), ACTION_PRESERVE},
	{"on_reboot='destroy'", N(on_reboot), ACTION_DESTROY},
	{"on_watchdog='restart'", N(on_watchdog), ACTION_RESTART},
	{"on_crash='rename-restart'", N(on_crash), ACTION_RENAME_RESTART},
	{"on_dm_death='restart'", N(on_dm_death), ACTION_RESTART},
	{"on_dm_death='pause'", N(on_dm_death), ACTION_PAUSE},
	{"stubdomain_memory=32", N(stub_memory_mb), 32},
	{"stubdomain_timeout=1", N(stub_timeout_s), 1},
	{"stubdomain_timeout=86400", N(stub_timeout_s), 86400},
	{"stubdomain_protocol='merged'", N(protocol), PROTOCOL_MERGED},
	{"stubdomain_protocol='v5'", N(protocol), PROTOCOL_V5},
	{"qmp_marker=0", N(qmp_marker), 0},
	{"log_limit=4096", N(log_limit), 4096},
	{"log_limit=0x100000000", N(log_limit), 0x100000000},
	{"disk=['/x,,hda','/y,,xvdb']", N(nr_disk), 2},
	{"device_model_args=['-d','int']", N(nr_dm_args), 2},
	{"device_model_args=[]", N(nr_dm_args), 0},
};

static long long number_at(const void *p, size_t size)
{
	int32_t n32;
	int64_t n64;

	if (size == 1)
		return *(const uint8_t *)p;
	if (size == sizeof(n32)) {
		memcpy(&n32, p, sizeof(n32));
		return n32;
	}
	memcpy(&n64, p, sizeof(n64));
	return n64;
}

static void test_numbers(void)
{
	struct vm_config c;
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (parse_base(&c, numbers[i].line, &e) < 0) {
			ok(false, "%s: %s", numbers[i].line, e.msg);
			continue;
		}
		is_int(number_at((char *)&c + numbers[i].offset,
				 numbers[i].size),
		       numbers[i].want, "%s", numbers[i].line);
		config_free(&c);
	}
}

/* The same for strings; "" where the field is an array. */
#define S(field) offsetof(struct vm_config, field)
static const struct {
	const char *line;
	size_t offset;
	const char *want;
} strings[] = {
	{"bios_path_override='/b/\xc3\xa9'", S(bios_path), "/b/\xc3\xa9"},
	{"firmware_override='/l'", S(hvmloader_path), "/l"},
	{"stubdomain_kernel='/k'", S(stub_kernel), "/k"},
	{"stubdomain_ramdisk='/r'", S(stub_ramdisk), "/r"},
	{"stubdomain_cmdline='~ !'", S(stub_cmdline), "~ !"},
	{"stubdomain_cmdline='quiet a=1'", S(stub_cmdline), "quiet a=1"},
	{"stubdomain_cmdline='a';stubdomain_cmdline+=' b'", S(stub_cmdline),
	 "a b"},
	{"soundhw='hda'", S(soundhw), "intel-hda"},
	{"soundhw='ac97'", S(soundhw), "AC97"},
	{"soundhw='es1370'", S(soundhw), "ES1370"},
	{"soundhw='sb16'", S(soundhw), "sb16"},
	{"usbdevice='tablet'", S(usbdevice[0]), "tablet"},
	{"usbdevice=['mouse','wacom-tablet']", S(usbdevice[1]), "wacom-tablet"},
	{"device_model_args=['-d','a b']", S(dm_args[1]), "a b"},
	{"device_model_args_hvm=['-y'];device_model_args=['-x']", S(dm_args[0]),
	 "-x"},
	{"device_model_args_hvm=['-y'];device_model_args=['-x']", S(dm_args[1]),
	 "-y"},
	{"device_model_args=[1]", S(dm_args[0]), "1"},
};

static void test_strings(void)
{
	struct vm_config c;
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(strings); i++) {
		char *got;

		if (parse_base(&c, strings[i].line, &e) < 0) {
			ok(false, "%s: %s", strings[i].line, e.msg);
			continue;
		}
		memcpy(&got, (char *)&c + strings[i].offset, sizeof(got));
		is_str(got, strings[i].want, "%s", strings[i].line);
		config_free(&c);
	}
}

static void test_boot(void)
{
	static const char *const orders[] = {"c", "d", "n", "dc", "acdn"};
	char line[32];
	struct vm_config c;
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		snprintf(line, sizeof(line), "boot='%s'", orders[i]);
		parse_base(&c, line, &e);
		is_str(c.boot, orders[i], "%s", line);
		config_free(&c);
	}
	parse_base(&c, "boot=''", &e);
	is_str(c.boot, "cda", "an empty order is the default");
	config_free(&c);
}

static void test_uuid(void)
{
	static const uint8_t want[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
					 0xcd, 0xef, 0xFE, 0xDA, 0xba, 0x98,
					 0x76, 0x54, 0x32, 0x10};
	struct vm_config c;
	struct err e;

	is_int(parse_base(&c, "uuid='01234567-89ab-cdef-FEDA-ba9876543210'",
			  &e),
	       0, "a uuid is taken");
	ok(c.uuid_set, "and is known to be given");
	ok(!memcmp(c.uuid, want, sizeof(want)), "byte by byte");
	config_free(&c);
}

static void test_names(void)
{
	static const char *const good[] = {
		"g", "G2", "win-10.1_x+y", "_x", "aAzZ09", "+x", "0",
	};
	static const char *const bad[] = {
		"",    ".",   "..",  ".x",	 "-x",	  "a b", "a/b",
		"a:b", "a,b", "a\n", "\xc3\xa9", "a\x80", "a'",	 "a*",
	};
	char text[VM_NAME_MAX + 2];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		ok(config_name_ok(good[i]), "%s is a name", good[i]);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		ok(!config_name_ok(bad[i]), "bad name %zu is none", i);
	memset(text, 'x', sizeof(text));
	text[VM_NAME_MAX] = '\0';
	ok(config_name_ok(text), "64 characters are a name");
	text[VM_NAME_MAX] = 'x';
	text[VM_NAME_MAX + 1] = '\0';
	ok(!config_name_ok(text), "65 are none");
}

static void test_disks(void)
{
	struct vm_config c;
	struct err e;

	parse_base(&c, "disk=['/x,,hda','phy:vg/y,xvdb,r',',hdc:cdrom,r']", &e);
	is_int(c.nr_disk, 3, "three disks");
	is_str(c.disk[0].path, "/x", "the first");
	is_str(c.disk[1].path, "/dev/vg/y", "the second");
	ok(c.disk[1].readonly, "is read-only");
	ok(c.disk[2].cdrom && !c.disk[2].path, "the third is an empty drive");
	is_int(c.disk[2].devid, 5632, "with its number");
	config_free(&c);
	ok(!c.nr_disk && !c.stub_cmdline, "config_free leaves nothing");
}

/* Keys without effect are no reason to refuse. */
static void test_harmless(void)
{
	static const char *const lines[] = {
		"type='hvm'",
		"builder='hvm'",
		"vif=[]",
		"pci=[]",
		"vif=''",
		"cpus=''",
		"vnc=0",
		"sdl=0",
		"spice=0",
		"nographic=0",
		"vnc='0'",
		"pci_permissive=0",
		"gfx_passthru=0",
		"hap=1",
		"oos=1",
		"nestedhvm=0",
		"usbversion=0",
		"keymap=''",
		"altp2m='disabled'",
		"ms_vm_genid='none'",
		"vfb=[]",
		"passthrough='disabled'",
		"vendor_device='none'",
		"device_model_version='qemu-xen'",
		"vkb_device=0",
		"device_model_stubdomain_override=1",
		"soundhw=''",
	};
	struct vm_config c;
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		is_int(parse_base(&c, lines[i], &e), 0, "%s is fine", lines[i]);
		is_str(e.msg, "", "%s: no complaint", lines[i]);
		config_free(&c);
	}
}

/* A rename is in the text that a later run reads, too. */
static void test_rename(void)
{
	struct vm_config c, again;
	struct err e;

	if (parse_base(&c, "vcpus=2;disk=['/x,,hda']", &e))
		return;
	is_int(config_rename(&c, "h.2", &e), 0, "a rename");
	is_str(c.name, "h.2", "gives another name");
	is_int(config_parse(&again, c.as_used, strlen(c.as_used), "x", &e), 0,
	       "its text can be read");
	is_str(again.name, "h.2", "has the new name");
	ok(again.vcpus == 2 && again.nr_disk == 1, "and all the rest");
	config_free(&again);
	config_free(&c);
}

int main(void)
{
	test_rename();
	test_defaults();
	test_numbers();
	test_strings();
	test_boot();
	test_uuid();
	test_names();
	test_disks();
	test_harmless();
	return done_testing();
}
