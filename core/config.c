/* SPDX-License-Identifier: MIT */
#include "core/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cfgfile.h"
#include "core/config_keys.h"
#include "core/vifspec.h"

static const char WORDS[] = "command line";

/* Defaults are xl's, but for the stubdomain's memory: see mtool.cfg(5). */
static int set_defaults(struct vm_config *cfg, struct err *e)
{
	memset(cfg, 0, sizeof(*cfg));
	cfg->vcpus = 1;
	strcpy(cfg->boot, "cda");
	cfg->acpi = cfg->acpi_s3 = cfg->acpi_s4 = true;
	cfg->apic = cfg->pae = cfg->hpet = true;
	cfg->xen_platform_pci = true;
	cfg->timer_mode = TIMER_NO_DELAY;
	cfg->max_grant_frames = -1;
	cfg->on_poweroff = ACTION_DESTROY;
	cfg->on_reboot = ACTION_RESTART;
	cfg->on_crash = ACTION_DESTROY;
	cfg->on_dm_death = ACTION_DESTROY;
	cfg->on_watchdog = ACTION_DESTROY;
	cfg->stub_memory_mb = 256;
	cfg->stub_timeout_s = 60;
	cfg->qmp_marker = true;
	cfg->log_limit = VM_LOG_LIMIT;
	cfg->stub_cmdline = strdup("");
	if (!cfg->stub_cmdline) /* analyzer: cfg has it */
		return err_set(e, EXIT_FAILED, "out of memory");
	return 0;
}

void config_free(struct vm_config *cfg)
{
	while (cfg->nr_disk)
		free(cfg->disk[--cfg->nr_disk].path);
	while (cfg->nr_usbdevice)
		free(cfg->usbdevice[--cfg->nr_usbdevice]);
	while (cfg->nr_dm_args)
		free(cfg->dm_args[--cfg->nr_dm_args]);
	while (cfg->nr_cpus)
		free(cfg->cpus[--cfg->nr_cpus]);
	free(cfg->as_used);
	free(cfg->bios_path);
	free(cfg->hvmloader_path);
	free(cfg->soundhw);
	free(cfg->stub_kernel);
	free(cfg->stub_ramdisk);
	free(cfg->stub_cmdline);
	memset(cfg, 0, sizeof(*cfg));
}

static int check_known(struct load *l)
{
	unsigned int i;

	for (i = 0; i < l->src.nr; i++) {
		const struct cfg_entry *entry = &l->src.entry[i];
		const char *near;

		if (config_key(entry->key))
			continue;
		near = config_nearest_key(entry->key);
		err_set(l->e, EXIT_USAGE, "%s: unknown key%s%s%s", entry->key,
			near ? " (is it " : "", near ? near : "",
			near ? "?)" : "");
		return cfg_err_at(l->e, entry->file, entry->line);
	}
	return 0;
}

/* One key under two names: neither may be ignored. */
static int check_twice(struct load *l)
{
	const struct cfg_entry *other = cfg_find(&l->src, "firmware");

	if (!other || !cfg_find(&l->src, "bios"))
		return 0;
	return config_bad(l, other, 0, "bios, its other name, is given, too");
}

static int take_all(struct load *l)
{
	unsigned int i;

	for (i = 0; i < config_nr_keys; i++) {
		const struct key *k = &config_keys[i];
		const struct cfg_entry *entry = cfg_find(&l->src, k->name);

		if (entry && k->take(l, k, entry) < 0)
			return -1;
	}
	return 0;
}

/* Refuse what `key` and others make together, whether it is given or not. */
__attribute__((format(printf, 3, 4))) static int bad_sum(struct load *l,
							 const char *key,
							 const char *fmt, ...)
{
	const struct cfg_entry *entry = cfg_find(&l->src, key);
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (entry)
		return config_bad(l, entry, 0, "%s", text);
	err_set(l->e, EXIT_USAGE, "%s: %s", key, text);
	return cfg_err_at(l->e, l->file, 0);
}

static int check_memory(struct load *l)
{
	struct vm_config *cfg = l->cfg;

	if (!cfg->memory_mb)
		cfg->memory_mb = cfg->maxmem_mb;
	if (!cfg->maxmem_mb)
		cfg->maxmem_mb = cfg->memory_mb;
	if (!cfg->memory_mb)
		return bad_sum(l, "memory", "not given");
	if (cfg->memory_mb > cfg->maxmem_mb)
		return bad_sum(l, "maxmem", "%u is less than memory, %u",
			       cfg->maxmem_mb, cfg->memory_mb);
	if (cfg->memory_mb <= cfg->videoram_mb)
		return bad_sum(l, "memory",
			       "%u leaves nothing beside videoram, %u",
			       cfg->memory_mb, cfg->videoram_mb);
	return 0;
}

static int check_vcpus(struct load *l)
{
	struct vm_config *cfg = l->cfg;

	if (!cfg->maxvcpus)
		cfg->maxvcpus = cfg->vcpus;
	if (cfg->vcpus > cfg->maxvcpus)
		return bad_sum(l, "maxvcpus", "%u is less than vcpus, %u",
			       cfg->maxvcpus, cfg->vcpus);
	return 0;
}

/*
 * The least, which is xl's default, and the most that QEMU's card takes. It
 * rounds other sizes up to a power of two, which Xen would not have room for.
 */
static int check_video(struct load *l)
{
	static const struct {
		unsigned int min, max;
	} card[] = {
		[VGA_CIRRUS] = {8, 16},
		[VGA_STD] = {16, 512},
		[VGA_QXL] = {128, 512},
		[VGA_NONE] = {0, 0},
	};
	struct vm_config *cfg = l->cfg;
	unsigned int min = card[cfg->vga].min, max = card[cfg->vga].max;

	if (!cfg_find(&l->src, "videoram"))
		cfg->videoram_mb = min;
	if (cfg->videoram_mb < min || cfg->videoram_mb > max)
		return bad_sum(l, "videoram",
			       "%u is not in %u..%u, what this vga has",
			       cfg->videoram_mb, min, max);
	if (cfg->videoram_mb & (cfg->videoram_mb - 1))
		return bad_sum(l, "videoram", "%u is no power of two",
			       cfg->videoram_mb);
	return 0;
}

/* A usbdevice alone asks for the bus, too. */
static int check_usb(struct load *l)
{
	struct vm_config *cfg = l->cfg;

	if (!cfg->nr_usbdevice || cfg->usb)
		return 0;
	if (cfg_find(&l->src, "usb"))
		return bad_sum(l, "usbdevice", "needs usb = 1");
	cfg->usb = true;
	return 0;
}

/* Only the first emulated nic boots: see add_nic in core/qemuargs.c. */
static int check_netboot(struct load *l)
{
	struct vm_config *cfg = l->cfg;
	unsigned int i;

	for (i = 0; i < cfg->nr_nic && !cfg->nic[i].emulated; i++)
		;
	if (i == cfg->nr_nic || !strchr(cfg->boot, 'n') ||
	    vifspec_has_rom(cfg->nic[i].model))
		return 0;
	return bad_sum(l, "boot",
		       "n, but the stubdomain has nothing that boots from "
		       "model %s",
		       cfg->nic[i].model);
}

static int check_name(struct load *l)
{
	return *l->cfg->name ? 0 : bad_sum(l, "name", "not given");
}

static int keep_text(struct load *l)
{
	size_t len;
	FILE *f = open_memstream(&l->cfg->as_used, &len);

	if (!f)
		return err_sys(l->e, EXIT_FAILED, "out of memory");
	cfg_write(&l->src, f);
	if (fclose(f))
		return err_sys(l->e, EXIT_FAILED, "out of memory");
	return 0;
}

/* From the list of keys to the configuration. */
static int build(struct load *l)
{
	int rc = set_defaults(l->cfg, l->e);

	if (rc < 0)
		return rc;
	if (keep_text(l) < 0 || check_known(l) < 0 || check_twice(l) < 0 ||
	    take_all(l) < 0 || check_name(l) < 0 || check_vcpus(l) < 0 ||
	    check_video(l) < 0 || check_memory(l) < 0 || check_usb(l) < 0 ||
	    check_netboot(l) < 0 || config_check_pci(l) < 0) {
		config_free(l->cfg);
		return -1;
	}
	return 0;
}

int config_parse(struct vm_config *cfg, const char *text, size_t len,
		 const char *name, struct err *e)
{
	struct load l = {.cfg = cfg, .file = name, .e = e};
	int rc;

	cfg_init(&l.src);
	rc = cfg_read(&l.src, name, text, len, e);
	if (!rc)
		rc = build(&l);
	cfg_free(&l.src);
	return rc;
}

static int read_words(struct load *l, char *const *word, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (cfg_word(&l->src, WORDS, word[i], l->e) < 0)
			return -1;
	}
	return 0;
}

int config_load_text(struct vm_config *cfg, const char *text, const char *name,
		     char *const *override, unsigned int nr, struct err *e)
{
	struct load l = {.cfg = cfg, .file = name, .lenient = true, .e = e};
	int rc;

	cfg_init(&l.src);
	rc = cfg_read(&l.src, name, text, strlen(text), e);
	if (!rc)
		rc = read_words(&l, override, nr);
	if (!rc)
		rc = build(&l);
	cfg_free(&l.src);
	return rc;
}

int config_rename(struct vm_config *cfg, const char *name, struct err *e)
{
	struct load l = {.cfg = cfg, .e = e};
	char word[VM_NAME_MAX + 8], *old = cfg->as_used;
	int rc;

	snprintf(word, sizeof(word), "name=%s", name);
	cfg_init(&l.src);
	rc = cfg_read(&l.src, WORDS, old, strlen(old), e);
	if (!rc)
		rc = cfg_word(&l.src, WORDS, word, e);
	if (!rc)
		rc = keep_text(&l);
	cfg_free(&l.src);
	if (rc) {
		cfg->as_used = old;
		return -1;
	}
	free(old);
	snprintf(cfg->name, sizeof(cfg->name), "%s", name);
	return 0;
}

/* Read up to `size` bytes; the number read, or -1 and errno. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, buf + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (!n)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* Read and parse one file; `optional`: it may be missing. */
static int read_file(struct load *l, const char *path, bool optional)
{
	char *text;
	ssize_t len;
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && optional && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_sys(l->e, EXIT_USAGE, "%s", path);
	text = malloc(CFG_FILE_MAX + 1); /* one more shows that it is too big */
	if (!text) {
		close(fd);
		return err_set(l->e, EXIT_FAILED, "out of memory");
	}
	len = read_all(fd, text, CFG_FILE_MAX + 1);
	if (len < 0)
		rc = err_sys(l->e, EXIT_USAGE, "%s", path);
	else
		rc = cfg_read(&l->src, path, text, (size_t)len, l->e);
	free(text);
	close(fd);
	return rc;
}

/* What names one VM cannot be the default of all. */
static int check_host_wide(struct load *l)
{
	static const char *const own[] = {"name", "uuid"};
	unsigned int i;

	for (i = 0; i < sizeof(own) / sizeof(*own); i++) {
		const struct cfg_entry *entry = cfg_find(&l->src, own[i]);

		if (entry)
			return config_bad(l, entry, 0,
					  "cannot be a default of all VMs");
	}
	return 0;
}

int config_load_defaults(struct vm_config *cfg, const char *path, struct err *e)
{
	struct load l = {.cfg = cfg, .file = path, .e = e};
	int rc;

	cfg_init(&l.src);
	rc = set_defaults(cfg, e);
	if (!rc && (read_file(&l, path, true) < 0 || check_host_wide(&l) < 0 ||
		    check_known(&l) < 0 || take_all(&l) < 0)) {
		config_free(cfg);
		rc = -1;
	}
	cfg_free(&l.src);
	return rc;
}

static int read_all_sources(struct load *l, const char *defaults,
			    char *const *override, unsigned int nr)
{
	if (defaults &&
	    (read_file(l, defaults, true) < 0 || check_host_wide(l) < 0))
		return -1;
	if (read_file(l, l->file, false) < 0)
		return -1;
	return read_words(l, override, nr);
}

int config_load(struct vm_config *cfg, const char *path, const char *defaults,
		char *const *override, unsigned int nr, bool lenient,
		config_warn_fn *warn, void *ctx, struct err *e)
{
	struct load l = {.cfg = cfg,
			 .file = path,
			 .lenient = lenient,
			 .warn = warn,
			 .ctx = ctx,
			 .e = e};
	int rc;

	cfg_init(&l.src);
	rc = read_all_sources(&l, defaults, override, nr);
	if (!rc)
		rc = build(&l);
	cfg_free(&l.src);
	return rc;
}
