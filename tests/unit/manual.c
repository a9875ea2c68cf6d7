/* SPDX-License-Identifier: MIT */
/*
 * The manual pages tell of every command with its options, every key and every
 * exit code, and of no others.
 */
#include <ctype.h>
#include <stdlib.h>

#include "core/config_keys.h"
#include "core/file.h"
#include "tests/unit/tap.h"
#include "tools/mtool/mtool.h"

#define ITEM "\n.It Ic "

enum { PAGE_MAX = 1 << 20, WORD_MAX = 64 };

/* Commands that the interface promises. */
static const char *const promised[] = {
	"block-attach",
	"block-detach",
	"block-list",
	"cd-eject",
	"cd-insert",
	"check-host",
	"console",
	"create",
	"destroy",
	"domid",
	"domname",
	"gc",
	"help",
	"host-info",
	"host-init",
	"info",
	"list",
	"log",
	"mem-max",
	"mem-set",
	"migrate",
	"network-attach",
	"network-detach",
	"network-list",
	"pause",
	"pci-assignable-add",
	"pci-assignable-list",
	"pci-assignable-remove",
	"pci-attach",
	"pci-detach",
	"pci-list",
	"plan",
	"qmp",
	"reboot",
	"rename",
	"restore",
	"save",
	"shutdown",
	"sysrq",
	"trigger",
	"unpause",
	"vcpu-list",
	"vcpu-pin",
	"vcpu-set",
	"version",
};

static char *page(const char *name)
{
	char path[64];
	struct err e;
	size_t len;
	char *text;

	snprintf(path, sizeof(path), "tools/man/%s", name);
	text = file_read(path, PAGE_MAX, &len, &e);
	if (!ok(text, "%s is there", path)) {
		printf("# %s\n", e.msg);
		exit(1);
	}
	return text;
}

/* The next word at *p into buf; false at the end of the line. */
static bool next_word(const char **p, char buf[WORD_MAX])
{
	size_t n;

	*p += strspn(*p, " ");
	n = strcspn(*p, " \n");
	if (!n)
		return false;
	snprintf(buf, WORD_MAX, "%.*s", (int)n, *p);
	*p += n;
	return true;
}

/* Where the item at `p` ends: at the next, or with its section. */
static size_t item_length(const char *p)
{
	static const char *const ends[] = {ITEM, "\n.Ss ", "\n.Sh "};
	size_t i, len = strlen(p);

	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		const char *end = strstr(p, ends[i]);

		if (end && (size_t)(end - p) < len)
			len = (size_t)(end - p);
	}
	return len;
}

/* The item of command `name`, as a copy; NULL: none. */
static char *item(const char *text, const char *name)
{
	const char *p = text;
	char word[WORD_MAX];

	while ((p = strstr(p, ITEM))) {
		p += strlen(ITEM);
		if (next_word(&p, word) && !strcmp(word, name))
			return strndup(p, item_length(p));
	}
	return NULL;
}

/* Whether `usage` has the option: "-p", "--json", and nothing longer. */
static bool in_usage(const char *usage, const char *option)
{
	size_t len = strlen(option);
	const char *p;

	for (p = usage; (p = strstr(p, option)); p++) {
		if ((p == usage || strchr("[ |", p[-1])) &&
		    (!p[len] || strchr("] |", p[len])))
			return true;
	}
	return false;
}

/* Whether the item has ".It Fl p" or "Oo Fl p" or "Fl c | p". */
static bool in_item(const char *text, const char *option)
{
	char want[WORD_MAX + 4], either[WORD_MAX + 4];

	snprintf(want, sizeof(want), "Fl %s", option + 1);
	snprintf(either, sizeof(either), "| %s", option + 1);
	return strstr(text, want) || strstr(text, either);
}

/* Every option of the usage stands in the item. */
static void check_usage(const struct command *c, const char *text)
{
	char option[WORD_MAX];
	const char *p = c->usage;
	size_t n;

	for (; (p = strchr(p, '-')); p += n) {
		n = strcspn(p, " ]|");
		/* a dash in a word, or alone, is no option */
		if ((p != c->usage && !strchr("[ |", p[-1])) || n < 2)
			continue;
		snprintf(option, sizeof(option), "%.*s", (int)n, p);
		ok(in_item(text, option), "%s: %s is explained", c->name,
		   option);
	}
}

/* Every option of the item stands in the usage. */
static void check_item(const struct command *c, const char *text)
{
	char word[WORD_MAX - 1], option[WORD_MAX];
	const char *p = text;

	while ((p = strstr(p, "Fl "))) {
		p += 3;
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(p, " \n"), p);
		snprintf(option, sizeof(option), "-%s", word);
		ok(in_usage(c->usage, option), "%s: it has %s", c->name,
		   option);
	}
}

static void test_commands(const char *text)
{
	const struct command *c;
	char *block;

	for (c = commands; c->name; c++) {
		block = item(text, c->name);
		if (!ok(block, "mtool(8) has %s", c->name))
			continue;
		check_usage(c, block);
		check_item(c, block);
		free(block);
	}
}

static void test_no_others(const char *text)
{
	char word[WORD_MAX];
	const char *p = text;

	while ((p = strstr(p, ITEM))) {
		p += strlen(ITEM);
		if (next_word(&p, word))
			ok(command_find(word), "%s in mtool(8) is a command",
			   word);
	}
}

static void test_promised(const char *text)
{
	size_t i;
	char *block;

	for (i = 0; i < sizeof(promised) / sizeof(*promised); i++) {
		block = item(text, promised[i]);
		ok(block, "mtool(8) has a place for %s", promised[i]);
		ok(command_find(promised[i]), "and %s exists", promised[i]);
		free(block);
	}
}

static void test_exit_codes(const char *text)
{
	const char *section = strstr(text, ".Sh EXIT STATUS");
	char line[WORD_MAX];
	int code;

	for (code = EXIT_DONE; section && code <= EXIT_HOST; code++) {
		snprintf(line, sizeof(line), "\n.It %d\n", code);
		ok(strstr(section, line), "exit code %d is explained", code);
	}
	snprintf(line, sizeof(line), "\n.It %d\n", code);
	ok(section && !strstr(section, line), "there is no exit code %d", code);
}

static void test_files(const char *text)
{
	ok(strstr(text, ".It Pa " RUN_ROOT "/NAME/"), RUN_ROOT " is named");
	ok(strstr(text, ".It Pa " LOG_ROOT "/NAME.log"), LOG_ROOT " is named");
}

static bool is_key_word(const char *word)
{
	return islower((unsigned char)*word);
}

/* Whether a line that begins with `macro` names the key. */
static bool names_key(const char *text, const char *macro, const char *key)
{
	char word[WORD_MAX];
	const char *p = text;

	while ((p = strstr(p, macro))) {
		p += strlen(macro);
		while (next_word(&p, word)) {
			if (!strcmp(word, key))
				return true;
		}
	}
	return false;
}

static bool is_refused(const struct key *k)
{
	return k->take == refuse || k->take == refuse_on;
}

static void test_keys(const char *text)
{
	unsigned int i;

	for (i = 0; i < config_nr_keys; i++) {
		const struct key *k = &config_keys[i];

		if (is_refused(k))
			ok(names_key(text, "\n.Ic ", k->name) &&
				   !names_key(text, ITEM, k->name),
			   "mtool.cfg(5) names %s as refused", k->name);
		else
			ok(names_key(text, ITEM, k->name) ||
				   names_key(text, "\n.Ic ", k->name),
			   "mtool.cfg(5) explains %s", k->name);
	}
}

/* An item of mtool.cfg(5) is a list of keys. */
static void test_no_other_keys(const char *text)
{
	char word[WORD_MAX];
	const char *p = text;

	while ((p = strstr(p, ITEM))) {
		p += strlen(ITEM);
		while (next_word(&p, word)) {
			if (is_key_word(word))
				ok(config_key(word), "%s is a key", word);
		}
	}
}

int main(void)
{
	char *program = page("mtool.8"), *config = page("mtool.cfg.5");

	test_commands(program);
	test_no_others(program);
	test_promised(program);
	test_exit_codes(program);
	test_files(program);
	test_keys(config);
	test_no_other_keys(config);
	free(program);
	free(config);
	return done_testing();
}
