/* SPDX-License-Identifier: MIT */
/*
 * The plan as a picture. Nothing is drawn that the plan's nodes do not say:
 * a device is where a node "backend" points to a directory of dom0's.
 */
#include <stdbool.h>
#include <string.h>

#include "core/plan.h"

#define BACKENDS "/local/domain/0/backend/"
#define DOMAIN_DIR "/local/domain/\001"
#define STUB_DIR "/local/domain/" PLAN_S

/* Who serves a kind of device, by the kind's name in xenstore. */
static const struct server {
	const char *kind, *name;
} servers[] = {
	{"console", "mtool supervisor"},
	{"pci", "kernel: xen-pciback"},
	{"vbd", "kernel: xen-blkback"},
	{"vif", "kernel: xen-netback"},
};

/* One device of one domain, as the nodes of a plan show it. */
struct device {
	char dom; /* 'T' or 'S' */
	const char *kind;
	int kind_len;
	const char *id;
	const char *backend; /* its directory of dom0's */
};

/* In a string of dot's: quotes and backslashes escaped, variables as <T>. */
static void print_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '\001')
			fputc('<', out);
		else if (*text == '\002')
			fputc('>', out);
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

/* A value is BACKENDS, kind, "/", domain, "/", id. */
static bool parse(const struct plan_node *n, struct device *d)
{
	size_t len = strlen(n->path);
	const char *rest;

	if (len < 8 || strcmp(n->path + len - 8, "/backend") ||
	    strncmp(n->path, DOMAIN_DIR, strlen(DOMAIN_DIR)) ||
	    strncmp(n->value, BACKENDS, strlen(BACKENDS)))
		return false;
	d->dom = n->path[strlen(DOMAIN_DIR)];
	d->backend = n->value;
	d->kind = n->value + strlen(BACKENDS);
	rest = strchr(d->kind, '/');
	if (!rest)
		return false;
	d->kind_len = (int)(rest - d->kind);
	d->id = strrchr(rest, '/') + 1;
	return true;
}

/* Where a search has come to. */
struct walk {
	const struct plan *p;
	unsigned int step, node;
};

/* The next device of `dom`, or of any domain if it is 0. */
static bool next(struct walk *w, char dom, struct device *d)
{
	for (; w->step < w->p->nr_step; w->step++, w->node = 0) {
		const struct plan_step *s = &w->p->step[w->step];

		while (w->node < s->nr_node) {
			if (parse(&s->node[w->node++], d) &&
			    (!dom || d->dom == dom))
				return true;
		}
	}
	return false;
}

static bool has_kind(const struct plan *p, const char *kind)
{
	struct walk w = {.p = p};
	struct device d;

	while (next(&w, 0, &d)) {
		if ((size_t)d.kind_len == strlen(kind) &&
		    !strncmp(d.kind, kind, strlen(kind)))
			return true;
	}
	return false;
}

/* The name of a device's box. */
static void print_id(const struct device *d, FILE *out)
{
	fprintf(out, "\"%c %.*s %s\"", d->dom, d->kind_len, d->kind, d->id);
}

static const struct plan_node *find(const struct plan *p, const char *dir,
				    const char *key)
{
	size_t len = strlen(dir);
	unsigned int i, j;

	for (i = 0; i < p->nr_step; i++) {
		for (j = 0; j < p->step[i].nr_node; j++) {
			const struct plan_node *n = &p->step[i].node[j];

			if (!strncmp(n->path, dir, len) &&
			    n->path[len] == '/' &&
			    !strcmp(n->path + len + 1, key))
				return n;
		}
	}
	return NULL;
}

/* What of the backend's nodes tells people which device this is. */
static void print_facts(const struct plan *p, const struct device *d, FILE *out)
{
	static const char *const keys[] = {"dev", "params", "mac", "bridge"};
	unsigned int i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const struct plan_node *n = find(p, d->backend, keys[i]);

		if (!n || !*n->value)
			continue;
		fputs("\\n", out);
		print_text(n->value, out);
	}
}

static void print_device(const struct plan *p, const struct device *d,
			 FILE *out)
{
	fputs("\t\t", out);
	print_id(d, out);
	fprintf(out, " [label=\"%.*s %s", d->kind_len, d->kind, d->id);
	print_facts(p, d, out);
	fputs("\"];\n", out);
}

static void print_edge(const struct device *d, FILE *out)
{
	fprintf(out, "\t\"0 %.*s\" -> ", d->kind_len, d->kind);
	print_id(d, out);
	fputs(";\n", out);
}

static void print_dom0(const struct plan *p, FILE *out)
{
	unsigned int i;

	fputs("\tsubgraph cluster_0 {\n\t\tlabel=\"dom0\";\n", out);
	for (i = 0; i < sizeof(servers) / sizeof(*servers); i++) {
		if (has_kind(p, servers[i].kind))
			fprintf(out, "\t\t\"0 %s\" [label=\"%s\"];\n",
				servers[i].kind, servers[i].name);
	}
	fputs("\t}\n", out);
}

static void print_domain(const struct plan *p, char dom, const char *name,
			 const char *suffix, const char *what, FILE *out)
{
	struct walk w = {.p = p};
	struct device d;

	fprintf(out, "\tsubgraph cluster_%c {\n\t\tlabel=\"", dom);
	print_text(name, out);
	fprintf(out, "%s <%c>: %s\";\n", suffix, dom, what);
	while (next(&w, dom, &d))
		print_device(p, &d, out);
	if (dom == 'S')
		fputs("\t\tQEMU;\n", out);
	else
		fputs("\t\tfirmware [label=\"emulated machine\"];\n", out);
	fputs("\t}\n", out);
}

void plan_dot(const struct plan *p, const char *name, FILE *out)
{
	struct walk w = {.p = p};
	struct device d;

	fputs("digraph \"", out);
	print_text(name, out);
	fputs("\" {\n\trankdir=LR;\n\tnode [shape=box, fontsize=10];\n"
	      "\tedge [fontsize=10];\n",
	      out);
	print_dom0(p, out);
	print_domain(p, 'S', name, "-dm", "PV stubdomain", out);
	print_domain(p, 'T', name, "", "HVM target", out);
	while (next(&w, 0, &d))
		print_edge(&d, out);
	if (find(p, STUB_DIR, "device-model/" PLAN_T))
		fputs("\t\"0 console\" -> QEMU [label=\"QMP over vchan\", "
		      "dir=both];\n",
		      out);
	fputs("\tQEMU -> firmware [label=\"device model\"];\n}\n", out);
}
