/* SPDX-License-Identifier: MIT */
/* The keys whose values are like no other's. */
#include "core/config_keys.h"

#include <stdlib.h>
#include <string.h>

#include "core/cpuset.h"
#include "core/diskplace.h"
#include "core/diskspec.h"
#include "core/uuid.h"
#include "core/vdev.h"
#include "core/vifspec.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

bool config_name_ok(const char *name)
{
	size_t i, len = strlen(name);

	if (!len || len > VM_NAME_MAX || *name == '.' || *name == '-')
		return false;
	for (i = 0; i < len; i++) {
		if (!is_letter_or_digit(name[i]) && !strchr("._+-", name[i]))
			return false;
	}
	return true;
}

int take_name(struct load *l, const struct key *k,
	      const struct cfg_entry *entry)
{
	const char *name = config_scalar(l, entry);

	(void)k;
	if (!name)
		return -1;
	if (!config_name_ok(name))
		return config_bad(l, entry, 0,
				  "a name is 1 to %u letters, digits and "
				  "._+- and starts with neither . nor -",
				  VM_NAME_MAX);
	strcpy(l->cfg->name, name);
	return 0;
}

int take_uuid(struct load *l, const struct key *k,
	      const struct cfg_entry *entry)
{
	static const uint8_t dom0[16];
	const char *text = config_scalar(l, entry);

	(void)k;
	if (!text)
		return -1;
	if (uuid_parse(text, l->cfg->uuid) < 0)
		return config_bad(l, entry, 0,
				  "not like "
				  "01234567-89ab-cdef-0123-456789abcdef");
	if (!memcmp(l->cfg->uuid, dom0, sizeof(dom0)))
		return config_bad(l, entry, 0, "all zero is dom0's");
	l->cfg->uuid_set = true;
	return 0;
}

int take_cpus(struct load *l, const struct key *k,
	      const struct cfg_entry *entry)
{
	struct vm_config *cfg = l->cfg;
	struct cpuset set;
	struct err e;
	unsigned int i;

	(void)k;
	if (!entry->list && !*entry->value->text)
		return 0;
	for (i = 0; i < entry->nr; i++) {
		if (i == VM_VCPUS_MAX)
			return config_bad(l, entry, i, "more than %u",
					  VM_VCPUS_MAX);
		if (cpuset_parse(entry->value[i].text, &set, &e) < 0)
			return config_bad(l, entry, i, "%s", e.msg);
		if (config_copy(l, entry, i, &cfg->cpus[i]) < 0)
			return -1;
		cfg->nr_cpus++;
	}
	cfg->cpus_each = entry->list;
	return 0;
}

int take_boot(struct load *l, const struct key *k,
	      const struct cfg_entry *entry)
{
	const char *text = config_scalar(l, entry), *p;

	(void)k;
	if (!text)
		return -1;
	for (p = text; *p; p++) {
		if (!strchr("acdn", *p))
			return config_bad(l, entry, 0,
					  "only the letters a, c, d and n");
		if (strchr(p + 1, *p))
			return config_bad(l, entry, 0, "%c is there twice", *p);
	}
	if (*text)
		strcpy(l->cfg->boot, text);
	return 0;
}

/* A list of groups: only those that 0 and 1 stand for. */
int take_viridian(struct load *l, const struct key *k,
		  const struct cfg_entry *entry)
{
	unsigned int i;

	if (!entry->list)
		return take_bool(l, k, entry);
	for (i = 0; i < entry->nr; i++) {
		if (strcmp(entry->value[i].text, "defaults"))
			return config_bad(l, entry, i,
					  "mtool cannot choose groups: give "
					  "0, 1 or [ \"defaults\" ]");
	}
	l->cfg->viridian = entry->nr;
	return 0;
}

static bool is_no_serial(const struct cfg_entry *entry)
{
	const char *text = entry->list ? "pty" : entry->value->text;

	return !*text || !strcmp(text, "none");
}

int take_serial(struct load *l, const struct key *k,
		const struct cfg_entry *entry)
{
	unsigned int i;

	(void)k;
	if (is_no_serial(entry))
		return 0;
	for (i = 0; i < entry->nr; i++) {
		if (strcmp(entry->value[i].text, "pty"))
			return config_bad(l, entry, i,
					  "only \"pty\": QEMU is in a "
					  "stubdomain and sees nothing else "
					  "of dom0");
		if (i == VM_SERIALS_MAX)
			return config_bad(l, entry, i, "more than %u",
					  VM_SERIALS_MAX);
	}
	l->cfg->nr_serial = entry->nr;
	return 0;
}

static bool is_usbdevice(const char *text)
{
	/* What -usbdevice of QEMU 7.2 knows and a stubdomain can have. */
	static const char *const names[] = {"tablet", "mouse", "keyboard",
					    "wacom-tablet"};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(text, names[i]))
			return true;
	}
	return false;
}

int take_usbdevice(struct load *l, const struct key *k,
		   const struct cfg_entry *entry)
{
	struct vm_config *cfg = l->cfg;
	unsigned int i;

	(void)k;
	for (i = 0; i < entry->nr; i++) {
		if (!entry->list && !*entry->value->text)
			break;
		if (!strncmp(entry->value[i].text, "host:", 5))
			return config_bad(l, entry, i,
					  "host:...: the stubdomain has no "
					  "USB devices of the host");
		if (!is_usbdevice(entry->value[i].text))
			return config_bad(l, entry, i,
					  "not one of: tablet, mouse, "
					  "keyboard, wacom-tablet");
		if (i == ARRAY_SIZE(cfg->usbdevice))
			return config_bad(l, entry, i, "more than %zu",
					  ARRAY_SIZE(cfg->usbdevice));
		if (config_copy(l, entry, i, &cfg->usbdevice[i]) < 0)
			return -1;
		cfg->nr_usbdevice++;
	}
	return 0;
}

/* xl.cfg's names are those of the old -soundhw; QEMU now wants devices'. */
int take_soundhw(struct load *l, const struct key *k,
		 const struct cfg_entry *entry)
{
	static const char *const devices[][2] = {
		{"hda", "intel-hda"}, {"ac97", "AC97"}, {"es1370", "ES1370"},
		{"adlib", "adlib"},   {"gus", "gus"},	{"cs4231a", "cs4231a"},
		{"sb16", "sb16"},
	};
	const char *text = config_scalar(l, entry);
	unsigned int i;

	(void)k;
	if (!text)
		return -1;
	if (!*text)
		return 0;
	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		if (strcmp(text, devices[i][0]))
			continue;
		l->cfg->soundhw = strdup(devices[i][1]);
		return l->cfg->soundhw /* analyzer: cfg has it */
			       ? 0
			       : err_set(l->e, EXIT_FAILED, "out of memory");
	}
	return config_bad(l, entry, 0,
			  "not one of: hda, ac97, es1370, adlib, gus, "
			  "cs4231a, sb16");
}

/*
 * Two disks with one number: the drivers of a Linux guest (and QEMU's IDE)
 * have one place for both. libxl lets it through to fail in the guest.
 */
static int check_disk(struct load *l, const struct cfg_entry *entry,
		      unsigned int i)
{
	const struct disk_config *new = &l->cfg->disk[i], *d;
	char name[VDEV_NAME_MAX];

	if (!new->path && disk_emulation(l->cfg, i) == EMUL_NONE)
		return config_bad(l, entry, i,
				  "%s: an empty CD drive is one of the first "
				  "four disks, which are emulated",
				  new->vdev);
	for (d = l->cfg->disk; d < new; d++) {
		if (d->devid == new->devid)
			return config_bad(l, entry, i, "%s is there twice",
					  new->vdev);
		if (d->index != new->index)
			continue;
		vdev_linux_name(d->index, name, sizeof(name));
		return config_bad(l, entry, i,
				  "%s and %s are both disk number %u: a PV "
				  "driver would call both %s",
				  d->vdev, new->vdev, d->index, name);
	}
	return 0;
}

int take_disk(struct load *l, const struct key *k,
	      const struct cfg_entry *entry)
{
	struct vm_config *cfg = l->cfg;
	struct err e;
	unsigned int i;

	(void)k;
	if (!entry->list)
		return config_bad(l, entry, 0, "not a list of strings");
	for (i = 0; i < entry->nr; i++) {
		if (i == VM_DISKS_MAX)
			return config_bad(l, entry, i, "more than %u",
					  VM_DISKS_MAX);
		if (diskspec_parse(entry->value[i].text, &cfg->disk[i], &e) < 0)
			return config_bad(l, entry, i, "%s", e.msg);
		cfg->nr_disk++;
		if (check_disk(l, entry, i) < 0)
			return -1;
	}
	return 0;
}

/* Addresses that are given: one that is generated avoids the others. */
static int check_nic(struct load *l, const struct cfg_entry *entry,
		     unsigned int i)
{
	const struct nic_config *new = &l->cfg->nic[i], *n;
	char text[MAC_TEXT];

	for (n = l->cfg->nic; n < new; n++) {
		if (*new->vifname && !strcmp(n->vifname, new->vifname))
			return config_bad(l, entry, i,
					  "vifname %s is there "
					  "twice",
					  new->vifname);
		if (!n->mac_set || !new->mac_set ||
		    memcmp(n->mac, new->mac, MAC_LEN))
			continue;
		mac_text(new->mac, text);
		return config_bad(l, entry, i, "mac %s is there twice", text);
	}
	return 0;
}

int take_vif(struct load *l, const struct key *k, const struct cfg_entry *entry)
{
	struct vm_config *cfg = l->cfg;
	struct err e;
	unsigned int i;

	(void)k;
	if (!entry->list && !*entry->value->text)
		return 0;
	if (!entry->list)
		return config_bad(l, entry, 0, "not a list of strings");
	for (i = 0; i < entry->nr; i++) {
		if (i == VM_NICS_MAX)
			return config_bad(l, entry, i, "more than %u",
					  VM_NICS_MAX);
		if (vifspec_parse(entry->value[i].text, true, &cfg->nic[i],
				  &e) < 0)
			return config_bad(l, entry, i, "%s", e.msg);
		cfg->nic[i].devid = i;
		cfg->nr_nic++;
		if (check_nic(l, entry, i) < 0)
			return -1;
	}
	return 0;
}

/* Appends, so that device_model_args_hvm comes after device_model_args. */
int take_dm_args(struct load *l, const struct key *k,
		 const struct cfg_entry *entry)
{
	struct vm_config *cfg = l->cfg;
	unsigned int i;

	(void)k;
	if (!entry->list)
		return config_bad(l, entry, 0, "not a list of strings");
	for (i = 0; i < entry->nr; i++) {
		if (!*entry->value[i].text)
			return config_bad(l, entry, i,
					  "an empty argument: the protocol "
					  "cannot carry it");
		if (!config_ascii(entry->value[i].text))
			return config_bad(l, entry, i, "not ASCII");
		if (cfg->nr_dm_args == VM_ARGS_MAX)
			return config_bad(l, entry, i, "more than %u",
					  VM_ARGS_MAX);
		if (config_copy(l, entry, i, &cfg->dm_args[cfg->nr_dm_args]) <
		    0)
			return -1;
		cfg->nr_dm_args++;
	}
	return 0;
}
