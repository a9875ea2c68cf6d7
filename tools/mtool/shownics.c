/* SPDX-License-Identifier: MIT */
#include "tools/mtool/shownics.h"

#include <stdio.h>
#include <stdlib.h>

#include "tools/mtool/takeover.h"

/* Only the configuration knows what QEMU was told to emulate. */
static const char *model_of(const struct vm_config *cfg,
			    const struct vif_entry *v)
{
	if (!v->emulated)
		return NULL;
	return v->devid < cfg->nr_nic ? cfg->nic[v->devid].model : "unknown";
}

static json_t *nic_json(const struct vm_config *cfg, const struct vif_entry *v)
{
	char mac[MAC_TEXT];

	mac_text(v->mac, mac);
	return json_pack("{s:i s:s s:s s:s s:s? s:s}", "id", (int)v->devid,
			 "mac", mac, "bridge", v->bridge, "interface",
			 v->netdev, "model", model_of(cfg, v), "state",
			 vif_state_word(v->state));
}

static json_t *all_json(const struct vm_config *cfg,
			const struct vif_entry *list, int nr)
{
	json_t *array = json_array();
	int i;

	for (i = 0; array && i < nr; i++)
		json_array_append_new(array, nic_json(cfg, &list[i]));
	return array;
}

json_t *nics_json(struct xs *xs, const struct vm_record *r, struct err *e)
{
	struct vm_config *cfg = calloc(1, sizeof(*cfg));
	struct vif_entry list[VIF_LIST_MAX];
	int nr = vif_list(xs, r->target, list, e);
	json_t *array = NULL;
	struct err ignored;
	bool loaded = cfg && !vm_config_used(cfg, r->name, &ignored);

	if (cfg && nr >= 0)
		array = all_json(cfg, list, nr);
	if (nr >= 0 && !array)
		err_set(e, EXIT_FAILED, "out of memory");
	if (loaded)
		config_free(cfg);
	free(cfg);
	return array;
}

static const char *text(const json_t *nic, const char *key)
{
	const char *s = json_string_value(json_object_get(nic, key));

	return s ? s : "";
}

void nics_print(const json_t *nics)
{
	const json_t *n;
	char name[24];
	size_t i;

	json_array_foreach(nics, i, n)
	{
		const char *model = text(n, "model");

		snprintf(name, sizeof(name), "nic%lld",
			 (long long)json_integer_value(
				 json_object_get(n, "id")));
		printf("%-12s %s, %s on %s, %s%sPV %s\n", name, text(n, "mac"),
		       text(n, "interface"), text(n, "bridge"), model,
		       *model ? " and " : "", text(n, "state"));
	}
}
