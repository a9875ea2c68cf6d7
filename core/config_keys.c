/* SPDX-License-Identifier: MIT */
/* The table of keys. What each means is said in xl.cfg(5) and mtool.cfg(5). */
#include "core/config_keys.h"

#include <string.h>

/* The columns of the table. NOLINTBEGIN(bugprone-macro-parentheses): .names */
#define KEY(name_, take_, ...)                            \
	{                                                 \
		.name = name_, .take = take_, __VA_ARGS__ \
	}
#define AT(field) .offset = offsetof(struct vm_config, field)
#define RANGE(min_, max_) .min = min_, .max = max_
#define ONE_OF(choices) .choice = choices
#define WHY(text) .why = text
#define HARMLESS(text) .why = text, .harmless = true
/* NOLINTEND(bugprone-macro-parentheses) */

enum {
	VIDEORAM_MAX_MB = 512,
	STUB_MEMORY_MAX_MB = 65536,
	PV_CMDLINE_MAX = 1023,	    /* MAX_GUEST_CMDLINE of xen.h, less NUL */
	GRANT_FRAMES_MAX = 1 << 20, /* Xen has its own limit below this */
	RTC_MAX_S = 2000000000,	    /* leaves room for a time zone in 32 bit */
};

static const char no_graphics[] = "the protocol has no graphics output";
static const char no_direct_boot[] =
	"direct boot would need the file inside the stubdomain";
static const char hvm_only[] = "not for hvm guests, and mtool builds no others";
static const char not_offered[] = "mtool cannot do this";
static const char no_dump[] = "mtool writes no core dumps";

static const struct choice types[] = {
	{"hvm", 0, NULL},
	{"pv", 0, "not done yet: mtool builds hvm guests"},
	{"pvh", 0, "not done yet: mtool builds hvm guests"},
	{0},
};
static const struct choice builders[] = {
	{"hvm", 0, NULL},
	{"generic", 0, "this is pv: mtool builds hvm guests"},
	{0},
};
static const struct choice actions[] = {
	{"destroy", ACTION_DESTROY, NULL},
	{"restart", ACTION_RESTART, NULL},
	{"rename-restart", ACTION_RENAME_RESTART, NULL},
	{"preserve", ACTION_PRESERVE, NULL},
	{"coredump-destroy", 0, no_dump},
	{"coredump-restart", 0, no_dump},
	{"soft-reset", 0, "a soft reset needs QEMU to be restarted"},
	{0},
};
static const struct choice dm_actions[] = {
	{"destroy", ACTION_DESTROY, NULL},
	{"restart", ACTION_RESTART, NULL},
	{"pause", ACTION_PAUSE, NULL},
	{0},
};
static const struct choice bioses[] = {
	{"seabios", BIOS_SEABIOS, NULL},
	{"ovmf", BIOS_OVMF, NULL},
	{"rombios", 0, "only qemu-xen-traditional has it"},
	{0},
};
static const struct choice firmwares[] = {
	{"bios", BIOS_SEABIOS, NULL},
	{"uefi", BIOS_OVMF, NULL},
	{"seabios", BIOS_SEABIOS, NULL},
	{"ovmf", BIOS_OVMF, NULL},
	{"rombios", 0, "only qemu-xen-traditional has it"},
	{0},
};
static const struct choice timer_modes[] = {
	{"delay_for_missed_ticks", TIMER_DELAY, NULL},
	{"no_delay_for_missed_ticks", TIMER_NO_DELAY, NULL},
	{"no_missed_ticks_pending", TIMER_NO_MISSED_PENDING, NULL},
	{"one_missed_tick_pending", TIMER_ONE_MISSED_PENDING, NULL},
	{0},
};
static const struct choice tsc_modes[] = {
	{"default", TSC_DEFAULT, NULL},
	{"always_emulate", TSC_ALWAYS_EMULATE, NULL},
	{"native", TSC_NATIVE, NULL},
	{"native_paravirt", 3, "Xen has it no longer"},
	{0},
};
static const struct choice stdvgas[] = {
	{"0", VGA_CIRRUS, NULL},
	{"1", VGA_STD, NULL},
	{0},
};
static const struct choice vgas[] = {
	{"cirrus", VGA_CIRRUS, NULL},
	{"stdvga", VGA_STD, NULL},
	{"qxl", VGA_QXL, NULL},
	{"none", VGA_NONE, NULL},
	{0},
};
static const struct choice hdtypes[] = {
	{"ide", HDTYPE_IDE, NULL},
	{"ahci", HDTYPE_AHCI, NULL},
	{0},
};
static const struct choice dm_versions[] = {
	{"qemu-xen", 0, NULL},
	{"qemu-xen-traditional", 0, "the stubdomain has upstream QEMU"},
	{0},
};
static const struct choice protocols[] = {
	{"both", PROTOCOL_BOTH, NULL},
	{"merged", PROTOCOL_MERGED, NULL},
	{"v5", PROTOCOL_V5, NULL},
	{0},
};
static const struct choice passthroughs[] = {
	{"default", PASSTHROUGH_DEFAULT, NULL},
	{"disabled", PASSTHROUGH_DISABLED, NULL},
	{"enabled", PASSTHROUGH_ENABLED, NULL},
	{"share_pt", 0, "Xen chooses how to keep IOMMU tables: say enabled"},
	{"sync_pt", 0, "Xen chooses how to keep IOMMU tables: say enabled"},
	{0},
};
static const struct choice none_only[] = {{"none", 0, NULL}, {0}};
static const struct choice altp2ms[] = {{"disabled", 0, NULL}, {0}};

const struct key config_keys[] = {
	/* What the VM is. */
	KEY("name", take_name),
	KEY("uuid", take_uuid),
	KEY("builder", take_fixed, ONE_OF(builders)),
	KEY("type", take_fixed, ONE_OF(types)),
	KEY("memory", take_uint, AT(memory_mb), RANGE(2, VM_MEMORY_MAX_MB)),
	KEY("maxmem", take_uint, AT(maxmem_mb), RANGE(2, VM_MEMORY_MAX_MB)),
	KEY("vcpus", take_uint, AT(vcpus), RANGE(1, VM_VCPUS_MAX)),
	KEY("maxvcpus", take_uint, AT(maxvcpus), RANGE(1, VM_VCPUS_MAX)),
	KEY("cpus", take_cpus),
	KEY("cpu_weight", take_uint, AT(cpu_weight), RANGE(1, 65535)),
	KEY("on_poweroff", take_choice, AT(on_poweroff), ONE_OF(actions)),
	KEY("on_reboot", take_choice, AT(on_reboot), ONE_OF(actions)),
	KEY("on_crash", take_choice, AT(on_crash), ONE_OF(actions)),
	KEY("on_watchdog", take_choice, AT(on_watchdog), ONE_OF(actions)),
	KEY("on_dm_death", take_choice, AT(on_dm_death), ONE_OF(dm_actions)),

	/* Firmware and platform. firmware is the other name of bios. */
	KEY("firmware", take_choice, AT(bios), ONE_OF(firmwares)),
	KEY("bios", take_choice, AT(bios), ONE_OF(bioses)),
	KEY("bios_path_override", take_path, AT(bios_path)),
	KEY("firmware_override", take_path, AT(hvmloader_path)),
	KEY("boot", take_boot),
	KEY("acpi", take_bool, AT(acpi)),
	KEY("acpi_s3", take_bool, AT(acpi_s3)),
	KEY("acpi_s4", take_bool, AT(acpi_s4)),
	KEY("apic", take_bool, AT(apic)),
	KEY("pae", take_bool, AT(pae)),
	KEY("nx", refuse_off, WHY("mtool does not hide NX from guests")),
	KEY("hpet", take_bool, AT(hpet)),
	KEY("xen_platform_pci", take_bool, AT(xen_platform_pci)),
	KEY("localtime", take_bool, AT(localtime)),
	KEY("viridian", take_viridian, AT(viridian)),
	KEY("timer_mode", take_choice, AT(timer_mode), ONE_OF(timer_modes),
	    .numeric = true),
	KEY("tsc_mode", take_choice, AT(tsc_mode), ONE_OF(tsc_modes),
	    .numeric = true),
	KEY("rtc_timeoffset", take_int, AT(rtc_timeoffset),
	    RANGE(-RTC_MAX_S, RTC_MAX_S)),
	KEY("mmio_hole", take_uint, AT(mmio_hole_mb), RANGE(256, 3840)),
	KEY("shadow_memory", take_uint, AT(shadow_mb),
	    RANGE(0, VM_MEMORY_MAX_MB)),
	KEY("max_grant_frames", take_int, AT(max_grant_frames),
	    RANGE(1, GRANT_FRAMES_MAX)),

	/* Devices. vga overrides its old form stdvga. */
	KEY("disk", take_disk),
	KEY("vif", take_vif),
	KEY("serial", take_serial),
	KEY("stdvga", take_choice, AT(vga), ONE_OF(stdvgas)),
	KEY("vga", take_choice, AT(vga), ONE_OF(vgas)),
	KEY("videoram", take_uint, AT(videoram_mb), RANGE(0, VIDEORAM_MAX_MB)),
	KEY("hdtype", take_choice, AT(hdtype), ONE_OF(hdtypes)),
	KEY("usb", take_bool, AT(usb)),
	KEY("usbdevice", take_usbdevice),
	KEY("soundhw", take_soundhw),

	/* Devices of the host; what holds for all of them comes first. */
	KEY("pci_permissive", take_bool, AT(pci_default.permissive)),
	KEY("pci_msitranslate", take_bool, AT(pci_default.msitranslate)),
	KEY("pci_power_mgmt", take_bool, AT(pci_default.power_mgmt)),
	KEY("pci_seize", refuse_on,
	    WHY("mtool takes nothing from dom0 by itself: mtool "
		"pci-assignable-add first")),
	KEY("rdm", take_rdm),
	KEY("rdm_mem_boundary", refuse,
	    WHY("mtool does not move memory to make room: see rdm")),
	KEY("passthrough", take_choice, AT(passthrough), ONE_OF(passthroughs)),
	KEY("pci", take_pci),
	KEY("gfx_passthru", refuse_on,
	    WHY("a graphics card can only be a second one")),

	/* The device model and its stubdomain. */
	KEY("device_model_version", take_fixed, ONE_OF(dm_versions)),
	KEY("device_model_stubdomain_override", refuse_off,
	    WHY("QEMU always runs in a stubdomain: leave it out or set it to "
		"1")),
	KEY("device_model_args", take_dm_args),
	KEY("device_model_args_hvm", take_dm_args),
	KEY("stubdomain_kernel", take_path, AT(stub_kernel)),
	KEY("stubdomain_ramdisk", take_path, AT(stub_ramdisk)),
	KEY("stubdomain_cmdline", take_text, AT(stub_cmdline),
	    RANGE(0, PV_CMDLINE_MAX)),
	KEY("stubdomain_memory", take_uint, AT(stub_memory_mb),
	    RANGE(32, STUB_MEMORY_MAX_MB)),
	KEY("stubdomain_protocol", take_choice, AT(protocol),
	    ONE_OF(protocols)),
	KEY("stubdomain_timeout", take_uint, AT(stub_timeout_s),
	    RANGE(1, 24 * 60 * 60)),
	KEY("qmp_marker", take_bool, AT(qmp_marker)),
	KEY("log_limit", take_u64, AT(log_limit),
	    RANGE(4096, (int64_t)1 << 40)),

	/* To come. */
	KEY("cpus_soft", refuse, WHY("soft affinity is not done yet")),
	KEY("cap", refuse_on, WHY("scheduling caps are not done yet")),
	KEY("device_model_stubdomain_seclabel", refuse,
	    WHY("security labels are not done yet")),
	KEY("seclabel", refuse, WHY("security labels are not done yet")),
	KEY("init_seclabel", refuse, WHY("security labels are not done yet")),

	/* There is no way for graphics out of the stubdomain. */
	KEY("vnc", refuse_on, HARMLESS(no_graphics)),
	KEY("sdl", refuse_on, HARMLESS(no_graphics)),
	KEY("spice", refuse_on, HARMLESS(no_graphics)),
	KEY("nographic", refuse_on, HARMLESS(no_graphics)),
	KEY("opengl", refuse_on, HARMLESS(no_graphics)),
	KEY("vncunused", refuse_on, HARMLESS(no_graphics)),
	KEY("vnclisten", refuse, HARMLESS(no_graphics)),
	KEY("vncdisplay", refuse, HARMLESS(no_graphics)),
	KEY("vncpasswd", refuse, HARMLESS(no_graphics)),
	KEY("vncviewer", refuse, HARMLESS(no_graphics)),
	KEY("keymap", refuse, HARMLESS(no_graphics)),
	KEY("display", refuse, HARMLESS(no_graphics)),
	KEY("xauthority", refuse, HARMLESS(no_graphics)),
	KEY("spicehost", refuse, HARMLESS(no_graphics)),
	KEY("spiceport", refuse, HARMLESS(no_graphics)),
	KEY("spicetls_port", refuse, HARMLESS(no_graphics)),
	KEY("spicedisable_ticketing", refuse, HARMLESS(no_graphics)),
	KEY("spicepasswd", refuse, HARMLESS(no_graphics)),
	KEY("spiceagent_mouse", refuse, HARMLESS(no_graphics)),
	KEY("spicevdagent", refuse, HARMLESS(no_graphics)),
	KEY("spice_clipboard_sharing", refuse, HARMLESS(no_graphics)),
	KEY("spiceusbredirection", refuse, HARMLESS(no_graphics)),
	KEY("spice_image_compression", refuse, HARMLESS(no_graphics)),
	KEY("spice_streaming_video", refuse, HARMLESS(no_graphics)),
	KEY("vfb", refuse, HARMLESS(no_graphics)),
	KEY("vdispl", refuse, HARMLESS(no_graphics)),
	KEY("vkb", refuse, HARMLESS(no_graphics)),
	KEY("vkb_device", refuse_on, HARMLESS(no_graphics)),

	/* Devices that need more than a stubdomain's QEMU and the kernel. */
	KEY("usbdev", refuse,
	    HARMLESS("USB devices of the host do not reach a stubdomain")),
	KEY("usbctrl", refuse,
	    HARMLESS("USB devices of the host do not reach a stubdomain")),
	KEY("channel", refuse,
	    WHY("channels end in dom0's QEMU, and there is none")),
	KEY("vsnd", refuse,
	    HARMLESS("sound needs a backend that mtool does not have")),
	KEY("audio", refuse,
	    HARMLESS("sound needs a backend that mtool does not have")),
	KEY("vtpm", refuse, WHY("mtool has no virtual TPM")),
	KEY("p9", refuse, WHY("9pfs needs a backend that mtool does not have")),
	KEY("pvcalls", refuse,
	    WHY("pvcalls needs a backend that mtool does not have")),
	KEY("usbversion", refuse_on, WHY("only usb = 1, which is USB 1.1")),
	KEY("vendor_device", take_fixed, ONE_OF(none_only)),

	/* Direct boot: the files would have to be in the stubdomain. */
	KEY("kernel", refuse, WHY(no_direct_boot)),
	KEY("ramdisk", refuse, WHY(no_direct_boot)),
	KEY("cmdline", refuse, WHY(no_direct_boot)),
	KEY("root", refuse, WHY(no_direct_boot)),
	KEY("extra", refuse, WHY(no_direct_boot)),

	/* Other kinds of guest. */
	KEY("bootloader", refuse, WHY(hvm_only)),
	KEY("bootloader_args", refuse, WHY(hvm_only)),
	KEY("bootargs", refuse, WHY(hvm_only)),
	KEY("pvshim_path", refuse, WHY(hvm_only)),
	KEY("pvshim_cmdline", refuse, WHY(hvm_only)),
	KEY("pvshim_extra", refuse, WHY(hvm_only)),
	KEY("device_model_args_pv", refuse, WHY(hvm_only)),
	KEY("device_tree", refuse, WHY(hvm_only)),
	KEY("dtdev", refuse, WHY(hvm_only)),
	KEY("gic_version", refuse, WHY(hvm_only)),
	KEY("vuart", refuse, WHY(hvm_only)),
	KEY("tee", refuse, WHY(hvm_only)),
	KEY("pvshim", refuse_on, WHY(hvm_only)),
	KEY("e820_host", refuse_on, WHY(hvm_only)),
	KEY("vpmu", refuse_on, WHY(hvm_only)),

	/* What a domain may have in Xen, and mtool does not give it. */
	KEY("nestedhvm", refuse_on, WHY(not_offered)),
	KEY("altp2mhvm", refuse_on, WHY(not_offered)),
	KEY("nomigrate", refuse_on, WHY(not_offered)),
	KEY("driver_domain", refuse_on, WHY(not_offered)),
	KEY("msr_relaxed", refuse_on, WHY(not_offered)),
	KEY("acpi_laptop_slate", refuse_on, WHY(not_offered)),
	KEY("xend_suspend_evtchn_compat", refuse_on, WHY(not_offered)),
	KEY("vmtrace_buf_kb", refuse_on, WHY(not_offered)),
	KEY("hap", refuse_off, WHY(not_offered)),
	KEY("oos", refuse_off, WHY(not_offered)),
	KEY("vpt_align", refuse_off, WHY(not_offered)),
	KEY("pool", refuse, WHY(not_offered)),
	KEY("vnuma", refuse, WHY(not_offered)),
	KEY("cpuid", refuse, WHY(not_offered)),
	KEY("acpi_firmware", refuse, WHY(not_offered)),
	KEY("smbios_firmware", refuse, WHY(not_offered)),
	KEY("ioports", refuse, WHY(not_offered)),
	KEY("iomem", refuse, WHY(not_offered)),
	KEY("irqs", refuse, WHY(not_offered)),
	KEY("max_event_channels", refuse, WHY(not_offered)),
	KEY("max_maptrack_frames", refuse, WHY(not_offered)),
	KEY("max_grant_version", refuse, WHY(not_offered)),
	KEY("mca_caps", refuse, WHY(not_offered)),
	KEY("altp2m", take_fixed, ONE_OF(altp2ms)),
	KEY("ms_vm_genid", take_fixed, ONE_OF(none_only)),
	KEY("on_soft_reset", refuse,
	    HARMLESS("a soft reset needs QEMU to be restarted")),
	KEY("dm_restrict", refuse_on,
	    HARMLESS("the stubdomain is the restriction")),
	KEY("device_model_user", refuse, HARMLESS("QEMU has no user in dom0")),
	KEY("device_model_override", refuse,
	    WHY("QEMU runs in a stubdomain: see stubdomain_kernel and "
		"stubdomain_ramdisk")),
};

const unsigned int config_nr_keys = sizeof(config_keys) / sizeof(*config_keys);

const struct key *config_key(const char *name)
{
	unsigned int i;

	for (i = 0; i < config_nr_keys; i++) {
		if (!strcmp(config_keys[i].name, name))
			return &config_keys[i];
	}
	return NULL;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static unsigned int min(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Insertions, deletions and changes from a to b; big and small are one. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[CFG_KEY_MAX + 1], i, j, diagonal, above;
	unsigned int len = (unsigned int)strnlen(b, CFG_KEY_MAX);

	for (j = 0; j <= len; j++)
		row[j] = j;
	for (i = 0; a[i]; i++) {
		diagonal = row[0];
		row[0] = i + 1;
		for (j = 1; j <= len; j++) {
			above = row[j];
			row[j] = min(min(above, row[j - 1]) + 1,
				     diagonal +
					     (lower(a[i]) != lower(b[j - 1])));
			diagonal = above;
		}
	}
	return row[len];
}

const char *config_nearest_key(const char *name)
{
	unsigned int i, d, best = 3;
	const char *key = NULL;

	for (i = 0; i < config_nr_keys; i++) {
		d = distance(name, config_keys[i].name);
		/* Two letters of four are no likeness. */
		if (d < best && 2 * d < strlen(name)) {
			best = d;
			key = config_keys[i].name;
		}
	}
	return key;
}
