/* SPDX-License-Identifier: MIT */
/* JSON as text: what is an object, where it ends, and its members. */
#include "qmp/json.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

static struct qmp_span span(const char *text)
{
	return (struct qmp_span){text, strlen(text)};
}

static void test_good(void)
{
	static const char *const text[] = {
		"{}",
		" \t\r\n{ } \n",
		"{\"a\":1}",
		"{\"a\": [], \"b\": {}, \"\": null}",
		"{\"a\":[true,false,null,\"x\",0,-0,1.5,-2e9,3E+1,4e-1,[[]]]}",
		"{\"n\":123456789012345678901234567890}",
		"{\"n\":1e999}",
		"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\"}",
		"{\"\xc3\xa9\":\"\xe2\x82\xac \xf0\x9f\x98\x80 \xed\x9f\xbf "
		"\xee\x80\x80 \xf4\x8f\xbf\xbf\"}",
		"{\"a\":\"\x7f\"}",
		"{\"a\":1,\"a\":2}", /* whose business that is, members know */
	};
	const char *why;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(text); i++)
		ok(qmp_is_object(span(text[i]), &why), "good: %zu", i);
}

static void test_bad(void)
{
	static const char *const text[] = {
		"",
		" ",
		"[]",
		"1",
		"\"a\"",
		"null",
		"{",
		"}",
		"{}}",
		"{} {}",
		"{]",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\" 1}",
		"{\"a\":1,}",
		"{,}",
		"{a:1}",
		"{1:2}",
		"{'a':1}",
		"{\"a\":'b'}",
		"{\"a\":[1,]}",
		"{\"a\":[1}",
		"{\"a\":[1 2]}",
		"{\"a\":1 \"b\":2}",
		"{\"a\":01}",
		"{\"a\":+1}",
		"{\"a\":-}",
		"{\"a\":.5}",
		"{\"a\":1.}",
		"{\"a\":1e}",
		"{\"a\":1e+}",
		"{\"a\":0x10}",
		"{\"a\":tru}",
		"{\"a\":truex}",
		"{\"a\":nul",
		"{\"a\":\"b}",
		"{\"a\":\"\\x\"}",
		"{\"a\":\"\\u12g4\"}",
		"{\"a\":\"\n\"}",
		"{\"a\":\"\x01\"}",
		"{\"a\":\"\x80\"}",		/* not a first byte */
		"{\"a\":\"\xc0\xaf\"}",		/* overlong */
		"{\"a\":\"\xe0\x80\x80\"}",	/* overlong */
		"{\"a\":\"\xf0\x80\x80\x80\"}", /* overlong */
		"{\"a\":\"\xed\xa0\x80\"}",	/* a surrogate */
		"{\"a\":\"\xf4\x90\x80\x80\"}", /* beyond U+10FFFF */
		"{\"a\":\"\xff\"}",
		"{\"a\":\"\xe2\x82\"}", /* too short */
		"\x01{}",
		"{\"a\":1/**/}",
	};
	const char *why;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(text); i++) {
		why = NULL;
		ok(!qmp_is_object(span(text[i]), &why) && why, "bad: %s: %s",
		   text[i][0] == 1 ? "control" : text[i], why ? why : "(null)");
	}
	ok(!qmp_is_object((struct qmp_span){"{}\0", 3}, &why),
	   "bad: a NUL behind it");
	ok(!qmp_is_object((struct qmp_span){"{\"a\":\"\\\0\"}", 10}, &why),
	   "bad: a NUL behind a backslash");
}

/* `depth` levels, all of them of arrays but the first. */
static char *nest(unsigned int depth)
{
	char *text = malloc(2 * depth + 6);

	strcpy(text, "{\"a\":");
	memset(text + 5, '[', depth - 1);
	memset(text + 4 + depth, ']', depth - 1);
	strcpy(text + 3 + 2 * depth, "}");
	return text;
}

static void test_depth(void)
{
	static const struct {
		unsigned int depth;
		bool good;
	} c[] = {{1, false},
		 {2, true},
		 {QMP_DEPTH_MAX, true},
		 {QMP_DEPTH_MAX + 1, false},
		 {10000, false}};
	const char *why;
	size_t i;

	for (i = 1; i < ARRAY_SIZE(c); i++) {
		char *text = nest(c[i].depth);

		ok(qmp_is_object(span(text), &why) == c[i].good, "%u levels",
		   c[i].depth);
		free(text);
	}
	is_str(why, "JSON nesting depth limit exceeded", "it is said why");
}

static void test_pieces(void)
{
	static const char text[] =
		"{\"a\":[1.5e3,{\"\xe2\x82\xac\":\"\\u00e9\\n\"},tr";
	static const char rest[] = "ue]}{";
	struct qmp_scan s = {.depth = 0};
	size_t i, taken;
	bool more = true;

	for (i = 0; i < sizeof(text) - 1; i++)
		more &= qmp_scan(&s, text + i, 1, &taken) == QMP_SCAN_MORE &&
			taken == 1;
	ok(more, "byte by byte: nothing is complete too early");
	is_int(qmp_scan(&s, rest, 5, &taken), QMP_SCAN_DONE, "it ends");
	is_int(taken, 4, "at its last brace");
	is_int(qmp_scan(&s, rest + 4, 1, &taken), QMP_SCAN_DONE,
	       "and stays so");
	is_int(taken, 0, "and takes nothing more");
	memset(&s, 0, sizeof(s));
	is_int(qmp_scan(&s, "{\"a\":x}", 7, &taken), QMP_SCAN_BAD, "a mistake");
	is_int(taken, 5, "is where it is");
}

static void is_span(struct qmp_span got, const char *want, const char *what)
{
	ok(got.len == strlen(want) && !memcmp(got.at, want, got.len),
	   "%s: %.*s", what, (int)got.len, got.len ? got.at : "");
}

static void test_members(void)
{
	static const char text[] =
		" { \"x\" : [ 1, {\"id\": 2}, \"]\\\"}\" ] , \"id\":\t{\"a\":"
		"\"}\"} ,\"n\":18446744073709551616,\"e\":\"\",\"t\":true}\r";
	struct qmp_member m[] = {{.name = "id"}, {.name = "n"}, {.name = "x"},
				 {.name = "e"},	 {.name = "t"}, {.name = "q"}};
	struct qmp_span other = {NULL, 0};
	const char *why;

	ok(qmp_is_object(span(text), &why), "an object");
	is_int(qmp_members(span(text), m, 6, &other), 0, "its members");
	is_span(m[0].value, "{\"a\":\"}\"}", "an object");
	is_span(m[1].value, "18446744073709551616", "a large number");
	is_span(m[2].value, "[ 1, {\"id\": 2}, \"]\\\"}\" ]", "a list");
	is_span(m[3].value, "\"\"", "an empty string");
	is_span(m[4].value, "true", "a word");
	is_int(m[5].value.len, 0, "one that is not there");
	is_int(other.len, 0, "there is no other");
	is_int(qmp_members(span("{}"), m + 5, 1, &other), 0, "none at all");
	is_int(m[5].value.len + other.len, 0, "is nothing");
	is_int(qmp_members(span("{\"q\":1,\"z\":2,\"y\":3}"), m + 5, 1, &other),
	       0, "others");
	is_span(other, "\"z\"", "the first other");
	m[5].value.len = 0;
	is_int(qmp_members(span("{\"q\":1,\"q\":1}"), m + 5, 1, NULL), -1,
	       "one that is there twice");
}

static void test_values(void)
{
	char *text = qmp_string(span("\"a\\u00e9\\n\""));
	json_t *v = qmp_value(span("{\"a\":[1]}"));

	is_str(text, "a\xc3\xa9\n", "a string");
	ok(json_is_object(v), "a tree");
	json_decref(v);
	free(text);
	ok(!qmp_string(span("1")), "a number is no string");
	ok(!qmp_string((struct qmp_span){NULL, 0}), "nor is nothing");
	ok(!qmp_value(span("{\"a\":{\"b\":1,\"b\":2}}")), "no member twice");
}

static void test_printable(void)
{
	char text[] = "ok \033[31m\x7f\xc2\x9b\n";

	qmp_printable(text);
	is_str(text, "ok ?[31m????", "nothing that a terminal obeys");
}

int main(void)
{
	test_good();
	test_bad();
	test_depth();
	test_pieces();
	test_members();
	test_values();
	test_printable();
	return done_testing();
}
