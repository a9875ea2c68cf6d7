/* SPDX-License-Identifier: MIT */
/*
 * What is between xl.cfg syntax (core/cfgfile.h) and struct vm_config: the
 * table of keys, and the functions that take their values. Private to
 * core/config*.c.
 */
#ifndef CORE_CONFIG_KEYS_H
#define CORE_CONFIG_KEYS_H

#include <stddef.h>
#include "core/cfgfile.h"
#include "core/config.h"

/* A configuration on its way in. */
struct load {
	struct vm_config *cfg;
	struct cfg src;
	const char *file; /* the VM's own file, for what is missing in it */
	bool lenient;
	config_warn_fn *warn;
	void *ctx;
	struct err *e;
};

/* One word that a key may have. With `why`, one that is refused. */
struct choice {
	const char *name;
	unsigned int value;
	const char *why;
};

struct key;
/* Put the value into l->cfg. Returns 0, or -1 and *l->e. */
typedef int take_fn(struct load *l, const struct key *k,
		    const struct cfg_entry *entry);

struct key {
	const char *name;
	take_fn *take;
	size_t offset; /* in struct vm_config */
	int64_t min, max;
	const struct choice *choice; /* the last has no name */
	bool numeric;	 /* a choice may also be given as its number */
	const char *why; /* of a refusal */
	bool harmless;	 /* -W may leave it out */
};

/* All keys, in the order in which they are taken. */
extern const struct key config_keys[];
extern const unsigned int config_nr_keys;

/* NULL if there is no such key. */
const struct key *config_key(const char *name);
/* The known key most like `name`, or NULL if none is like it. */
const char *config_nearest_key(const char *name);

/*
 * Refuse value `i` of an entry: *l->e becomes "FILE:LINE: KEY: text".
 * Returns -1.
 */
int config_bad(struct load *l, const struct cfg_entry *entry, unsigned int i,
	       const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The one value, or NULL and *l->e if it is a list. */
const char *config_scalar(struct load *l, const struct cfg_entry *entry);

/* Printable ASCII only, as everything but a path must be. */
bool config_ascii(const char *text);

/* Replace *field by a copy of value `i`. */
int config_copy(struct load *l, const struct cfg_entry *entry, unsigned int i,
		char **field);

/* Those that many keys use: config_value.c. */
take_fn take_bool;   /* any number; false is 0 */
take_fn take_uint;   /* unsigned int in min..max */
take_fn take_int;    /* int in min..max */
take_fn take_u64;    /* uint64_t in min..max */
take_fn take_choice; /* an enum */
take_fn take_fixed;  /* a choice that leads nowhere: there is but one */
take_fn take_path;   /* char *, absolute */
take_fn take_text;   /* char *, ASCII, at most `max` bytes */
take_fn refuse;	     /* anything but an empty list or string */
take_fn refuse_on;   /* anything but 0 */
take_fn refuse_off;  /* 0 */

/* Those of one key each: config_take.c. */
take_fn take_name, take_uuid, take_cpus, take_boot, take_viridian, take_serial,
	take_usbdevice, take_soundhw, take_disk, take_vif, take_dm_args;

/* Passing PCI devices through: config_pci.c. */
take_fn take_pci, take_rdm;
/* What pci and other keys make together. 0, or -1 and *l->e. */
int config_check_pci(struct load *l);

#endif
