/* SPDX-License-Identifier: MIT */
#include "devices/pciowner.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "core/uuid.h"

#define DIR "/mtool/pci"

enum { DOMID_MAX = 0x7fef, OWNER_MAX = 128 };

/* A path may hold neither : nor . */
static void path_of(const struct bdf *b, const char *key,
		    char path[XS_PATH_MAX])
{
	char text[BDF_TEXT], *p;

	bdf_text(b, text);
	for (p = text; *p; p++) {
		if (*p == ':' || *p == '.')
			*p = '-';
	}
	snprintf(path, XS_PATH_MAX, DIR "/%s%s%s", text, *key ? "/" : "", key);
}

/* The reverse: 0000-00-04-0 */
static int parse_name(const char *name, struct bdf *b)
{
	char text[BDF_TEXT];

	if (strlen(name) != BDF_TEXT - 1)
		return -1;
	strcpy(text, name);
	text[4] = text[7] = ':';
	text[10] = '.';
	return bdf_parse(text, b);
}

static int put(struct xs *xs, xs_transaction_t t, const struct bdf *b,
	       const char *key, const char *value, struct err *e)
{
	char path[XS_PATH_MAX];

	path_of(b, key, path);
	if (xs_put(xs, t, path, value) < 0)
		return err_sys(e, EXIT_FAILED, "write %s", path);
	return 0;
}

static void owner_value(const struct pci_owner *o, char value[OWNER_MAX])
{
	char uuid[37], stub_uuid[37];

	uuid_text(o->uuid, uuid);
	uuid_text(o->stub_uuid, stub_uuid);
	snprintf(value, OWNER_MAX, "%s %s %u %u %s", uuid, stub_uuid, o->target,
		 o->stub, o->whole ? "whole" : "begun");
}

int pci_owner_set(struct xs *xs, const struct pci_owner *o, struct err *e)
{
	char value[OWNER_MAX];

	owner_value(o, value);
	return put(xs, XBT_NULL, &o->bdf, "owner", value, e);
}

struct claim {
	struct xs *xs;
	const struct pci_owner *owner;
};

static int claim_txn(void *ctx, xs_transaction_t t, struct err *e)
{
	struct claim *c = ctx;
	char path[XS_PATH_MAX], value[OWNER_MAX], text[BDF_TEXT];

	path_of(&c->owner->bdf, "owner", path);
	bdf_text(&c->owner->bdf, text);
	if (xs_read_str(c->xs, t, path, value, sizeof(value)) >= 0)
		return err_set(e, EXIT_BUSY,
			       "PCI device %s: another VM is given it just now",
			       text);
	if (errno != ENOENT)
		return err_sys(e, EXIT_FAILED, "read %s", path);
	owner_value(c->owner, value);
	return put(c->xs, t, &c->owner->bdf, "owner", value, e);
}

int pci_owner_claim(struct xs *xs, const struct pci_owner *o, struct err *e)
{
	struct claim c = {xs, o};

	return xs_transact(xs, DIR, claim_txn, &c, e);
}

static int parse_domid(const char *word, uint32_t *out)
{
	uint64_t n;

	if (!word || num_parse(word, 1, DOMID_MAX, &n) < 0)
		return -1;
	*out = (uint32_t)n;
	return 0;
}

static int parse_owner(char *text, struct pci_owner *o)
{
	char *save, *word = strtok_r(text, " ", &save);

	if (!word || uuid_parse(word, o->uuid) < 0)
		return -1;
	word = strtok_r(NULL, " ", &save);
	if (!word || uuid_parse(word, o->stub_uuid) < 0 ||
	    parse_domid(strtok_r(NULL, " ", &save), &o->target) < 0 ||
	    parse_domid(strtok_r(NULL, " ", &save), &o->stub) < 0)
		return -1;
	word = strtok_r(NULL, " ", &save);
	o->whole = word && !strcmp(word, "whole");
	return 0;
}

int pci_owner_get(struct xs *xs, const struct bdf *b, struct pci_owner *o,
		  struct err *e)
{
	char path[XS_PATH_MAX], value[OWNER_MAX];

	path_of(b, "owner", path);
	if (xs_read_str(xs, XBT_NULL, path, value, sizeof(value)) < 0)
		return errno == ENOENT
			       ? 0
			       : err_sys(e, EXIT_FAILED, "read %s", path);
	memset(o, 0, sizeof(*o));
	o->bdf = *b;
	if (parse_owner(value, o) < 0)
		return err_set(e, EXIT_FAILED, "%s is damaged", path);
	return 1;
}

/* Up to `up` directories above a path, if they are empty now. */
static int prune(struct xs *xs, xs_transaction_t t, char *path, unsigned int up,
		 struct err *e)
{
	int rc = 1;

	while (up-- && rc == 1) {
		*strrchr(path, '/') = '\0';
		rc = xs_del_empty(xs, t, path, e);
	}
	return rc < 0 ? -1 : 0;
}

struct removal {
	struct xs *xs;
	const struct bdf *bdf;
	const char *key;
};

static int remove_txn(void *ctx, xs_transaction_t t, struct err *e)
{
	struct removal *r = ctx;
	char path[XS_PATH_MAX];

	path_of(r->bdf, r->key, path);
	if (xs_del_any(r->xs, t, path, e) < 0)
		return -1;
	return prune(r->xs, t, path, 3, e);
}

static int clear(struct xs *xs, const struct bdf *b, const char *key,
		 struct err *e)
{
	struct removal r = {xs, b, key};

	return xs_transact(xs, DIR, remove_txn, &r, e);
}

int pci_owner_clear(struct xs *xs, const struct bdf *b, struct err *e)
{
	return clear(xs, b, "owner", e);
}

unsigned int pci_owned(struct xs *xs, const uint8_t *uuid,
		       struct pci_owner *out, unsigned int max)
{
	unsigned int i, nr, found = 0;
	char **list = xs_list(xs, XBT_NULL, DIR, &nr);
	struct err ignored;
	struct bdf b;

	for (i = 0; list && i < nr && found < max; i++) {
		if (parse_name(list[i], &b) < 0 ||
		    pci_owner_get(xs, &b, &out[found], &ignored) != 1)
			continue;
		if (!uuid || !memcmp(out[found].uuid, uuid, 16))
			found++;
	}
	free(list);
	return found;
}

int pci_driver_set(struct xs *xs, const struct bdf *b, const char *driver,
		   struct err *e)
{
	return put(xs, XBT_NULL, b, "driver", driver, e);
}

int pci_driver_get(struct xs *xs, const struct bdf *b, char *buf, size_t size)
{
	char path[XS_PATH_MAX], *p;

	path_of(b, "driver", path);
	if (xs_read_str(xs, XBT_NULL, path, buf, size) < 0)
		return -1;
	for (p = buf; *p; p++) {
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_')
			return -1;
	}
	return 0;
}

int pci_driver_clear(struct xs *xs, const struct bdf *b, struct err *e)
{
	return clear(xs, b, "driver", e);
}
