/* SPDX-License-Identifier: MIT */
/* What a save file says of its VM, and what is made of that. */
#include "tools/mtool/savemeta.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/saveio.h"
#include "tests/unit/tap.h"

#define UUID "01234567-89ab-cdef-0123-456789abcdef"
#define CONFIG                                                     \
	"name = \"g\"\nmemory = 256\nmaxmem = 512\nmaxvcpus = 4\n" \
	"vga = \"none\"\nuuid = \"" UUID "\"\n"

static struct save_meta sample(void)
{
	return (struct save_meta){
		.name = "g",
		.uuid = UUID,
		.config = CONFIG,
		.disks = "vdev=xvdf,target=/d",
		.nics = "",
		.mtool = "0.1",
		.xen = "4.17.7",
		.memory_mb = 300,
		.max_kb = 400000,
		.saved = 1700000000,
		.vcpus = 3,
	};
}

static void test_round(void)
{
	struct save_meta m = sample(), got;
	struct vm_config cfg;
	char *text;
	struct err e;

	text = save_meta_text(&m, &e);
	is_int(save_meta_parse(&got, text, strlen(text), &e), 0, "is read");
	ok(!strcmp(got.name, "g") && !strcmp(got.config, CONFIG) &&
		   !strcmp(got.disks, m.disks) && !strcmp(got.nics, "") &&
		   got.memory_mb == 300 && got.max_kb == 400000 &&
		   got.vcpus == 3 && got.saved == 1700000000,
	   "as it was written");
	is_int(save_meta_config(&got, &cfg, NULL, 0, &e), 0, "a configuration");
	ok(cfg.incoming && cfg.memory_mb == 300 && cfg.vcpus == 3 &&
		   cfg.maxmem_mb == 512 && cfg.uuid_set,
	   "with the size that it had at last");
	config_free(&cfg);
	save_meta_free(&got);
	free(text);
}

static void test_override(void)
{
	char *words[] = {"name=copy",
			 "uuid=76543210-89ab-cdef-0123-456789abcdef",
			 "disk=['format=raw,vdev=hda,access=rw,target=/c']"};
	char *bad[] = {"memroy=12"};
	struct save_meta m = sample();
	struct vm_config cfg;
	struct err e;

	is_int(save_meta_config(&m, &cfg, words, 3, &e), 0, "changed");
	is_str(cfg.name, "copy", "its name");
	is_int(cfg.uuid[0], 0x76, "its uuid");
	ok(cfg.nr_disk == 1 && !strcmp(cfg.disk[0].path, "/c"), "its disk");
	config_free(&cfg);
	is_int(save_meta_config(&m, &cfg, bad, 1, &e), -1, "%s", e.msg);
	is_int(e.code, EXIT_USAGE, "is the user's mistake");
}

static void refused(const char *text, const char *what)
{
	struct save_meta m;
	struct err e;
	int rc = save_meta_parse(&m, text, strlen(text), &e);

	ok(rc < 0 && *e.msg && !strchr(e.msg, '\n'), "%s: %s", what,
	   rc ? e.msg : "taken");
	if (!rc)
		save_meta_free(&m);
}

/* One member of a good one, replaced. */
static void refused_with(const char *member, json_t *value)
{
	struct save_meta m = sample();
	struct err e;
	char *text = save_meta_text(&m, &e), *bad;
	json_t *j = json_loads(text, 0, NULL);

	if (value)
		json_object_set_new(j, member, value);
	else
		json_object_del(j, member);
	bad = json_dumps(j, 0);
	refused(bad, member);
	free(bad);
	free(text);
	json_decref(j);
}

static void test_hostile(void)
{
	static const char *const names[] = {
		"",
		"..",
		"../../etc",
		"a/b",
		"-rf",
		"a\nb",
		"a b",
		"\033[2J",
		".",
		"0123456789012345678901234567890123456789012345678901234567890"
		"12345",
	};
	char long_text[200];
	size_t i;

	refused("", "nothing");
	refused("[]", "a list");
	refused("{}", "an empty object");
	refused("{\"name\":\"g\",\"name\":\"h\"}", "a member twice");
	memset(long_text, '[', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	refused(long_text, "deep");
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		refused_with("name", json_string(names[i]));
	refused_with("name", json_integer(1));
	refused_with("uuid", json_string("0123"));
	refused_with("config", NULL);
	refused_with("disks", json_array());
	refused_with("memory_mb", json_integer(-1));
	refused_with("memory_mb", json_integer(INT64_MAX));
	refused_with("max_kb", json_integer(INT64_MAX));
	refused_with("vcpus", json_integer(129));
	refused_with("vcpus", json_string("1"));
	refused_with("saved", json_integer(-1));
}

/* The configuration inside is checked as any other. */
static void test_bad_config(void)
{
	static const char *const bad[] = {
		"name = \"../x\"\nmemory = 64\n",
		"name = \"g\"\n",
		"name = \"g\"\nmemory = 64\nno_such_key = 1\n",
		"name = \"g\"\nmemory = 9223372036854775808\n",
		"name = \"g\nmemory = 64\n",
		"name = \"g\"\nmemory = 64\ndisk = [ \"\001,,hda\" ]\n",
	};
	struct save_meta m = sample();
	struct vm_config cfg;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		m.config = bad[i];
		is_int(save_meta_config(&m, &cfg, NULL, 0, &e), -1, "%s",
		       e.msg);
	}
	/* sizes that it cannot have had are not believed */
	m = sample();
	m.memory_mb = 100000;
	m.vcpus = 99;
	is_int(save_meta_config(&m, &cfg, NULL, 0, &e), 0, "too large");
	ok(cfg.memory_mb == 256 && cfg.vcpus == 1, "is left as configured");
	config_free(&cfg);
}

/* What an earlier mtool wrote: see tests/unit/savefile.c. */
static void test_sample(void)
{
	int fd = open("tests/unit/golden/sample.save", O_RDONLY | O_CLOEXEC);
	struct savefile_chunk c;
	struct vm_config cfg;
	struct save_meta m;
	struct saveio io;
	struct err e;

	is_int(saveio_open(&io, fd, -1, &e), 0, "the sample");
	is_int(saveio_next(&io, &c, &e), 0, "can be read");
	is_int(save_meta_parse(&m, (char *)io.content, c.len, &e), 0,
	       "is understood");
	is_int(save_meta_config(&m, &cfg, NULL, 0, &e), 0,
	       "and what it was made of is known");
	ok(!strcmp(cfg.name, "g") && cfg.memory_mb == 64, "as it was");
	config_free(&cfg);
	save_meta_free(&m);
	saveio_free(&io);
	close(fd);
}

int main(void)
{
	test_sample();
	test_round();
	test_override();
	test_hostile();
	test_bad_config();
	return done_testing();
}
