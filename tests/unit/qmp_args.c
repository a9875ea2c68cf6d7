/* SPDX-License-Identifier: MIT */
/* QMP commands as people type them. */
#include "tools/mtool/qmpargs.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

enum { WORDS = 5 };

static unsigned int count(const char *const *words)
{
	unsigned int n = 0;

	while (n < WORDS && words[n])
		n++;
	return n;
}

static void test_lines(void)
{
	static const struct {
		const char *words[WORDS], *args;
	} c[] = {
		{{NULL}, "{}"},
		{{"a=text"}, "{\"a\": \"text\"}"},
		{{"a="}, "{\"a\": \"\"}"},
		{{"a=1", "b=-5", "c=1.5", "d=0"},
		 "{\"a\": 1, \"b\": -5, \"c\": 1.5, \"d\": 0}"},
		{{"a=9223372036854775807"}, "{\"a\": 9223372036854775807}"},
		{{"a=true", "b=false", "c=null"},
		 "{\"a\": true, \"b\": false, \"c\": null}"},
		{{"a=truely", "b=-", "c=-x"},
		 "{\"a\": \"truely\", \"b\": \"-\", \"c\": \"-x\"}"},
		{{"a=0x10", "b=007", "c=00:16:3e:00:00:01", "d=1.2.3"},
		 "{\"a\": \"0x10\", \"b\": \"007\", \"c\": "
		 "\"00:16:3e:00:00:01\", \"d\": \"1.2.3\"}"},
		{{"a=\"5\"", "b=[1, {\"c\": 2}]", "d={}"},
		 "{\"a\": \"5\", \"b\": [1, {\"c\": 2}], \"d\": {}}"},
		{{"a=b=c", "b=x y"}, "{\"a\": \"b=c\", \"b\": \"x y\"}"},
		{{"f.driver=raw", "f.file.driver=file", "f.n=1"},
		 "{\"f\": {\"driver\": \"raw\", \"file\": {\"driver\": "
		 "\"file\"}, \"n\": 1}}"},
		{{"{\"a\": 18446744073709551616}"},
		 "{\"a\": 18446744073709551616}"},
		{{"{\"a\": 1}", "b=2"}, "{\"a\": 1, \"b\": 2}"},
		{{"f.a=1", "{\"b\": 2}"}, "{\"f\": {\"a\": 1}, \"b\": 2}"},
	};
	char want[256], *line;
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		snprintf(want, sizeof(want),
			 "{\"execute\": \"x\", \"arguments\": %s, \"id\": "
			 "\"i\"}\n",
			 c[i].args);
		line = qmp_args_line("x", (char *const *)c[i].words,
				     count(c[i].words), "i", &e);
		if (line)
			line[strlen(line) - 1] = want[strlen(want) - 1] = '\0';
		is_str(line, want, "%s", c[i].args);
		free(line);
	}
	line = qmp_args_line("a\"b", NULL, 0, NULL, &e);
	ok(line && !strcmp(line, "{\"execute\": \"a\\\"b\", \"arguments\": "
				 "{}}\n"),
	   "a name is quoted; no id");
	free(line);
}

static void test_refused(void)
{
	static const struct {
		const char *words[WORDS], *why;
	} c[] = {
		{{"a"}, "a: neither KEY=VALUE nor a JSON object"},
		{{""}, ": neither KEY=VALUE nor a JSON object"},
		{{"=1"}, "=1: a name is missing in the key"},
		{{".a=1"}, ".a=1: a name is missing in the key"},
		{{"a.=1"}, "a.=1: a name is missing in the key"},
		{{"a..b=1"}, "a..b=1: a name is missing in the key"},
		{{"a=1", "a=2"}, "a is given twice"},
		{{"a.b=1", "a.b=2"}, "b is given twice"},
		{{"a=1", "a.b=2"}, "a is given twice, once as an object"},
		{{"a.b=1", "a=2"}, "a is given twice"},
		{{"a=1", "{\"a\": 2}"}, "a is given twice"},
		{{"a=18446744073709551616"},
		 "a: 18446744073709551616 is beyond 64 bits"},
		{{"a={"}, "a: not JSON: "},
		{{"a=[1,]"}, "a: not JSON: "},
		{{"a=\"x"}, "a: not JSON: "},
		{{"a={\"b\":1,\"b\":2}"}, "a: not JSON: "},
		{{"{\"a\": 1"}, "{\"a\": 1: not JSON: "},
		{{"{\"a\": 1", "b=1"}, "{\"a\": 1: not JSON: "},
		{{"a=\xff"}, "a: not UTF-8"},
		{{"\xff=1"}, "\xff: not UTF-8"},
	};
	struct err e;
	char *line, longer[600];
	const char *words[] = {longer};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		line = qmp_args_line("x", (char *const *)c[i].words,
				     count(c[i].words), "i", &e);
		ok(!line && e.code == EXIT_USAGE &&
			   !strncmp(e.msg, c[i].why, strlen(c[i].why)),
		   "refused: %s", line ? line : e.msg);
		free(line);
	}
	memset(longer, 'k', sizeof(longer));
	strcpy(longer + sizeof(longer) - 3, "=1");
	ok(!qmp_args_line("x", (char *const *)words, 1, NULL, &e),
	   "a long key: %s", e.msg);
	ok(!qmp_args_line("\xff", NULL, 0, NULL, &e), "a name: %s", e.msg);
}

static void test_split(void)
{
	char text[] = "  cmd\tkey=\"a b\"  'x y'=1 \"\" it\"'\"s  \r";
	char open_quote[] = "cmd 'x", many[] = "a b c d", none[] = " \t";
	char *w[8];
	struct err e;

	is_int(qmp_args_split(text, w, 8, &e), 5, "words");
	is_str(w[0], "cmd", "a word");
	is_str(w[1], "key=a b", "quotes hold it together");
	is_str(w[2], "x y=1", "single ones, too");
	is_str(w[3], "", "an empty one");
	is_str(w[4], "it's", "one kind in the other");
	is_int(qmp_args_split(open_quote, w, 8, &e), -1, "%s", "an open quote");
	is_int(qmp_args_split(many, w, 3, &e), -1, "too many");
	is_int(qmp_args_split(none, w, 3, &e), 0, "none");
}

int main(void)
{
	test_lines();
	test_refused();
	test_split();
	return done_testing();
}
