/* SPDX-License-Identifier: MIT */
#include "core/plan.h"

#include <string.h>

static const char *const group_title[] = {
	[GROUP_SETUP] = "Setup (done by the toolstack, expected by the stub)",
	[GROUP_STARTUP] = "Startup",
};

static void print_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '\001')
			fputc('<', out);
		else if (*text == '\002')
			fputc('>', out);
		else
			fputc(*text, out);
	}
}

/* Permissions as xenstore-ls -p shows them: n0,r<T> */
static void print_perm(const char *perm, FILE *out)
{
	const char *p;

	fputs("  (", out);
	for (p = perm; *p; p++) {
		fprintf(out, "%s%c", p == perm ? "" : ",",
			p == perm ? 'n' : 'r');
		fprintf(out, *p == '0' ? "%c" : "<%c>", *p);
	}
	fputc(')', out);
}

static void print_node(const struct plan_node *n, FILE *out)
{
	fputs("       ", out);
	print_text(n->path, out);
	fputs(" = \"", out);
	print_text(n->value, out);
	fputc('"', out);
	if (n->perm)
		print_perm(n->perm, out);
	fputc('\n', out);
}

void plan_print(const struct plan *p, FILE *out)
{
	const struct plan_step *s, *before = NULL;
	unsigned int i, j;

	for (i = 0; i < p->nr_step; i++, before = s) {
		s = &p->step[i];
		if (!before || before->group != s->group)
			fprintf(out, "%s%s\n", i ? "\n" : "",
				group_title[s->group]);
		fprintf(out, "%4u   ", i + 1);
		print_text(s->title, out);
		fputc('\n', out);
		if (s->why)
			fprintf(out, "       # %s\n", s->why);
		for (j = 0; j < s->nr_node; j++)
			print_node(&s->node[j], out);
	}
}
