/* SPDX-License-Identifier: MIT */
#include "tools/mtool/savemeta.h"

#include <stdlib.h>
#include <string.h>

#include "core/savefile.h"
#include "core/uuid.h"

char *save_meta_text(const struct save_meta *m, struct err *e)
{
	json_t *j = json_pack("{s:s s:s s:s s:s s:s s:I s:I s:I s:s s:s s:I}",
			      "name", m->name, "uuid", m->uuid, "config",
			      m->config, "disks", m->disks, "nics", m->nics,
			      "memory_mb", (json_int_t)m->memory_mb, "max_kb",
			      (json_int_t)m->max_kb, "vcpus",
			      (json_int_t)m->vcpus, "mtool", m->mtool, "xen",
			      m->xen, "saved", (json_int_t)m->saved);
	char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;

	json_decref(j);
	if (text && strlen(text) <= SAVEFILE_CONTENT_MAX)
		return text;
	err_set(e, EXIT_FAILED, "configuration: %s",
		text ? "too long to be saved" : "not UTF-8, or no memory");
	free(text);
	return NULL;
}

static int get_text(const json_t *j, const char *key, const char *def,
		    const char **out, struct err *e)
{
	const json_t *v = json_object_get(j, key);

	*out = v ? json_string_value(v) : def;
	if (*out)
		return 0;
	return err_set(e, EXIT_FAILED, "its \"%s\" is %s", key,
		       v ? "no string" : "missing");
}

static int get_number(const json_t *j, const char *key, uint64_t max,
		      uint64_t *out, struct err *e)
{
	const json_t *v = json_object_get(j, key);
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < 0 || (uint64_t)n > max)
		return err_set(e, EXIT_FAILED,
			       "its \"%s\" is not a number up to %llu", key,
			       (unsigned long long)max);
	*out = (uint64_t)n;
	return 0;
}

static int get_all(struct save_meta *m, struct err *e)
{
	const json_t *j = m->json;
	uint8_t uuid[16];
	uint64_t vcpus;

	if (get_text(j, "name", NULL, &m->name, e) < 0 ||
	    get_text(j, "uuid", NULL, &m->uuid, e) < 0 ||
	    get_text(j, "config", NULL, &m->config, e) < 0 ||
	    get_text(j, "disks", "", &m->disks, e) < 0 ||
	    get_text(j, "nics", "", &m->nics, e) < 0 ||
	    get_text(j, "mtool", "", &m->mtool, e) < 0 ||
	    get_text(j, "xen", "", &m->xen, e) < 0 ||
	    get_number(j, "memory_mb", VM_MEMORY_MAX_MB, &m->memory_mb, e) <
		    0 ||
	    get_number(j, "max_kb", VM_MEMORY_MAX_MB * 2048ull, &m->max_kb, e) <
		    0 ||
	    get_number(j, "vcpus", VM_VCPUS_MAX, &vcpus, e) < 0 ||
	    get_number(j, "saved", INT64_MAX, &m->saved, e) < 0)
		return -1;
	m->vcpus = (unsigned int)vcpus;
	if (!config_name_ok(m->name))
		return err_set(e, EXIT_FAILED, "its name is none for a VM");
	if (uuid_parse(m->uuid, uuid) < 0)
		return err_set(e, EXIT_FAILED, "its uuid is none");
	return 0;
}

int save_meta_parse(struct save_meta *m, const char *text, size_t len,
		    struct err *e)
{
	memset(m, 0, sizeof(*m));
	m->json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(m->json))
		err_set(e, EXIT_FAILED, "it is no object");
	else if (!get_all(m, e))
		return 0;
	save_meta_free(m);
	return err_in(e, "configuration in the save file");
}

void save_meta_free(struct save_meta *m)
{
	json_decref(m->json);
	m->json = NULL;
}

/* mem-set and vcpu-set may have changed them since it was made. */
static void set_size(const struct save_meta *m, struct vm_config *cfg)
{
	if (m->memory_mb > cfg->videoram_mb && m->memory_mb <= cfg->maxmem_mb)
		cfg->memory_mb = (unsigned int)m->memory_mb;
	if (m->vcpus >= 1 && m->vcpus <= cfg->maxvcpus)
		cfg->vcpus = m->vcpus;
}

int save_meta_config(const struct save_meta *m, struct vm_config *cfg,
		     char *const *override, unsigned int nr, struct err *e)
{
	if (config_load_text(cfg, m->config, "save file", override, nr, e) < 0)
		return -1;
	set_size(m, cfg);
	cfg->incoming = true;
	return 0;
}
