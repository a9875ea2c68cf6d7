/* SPDX-License-Identifier: MIT */
#include "tools/stubdom/netdev.h"

#include <stdint.h>
#include <string.h>

#include "core/num.h"

/*
 * Copy one "key=value" or bare word up to its comma into `item`. Returns what
 * follows, or NULL at the end. An item that does not fit becomes "".
 */
static const char *opt_next(const char *opts, char *item, size_t size)
{
	size_t len = 0;

	for (; *opts; opts++) {
		if (*opts == ',' && *++opts != ',')
			break;
		if (len < size)
			item[len++] = *opts;
		if (!*opts)
			break;
	}
	item[len < size ? len : 0] = '\0';
	return *opts ? opts : NULL;
}

bool opt_get(const char *opts, const char *key, char *value, size_t size)
{
	size_t key_len = strlen(key);
	bool found = false;
	char item[256] = "";

	while (opts) {
		opts = opt_next(opts, item, sizeof(item));
		if (strncmp(item, key, key_len) || item[key_len] != '=')
			continue;
		found = strlen(item + key_len + 1) < size;
		if (found)
			strcpy(value, item + key_len + 1);
	}
	return found;
}

/* N of "net<N>": what the toolstack calls the netdev of its vif N. */
static int netdev_number(const char *id, unsigned int *nr)
{
	uint64_t n;

	if (strncmp(id, "net", 3) || num_parse(id + 3, 0, NIC_MAX - 1, &n) < 0)
		return -1;
	*nr = (unsigned int)n;
	return 0;
}

/* The first item may be the bare type: "tap,id=net0,...". */
static bool is_tap(const char *opts)
{
	char type[16];

	if (opt_get(opts, "type", type, sizeof(type)))
		return !strcmp(type, "tap");
	return !strncmp(opts, "tap,", 4);
}

enum netdev_kind netdev_parse(const char *opts, struct nic *nic)
{
	char text[IFNAMSIZ];

	if (!is_tap(opts) || opt_get(opts, "fd", text, sizeof(text)))
		return NETDEV_OTHER;
	if (!opt_get(opts, "id", text, sizeof(text)) ||
	    netdev_number(text, &nic->nr) < 0 ||
	    !opt_get(opts, "ifname", nic->tap, sizeof(nic->tap)))
		return NETDEV_UNKNOWN;
	return NETDEV_TAP;
}

bool netdev_guest_mac(const struct argv *args, unsigned int nr,
		      char mac[MAC_TEXT])
{
	char id[16];
	unsigned int i, n;

	for (i = 0; i + 1 < args->n; i++) {
		const char *opts = args->v[i + 1];

		if (!strcmp(args->v[i], "-device") &&
		    opt_get(opts, "netdev", id, sizeof(id)) &&
		    netdev_number(id, &n) == 0 && n == nr)
			return opt_get(opts, "mac", mac, MAC_TEXT);
	}
	return false;
}
