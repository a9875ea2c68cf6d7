/* SPDX-License-Identifier: MIT */
/* The end of a log, as a failed create shows it. */
#include "tools/mtool/showlog.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

enum { TAIL_BYTES = 16 << 10 }; /* what is read of a log at most */

/* A directory for the file `log`. */
struct place {
	char dir[32], log[48];
};

static void place_make(struct place *p)
{
	strcpy(p->dir, "/tmp/mtool-test-XXXXXX");
	if (!mkdtemp(p->dir))
		abort();
	snprintf(p->log, sizeof(p->log), "%s/log", p->dir);
}

static void put(const struct place *p, const char *text, size_t len)
{
	FILE *f = fopen(p->log, "w");

	if (!f || fwrite(text, 1, len, f) != len || fclose(f))
		abort();
}

/* What is shown of a file; the caller frees it. */
static char *shown(const char *path, unsigned int lines)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		abort();
	show_log_tail(path, lines, f);
	fclose(f);
	return text;
}

static const struct {
	const char *what, *text;
	unsigned int lines;
	const char *want;
} logs[] = {
	{"nothing", "", 3, ""},
	{"fewer lines", "a\nb\n", 3, "  a\n  b\n"},
	{"as many lines", "a\nb\nc\n", 3, "  a\n  b\n  c\n"},
	{"more lines", "a\nb\nc\nd\n", 3, "  b\n  c\n  d\n"},
	{"one line of many", "a\nb\nc\n", 1, "  c\n"},
	{"one line", "a\n", 1, "  a\n"},
	{"no newline at the end", "a\nb", 3, "  a\n  b\n"},
	{"a last line without newline", "a\nb\nc", 1, "  c\n"},
	{"two, the last without newline", "a\nb\nc", 2, "  b\n  c\n"},
	{"nothing but one line without newline", "a", 1, "  a\n"},
	{"an empty line", "\n", 3, "  \n"},
	{"empty lines", "a\n\n\n", 2, "  \n  \n"},
	{"an empty line between", "a\n\nb\n", 3, "  a\n  \n  b\n"},
	{"the serial line's newlines", "a\r\nb\r\n", 3, "  a\n  b\n"},
	{"tabs and blanks", "\ta  b \n", 3, "  \ta  b \n"},
	{"a format", "%s%n%%\n", 3, "  %s%n%%\n"},
	/* what would move the cursor or set a terminal's title */
	{"escape sequences", "\x1b[2J\x1b]0;x\x07\n", 3, "  ^[[2J^[]0;x^G\n"},
	{"a carriage return", "good\rbad\n", 3, "  good^Mbad\n"},
	{"a backspace", "a\bb\x7f\n", 3, "  a^Hb^?\n"},
	{"8-bit controls",
	 "\x9b"
	 "2J\xff\n",
	 3, "  \\x9b2J\\xff\n"},
	{"form feeds", "a\fb\vc\n", 3, "  a^Lb^Kc\n"},
};

static void test_logs(const struct place *p)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(logs); i++) {
		char *text;

		put(p, logs[i].text, strlen(logs[i].text));
		text = shown(p->log, logs[i].lines);
		is_str(text, logs[i].want, "%s", logs[i].what);
		free(text);
	}
}

static void test_zeros(const struct place *p)
{
	char *text;

	put(p, "a\0b\n\0\n", 6);
	text = shown(p->log, 3);
	is_str(text, "  a^@b\n  ^@\n", "zeros do not end a line");
	free(text);
}

/* No byte but text, tab and newline gets out. */
static void test_every_byte(const struct place *p)
{
	char bytes[256], *text;
	bool clean = true;
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	put(p, bytes, sizeof(bytes));
	text = shown(p->log, 3);
	for (i = 0; text[i]; i++)
		clean &= text[i] == '\n' || text[i] == '\t' ||
			 (text[i] >= 0x20 && text[i] < 0x7f);
	ok(clean, "of all bytes only text is shown as it is");
	ok(strstr(text, "\n  ^K^L"), "the rest in its place");
	free(text);
}

static void test_no_file(const struct place *p)
{
	char path[64], *text;

	unlink(p->log);
	text = shown(p->log, 3);
	is_str(text, "", "without a file nothing is shown");
	free(text);
	text = shown(p->dir, 3);
	is_str(text, "", "nor of a directory");
	free(text);
	snprintf(path, sizeof(path), "%s/link", p->dir);
	put(p, "secret\n", 7);
	if (symlink(p->log, path) < 0)
		abort();
	text = shown(path, 3);
	is_str(text, "", "nor through a link");
	free(text);
	unlink(path);
}

/* A line of `len` letters x behind a first line "a". */
static void put_long(const struct place *p, size_t len, char last)
{
	char *file = malloc(len + 3);

	if (!file)
		abort();
	memcpy(file, "a\n", 2);
	memset(file + 2, 'x', len);
	file[2 + len] = last;
	put(p, file, len + 3);
	free(file);
}

static void test_long_line(const struct place *p)
{
	char *text;

	put_long(p, TAIL_BYTES - 3, '\n');
	text = shown(p->log, 2);
	is_int(strlen(text), 4 + 2 + TAIL_BYTES - 3 + 1,
	       "a long line is shown");
	ok(!strncmp(text, "  a\n  xxx", 9), "and what is before it");
	free(text);
	put_long(p, 3 * TAIL_BYTES, '\n');
	text = shown(p->log, 2);
	is_int(strlen(text), 2 + TAIL_BYTES, "the end of a longer one");
	ok(!strncmp(text, "  xxx", 5), "without what is before it");
	free(text);
	put_long(p, 3 * TAIL_BYTES, 'y');
	text = shown(p->log, 2);
	is_int(strlen(text), 2 + TAIL_BYTES + 1, "also if it does not end");
	is_str(text + 2 + TAIL_BYTES - 2, "xy\n", "by its last bytes");
	free(text);
}

/* The longest text that can come of what is read: four for each byte. */
static void test_long_bytes(const struct place *p)
{
	char bytes[TAIL_BYTES + 7], *text;

	memset(bytes, 0xff, sizeof(bytes));
	put(p, bytes, sizeof(bytes));
	text = shown(p->log, 20);
	is_int(strlen(text), 2 + 4 * TAIL_BYTES + 1, "bytes that take most");
	free(text);
	memset(bytes, '\n', sizeof(bytes));
	put(p, bytes, sizeof(bytes));
	text = shown(p->log, TAIL_BYTES);
	is_int(strlen(text), 3 * TAIL_BYTES, "as many lines as there can be");
	free(text);
}

int main(void)
{
	struct place p;

	place_make(&p);
	test_logs(&p);
	test_zeros(&p);
	test_every_byte(&p);
	test_no_file(&p);
	test_long_line(&p);
	test_long_bytes(&p);
	unlink(p.log);
	rmdir(p.dir);
	return done_testing();
}
