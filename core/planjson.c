/* SPDX-License-Identifier: MIT */
/* A plan for programs: the same steps and nodes as plan_print shows. */
#include "core/plan.h"

#include "core/jsontext.h"

enum { TEXT_MAX = 8192 }; /* of a path or value, variables shown as <name> */

static const char *const dom_word[] = {
	[DOM_TARGET] = "target",
	[DOM_STUB] = "stub",
	[DOM_HOST] = "host",
};

static const char *const group_word[] = {
	[GROUP_SETUP] = "setup",
	[GROUP_STARTUP] = "startup",
};

/* A switch, so that the compiler misses the word of a new operation. */
const char *plan_op_word(enum plan_op op)
{
	switch (op) {
	case OP_LOOP:
		return "loop";
	case OP_CREATE:
		return "create";
	case OP_BUILD:
		return "build";
	case OP_READ:
		return "read";
	case OP_AWAIT:
		return "await";
	case OP_NODES:
		return "nodes";
	case OP_INTRODUCE:
		return "introduce";
	case OP_SET_TARGET:
		return "set-target";
	case OP_SUPERVISE:
		return "supervise";
	case OP_PORT:
		return "port";
	case OP_BACKENDS:
		return "backends";
	case OP_UNPAUSE:
		return "unpause";
	case OP_PCI_GIVE:
		return "pci-give";
	case OP_PCI_PLUG:
		return "pci-plug";
	case OP_WAIT_DM:
		return "wait-dm";
	}
	return "unknown";
}

static void print_field(const char *indent, const char *name, const char *value,
			FILE *out)
{
	fprintf(out, "%s\"%s\": ", indent, name);
	json_text(value, out);
}

static void print_expanded(const char *indent, const char *name,
			   const char *text, FILE *out)
{
	char buf[TEXT_MAX];
	struct err ignored;

	/* One that is too long is cut; none is, xenstore takes less. */
	plan_expand(NULL, text, buf, sizeof(buf), &ignored);
	print_field(indent, name, buf, out);
}

/* The first domain owns the node, the others may read it. */
static void print_perm(const char *perm, FILE *out)
{
	const char *p;

	fputs(", \"permissions\": [", out);
	for (p = perm; *p; p++) {
		fprintf(out, "%s{\"domain\": ", p == perm ? "" : ", ");
		fprintf(out, *p == '0' ? "\"%c\"" : "\"<%c>\"", *p);
		fprintf(out, ", \"access\": \"%s\"}",
			p == perm ? "owner" : "read");
	}
	fputc(']', out);
}

static void print_node(const struct plan_node *n, FILE *out)
{
	fputs("\n        {", out);
	print_expanded("", "path", n->path, out);
	print_expanded(", ", "value", n->value, out);
	if (n->perm)
		print_perm(n->perm, out);
	fputc('}', out);
}

static void print_step(const struct plan_step *s, unsigned int nr, FILE *out)
{
	unsigned int i;

	fprintf(out, "    {\n      \"step\": %u", nr);
	print_field(",\n      ", "group", group_word[s->group], out);
	print_field(",\n      ", "does", plan_op_word(s->op), out);
	print_field(",\n      ", "domain", dom_word[s->dom], out);
	print_expanded(",\n      ", "title", s->title, out);
	if (s->why)
		print_field(",\n      ", "why", s->why, out);
	if (s->nr_node) {
		fputs(",\n      \"nodes\": [", out);
		for (i = 0; i < s->nr_node; i++) {
			fputs(i ? "," : "", out);
			print_node(&s->node[i], out);
		}
		fputs("\n      ]", out);
	}
	fputs("\n    }", out);
}

void plan_json(const struct plan *p, const char *name, FILE *out)
{
	unsigned int i;

	fputs("{\n", out);
	print_field("  ", "name", name, out);
	fputs(",\n  \"steps\": [", out);
	for (i = 0; i < p->nr_step; i++) {
		fputs(i ? ",\n" : "\n", out);
		print_step(&p->step[i], i + 1, out);
	}
	fputs("\n  ]\n}\n", out);
}
