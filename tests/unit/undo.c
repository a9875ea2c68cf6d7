/* SPDX-License-Identifier: MIT */
/* The undo stack: reverse order, once, and nothing after success. */
#include "core/undo.h"

#include "tests/unit/tap.h"

struct trace {
	char text[UNDO_MAX * 4];
};

static void note(void *ctx, uint64_t arg)
{
	struct trace *t = ctx;
	size_t len = strlen(t->text);

	snprintf(t->text + len, sizeof(t->text) - len, "%s%u", len ? " " : "",
		 (unsigned int)arg);
}

/* An action that finds the stack as it is while it runs. */
static void push_more(void *ctx, uint64_t arg)
{
	struct undo *u = ctx;

	(void)arg;
	if (u->nr < UNDO_MAX)
		is_int(u->nr, 1, "an action is off the stack when it runs");
}

int main(void)
{
	struct trace t = {""};
	struct undo u;
	unsigned int i;

	undo_init(&u);
	undo_run(&u);
	is_str(t.text, "", "an empty stack does nothing");

	for (i = 1; i <= 3; i++)
		undo_push(&u, note, &t, i);
	undo_run(&u);
	is_str(t.text, "3 2 1", "actions run in reverse order");
	undo_run(&u);
	is_str(t.text, "3 2 1", "and only once");

	t.text[0] = '\0';
	undo_push(&u, note, &t, 1);
	undo_dismiss(&u);
	undo_run(&u);
	is_str(t.text, "", "after success nothing is undone");

	undo_push(&u, note, &t, 7);
	undo_run(&u);
	is_str(t.text, "7", "the stack can be used again");

	undo_push(&u, note, &t, 8);
	undo_push(&u, push_more, &u, 0);
	undo_run(&u);
	is_str(t.text, "7 8", "and goes on to the next");

	t.text[0] = '\0';
	for (i = 0; i < UNDO_MAX; i++)
		undo_push(&u, note, &t, i % 10);
	undo_run(&u);
	is_int(strlen(t.text), UNDO_MAX * 2 - 1, "UNDO_MAX actions fit");
	return done_testing();
}
