/* SPDX-License-Identifier: MIT */
/* The types of values that many keys share. */
#include "core/config_keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"

/* Where value `i` stands; an empty list stands where its key does. */
static void locate(struct load *l, const struct cfg_entry *entry,
		   unsigned int i)
{
	err_in(l->e, "%s", entry->key);
	if (i >= entry->nr)
		cfg_err_at(l->e, entry->file, entry->line);
	else
		cfg_err_at(l->e, entry->value[i].file, entry->value[i].line);
}

int config_bad(struct load *l, const struct cfg_entry *entry, unsigned int i,
	       const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(l->e, EXIT_USAGE, "%s", text);
	locate(l, entry, i);
	return -1;
}

const char *config_scalar(struct load *l, const struct cfg_entry *entry)
{
	if (!entry->list)
		return entry->value->text;
	config_bad(l, entry, 0, "a list where one value should be");
	return NULL;
}

bool config_ascii(const char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			return false;
	}
	return true;
}

int config_copy(struct load *l, const struct cfg_entry *entry, unsigned int i,
		char **field)
{
	char *copy = strdup(entry->value[i].text);

	if (!copy)
		return err_set(l->e, EXIT_FAILED, "out of memory");
	free(*field);
	*field = copy;
	return 0;
}

static void *field(struct load *l, const struct key *k)
{
	return (char *)l->cfg + k->offset;
}

/* xl reads 010 as octal and most people do not: take neither side. */
static bool is_octal(const char *digits)
{
	return digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
}

/* Digits that overflow are a number out of every range, not no number. */
static bool is_huge(const char *digits, uint64_t *n)
{
	*n = INT64_MAX;
	return *digits && !digits[strspn(digits, "0123456789")];
}

/* The one value as a number, with its sign. */
static int parse_number(struct load *l, const struct cfg_entry *entry,
			int64_t *out)
{
	const char *text = config_scalar(l, entry);
	uint64_t n;
	bool negative;

	if (!text)
		return -1;
	if (!config_ascii(text))
		return config_bad(l, entry, 0, "not a number");
	negative = *text == '-';
	if (is_octal(text + negative))
		return config_bad(l, entry, 0,
				  "%.60s: a number must not start with 0",
				  text);
	if (num_parse(text + negative, 0, INT64_MAX, &n) < 0 &&
	    !is_huge(text + negative, &n))
		return config_bad(l, entry, 0, "%.60s is not a number",
				  *text ? text : "an empty string");
	*out = negative ? -(int64_t)n : (int64_t)n;
	return 0;
}

static int parse_range(struct load *l, const struct key *k,
		       const struct cfg_entry *entry, int64_t *out)
{
	if (parse_number(l, entry, out) < 0)
		return -1;
	if (*out < k->min) /* NOLINT(clang-analyzer-core.*): it was set */
		return config_bad(l, entry, 0, "%.60s is less than %lld",
				  entry->value->text, (long long)k->min);
	if (*out > k->max)
		return config_bad(l, entry, 0, "%.60s is more than %lld",
				  entry->value->text, (long long)k->max);
	return 0;
}

int take_bool(struct load *l, const struct key *k,
	      const struct cfg_entry *entry)
{
	int64_t n;

	if (parse_number(l, entry, &n) < 0)
		return -1;
	/* NOLINTNEXTLINE(clang-analyzer-core.*): it was set */
	*(bool *)field(l, k) = n != 0;
	return 0;
}

int take_uint(struct load *l, const struct key *k,
	      const struct cfg_entry *entry)
{
	int64_t n;

	if (parse_range(l, k, entry, &n) < 0)
		return -1;
	*(unsigned int *)field(l, k) = (unsigned int)n;
	return 0;
}

int take_int(struct load *l, const struct key *k, const struct cfg_entry *entry)
{
	int64_t n;

	if (parse_range(l, k, entry, &n) < 0)
		return -1;
	*(int *)field(l, k) = (int)n;
	return 0;
}

int take_u64(struct load *l, const struct key *k, const struct cfg_entry *entry)
{
	int64_t n;

	if (parse_range(l, k, entry, &n) < 0)
		return -1;
	*(uint64_t *)field(l, k) = (uint64_t)n;
	return 0;
}

/* "a, b, c" of those that are not refused. */
static void list_choices(const struct choice *c, char *buf, size_t size)
{
	size_t len = 0;

	*buf = '\0';
	for (; c->name && len < size; c++) {
		if (!c->why)
			len += (size_t)snprintf(buf + len, size - len, "%s%s",
						len ? ", " : "", c->name);
	}
}

static int no_choice(struct load *l, const struct key *k,
		     const struct cfg_entry *entry)
{
	const char *text = entry->value->text;
	char names[256];

	list_choices(k->choice, names, sizeof(names));
	return config_bad(l, entry, 0, "\"%.60s\" is not one of: %s",
			  config_ascii(text) ? text : "?", names);
}

static const struct choice *find_choice(struct load *l, const struct key *k,
					const struct cfg_entry *entry)
{
	const char *text = config_scalar(l, entry);
	const struct choice *c;
	uint64_t n;

	if (!text)
		return NULL;
	for (c = k->choice; c->name; c++) {
		if (!strcmp(c->name, text) ||
		    (k->numeric && !num_parse(text, c->value, c->value, &n)))
			break;
	}
	if (!c->name) {
		no_choice(l, k, entry);
		return NULL;
	}
	if (c->why) {
		config_bad(l, entry, 0, "%s: %s", c->name, c->why);
		return NULL;
	}
	return c;
}

int take_choice(struct load *l, const struct key *k,
		const struct cfg_entry *entry)
{
	const struct choice *c = find_choice(l, k, entry);

	if (!c)
		return -1;
	*(unsigned int *)field(l, k) = c->value;
	return 0;
}

int take_fixed(struct load *l, const struct key *k,
	       const struct cfg_entry *entry)
{
	return find_choice(l, k, entry) ? 0 : -1;
}

int take_path(struct load *l, const struct key *k,
	      const struct cfg_entry *entry)
{
	const char *text = config_scalar(l, entry);

	if (!text)
		return -1;
	if (*text != '/')
		return config_bad(l, entry, 0,
				  "\"%.200s\" is not an absolute path", text);
	if (strlen(text) >= VM_PATH_MAX)
		return config_bad(l, entry, 0, "longer than %u bytes",
				  VM_PATH_MAX - 1);
	return config_copy(l, entry, 0, field(l, k));
}

int take_text(struct load *l, const struct key *k,
	      const struct cfg_entry *entry)
{
	const char *text = config_scalar(l, entry);

	if (!text)
		return -1;
	if (!config_ascii(text))
		return config_bad(l, entry, 0, "not ASCII");
	if ((int64_t)strlen(text) > k->max)
		return config_bad(l, entry, 0, "more than %lld bytes",
				  (long long)k->max);
	return config_copy(l, entry, 0, field(l, k));
}

/* Refuse the key itself, or only warn. */
static int refuse_key(struct load *l, const struct key *k,
		      const struct cfg_entry *entry)
{
	struct err e, *saved = l->e;

	if (!l->lenient || !k->harmless)
		return config_bad(l, entry, 0, "%s", k->why);
	l->e = &e;
	config_bad(l, entry, 0, "left out: %s", k->why);
	l->e = saved;
	if (l->warn)
		l->warn(l->ctx, e.msg);
	return 0;
}

int refuse(struct load *l, const struct key *k, const struct cfg_entry *entry)
{
	if (!entry->nr || (entry->nr == 1 && !*entry->value->text))
		return 0;
	return refuse_key(l, k, entry);
}

/* What is no number is not "off" either: gfx_passthru = "igd". */
static bool is_zero(const struct cfg_entry *entry)
{
	uint64_t n;

	if (entry->list)
		return !entry->nr;
	return !num_parse(entry->value->text, 0, 0, &n);
}

int refuse_on(struct load *l, const struct key *k,
	      const struct cfg_entry *entry)
{
	return is_zero(entry) ? 0 : refuse_key(l, k, entry);
}

int refuse_off(struct load *l, const struct key *k,
	       const struct cfg_entry *entry)
{
	int64_t n;

	if (parse_number(l, entry, &n) < 0)
		return -1;
	/* NOLINTNEXTLINE(clang-analyzer-core.*): it was set */
	return n ? 0 : refuse_key(l, k, entry);
}
