/* SPDX-License-Identifier: MIT */
/* The plan as data: steps, nodes, variables, and how it is shown. */
#include "core/plan.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

enum { MANY_STEPS = 100, MANY_NODES = 300 };

static void nodes_step(struct plan *p, const char *title)
{
	plan_step(p, OP_NODES, DOM_TARGET, GROUP_SETUP, NULL, "%s", title);
}

static void test_empty(void)
{
	struct plan p;

	plan_init(&p);
	plan_step_index(&p, 7);
	is_int(p.nr_step, 0, "a new plan has no step");
	ok(!p.failed, "and has not failed");
	plan_free(&p);
	plan_free(&p);
	ok(!p.step && !p.nr_step, "it can be freed twice");
}

static void test_steps(void)
{
	const struct plan_step *s;
	struct plan p;

	plan_init(&p);
	plan_step(&p, OP_LOOP, DOM_HOST, GROUP_SETUP, NULL, "disk %s: %d",
		  "hda", 5);
	plan_step_index(&p, 3);
	plan_step(&p, OP_UNPAUSE, DOM_STUB, GROUP_STARTUP, "why", "100%%");
	is_int(p.nr_step, 2, "two steps");
	s = p.step;
	ok(s->op == OP_LOOP && s->dom == DOM_HOST && s->group == GROUP_SETUP,
	   "the first is what was asked for");
	is_str(s->title, "disk hda: 5", "with its title");
	ok(!s->why && !s->nr_node && !s->node, "without reason or nodes");
	is_int(s->index, 3, "and the index given after it");
	s++;
	ok(s->op == OP_UNPAUSE && s->dom == DOM_STUB &&
		   s->group == GROUP_STARTUP,
	   "the second likewise");
	is_str(s->title, "100%", "its title is a format");
	is_str(s->why, "why", "its reason");
	is_int(s->index, 0, "its own index");
	plan_free(&p);
	ok(!p.step && !p.nr_step, "plan_free leaves an empty plan");
}

static void test_nodes(void)
{
	const struct plan_node *n;
	struct plan p;

	plan_init(&p);
	nodes_step(&p, "first");
	plan_node(&p, "0T", "/dir", "", "%s", "");
	plan_node(&p, NULL, "/dir", "a/b", "%d-%s", 7, "%d");
	nodes_step(&p, "second");
	plan_node(&p, NULL, "/%s", "%d", "100%%");
	is_int(p.step[0].nr_node, 2, "nodes belong to the last step");
	is_int(p.step[1].nr_node, 1, "and to no other");
	n = p.step[0].node;
	is_str(n[0].path, "/dir", "an empty key is the directory itself");
	is_str(n[0].value, "", "an empty value is one");
	is_str(n[0].perm, "0T", "permissions");
	is_str(n[1].path, "/dir/a/b", "a key stands behind its directory");
	is_str(n[1].value, "7-%d", "a value is a format");
	ok(!n[1].perm, "no permissions of its own");
	n = p.step[1].node;
	is_str(n->path, "/%s/%d", "a path is not");
	is_str(n->value, "100%", "a format without arguments");
	plan_free(&p);
}

static bool all_there(const struct plan *p)
{
	char want[32];
	unsigned int i, j;

	for (i = 0; i < p->nr_step; i++) {
		snprintf(want, sizeof(want), "step %u", i);
		if (strcmp(p->step[i].title, want))
			return false;
		for (j = 0; j < p->step[i].nr_node; j++) {
			snprintf(want, sizeof(want), "/%u/%u", i, j);
			if (strcmp(p->step[i].node[j].path, want))
				return false;
		}
	}
	return true;
}

/* More than any power of two that an array has been given. */
static void test_growth(void)
{
	char dir[16], key[16];
	struct plan p;
	unsigned int i, j;

	plan_init(&p);
	for (i = 0; i < MANY_STEPS; i++) {
		plan_step(&p, OP_NODES, DOM_STUB, GROUP_SETUP, NULL, "step %u",
			  i);
		snprintf(dir, sizeof(dir), "/%u", i);
		for (j = 0; j < (i == 50 ? MANY_NODES : i % 5); j++) {
			snprintf(key, sizeof(key), "%u", j);
			plan_node(&p, NULL, dir, key, "%u", j);
		}
	}
	is_int(p.nr_step, MANY_STEPS, "%d steps", MANY_STEPS);
	is_int(p.step[50].nr_node, MANY_NODES, "%d nodes in one", MANY_NODES);
	is_int(p.step[99].nr_node, 4, "and a few in the others");
	ok(all_there(&p), "all in order");
	ok(!p.failed, "without failing");
	plan_free(&p);
}

static void test_set(void)
{
	struct plan_vars v = {.nr = 0};

	ok(!plan_get(&v, "T"), "a variable that was never set is unknown");
	plan_set(&v, "T", "%u", 7u);
	plan_set(&v, "T.store-port", "%s", "3");
	is_str(plan_get(&v, "T"), "7", "a value is a format");
	is_str(plan_get(&v, "T.store-port"), "3", "a longer name is another");
	ok(!plan_get(&v, "T.store"), "a shorter one is none");
	plan_set(&v, "T", "%s", "8");
	is_str(plan_get(&v, "T"), "8", "setting again replaces");
	is_str(plan_get(&v, "T.store-port"), "3", "nothing else");
	is_int(v.nr, 2, "and takes no room");
	plan_set(&v, "T", "%s", "");
	is_str(plan_get(&v, "T"), "", "an empty value is known");
}

static void test_set_limits(void)
{
	char name[PLAN_VAR_NAME], value[PLAN_VAR_VALUE];
	struct plan_vars v = {.nr = 0};
	unsigned int i;
	bool same = true;

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (i = 0; i < PLAN_VARS_MAX; i++) {
		snprintf(name, sizeof(name), "a-long-name.%07u", i);
		plan_set(&v, name, "%s", value);
	}
	for (i = 0; i < PLAN_VARS_MAX; i++) {
		snprintf(name, sizeof(name), "a-long-name.%07u", i);
		same &= plan_get(&v, name) &&
			!strcmp(plan_get(&v, name), value);
	}
	ok(same, "%d variables of the greatest length", PLAN_VARS_MAX);
	plan_set(&v, name, "%s", "y");
	is_str(plan_get(&v, name), "y", "a full table takes replacements");
}

#define V(name) PLAN_VAR(name)
static const struct {
	const char *text, *shown, *want;
} expansions[] = {
	{"", "", ""},
	{"plain", "plain", "plain"},
	{"<T>", "<T>", "<T>"},
	{"100%s", "100%s", "100%s"},
	{V("T"), "<T>", "7"},
	{"/" V("T") "/x", "/<T>/x", "/7/x"},
	{V("T") V("S"), "<T><S>", "78"},
	{"a" V("T") "b" V("S") "c", "a<T>b<S>c", "a7b8c"},
	{V("empty"), "<empty>", ""},
	{"a" V("empty") "b", "a<empty>b", "ab"},
	{V("T.store-port"), "<T.store-port>", "33"},
	{V("nineteen.characters"), "<nineteen.characters>", "long"},
};

static void known_vars(struct plan_vars *v)
{
	v->nr = 0;
	plan_set(v, "T", "7");
	plan_set(v, "S", "8");
	plan_set(v, "empty", "%s", "");
	plan_set(v, "T.store-port", "33");
	plan_set(v, "nineteen.characters", "long");
}

/* What an earlier expansion left in the buffer must not stay. */
static void expand_one(const struct plan_vars *v, size_t i, const char *want)
{
	char buf[64];
	struct err e;

	memset(buf, 'z', sizeof(buf));
	is_int(plan_expand(v, expansions[i].text, buf, sizeof(buf), &e), 0,
	       "text %zu can be %s", i, v ? "applied" : "shown");
	is_str(buf, want, "and it is the right one");
}

static void test_expand(void)
{
	struct plan_vars v;
	size_t i;

	known_vars(&v);
	for (i = 0; i < ARRAY_SIZE(expansions); i++) {
		expand_one(NULL, i, expansions[i].shown);
		expand_one(&v, i, expansions[i].want);
	}
}

static void test_expand_unknown(void)
{
	static const char *const texts[] = {
		V("X"),	      V("t"),
		V("T.store"), V("T.store-ports"),
		V(""),	      "a" V("S") "b" V("T1") "c",
	};
	struct plan_vars v;
	char buf[64];
	struct err e;
	size_t i;

	known_vars(&v);
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		is_int(plan_expand(&v, texts[i], buf, sizeof(buf), &e), -1,
		       "unknown variable %zu", i);
	plan_expand(&v, V("T") V("disk0.dev"), buf, sizeof(buf), &e);
	is_str(e.msg, "plan: disk0.dev is not known yet", "it is named");
	is_int(e.code, EXIT_FAILED, "with the exit code of a failure");
}

static void test_expand_room(void)
{
	static const char text[] = "ab" V("T.store-port") "c";
	struct plan_vars v;
	char buf[16];
	struct err e;
	size_t size;

	known_vars(&v);
	for (size = 1; size <= 5; size++) {
		memset(buf, 'z', sizeof(buf));
		is_int(plan_expand(&v, text, buf, size, &e), -1,
		       "ab33c is too long for %zu bytes", size);
		ok(memchr(buf, '\0', size), "what is there ends");
		is_int(buf[size], 'z', "nothing is written behind");
	}
	is_str(e.msg, "plan: text too long", "it is said");
	is_int(plan_expand(&v, text, buf, 6, &e), 0, "6 bytes are enough");
	is_str(buf, "ab33c", "for all of it");
	is_int(plan_expand(NULL, V("T"), buf, 3, &e), -1, "<T> in 3 bytes");
	is_int(plan_expand(NULL, V("T"), buf, 4, &e), 0, "in 4");
	buf[0] = 'z';
	is_int(plan_expand(&v, "", buf, 1, &e), 0, "nothing fits in 1 byte");
	is_str(buf, "", "and is an empty string");
}

/* The text of a printed plan; the caller frees it. */
static char *printed(const struct plan *p)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		abort();
	plan_print(p, f);
	fclose(f);
	return text;
}

static void test_print(void)
{
	struct plan p;
	char *text;

	plan_init(&p);
	text = printed(&p);
	is_str(text, "", "an empty plan prints nothing");
	free(text);
	plan_step(&p, OP_CREATE, DOM_TARGET, GROUP_SETUP, NULL,
		  "create " V("T"));
	plan_step(&p, OP_NODES, DOM_TARGET, GROUP_SETUP, "the rule", "write");
	plan_node(&p, "0T", "/d/" V("T"), "", "%s", "");
	plan_node(&p, NULL, "/d/" V("T"), "k", "%s", V("S") "%");
	plan_node(&p, "S0", "/d", "s", "1");
	plan_node(&p, "T", "/d", "t", "1");
	plan_step(&p, OP_UNPAUSE, DOM_TARGET, GROUP_STARTUP, NULL, "go");
	text = printed(&p);
	is_str(text,
	       "Setup (done by the toolstack, expected by the stub)\n"
	       "   1   create <T>\n"
	       "   2   write\n"
	       "       # the rule\n"
	       "       /d/<T> = \"\"  (n0,r<T>)\n"
	       "       /d/<T>/k = \"<S>%\"\n"
	       "       /d/s = \"1\"  (n<S>,r0)\n"
	       "       /d/t = \"1\"  (n<T>)\n"
	       "\n"
	       "Startup\n"
	       "   3   go\n",
	       "steps are numbered through, nodes stand below them");
	free(text);
	plan_free(&p);
}

static char *json(const struct plan *p, const char *name)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		abort();
	plan_json(p, name, f);
	fclose(f);
	return text;
}

static void test_json(void)
{
	struct plan p;
	char *text;

	plan_init(&p);
	text = json(&p, "g");
	is_str(text, "{\n  \"name\": \"g\",\n  \"steps\": [\n  ]\n}\n",
	       "an empty plan is an object, too");
	free(text);
	plan_step(&p, OP_NODES, DOM_TARGET, GROUP_SETUP, "the \"rule\"",
		  "write %s", V("T"));
	plan_node(&p, "0T", "/d/" V("T"), "", "%s", "a\"b\\");
	plan_node(&p, NULL, "/d", "k", "%s", V("S") "%");
	plan_step(&p, OP_UNPAUSE, DOM_STUB, GROUP_STARTUP, NULL, "go");
	text = json(&p, "g\"");
	is_str(text,
	       "{\n  \"name\": \"g\\\"\",\n  \"steps\": [\n"
	       "    {\n"
	       "      \"step\": 1,\n"
	       "      \"group\": \"setup\",\n"
	       "      \"does\": \"nodes\",\n"
	       "      \"domain\": \"target\",\n"
	       "      \"title\": \"write <T>\",\n"
	       "      \"why\": \"the \\\"rule\\\"\",\n"
	       "      \"nodes\": [\n"
	       "        {\"path\": \"/d/<T>\", \"value\": \"a\\\"b\\\\\", "
	       "\"permissions\": [{\"domain\": \"0\", \"access\": \"owner\"}, "
	       "{\"domain\": \"<T>\", \"access\": \"read\"}]},\n"
	       "        {\"path\": \"/d/k\", \"value\": \"<S>%\"}\n"
	       "      ]\n"
	       "    },\n"
	       "    {\n"
	       "      \"step\": 2,\n"
	       "      \"group\": \"startup\",\n"
	       "      \"does\": \"unpause\",\n"
	       "      \"domain\": \"stub\",\n"
	       "      \"title\": \"go\"\n"
	       "    }\n"
	       "  ]\n"
	       "}\n",
	       "the same steps and nodes, in quotes");
	free(text);
	plan_free(&p);
}

int main(void)
{
	test_empty();
	test_steps();
	test_nodes();
	test_growth();
	test_set();
	test_set_limits();
	test_expand();
	test_expand_unknown();
	test_expand_room();
	test_print();
	test_json();
	return done_testing();
}
