/* SPDX-License-Identifier: MIT */
#include "core/pcispec.h"

#include <stdio.h>
#include <string.h>

#include "core/num.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

enum { SLOT_MAX = 31, TEXT_MAX = 256 };

/* A spec on its way in; each key may come once. */
struct spec {
	struct pci_config *out;
	unsigned int seen; /* a bit for each entry of keys[] */
	struct err *e;
};

static int bad(struct spec *s, const char *what, const char *value)
{
	return err_set(s->e, EXIT_USAGE, "%s: %.64s", what,
		       *value ? value : "nothing");
}

static int take_bdf(struct spec *s, const char *value)
{
	size_t len = strlen(value);

	if (len && value[len - 1] == '*')
		return bad(s,
			   "all functions at once is not done: give each one",
			   value);
	if (bdf_parse(value, &s->out->bdf) < 0)
		return bad(s,
			   "not the address of a PCI device, like 0000:03:00.0",
			   value);
	return 0;
}

/* In hexadecimal, as xl has it. */
static int take_slot(struct spec *s, const char *value)
{
	int high = num_hex_digit(value[0]);
	int low = *value ? num_hex_digit(value[1]) : -1;
	int n = low < 0 ? high : high * 16 + low;

	if (high < 0 || value[low < 0 ? 1 : 2] || n > SLOT_MAX)
		return bad(s, "vslot is not a hexadecimal number in 0..1f",
			   value);
	s->out->slot = n;
	return 0;
}

static int take_flag(struct spec *s, const char *key, const char *value,
		     bool *out)
{
	uint64_t n;

	if (num_parse(value, 0, 1, &n) < 0)
		return err_set(s->e, EXIT_USAGE, "%s is neither 0 nor 1: %.64s",
			       key, *value ? value : "nothing");
	*out = n;
	return 0;
}

static int take_permissive(struct spec *s, const char *value)
{
	return take_flag(s, "permissive", value, &s->out->permissive);
}

static int take_msitranslate(struct spec *s, const char *value)
{
	return take_flag(s, "msitranslate", value, &s->out->msitranslate);
}

static int take_power(struct spec *s, const char *value)
{
	return take_flag(s, "power_mgmt", value, &s->out->power_mgmt);
}

static int take_seize(struct spec *s, const char *value)
{
	bool on = false;

	if (take_flag(s, "seize", value, &on) < 0)
		return -1;
	if (on)
		return err_set(s->e, EXIT_USAGE,
			       "seize=1: mtool takes nothing from dom0 by "
			       "itself: mtool pci-assignable-add first");
	return 0;
}

static int take_rdm(struct spec *s, const char *value)
{
	if (strcmp(value, "strict") && strcmp(value, "relaxed"))
		return bad(s, "rdm_policy is neither strict nor relaxed",
			   value);
	s->out->rdm_relaxed = *value == 'r';
	return 0;
}

static int take_name(struct spec *s, const char *value)
{
	return bad(s, "names of devices are not done: give its address", value);
}

static const struct {
	const char *name;
	int (*take)(struct spec *s, const char *value);
} keys[] = {
	{"bdf", take_bdf}, /* the first two have a place, too */
	{"vslot", take_slot},
	{"permissive", take_permissive},
	{"msitranslate", take_msitranslate},
	{"power_mgmt", take_power},
	{"rdm_policy", take_rdm},
	{"seize", take_seize},
	{"name", take_name},
};

static int take_key(struct spec *s, unsigned int i, const char *value)
{
	if (s->seen & 1u << i)
		return err_set(s->e, EXIT_USAGE, "%s is there twice",
			       keys[i].name);
	s->seen |= 1u << i;
	return keys[i].take(s, value);
}

/* "BB:DD.F" or "BB:DD.F@SLOT" */
static int take_place(struct spec *s, char *word)
{
	char *slot = strchr(word, '@');

	if (slot)
		*slot++ = '\0';
	if (take_key(s, 0, word) < 0)
		return -1;
	return slot ? take_key(s, 1, slot) : 0;
}

static int take_word(struct spec *s, char *word, bool first)
{
	char *value = strchr(word, '=');
	unsigned int i;

	if (!value && first)
		return take_place(s, word);
	if (!value)
		return bad(s, "not KEY=VALUE", word);
	*value++ = '\0';
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!strcmp(word, keys[i].name))
			return take_key(s, i, value);
	}
	return bad(s, "unknown key", word);
}

int pcispec_parse(const char *text, const struct pci_config *def,
		  struct pci_config *out, struct err *e)
{
	struct spec s = {.out = out, .e = e};
	char copy[TEXT_MAX], *rest = copy, *word;
	bool first = true;

	*out = *def;
	out->slot = -1;
	out->hotplugged = false;
	if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy))
		return err_set(e, EXIT_USAGE, "more than %u characters",
			       TEXT_MAX - 1);
	while ((word = strsep(&rest, ","))) {
		if (take_word(&s, word, first) < 0)
			return -1;
		first = false;
	}
	return s.seen & 1
		       ? 0
		       : err_set(e, EXIT_USAGE, "no device: give its address");
}

void pcispec_opts(const struct pci_config *p, char buf[PCISPEC_TEXT])
{
	snprintf(buf, PCISPEC_TEXT,
		 "msitranslate=%d,power_mgmt=%d,permissive=%d,rdm_policy=%s",
		 p->msitranslate, p->power_mgmt, p->permissive,
		 p->rdm_relaxed ? "relaxed" : "strict");
}

void pcispec_text(const struct pci_config *p, char buf[PCISPEC_TEXT])
{
	char bdf[BDF_TEXT], slot[12] = "", opts[PCISPEC_TEXT];

	bdf_text(&p->bdf, bdf);
	pcispec_opts(p, opts);
	if (p->slot >= 0)
		snprintf(slot, sizeof(slot), "@%x", (unsigned int)p->slot);
	snprintf(buf, PCISPEC_TEXT, "%s%s,%.90s", bdf, slot, opts);
}
