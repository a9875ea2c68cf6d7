/* SPDX-License-Identifier: MIT */
/*
 * What a saved VM is made of, as JSON: CONFIG of core/savefile.h. An object:
 *
 *	name, uuid	strings, for people; `config` decides
 *	config		string: the configuration as used, in its own syntax
 *	disks, nics	strings: what was attached or inserted since, in the
 *			form of the run directory's files; may be missing
 *	memory_mb, max_kb, vcpus
 *			integers: what the guest had at last
 *	mtool, xen	strings: versions
 *	saved		integer: seconds since 1970
 *
 * Members that are not known are for newer readers.
 */
#ifndef TOOLS_MTOOL_SAVEMETA_H
#define TOOLS_MTOOL_SAVEMETA_H

#include <jansson.h>
#include <stdint.h>
#include "core/config.h"
#include "core/err.h"

struct save_meta {
	json_t *json; /* the strings are its */
	const char *name, *uuid, *config;
	const char *disks, *nics; /* "" if there are none */
	const char *mtool, *xen;
	uint64_t memory_mb, max_kb, saved;
	unsigned int vcpus;
};

/* As text, the caller's; NULL and *e. m->json is not used. */
char *save_meta_text(const struct save_meta *m, struct err *e);

/* Parse and check; -1 and *e, with nothing to free. */
int save_meta_parse(struct save_meta *m, const char *text, size_t len,
		    struct err *e);
void save_meta_free(struct save_meta *m);

/*
 * The configuration to restore it with, changed by the `nr` words KEY=VALUE:
 * cfg->incoming, and of the size that the guest had. config_free it. The
 * attached disks and nics are not in it yet.
 */
int save_meta_config(const struct save_meta *m, struct vm_config *cfg,
		     char *const *override, unsigned int nr, struct err *e);

#endif
