/* SPDX-License-Identifier: MIT */
/* The table of commands, and how their words are parsed. */
#include "tools/mtool/mtool.h"

#include <getopt.h>

#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

enum {
	HELP_COLUMNS = 72,  /* of one line */
	FIRST_COLUMNS = 63, /* of a first line behind it: 80 in all */
	WORDS_MAX = 8,
};

/* --- the table --- */

static void test_find(void)
{
	static const char *const none[] = {
		"", "creat", "createx", "CREATE", "create ", "-h", "--help",
	};
	const struct command *c;
	unsigned int nr = 0;
	size_t i;

	for (c = commands; c->name; c++, nr++)
		ok(command_find(c->name) == c, "%s is found", c->name);
	ok(nr >= 10, "there are commands: %u", nr);
	for (i = 0; i < ARRAY_SIZE(none); i++)
		ok(!command_find(none[i]), "\"%s\" is none", none[i]);
	ok(command_find("create")->fn == cmd_create &&
		   command_find("destroy")->fn == cmd_destroy &&
		   command_find("list")->fn == cmd_list,
	   "a name leads to its function");
}

static void test_sorted(void)
{
	const struct command *c;

	for (c = commands + 1; c->name; c++)
		ok(strcmp(c[-1].name, c->name) < 0, "%s comes before %s",
		   c[-1].name, c->name);
}

/* Columns of the longest line. */
static size_t widest(const char *text)
{
	size_t n, max = 0;

	for (;;) {
		n = strcspn(text, "\n");
		max = n > max ? n : max;
		if (!text[n])
			return max;
		text += n + 1;
	}
}

static bool printable(const char *text)
{
	for (; *text; text++) {
		if (*text != '\n' && (*text < 0x20 || *text > 0x7e))
			return false;
	}
	return true;
}

static void test_help(void)
{
	const struct command *c;

	for (c = commands; c->name; c++) {
		size_t first = strcspn(c->help, "\n");

		ok(c->fn && c->usage, "%s: can be called and asked for",
		   c->name);
		ok(first > 0, "%s: its first line says something", c->name);
		ok(widest(c->help) <= HELP_COLUMNS, "%s: help is %zu columns",
		   c->name, widest(c->help));
		ok(first <= FIRST_COLUMNS, "%s: fits the list of commands",
		   c->name);
		ok(strlen("mtool  ") + strlen(c->name) + strlen(c->usage) <= 80,
		   "%s: its usage is one line", c->name);
		ok(printable(c->help) && printable(c->usage),
		   "%s: no tabs, nothing but ASCII", c->name);
		ok(c->help[strlen(c->help) - 1] != '\n',
		   "%s: the end of a line is added", c->name);
	}
}

/* --- options --- */

/* What is parsed: letters, values in brackets, then where words begin. */
struct parsed {
	char text[128];
	struct err e;
};

static void parse(struct parsed *p, const char *shorts, const char *longs,
		  const char *const *words)
{
	char *argv[WORDS_MAX + 2] = {"verb"};
	size_t len = 0;
	int argc = 1, c;

	p->text[0] = p->e.msg[0] = '\0';
	p->e.code = EXIT_DONE;
	for (; *words; words++)
		argv[argc++] = (char *)*words;
	optind = 0;
	while ((c = cmd_option(argc, argv, shorts, longs, &p->e)) != -1) {
		len += (size_t)snprintf(p->text + len, sizeof(p->text) - len,
					"%c", c);
		if (c == '?')
			return;
		if (optarg)
			len += (size_t)snprintf(p->text + len,
						sizeof(p->text) - len, "[%s]",
						optarg);
	}
	for (snprintf(p->text + len, sizeof(p->text) - len, "|"); optind < argc;
	     optind++) {
		len = strlen(p->text);
		snprintf(p->text + len, sizeof(p->text) - len, " %s",
			 argv[optind]);
	}
}

#define SHORTS "+pcWt:"
#define LONGS "json=j timeout=t: help=h version=V"

static const struct {
	const char *words[WORDS_MAX];
	const char *want;
} good[] = {
	{{NULL}, "|"},
	{{"g"}, "| g"},
	{{"-p"}, "p|"},
	{{"-p", "-c", "g"}, "pc| g"},
	{{"-pc", "g"}, "pc| g"},
	{{"-cp"}, "cp|"},
	{{"-t", "5", "g"}, "t[5]| g"},
	{{"-t5", "g"}, "t[5]| g"},
	{{"-pt5"}, "pt[5]|"},
	{{"-t", "-p"}, "t[-p]|"},
	{{"-t", ""}, "t[]|"},
	{{"--json"}, "j|"},
	{{"--json", "-p", "g"}, "jp| g"},
	{{"--timeout", "5", "g"}, "t[5]| g"},
	{{"--timeout=5", "g"}, "t[5]| g"},
	{{"--timeout="}, "t[]|"},
	{{"--version", "--help"}, "Vh|"},
	{{"--time", "5"}, "t[5]|"},
	/* the first word ends them: the rest is somebody else's */
	{{"g", "-p"}, "| g -p"},
	{{"-p", "g", "--json"}, "p| g --json"},
	{{"--", "-p"}, "| -p"},
	{{"-p", "--", "--json"}, "p| --json"},
	{{"-"}, "| -"},
};

static const struct {
	const char *words[WORDS_MAX];
	const char *want, *named;
} bad[] = {
	{{"-x"}, "?", "-x"},
	{{"-p", "-x", "g"}, "p?", "-x"},
	{{"-px", "g"}, "p?", "-x"},
	{{"--nothing"}, "?", "--nothing"},
	{{"-p", "--nothing", "g"}, "p?", "--nothing"},
	{{"--jsonx"}, "?", "--jsonx"},
	{{"--json=1"}, "?", "--json=1"},
	{{"-t"}, "?", "-t"},
	{{"-p", "-t"}, "p?", "-t"},
	{{"-pt"}, "p?", "-t"},
	{{"--timeout"}, "?", "--timeout"},
	{{"-p", "--timeout"}, "p?", "--timeout"},
	{{"-?"}, "?", "-?"},
	{{"-h"}, "?", "-h"},
};

static void test_good(void)
{
	struct parsed p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		parse(&p, SHORTS, LONGS, good[i].words);
		is_str(p.text, good[i].want, "words %zu", i);
		is_str(p.e.msg, "", "without complaint");
	}
}

static void test_bad(void)
{
	char want[128];
	struct parsed p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		parse(&p, SHORTS, LONGS, bad[i].words);
		is_str(p.text, bad[i].want, "wrong words %zu", i);
		is_int(p.e.code, EXIT_USAGE, "as their code says");
		snprintf(want, sizeof(want),
			 "%s: wrong option, or its value is missing",
			 bad[i].named);
		is_str(p.e.msg, want, "and the text, which names the word");
	}
}

/* Options may stand behind the words, as xl has it; "+" forbids it. */
static void test_behind(void)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *want;
	} behind[] = {
		{{"g", "-p"}, "p| g"},
		{{"g", "-t", "5", "h", "--json"}, "t[5]j| g h"},
		{{"g", "--", "-p"}, "| g -p"},
		{{"g", "-x", "h"}, "?"},
	};
	struct parsed p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(behind); i++) {
		parse(&p, SHORTS + 1, LONGS, behind[i].words);
		is_str(p.text, behind[i].want, "words with options behind %zu",
		       i);
	}
}

static void test_no_options(void)
{
	static const char *const words[] = {"-p", NULL};
	static const char *const name[] = {"g", NULL};
	struct parsed p;

	parse(&p, "+", "", words);
	is_str(p.text, "?", "a command may have no options");
	parse(&p, "+", "", name);
	is_str(p.text, "| g", "but words");
}

/* --- words --- */

static int words(int argc, int min, int max, struct err *e)
{
	char *argv[] = {"list", "a", "b", "c", NULL};

	optind = 1;
	e->msg[0] = '\0';
	return cmd_words(argc, argv, min, max, e);
}

static void test_words(void)
{
	char *options[] = {"list", "-p", "a", NULL};
	struct err e;

	is_int(words(1, 0, 0, &e), 0, "no words");
	is_int(words(2, 0, 0, &e), -1, "one too many");
	is_int(e.code, EXIT_USAGE, "is wrong usage");
	is_str(e.msg, "usage: mtool list [-s] [VM...]", "which is shown");
	is_int(words(1, 1, 2, &e), -1, "one too few");
	is_int(words(2, 1, 2, &e), 0, "the least");
	is_int(words(3, 1, 2, &e), 0, "the most");
	is_int(words(4, 1, 2, &e), -1, "more");
	optind = 2;
	is_int(cmd_words(3, options, 1, 1, &e), 0, "options are no words");
	is_int(cmd_usage("version", &e), -1, "a command without words");
	is_str(e.msg, "usage: mtool version", "has a short usage");
}

int main(void)
{
	test_find();
	test_sorted();
	test_help();
	test_good();
	test_bad();
	test_behind();
	test_no_options();
	test_words();
	return done_testing();
}
