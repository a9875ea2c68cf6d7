/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: any bytes as a configuration, as a word of the command line and
 * as a disk. What is taken must keep the promises of core/config.h; what is
 * refused must say why, in one line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/cfgfile.h"
#include "core/config.h"
#include "core/diskspec.h"
#include "core/vdev.h"

static void must(bool promise)
{
	if (!promise)
		abort();
}

static bool has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	}
	return false;
}

static void check_error(const struct err *e)
{
	must(e->code == EXIT_USAGE);
	must(*e->msg && memchr(e->msg, '\0', sizeof(e->msg)));
	must(!has_control(e->msg));
}

static void check_disk(const struct disk_config *d)
{
	struct vdev v;

	must(!vdev_parse(d->vdev, &v) && !v.part);
	must(v.devid == d->devid && v.disk == d->index);
	must(d->path ? *d->path == '/' && !has_control(d->path) : d->cdrom);
	must(!d->cdrom || d->readonly);
}

static void check_config(const struct vm_config *c)
{
	unsigned int i, j;

	must(config_name_ok(c->name));
	must(c->memory_mb >= 2 && c->memory_mb <= c->maxmem_mb);
	must(c->maxmem_mb <= VM_MEMORY_MAX_MB);
	must(c->memory_mb > c->videoram_mb);
	must(c->vcpus >= 1 && c->vcpus <= c->maxvcpus);
	must(c->maxvcpus <= VM_VCPUS_MAX);
	must(*c->boot && strspn(c->boot, "acdn") == strlen(c->boot));
	must(c->nr_serial <= VM_SERIALS_MAX);
	must(c->nr_dm_args <= VM_ARGS_MAX && c->nr_disk <= VM_DISKS_MAX);
	must(!c->nr_usbdevice || c->usb);
	must(c->stub_cmdline && !has_control(c->stub_cmdline));
	must(!c->stub_kernel || *c->stub_kernel == '/');
	for (i = 0; i < c->nr_dm_args; i++)
		must(*c->dm_args[i] && !has_control(c->dm_args[i]));
	for (i = 0; i < c->nr_disk; i++) {
		check_disk(&c->disk[i]);
		for (j = 0; j < i; j++)
			must(c->disk[i].index != c->disk[j].index);
	}
}

static void try_config(const char *text, size_t len)
{
	struct vm_config c;
	struct err e;

	if (config_parse(&c, text, len, "f", &e) < 0) {
		check_error(&e);
		return;
	}
	check_config(&c);
	config_free(&c);
}

static void try_word(const char *word)
{
	struct cfg c;
	struct err e;

	cfg_init(&c);
	if (cfg_word(&c, "w", word, &e) < 0)
		check_error(&e);
	cfg_free(&c);
}

static void try_disk(const char *text)
{
	struct disk_config d;
	struct err e;

	if (diskspec_parse(text, &d, &e) < 0) {
		check_error(&e);
		return;
	}
	check_disk(&d);
	diskspec_free(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exact copies, so that a byte too far is found. */
	char *exact = malloc(size ? size : 1), *text = malloc(size + 1);

	if (!exact || !text)
		abort();
	memcpy(exact, data, size);
	try_config(exact, size);
	memcpy(text, data, size);
	text[size] = '\0';
	try_word(text);
	try_disk(text);
	free(exact);
	free(text);
	return 0;
}
