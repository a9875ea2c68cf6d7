/* SPDX-License-Identifier: MIT */
/* What is shown to the user, and what goes into a trace. */
#include "core/log.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "tests/unit/tap.h"

/* A log whose two outputs end in memory. */
struct both {
	struct log log;
	char *shown, *traced;
	size_t shown_len, traced_len;
	FILE *out, *trace;
};

static void begin(struct both *b, enum log_level level, bool trace)
{
	memset(b, 0, sizeof(*b));
	b->out = open_memstream(&b->shown, &b->shown_len);
	b->trace = open_memstream(&b->traced, &b->traced_len);
	if (!b->out || !b->trace)
		abort();
	log_init(&b->log, b->out, level);
	if (trace)
		log_trace(&b->log, b->trace);
}

static void say_all(struct both *b)
{
	log_msg(&b->log, LOG_ERROR, "one %d", 1);
	log_msg(&b->log, LOG_WARN, "two: %s", "2");
	log_msg(&b->log, LOG_STEP, "three");
	log_msg(&b->log, LOG_DETAIL, "xenstore: write /a = \"%s\"", "b: c");
	fflush(b->out);
	fflush(b->trace);
}

static void end(struct both *b)
{
	fclose(b->out);
	fclose(b->trace);
	free(b->shown);
	free(b->traced);
}

static unsigned int lines(const char *text)
{
	unsigned int nr = 0;

	for (; *text; text++)
		nr += *text == '\n';
	return nr;
}

static void test_levels(void)
{
	static const struct {
		enum log_level level;
		unsigned int shown;
	} levels[] = {
		{LOG_ERROR, 1}, {LOG_WARN, 2}, {LOG_STEP, 3}, {LOG_DETAIL, 4}};
	struct both b;
	unsigned int i;

	for (i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
		begin(&b, levels[i].level, false);
		say_all(&b);
		is_int(lines(b.shown), levels[i].shown, "level %u shows", i);
		is_str(b.traced, "", "and traces nothing");
		ok(log_wants(&b.log, levels[i].level), "it wants its own");
		ok(levels[i].level == LOG_DETAIL ||
			   !log_wants(&b.log, levels[i].level + 1),
		   "and no more");
		end(&b);
	}
}

static void test_shown(void)
{
	unsigned long long at, at2;
	long long since, since2;
	int len = 0, len2 = 0;
	const char *text;
	struct both b;

	begin(&b, LOG_DETAIL, false);
	say_all(&b);
	ok(!strncmp(b.shown, "mtool: one 1\nmtool: two: 2\n", 27),
	   "errors and warnings carry the program's name");
	text = b.shown + 27;
	sscanf(text, "%llu ms %lld  three\n%n", &at, &since, &len);
	sscanf(text + len, "%llu ms %lld  xenstore: write /a = \"b: c\"\n%n",
	       &at2, &since2, &len2);
	ok(len && len2, "steps and details their times");
	ok(len && len2 && at <= at2 && at2 - at == (unsigned long long)since2,
	   "since the start and since the line before");
	end(&b);
}

/* Line `nr` of a trace, or NULL. */
static json_t *line(const char *text, unsigned int nr)
{
	for (; nr && text; nr--) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text ? json_loadb(text, strcspn(text, "\n"), 0, NULL) : NULL;
}

static void test_traced(void)
{
	static const struct {
		const char *kind, *text;
	} want[] = {
		{"error", "one 1"},
		{"warning", "two: 2"},
		{"step", "three"},
		{"xenstore", "write /a = \"b: c\""},
		{"detail", "no kind"},
		{"detail", "this is too long for a kind: text"},
	};
	json_int_t us, delta, before = 0;
	const char *kind, *text;
	struct both b;
	unsigned int i;
	json_t *j;

	begin(&b, LOG_ERROR, true);
	ok(log_wants(&b.log, LOG_DETAIL), "a trace wants everything");
	say_all(&b);
	log_msg(&b.log, LOG_DETAIL, "no kind");
	log_msg(&b.log, LOG_DETAIL, "this is too long for a kind: text");
	fflush(b.out);
	fflush(b.trace);
	is_str(b.shown, "mtool: one 1\n", "what is shown is not touched by it");
	for (i = 0; i < sizeof(want) / sizeof(*want); i++) {
		j = line(b.traced, i);
		if (!ok(j && !json_unpack(j, "{s:I, s:I, s:s, s:s !}", "us",
					  &us, "delta_us", &delta, "kind",
					  &kind, "text", &text),
			"trace line %u is such an object", i))
			continue;
		is_str(kind, want[i].kind, "its kind");
		is_str(text, want[i].text, "its text");
		is_int(us - before, delta, "times add up");
		before = us;
		json_decref(j);
	}
	is_int(lines(b.traced), i, "there are no more lines");
	log_trace(&b.log, NULL);
	ok(!log_wants(&b.log, LOG_STEP), "an ended trace wants nothing");
	end(&b);
}

static void test_errno(void)
{
	FILE *full = fopen("/dev/full", "w");
	struct log log;

	if (!full)
		abort();
	log_init(&log, full, LOG_DETAIL);
	errno = EXDEV;
	log_msg(&log, LOG_ERROR, "nobody will read this");
	is_int(errno, EXDEV, "errno is left alone");
	fclose(full);
}

static void test_xen(void)
{
	struct both b;

	begin(&b, LOG_WARN, true);
	xtl_log(&b.log.xtl, XTL_ERROR, 2, "xc", "it %s", "failed");
	fflush(b.out);
	fflush(b.trace);
	is_str(b.shown, "", "a library's error is a detail");
	ok(strstr(b.traced, "\"kind\": \"xc\", \"text\": \"it failed: No such "
			    "file or directory\"}"),
	   "with its context and errno");
	is_str(b.log.xen_last, "it failed", "and is kept");
	end(&b);
}

int main(void)
{
	test_levels();
	test_shown();
	test_traced();
	test_errno();
	test_xen();
	return done_testing();
}
