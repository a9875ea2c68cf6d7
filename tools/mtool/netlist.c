/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "devices/viflist.h"
#include "tools/mtool/vmnet.h"

/* Only the configuration knows what QEMU was told to emulate. */
static const char *model_of(const struct vm_config *cfg,
			    const struct vif_entry *v)
{
	unsigned int i;

	if (!v->emulated)
		return NULL;
	for (i = 0; i < cfg->nr_nic && cfg->nic[i].devid != v->devid; i++)
		;
	return i < cfg->nr_nic ? cfg->nic[i].model : "unknown";
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

json_t *net_list(struct live *l, struct err *e)
{
	struct vif_entry list[VIF_LIST_MAX];
	int i, nr = vif_list(l->xs, l->record.target, list, e);
	json_t *array;

	if (nr < 0)
		return NULL;
	array = json_array();
	for (i = 0; array && i < nr; i++)
		json_array_append_new(array, nic_json(&l->cfg, &list[i]));
	if (!array)
		err_set(e, EXIT_FAILED, "out of memory");
	return array;
}

static const char *text(const json_t *nic, const char *key)
{
	const char *s = json_string_value(json_object_get(nic, key));

	return s ? s : "";
}

void net_print(const json_t *nics, const char *before)
{
	const json_t *n;
	char name[24];
	size_t i;

	json_array_foreach(nics, i, n)
	{
		const json_t *id = json_object_get(n, "id");
		const char *model = text(n, "model");

		snprintf(name, sizeof(name), "%s%lld", before,
			 (long long)json_integer_value(id));
		printf("%-12s %s, %s on %s, %s%sPV %s\n", name, text(n, "mac"),
		       text(n, "interface"), text(n, "bridge"), model,
		       *model ? " and " : "", text(n, "state"));
	}
}
