/* SPDX-License-Identifier: MIT */
#include "devices/viflist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "core/num.h"

/* 0 and the text of the node `key`; -1 if it is not there or too long */
static int get(struct xs *xs, const char *dir, const char *key, char *buf,
	       size_t size)
{
	char path[XS_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	return xs_read_str(xs, XBT_NULL, path, buf, size) < 0 ? -1 : 0;
}

/* -1: no nic that anybody has made, or one that is just going. */
static int read_entry(struct xs *xs, uint32_t domid, unsigned int devid,
		      struct vif_entry *v)
{
	char dir[XS_PATH_MAX / 2], mac[MAC_TEXT], type[16], state[8];
	uint64_t n;

	memset(v, 0, sizeof(*v));
	v->devid = devid;
	snprintf(dir, sizeof(dir), "/local/domain/0/backend/vif/%u/%u", domid,
		 devid);
	if (get(xs, dir, "mac", mac, sizeof(mac)) < 0 ||
	    mac_parse(mac, v->mac) < 0 ||
	    get(xs, dir, "state", state, sizeof(state)) < 0 ||
	    num_parse(state, 0, XenbusStateReconfigured, &n) < 0)
		return -1;
	v->state = (unsigned int)n;
	v->emulated = !get(xs, dir, "type", type, sizeof(type)) &&
		      !strcmp(type, "vif_ioemu");
	if (get(xs, dir, "vifname", v->netdev, sizeof(v->netdev)) < 0)
		snprintf(v->netdev, sizeof(v->netdev), "vif%u.%u", domid,
			 devid);
	if (get(xs, dir, "bridge", v->bridge, sizeof(v->bridge)) < 0)
		v->bridge[0] = '\0';
	return 0;
}

static int by_devid(const void *a, const void *b)
{
	const struct vif_entry *x = a, *y = b;

	return (x->devid > y->devid) - (x->devid < y->devid);
}

int vif_list(struct xs *xs, uint32_t domid, struct vif_entry list[VIF_LIST_MAX],
	     struct err *e)
{
	char path[XS_PATH_MAX], **name;
	unsigned int i, nr;
	uint64_t devid;
	int found = 0;

	snprintf(path, sizeof(path), "/local/domain/0/backend/vif/%u", domid);
	name = xs_list(xs, XBT_NULL, path, &nr);
	if (!name && errno == ENOENT)
		return 0;
	if (!name)
		return xs_fail(xs, e, "list %s", path);
	for (i = 0; i < nr && found < VIF_LIST_MAX; i++) {
		if (!num_parse(name[i], 0, UINT32_MAX, &devid) &&
		    !read_entry(xs, domid, (unsigned int)devid, &list[found]))
			found++;
	}
	free(name);
	qsort(list, (size_t)found, sizeof(*list), by_devid);
	return found;
}

const char *vif_state_word(unsigned int state)
{
	static const char *const word[] = {
		[XenbusStateUnknown] = "unknown",
		[XenbusStateInitialising] = "starting",
		[XenbusStateInitWait] = "waiting",
		[XenbusStateInitialised] = "waiting",
		[XenbusStateConnected] = "connected",
		[XenbusStateClosing] = "closing",
		[XenbusStateClosed] = "closed",
		[XenbusStateReconfiguring] = "unknown",
		[XenbusStateReconfigured] = "unknown",
	};

	return state < sizeof(word) / sizeof(*word) ? word[state] : word[0];
}
