/* SPDX-License-Identifier: MIT */
/* What the tests of console sinks share: a loop, a directory, and ears. */
#ifndef TESTS_UNIT_CON_BENCH_H
#define TESTS_UNIT_CON_BENCH_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "console/sink.h"
#include "tests/unit/tap.h"

struct bench {
	struct loop *loop;
	struct loop_timer *end;
	struct err e;
	char dir[64], path[96], old[96];
	char *text; /* what the last file, pty or socket had to say */
	size_t len;
};

enum { TEXT_MAX = 4 << 20 };

static inline void end_run(void *ctx)
{
	loop_stop(ctx);
}

static inline void bench_open(struct bench *b)
{
	strcpy(b->dir, "/tmp/con_sink.XXXXXX");
	if (!mkdtemp(b->dir))
		exit(1);
	snprintf(b->path, sizeof(b->path), "%s/log", b->dir);
	snprintf(b->old, sizeof(b->old), "%s/log.1", b->dir);
	b->loop = loop_new(&b->e);
	b->end = loop_timer_new(b->loop, end_run, b->loop);
	b->text = malloc(TEXT_MAX + 1);
	b->e.msg[0] = '\0';
}

static inline void bench_close(struct bench *b)
{
	unlink(b->path);
	unlink(b->old);
	rmdir(b->dir);
	loop_timer_del(b->end);
	loop_free(b->loop);
	free(b->text);
}

static inline void run(struct bench *b, uint64_t ms)
{
	loop_timer_set(b->end, ms);
	loop_run(b->loop, &b->e);
}

/* All that `fd` gives without waiting. */
static inline const char *slurp(struct bench *b, int fd)
{
	ssize_t r;

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	b->len = 0;
	while (b->len < TEXT_MAX &&
	       (r = read(fd, b->text + b->len, TEXT_MAX - b->len)) > 0)
		b->len += (size_t)r;
	b->text[b->len] = '\0';
	return b->text;
}

/*
 * The same while the loop runs, until nothing has come for half a second: the
 * kernel carries a pty's bytes in the background, late on a busy machine.
 */
static inline const char *slurp_all(struct bench *b, int fd)
{
	size_t n = 0, i;
	char *all = malloc(TEXT_MAX + 1);

	for (i = 0; i < 250; i++) {
		run(b, 2);
		slurp(b, fd);
		memcpy(all + n, b->text, b->len);
		n += b->len;
		if (b->len)
			i = 0;
	}
	all[n] = '\0';
	free(b->text);
	b->text = all;
	b->len = n;
	return all;
}

/* Until as much as `want` has come, or 2 seconds are over. */
static inline void comes(struct bench *b, int fd, const char *want,
			 const char *what)
{
	char all[256];
	size_t n = 0;
	int i;

	for (i = 0; i < 400 && n < strlen(want); i++) {
		run(b, 5);
		slurp(b, fd);
		if (n + b->len >= sizeof(all))
			break;
		memcpy(all + n, b->text, b->len);
		n += b->len;
	}
	all[n] = '\0';
	is_str(all, want, "%s", what);
}

/* Input of the sink, until `n` bytes have come or 2 seconds are over. */
static inline size_t typed(struct bench *b, struct con_sink *s, void *buf,
			   size_t n)
{
	size_t done = 0;
	int i;

	for (i = 0; i < 400 && done < n; i++) {
		run(b, 5);
		done += con_sink_input(s, (uint8_t *)buf + done, n - done);
	}
	return done;
}

static inline const char *file_text(struct bench *b, const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return "(none)";
	slurp(b, fd);
	close(fd);
	return b->text;
}

static inline void say(struct con_sink *s, const char *text)
{
	con_sink_output(s, (const uint8_t *)text, strlen(text));
}

/* `n` bytes of lines, each with its number. */
static inline void say_lines(struct con_sink *s, unsigned int from,
			     unsigned int to)
{
	char line[32];

	for (; from < to; from++) {
		snprintf(line, sizeof(line), "line %09u.\n", from);
		say(s, line);
	}
}

static inline long cpu_us(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_utime.tv_sec * 1000000 + ru.ru_utime.tv_usec +
	       ru.ru_stime.tv_sec * 1000000 + ru.ru_stime.tv_usec;
}

/* Each test on a bench of its own. */
static inline int run_tests(void (*const tests[])(struct bench *), size_t n)
{
	struct bench b;
	size_t i;

	for (i = 0; i < n; i++) {
		bench_open(&b);
		tests[i](&b);
		bench_close(&b);
	}
	return done_testing();
}

#endif
