/* SPDX-License-Identifier: MIT */
/*
 * A virtual machine's configuration: checked, complete, and free of syntax.
 * What reads xl.cfg text is core/cfgfile.h; the names and meanings of the
 * keys are those of xl.cfg(5).
 */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/bdf.h"
#include "core/err.h"
#include "core/mac.h"

enum {
	VM_NAME_MAX = 64,   /* characters */
	VM_PATH_MAX = 256,  /* of firmware and stub, with the NUL */
	VM_DISKS_MAX = 64,  /* disks of one VM */
	VM_NICS_MAX = 16,   /* the stub numbers them by a hexadecimal digit */
	VM_PCI_MAX = 16,    /* PCI devices of the host */
	VM_SERIALS_MAX = 4, /* QEMU's PC has no more */
	VM_ARGS_MAX = 128,  /* words of device_model_args */
	VM_LOG_LIMIT = 4 * 1024 * 1024, /* bytes, by default */
	VM_MEMORY_MAX_MB = 16 * 1024 * 1024,
	VM_VCPUS_MAX = 128, /* Xen's limit for HVM */
};

enum vm_bios { BIOS_SEABIOS, BIOS_OVMF };
enum vm_vga { VGA_CIRRUS, VGA_STD, VGA_QXL, VGA_NONE };
enum vm_hdtype { HDTYPE_IDE, HDTYPE_AHCI };
enum vm_protocol { PROTOCOL_BOTH, PROTOCOL_MERGED, PROTOCOL_V5 };
/* The order is that of HVM_PARAM_TIMER_MODE's values. */
enum vm_timer_mode {
	TIMER_DELAY,
	TIMER_NO_DELAY,
	TIMER_NO_MISSED_PENDING,
	TIMER_ONE_MISSED_PENDING,
};
/* The order is that of xc_domain_set_tsc_info's modes. */
enum vm_tsc_mode { TSC_DEFAULT, TSC_ALWAYS_EMULATE, TSC_NATIVE };
/* Whether Xen keeps IOMMU tables for the guest; fixed when it is made. */
enum vm_passthrough {
	PASSTHROUGH_DEFAULT, /* if it is given a PCI device */
	PASSTHROUGH_DISABLED,
	PASSTHROUGH_ENABLED,
};
enum vm_action {
	ACTION_DESTROY,
	ACTION_RESTART,
	ACTION_RENAME_RESTART,
	ACTION_PRESERVE,
	ACTION_PAUSE,
};

enum disk_kind {
	DISK_AUTO, /* a plain path: what it is shows when it is opened */
	DISK_PHY,  /* a block device: backendtype=phy */
	DISK_FILE, /* a raw image file, through a loop device */
};

struct disk_config {
	char *path; /* absolute; NULL: a drive without a medium */
	enum disk_kind kind;
	char vdev[16];	    /* canonical: xvda, hda, sdb; never a number */
	unsigned int devid; /* virtual device number of vdev */
	unsigned int index; /* disk number in vdev: xvdc, hdc, sdc are 2 */
	bool readonly;
	bool cdrom;
	bool direct_io_safe;
	bool discard;	/* offer discard to the frontend; default: writable */
	bool untrusted; /* frontend told not to trust its backend (XSA-403) */
	bool raw;	/* the text says format=raw: its content is not asked */
	bool hotplugged; /* attached while the guest ran: the stub has it not */
};

enum { NIC_NAME_MAX = 16, NIC_IP_MAX = 128 };

struct nic_config {
	unsigned int devid; /* the guest's number of it */
	uint8_t mac[MAC_LEN];
	bool mac_set; /* else it follows from the VM's uuid: vif_macs() */
	char bridge[NIC_NAME_MAX];
	bool hotplugged;	    /* attached while the guest ran */
	bool emulated;		    /* else the guest has a PV nic only */
	const char *model;	    /* what QEMU calls the emulated device */
	char vifname[NIC_NAME_MAX]; /* of dom0's end; "": netback's choice */
	unsigned int mtu;	    /* 0: that of the bridge */
	/* What the guest may send in an interval; rate_usec 0: no limit. */
	uint64_t rate_bytes;
	uint32_t rate_usec;
	char ip[NIC_IP_MAX]; /* kept for firewall programs; may be "" */
	bool untrusted;	     /* as a disk's */
};

/* A PCI device of the host that the guest is given. */
struct pci_config {
	struct bdf bdf;
	int slot;	 /* on the guest's bus; -1: QEMU's choice */
	bool permissive; /* the guest may write to all of its config space */
	bool msitranslate, power_mgmt; /* told to the backend, as xl does */
	bool rdm_relaxed; /* reserved memory that is RAM is no obstacle */
	bool hotplugged;  /* attached while the guest ran */
};

struct vm_config {
	char name[VM_NAME_MAX + 1];
	uint8_t uuid[16];
	bool uuid_set; /* else a fresh random one is made when it is used */
	unsigned int memory_mb, maxmem_mb; /* maxmem >= memory */
	unsigned int vcpus, maxvcpus;	   /* online at boot; maximum */
	char *cpus[VM_VCPUS_MAX];	   /* see dom_cpus */
	unsigned int nr_cpus;
	bool cpus_each;		 /* one entry for each vcpu, not one for all */
	unsigned int cpu_weight; /* 0: the scheduler's default */

	enum vm_bios bios;
	char *bios_path;      /* NULL: where the distribution has it */
	char *hvmloader_path; /* firmware_override; NULL likewise */
	char boot[9];	      /* letters a c d n */
	bool acpi, acpi_s3, acpi_s4, apic, pae, hpet, xen_platform_pci;
	bool viridian;
	enum vm_timer_mode timer_mode;
	enum vm_tsc_mode tsc_mode;
	bool localtime;
	int rtc_timeoffset;	   /* seconds */
	unsigned int mmio_hole_mb; /* 0: the default 256 MB */
	unsigned int shadow_mb;	   /* 0: computed from memory and vcpus */
	int max_grant_frames;	   /* -1: the hypervisor's default */
	enum vm_vga vga;
	unsigned int videoram_mb; /* already the default for vga if unset */
	enum vm_hdtype hdtype;
	bool usb;
	char *usbdevice[8]; /* e.g. tablet, mouse, keyboard */
	unsigned int nr_usbdevice;
	/* QEMU device name; NULL: none. intel-hda is to get a hda-duplex. */
	char *soundhw;

	struct disk_config disk[VM_DISKS_MAX];
	unsigned int nr_disk;
	struct nic_config nic[VM_NICS_MAX];
	unsigned int nr_nic;
	unsigned int nr_serial; /* all of them are ptys */
	struct pci_config pci[VM_PCI_MAX];
	unsigned int nr_pci;
	struct pci_config pci_default; /* where a device says nothing */
	enum vm_passthrough passthrough;
	bool rdm_host; /* reserve for all devices of the host, not only pci's */

	enum vm_action on_poweroff, on_reboot, on_crash, on_watchdog;
	enum vm_action on_dm_death; /* of the device model or its stub */

	char *dm_args[VM_ARGS_MAX];
	unsigned int nr_dm_args;
	char *stub_kernel, *stub_ramdisk; /* NULL: the installed ones */
	char *stub_cmdline;		  /* never NULL; may be "" */
	unsigned int stub_memory_mb;
	unsigned int stub_timeout_s;
	enum vm_protocol protocol;
	bool qmp_marker;
	uint64_t log_limit; /* bytes */
	char *as_used;	    /* all keys that were set, as a file's text */
	bool incoming;	    /* this start goes on where a saved guest was */
};

/*
 * Read `path` (after `defaults`, the host-wide file, unless that is NULL or
 * does not exist), apply the `nr` words KEY=VALUE of `override`, and check
 * everything. Refused: unknown keys, keys known but not done, wrong types,
 * numbers out of range, control characters in strings, two disks with one
 * vdev. The text names file and line. With `lenient` (-W) keys that are known
 * to be harmless to leave out are warned about through warn(ctx, text)
 * instead. On success *cfg is filled; free it with config_free. On failure -1,
 * *e (EXIT_USAGE, also for a file that is not there), nothing to free.
 */
typedef void config_warn_fn(void *ctx, const char *text);
int config_load(struct vm_config *cfg, const char *path, const char *defaults,
		char *const *override, unsigned int nr, bool lenient,
		config_warn_fn *warn, void *ctx, struct err *e);

/* The same from text in memory; `name` stands for the file in messages. */
int config_parse(struct vm_config *cfg, const char *text, size_t len,
		 const char *name, struct err *e);

/*
 * And from a text that was a configuration as used (as_used), with `nr` words
 * KEY=VALUE; what was left out when it was made is left out again.
 */
int config_load_text(struct vm_config *cfg, const char *text, const char *name,
		     char *const *override, unsigned int nr, struct err *e);

/*
 * The defaults of all VMs alone: mtool's own and what the host-wide file `path`
 * says, if it is there. As config_load in all else.
 */
int config_load_defaults(struct vm_config *cfg, const char *path,
			 struct err *e);

void config_free(struct vm_config *cfg);

/*
 * Give it another name (one that config_name_ok accepts), also in as_used.
 * -1 and *e (no memory), and nothing has changed.
 */
int config_rename(struct vm_config *cfg, const char *name, struct err *e);

/* Whether `name` is one a VM may have: [A-Za-z0-9._+-]{1,64}, no leading . -*/
bool config_name_ok(const char *name);

#endif
