/* SPDX-License-Identifier: MIT */
/* The event loop: descriptors, timers, and taking them away meanwhile. */
#include "core/loop.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/log.h"
#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

enum { PIPES = 20 }; /* more than the loop takes in one round */

/* What has happened, a letter for each callback. */
struct trace {
	struct loop *loop;
	char text[64];
	size_t len;
	size_t stop_at; /* end the loop when that much has happened */
};

struct source {
	struct trace *trace;
	char letter;
	int fd[2];
	struct loop_io *io;
	uint32_t events;       /* as last told */
	struct source *remove; /* taken away in the callback */
};

struct alarm {
	struct trace *trace;
	char letter;
	struct loop_timer *timer;
	uint64_t again_ms;     /* set anew in the callback */
	struct alarm *remove;  /* deleted in the callback */
	struct alarm *silence; /* stopped in the callback */
};

static void note(struct trace *t, char letter)
{
	if (t->len + 1 < sizeof(t->text))
		t->text[t->len++] = letter;
	if (t->len == t->stop_at)
		loop_stop(t->loop);
}

static void trace_init(struct trace *t, size_t stop_at)
{
	struct err e;

	memset(t, 0, sizeof(*t));
	t->stop_at = stop_at;
	t->loop = loop_new(&e);
	if (!t->loop)
		abort();
}

/* Run until stop_at callbacks have been, or forever by mistake. */
static const char *run(struct trace *t)
{
	struct err e;

	is_int(loop_run(t->loop, &e), 0, "the loop ends by loop_stop");
	return t->text;
}

static void on_ready(void *ctx, uint32_t events)
{
	struct source *s = ctx;
	char c;

	s->events = events;
	if (events & EPOLLIN && read(s->fd[0], &c, 1) != 1)
		abort();
	if (s->remove) {
		loop_del(s->remove->io);
		s->remove->io = NULL;
	}
	note(s->trace, s->letter);
}

static void source_init(struct source *s, struct trace *t, char letter)
{
	struct err e;

	memset(s, 0, sizeof(*s));
	s->trace = t;
	s->letter = letter;
	if (pipe(s->fd) < 0)
		abort();
	s->io = loop_add(t->loop, s->fd[0], EPOLLIN, on_ready, s, &e);
	if (!s->io)
		abort();
}

static void source_free(struct source *s)
{
	loop_del(s->io);
	close(s->fd[0]);
	close(s->fd[1]);
}

static void make_ready(struct source *s)
{
	if (write(s->fd[1], "x", 1) != 1)
		abort();
}

static void on_time(void *ctx)
{
	struct alarm *a = ctx;

	if (a->again_ms)
		loop_timer_set(a->timer, a->again_ms);
	if (a->silence)
		loop_timer_stop(a->silence->timer);
	if (a->remove) {
		loop_timer_del(a->remove->timer);
		a->remove->timer = NULL;
	}
	note(a->trace, a->letter);
}

static void alarm_init(struct alarm *a, struct trace *t, char letter)
{
	memset(a, 0, sizeof(*a));
	a->trace = t;
	a->letter = letter;
	a->timer = loop_timer_new(t->loop, on_time, a);
	if (!a->timer)
		abort();
}

/* --- descriptors --- */

static void test_ready(void)
{
	struct source a, b;
	struct trace t;

	trace_init(&t, 3);
	source_init(&a, &t, 'a');
	source_init(&b, &t, 'b');
	make_ready(&b);
	make_ready(&b);
	make_ready(&b);
	is_str(run(&t), "bbb", "what is ready is called, as long as it is");
	ok(b.events & EPOLLIN, "and told what it is ready for");
	source_free(&a);
	source_free(&b);
	loop_free(t.loop);
}

static void test_many(void)
{
	struct source s[PIPES];
	struct trace t;
	bool all = true;
	unsigned int i;

	trace_init(&t, PIPES);
	for (i = 0; i < PIPES; i++) {
		source_init(&s[i], &t, (char)('a' + i));
		make_ready(&s[i]);
	}
	run(&t);
	for (i = 0; i < PIPES; i++)
		all &= strchr(t.text, 'a' + (int)i) != NULL;
	ok(all, "%d at once are each called once", PIPES);
	for (i = 0; i < PIPES; i++)
		source_free(&s[i]);
	loop_free(t.loop);
}

static void test_hangup(void)
{
	struct source a;
	struct trace t;

	trace_init(&t, 1);
	source_init(&a, &t, 'a');
	close(a.fd[1]);
	a.fd[1] = dup(a.fd[0]);
	is_str(run(&t), "a", "a hangup is an event");
	ok(a.events & EPOLLHUP, "and told as one");
	source_free(&a);
	loop_free(t.loop);
}

static void test_mod(void)
{
	struct source a;
	struct alarm end;
	struct trace t;

	trace_init(&t, 1);
	source_init(&a, &t, 'a');
	alarm_init(&end, &t, '.');
	make_ready(&a);
	loop_mod(a.io, 0);
	loop_timer_set(end.timer, 20);
	is_str(run(&t), ".", "what is not waited for is not called");
	loop_mod(a.io, EPOLLIN);
	t.stop_at = 2;
	is_str(run(&t), ".a", "until it is waited for again");
	source_free(&a);
	loop_timer_del(end.timer);
	loop_free(t.loop);
}

/* Both are ready in one round: whoever comes first removes the other. */
static void test_remove_other(void)
{
	struct source a, b;
	struct alarm end;
	struct trace t;

	trace_init(&t, 0);
	source_init(&a, &t, 'a');
	source_init(&b, &t, 'b');
	alarm_init(&end, &t, '.');
	a.remove = &b;
	b.remove = &a;
	make_ready(&a);
	make_ready(&b);
	loop_timer_set(end.timer, 20);
	t.stop_at = 2;
	run(&t);
	ok(!strcmp(t.text, "a.") || !strcmp(t.text, "b."),
	   "what was removed is not called, though it was ready: %s", t.text);
	source_free(&a);
	source_free(&b);
	loop_timer_del(end.timer);
	loop_free(t.loop);
}

static void test_remove_self(void)
{
	struct source a, b;
	struct alarm end;
	struct trace t;

	trace_init(&t, 2);
	source_init(&a, &t, 'a');
	alarm_init(&end, &t, '.');
	a.remove = &a;
	make_ready(&a);
	make_ready(&a);
	loop_timer_set(end.timer, 20);
	is_str(run(&t), "a.", "an entry may remove itself");
	loop_del(NULL);
	source_init(&b, &t, 'b');
	make_ready(&b);
	t.stop_at = 3;
	is_str(run(&t), "a.b", "and others come after it");
	source_free(&a);
	source_free(&b);
	loop_timer_del(end.timer);
	loop_free(t.loop);
}

static void test_add_fails(void)
{
	struct trace t;
	struct err e;

	trace_init(&t, 0);
	ok(!loop_add(t.loop, -1, EPOLLIN, on_ready, NULL, &e),
	   "there must be a descriptor");
	is_str(e.msg, "epoll_ctl: Bad file descriptor", "which is said");
	loop_free(t.loop);
	loop_free(NULL);
}

/* --- timers --- */

/* Five timers; the order in which they fired. */
static void fire_five(struct trace *t)
{
	static const unsigned int ms[] = {60, 20, 80, 0, 40};
	struct alarm a[ARRAY_SIZE(ms)];
	uint64_t start = clock_ms();
	size_t i;

	trace_init(t, ARRAY_SIZE(ms));
	for (i = 0; i < ARRAY_SIZE(ms); i++) {
		alarm_init(&a[i], t, (char)('a' + i));
		loop_timer_set(a[i].timer, ms[i]);
	}
	run(t);
	ok(clock_ms() - start >= 80, "no timer fires before its time");
	for (i = 0; i < ARRAY_SIZE(ms); i++)
		loop_timer_del(a[i].timer);
	loop_free(t->loop);
}

/* On a busy machine two may be late at once: those have no order. */
static void test_timers_order(void)
{
	struct trace t;
	int tries = 5;

	do {
		fire_five(&t);
	} while (strcmp(t.text, "dbeac") && --tries);
	is_str(t.text, "dbeac", "timers fire when they are due, not as made");
}

static void test_timer_once(void)
{
	struct alarm a, end;
	struct trace t;

	trace_init(&t, 1);
	alarm_init(&a, &t, 'a');
	alarm_init(&end, &t, '.');
	loop_timer_set(a.timer, 0);
	is_str(run(&t), "a", "a timer fires");
	loop_timer_set(end.timer, 20);
	t.stop_at = 2;
	is_str(run(&t), "a.", "once");
	loop_timer_del(a.timer);
	loop_timer_del(end.timer);
	loop_timer_del(NULL);
	loop_free(t.loop);
}

static void test_timer_replaced(void)
{
	struct alarm a, end;
	struct trace t;

	trace_init(&t, 1);
	alarm_init(&a, &t, 'a');
	alarm_init(&end, &t, '.');
	loop_timer_set(a.timer, 0);
	loop_timer_set(a.timer, 3600 * 1000);
	loop_timer_set(end.timer, 20);
	is_str(run(&t), ".", "a timer can be put off");
	loop_timer_set(a.timer, 0);
	t.stop_at = 2;
	is_str(run(&t), ".a", "and brought forward");
	loop_timer_del(a.timer);
	loop_timer_del(end.timer);
	loop_free(t.loop);
}

/* Both are due: whoever comes first stops the other. */
static void test_timer_stop(void)
{
	struct alarm a, b, end;
	struct trace t;

	trace_init(&t, 1);
	alarm_init(&a, &t, 'a');
	alarm_init(&b, &t, 'b');
	alarm_init(&end, &t, '.');
	a.silence = &b;
	b.silence = &a;
	loop_timer_set(a.timer, 0);
	loop_timer_set(b.timer, 0);
	run(&t);
	loop_timer_set(end.timer, 20);
	t.stop_at = 2;
	run(&t);
	ok(!strcmp(t.text, "a.") || !strcmp(t.text, "b."),
	   "a stopped timer does not fire, though it was due: %s", t.text);
	loop_timer_set(a.timer, 0);
	t.stop_at = 3;
	run(&t);
	is_int(t.text[2], 'a', "but can be set again");
	loop_timer_del(a.timer);
	loop_timer_del(b.timer);
	loop_timer_del(end.timer);
	loop_free(t.loop);
}

static void test_timer_again(void)
{
	struct alarm a;
	struct trace t;

	trace_init(&t, 3);
	alarm_init(&a, &t, 'a');
	a.again_ms = 5;
	loop_timer_set(a.timer, 0);
	is_str(run(&t), "aaa", "a timer may set itself");
	loop_timer_del(a.timer);
	loop_free(t.loop);
}

static void test_timer_remove(void)
{
	struct alarm a, b, end;
	struct trace t;

	trace_init(&t, 1);
	alarm_init(&a, &t, 'a');
	alarm_init(&b, &t, 'b');
	alarm_init(&end, &t, '.');
	a.remove = &b;
	b.remove = &a;
	loop_timer_set(a.timer, 0);
	loop_timer_set(b.timer, 0);
	run(&t);
	loop_timer_set(end.timer, 20);
	t.stop_at = 2;
	run(&t);
	ok(!strcmp(t.text, "a.") || !strcmp(t.text, "b."),
	   "what was deleted does not fire, though it was due: %s", t.text);
	loop_timer_del(a.timer);
	loop_timer_del(b.timer);
	end.remove = &end;
	loop_timer_set(end.timer, 0);
	t.stop_at = 3;
	run(&t);
	ok(!end.timer, "a timer may delete itself");
	loop_free(t.loop);
}

/* A descriptor that is always ready must not keep timers waiting. */
static void test_timer_beside_io(void)
{
	struct source a;
	struct alarm end;
	struct trace t;
	int i;

	trace_init(&t, 0);
	source_init(&a, &t, 'a');
	alarm_init(&end, &t, '.');
	for (i = 0; i < 3; i++)
		make_ready(&a);
	loop_timer_set(end.timer, 0);
	t.stop_at = 4;
	run(&t);
	is_int(strlen(t.text), 4, "both are served");
	is_str(strchr(t.text, '.'), ".aa", "the timer after the first round");
	source_free(&a);
	loop_timer_del(end.timer);
	loop_free(t.loop);
}

/* --- the end --- */

static void test_stop_at_once(void)
{
	struct source a, b;
	struct alarm due;
	struct trace t;

	trace_init(&t, 1);
	source_init(&a, &t, 'a');
	source_init(&b, &t, 'b');
	alarm_init(&due, &t, '.');
	make_ready(&a);
	make_ready(&b);
	loop_timer_set(due.timer, 0);
	run(&t);
	is_int(strlen(t.text), 1, "nothing is called after loop_stop");
	t.stop_at = 3;
	run(&t);
	ok(strchr(t.text, 'a') && strchr(t.text, 'b') && strchr(t.text, '.'),
	   "what was left comes when the loop runs again: %s", t.text);
	source_free(&a);
	source_free(&b);
	loop_timer_del(due.timer);
	loop_free(t.loop);
}

static void test_stop_in_timer(void)
{
	struct alarm a, b;
	struct trace t;

	trace_init(&t, 1);
	alarm_init(&a, &t, 'a');
	alarm_init(&b, &t, 'b');
	loop_timer_set(a.timer, 0);
	loop_timer_set(b.timer, 0);
	run(&t);
	is_int(strlen(t.text), 1, "nor another timer that is due");
	t.stop_at = 2;
	run(&t);
	ok(strchr(t.text, 'a') && strchr(t.text, 'b'), "it keeps its turn");
	loop_timer_del(a.timer);
	loop_timer_del(b.timer);
	loop_free(t.loop);
}

/* The end comes in the callback that removed an entry. */
static void test_stop_and_remove(void)
{
	struct source a;
	struct trace t;

	trace_init(&t, 1);
	source_init(&a, &t, 'a');
	a.remove = &a;
	make_ready(&a);
	is_str(run(&t), "a", "an entry may remove itself and end the loop");
	source_free(&a);
	loop_free(t.loop);
}

int main(void)
{
	test_ready();
	test_many();
	test_hangup();
	test_mod();
	test_remove_other();
	test_remove_self();
	test_add_fails();
	test_timers_order();
	test_timer_once();
	test_timer_replaced();
	test_timer_stop();
	test_timer_again();
	test_timer_remove();
	test_timer_beside_io();
	test_stop_at_once();
	test_stop_in_timer();
	test_stop_and_remove();
	return done_testing();
}
