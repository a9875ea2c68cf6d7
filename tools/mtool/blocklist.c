/* SPDX-License-Identifier: MIT */
/* What disks a VM has, from its configuration and from xenstore. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/diskplace.h"
#include "core/num.h"
#include "core/vdev.h"
#include "devices/vbd.h"
#include "tools/mtool/vmblock.h"

struct lister {
	struct live *l;
	json_t *list;
};

static int read_key(struct lister *ls, uint32_t domid, unsigned int devid,
		    const char *key, char *buf, size_t size)
{
	char path[XS_PATH_MAX];

	snprintf(path, sizeof(path), "/local/domain/0/backend/vbd/%u/%u/%s",
		 domid, devid, key);
	return xs_read_str(ls->l->xs, XBT_NULL, path, buf, size);
}

/* The backend's XenbusState in words. */
static const char *state_word(const char *state)
{
	static const char *const word[] = {"unknown", "starting",  "waiting",
					   "waiting", "connected", "closing",
					   "closed"};
	uint64_t n;

	if (num_parse(state, 0, sizeof(word) / sizeof(*word) - 1, &n) < 0)
		n = 0;
	return word[n];
}

static void add(struct lister *ls, const char *vdev, unsigned int devid,
		const char *path, const char *mode, const char *type,
		const char *state, const char *way)
{
	json_t *o = json_pack("{s:s s:i s:s s:s s:s s:s}", "vdev", vdev,
			      "devid", (int)devid, "mode", mode, "type", type,
			      "state", state, "way", way);

	if (o && path)
		json_object_set_new(o, "path", json_string(path));
	json_array_append_new(ls->list, o);
}

/* One of the configuration: where its backend is says how it fares. */
static void add_configured(struct lister *ls, unsigned int place)
{
	const struct vm_config *cfg = &ls->l->cfg;
	const struct disk_config *d = &cfg->disk[place];
	enum plan_dom dom = disk_in_target(cfg, place) ? DOM_TARGET : DOM_STUB;
	bool cd = disk_emulation(cfg, place) == EMUL_CDROM;
	uint32_t domid =
		dom == DOM_TARGET ? ls->l->record.target : ls->l->record.stub;
	unsigned int devid = vbd_devid(cfg, place, dom);
	char path[XS_VALUE_MAX], state[8];
	bool there;

	there = read_key(ls, domid, devid, "state", state, sizeof(state)) >= 0;
	if (!there ||
	    read_key(ls, domid, devid, "params", path, sizeof(path)) < 0)
		snprintf(path, sizeof(path), "%s", d->path ? d->path : "");
	add(ls, d->vdev, d->devid, *path && (there || !cd) ? path : NULL,
	    d->readonly ? "r" : "w", d->cdrom ? "cdrom" : "disk",
	    there ? state_word(state)
	    : cd  ? "empty"
		  : "detached",
	    disk_way(cfg, place));
}

static bool is_configured(const struct vm_config *cfg, unsigned int devid)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_disk; i++) {
		if (cfg->disk[i].devid == devid)
			return true;
	}
	return false;
}

/* One that another toolstack gave the guest. */
static void add_other(struct lister *ls, unsigned int devid)
{
	uint32_t domid = ls->l->record.target;
	char path[XS_VALUE_MAX], state[8], mode[4], dev[VDEV_NAME_MAX];

	if (read_key(ls, domid, devid, "state", state, sizeof(state)) < 0)
		return;
	if (read_key(ls, domid, devid, "params", path, sizeof(path)) < 0)
		*path = '\0';
	if (read_key(ls, domid, devid, "mode", mode, sizeof(mode)) < 0)
		strcpy(mode, "w");
	if (read_key(ls, domid, devid, "dev", dev, sizeof(dev)) < 0)
		snprintf(dev, sizeof(dev), "%u", devid);
	add(ls, dev, devid, *path ? path : NULL, mode, "disk",
	    state_word(state), "PV only: attached by another program");
}

static void add_others(struct lister *ls)
{
	char dir[XS_PATH_MAX], **list;
	unsigned int i, nr;
	uint64_t devid;

	snprintf(dir, sizeof(dir), "/local/domain/0/backend/vbd/%u",
		 ls->l->record.target);
	list = xs_list(ls->l->xs, XBT_NULL, dir, &nr);
	for (i = 0; list && i < nr; i++) {
		if (!num_parse(list[i], 0, UINT32_MAX, &devid) &&
		    !is_configured(&ls->l->cfg, (unsigned int)devid))
			add_other(ls, (unsigned int)devid);
	}
	free(list);
}

json_t *block_list(struct live *l, struct err *e)
{
	struct lister ls = {l, json_array()};
	unsigned int i;

	if (!ls.list) {
		err_set(e, EXIT_FAILED, "out of memory");
		return NULL;
	}
	for (i = 0; i < l->cfg.nr_disk; i++)
		add_configured(&ls, i);
	add_others(&ls);
	return ls.list;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "-";
}

void block_print(const json_t *list, const char *indent)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		printf("%s%-7s %s %-5s %-9s %s\n%s%*s %s\n", indent,
		       text_of(o, "vdev"), text_of(o, "mode"),
		       text_of(o, "type"), text_of(o, "state"),
		       text_of(o, "path"), indent, 25, "", text_of(o, "way"));
	}
}
