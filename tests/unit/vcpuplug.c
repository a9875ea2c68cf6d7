/* SPDX-License-Identifier: MIT */
/* From what QEMU says of its vcpus to what it is asked to plug in. */
#include "tools/mtool/vcpuplug.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

#define PROPS(n) "'props':{'core-id':0,'thread-id':0,'socket-id':" #n "}"
#define PLUGGED(n) "{" PROPS(n) ",'vcpus-count':1,'type':'c','qom-path':'/m'}"
#define FREE(n) "{" PROPS(n) ",'vcpus-count':1,'type':'c'}"
#define PLUG(n)                                                  \
	"{\"id\":\"cpu-" #n "\",\"driver\":\"c\",\"core-id\":0," \
	"\"thread-id\":0,\"socket-id\":" #n "}"

/* QEMU's answer (7.2 lists the last socket first), how many, what to add. */
static const struct {
	const char *cpus;
	unsigned int want;
	const char *plugs;
} rows[] = {
	{"[" FREE(1) "," PLUGGED(0) "]", 2, "[" PLUG(1) "]"},
	{"[" FREE(1) "," PLUGGED(0) "]", 1, "[]"},
	{"[" PLUGGED(1) "," PLUGGED(0) "]", 1, "[]"},
	{"[" FREE(3) "," FREE(2) "," FREE(1) "," PLUGGED(0) "]", 3,
	 "[" PLUG(1) "," PLUG(2) "]"},
	{"[" FREE(3) "," PLUGGED(2) "," FREE(1) "," PLUGGED(0) "]", 4,
	 "[" PLUG(1) "," PLUG(3) "]"},
};

/* No place for so many, or not what it should be. */
static const struct {
	const char *cpus;
	unsigned int want;
} bad[] = {
	{"[" PLUGGED(0) "]", 2},
	{"[]", 1},
	{"{}", 1},
	{"['a']", 1},
	{"[{'type':'c'}]", 1},
	{"[{" PROPS(0) "}]", 1},
	{"[{'props':{'socket-id':'0'},'type':'c'}]", 1},
};

static json_t *load(const char *text)
{
	char buf[1024], *p;

	snprintf(buf, sizeof(buf), "%s", text);
	for (p = buf; *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	return json_loads(buf, 0, NULL);
}

static void test_plugs(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err e;
		json_t *cpus = load(rows[i].cpus);
		json_t *plugs = vcpu_plugs(cpus, rows[i].want, &e);
		char *text = json_dumps(plugs, JSON_COMPACT);

		is_str(text, rows[i].plugs, "row %zu: %u vcpus", i,
		       rows[i].want);
		free(text);
		json_decref(plugs);
		json_decref(cpus);
	}
}

static void test_bad(void)
{
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err e = {.msg = ""};
		json_t *cpus = load(bad[i].cpus);

		ok(cpus && !vcpu_plugs(cpus, bad[i].want, &e),
		   "bad row %zu is refused", i);
		ok(*e.msg, "with a word on it: %s", e.msg);
		json_decref(cpus);
	}
}

int main(void)
{
	test_plugs();
	test_bad();
	return done_testing();
}
