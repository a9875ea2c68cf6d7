/* SPDX-License-Identifier: MIT */
/* How far a save has come, as people and programs are told. */
#include "tools/mtool/progress.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

enum { MIB = 1 << 20 };

/* A stream that is no terminal. */
static FILE *new_stream(void)
{
	FILE *f = tmpfile();

	if (!f)
		abort();
	return f;
}

/* All that has come out of it. */
static const char *written(FILE *f)
{
	static char text[1024];

	rewind(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	return text;
}

static void test_text(void)
{
	struct progress p = {.name = "g", .verb = "save", .total = 64 * MIB};
	char text[160];

	progress_text(&p, 0, text, sizeof(text));
	is_str(text, "g: save: 0 of 64 MiB, 0 MiB/s",
	       "at once nothing is known");
	p.done = 16 * MIB;
	progress_text(&p, 2000, text, sizeof(text));
	is_str(text, "g: save: 16 of 64 MiB, 8 MiB/s, 6 s left",
	       "the rest takes as long as the rate says");
	p.done = 65 * MIB;
	progress_text(&p, 5000, text, sizeof(text));
	is_str(text, "g: save: 65 of 65 MiB, 13 MiB/s",
	       "more than was guessed is all there is");
}

static void test_programs(void)
{
	FILE *f = new_stream();
	struct progress p;
	size_t len;

	progress_start(&p, "g", "save", 10, f, true, true);
	progress_add(&p, 4);
	is_str(written(f), "", "not every byte is told of");
	p.told_ms -= 1000;
	p.start_ms = p.told_ms;
	progress_add(&p, 4);
	ok(strstr(written(f), "{\"event\":\"progress\",\"what\":\"save\","
			      "\"vm\":\"g\",\"bytes\":8,\"total\":10,"),
	   "a line after a while: %.70s", written(f));
	progress_end(&p, false);
	ok(strstr(written(f), "\"event\":\"failed\""), "how it ended is told");
	fclose(f);
	f = new_stream();
	progress_start(&p, "g", "restore", 10, f, true, false);
	progress_end(&p, true);
	ok(strstr(written(f), "{\"event\":\"done\",\"what\":\"restore\""),
	   "also of what was quick");
	len = strlen(written(f));
	progress_end(&p, true);
	is_int(strlen(written(f)), len, "but once");
	fclose(f);
}

static void test_people(void)
{
	FILE *f = new_stream();
	struct progress p;

	progress_start(&p, "g", "save", 10, f, false, false);
	p.told_ms -= 1000;
	progress_add(&p, 4);
	progress_end(&p, true);
	is_str(written(f), "", "who reads a file sees nothing of it");
	is_int(p.done, 4, "though it is counted");
	fclose(f);
}

/* A terminal's line is written over, and gone in the end. */
static void test_terminal(void)
{
	FILE *f = new_stream();
	struct progress p;

	progress_start(&p, "g", "save", 8 * MIB, f, false, false);
	p.out = f;
	p.told_ms -= 1000;
	p.start_ms = p.told_ms;
	progress_add(&p, 8 * MIB);
	progress_end(&p, true);
	ok(!strncmp(written(f), "\rg: save: 8 of 8 MiB, ", 22),
	   "one line that begins anew");
	ok(strstr(written(f), "\033[K\r\033[K") && !strchr(written(f), '\n'),
	   "and leaves nothing");
	fclose(f);
}

int main(void)
{
	test_text();
	test_programs();
	test_people();
	test_terminal();
	return done_testing();
}
