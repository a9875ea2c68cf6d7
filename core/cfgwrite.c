/* SPDX-License-Identifier: MIT */
#include "core/cfgfile.h"

static void write_text(const struct cfg_text *t, FILE *out)
{
	const char *p;

	if (!t->quoted) {
		fputs(t->text, out);
		return;
	}
	fputc('"', out);
	for (p = t->text; *p; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', out);
		fputc(*p, out);
	}
	fputc('"', out);
}

static void write_list(const struct cfg_entry *e, FILE *out)
{
	unsigned int i;

	fputs("[", out);
	for (i = 0; i < e->nr; i++) {
		fputs(i ? ",\n\t" : "\n\t", out);
		write_text(&e->value[i], out);
	}
	fputs(e->nr ? "\n]" : "]", out);
}

void cfg_write(const struct cfg *c, FILE *out)
{
	unsigned int i;

	for (i = 0; i < c->nr; i++) {
		const struct cfg_entry *e = &c->entry[i];

		fprintf(out, "%s = ", e->key);
		if (e->list)
			write_list(e, out);
		else
			write_text(e->value, out);
		fputc('\n', out);
	}
}
