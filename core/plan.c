/* SPDX-License-Identifier: MIT */
#include "core/plan.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void plan_init(struct plan *p)
{
	memset(p, 0, sizeof(*p));
}

void plan_free(struct plan *p)
{
	unsigned int i, j;

	for (i = 0; i < p->nr_step; i++) {
		struct plan_step *s = &p->step[i];

		for (j = 0; j < s->nr_node; j++) {
			free(s->node[j].path);
			free(s->node[j].value);
		}
		free(s->node);
		free(s->title);
	}
	free(p->step);
	plan_init(p);
}

/* Room for one more element; arrays grow in powers of two. */
static void *grow(struct plan *p, void *array, unsigned int nr, size_t size)
{
	void *bigger;

	if (nr & (nr - 1))
		return array;
	bigger = realloc(array, size * (nr ? nr * 2 : 1));
	if (!bigger)
		p->failed = true;
	return bigger;
}

static char *vformat(struct plan *p, const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0) {
		p->failed = true;
		return NULL;
	}
	return text;
}

void plan_step(struct plan *p, enum plan_op op, enum plan_dom dom,
	       enum plan_group group, const char *why, const char *title, ...)
{
	struct plan_step *bigger, *s;
	va_list ap;

	bigger = grow(p, p->step, p->nr_step, sizeof(*p->step));
	if (!bigger)
		return;
	p->step = bigger;
	s = &p->step[p->nr_step++];
	memset(s, 0, sizeof(*s));
	s->op = op;
	s->dom = dom;
	s->group = group;
	s->why = why;
	va_start(ap, title);
	s->title = vformat(p, title, ap);
	va_end(ap);
}

void plan_step_index(struct plan *p, unsigned int index)
{
	if (p->nr_step)
		p->step[p->nr_step - 1].index = index;
}

void plan_node(struct plan *p, const char *perm, const char *dir,
	       const char *key, const char *value, ...)
{
	struct plan_node *bigger, *n;
	struct plan_step *s;
	va_list ap;

	if (p->failed)
		return;
	assert(p->nr_step);
	s = &p->step[p->nr_step - 1];
	assert(s->op == OP_NODES || s->op == OP_PORT);
	bigger = grow(p, s->node, s->nr_node, sizeof(*s->node));
	if (!bigger)
		return;
	s->node = bigger;
	n = &s->node[s->nr_node++];
	n->perm = perm;
	if (asprintf(&n->path, "%s%s%s", dir, *key ? "/" : "", key) < 0) {
		n->path = NULL;
		p->failed = true;
	}
	va_start(ap, value);
	n->value = vformat(p, value, ap);
	va_end(ap);
}

const char *plan_get(const struct plan_vars *v, const char *name)
{
	unsigned int i;

	for (i = 0; i < v->nr; i++) {
		if (!strcmp(v->var[i].name, name))
			return v->var[i].value;
	}
	return NULL;
}

void plan_set(struct plan_vars *v, const char *name, const char *value, ...)
{
	unsigned int i;
	va_list ap;

	for (i = 0; i < v->nr && strcmp(v->var[i].name, name); i++)
		;
	assert(i < PLAN_VARS_MAX && strlen(name) < PLAN_VAR_NAME);
	if (i == v->nr)
		strcpy(v->var[v->nr++].name, name);
	va_start(ap, value);
	vsnprintf(v->var[i].value, PLAN_VAR_VALUE, value, ap);
	va_end(ap);
}

struct out {
	char *buf;
	size_t size, len;
};

static int put(struct out *o, const char *text, size_t n, struct err *e)
{
	if (n >= o->size - o->len)
		return err_set(e, EXIT_FAILED, "plan: text too long");
	memcpy(o->buf + o->len, text, n);
	o->len += n;
	o->buf[o->len] = '\0';
	return 0;
}

/* The variable whose name is the `n` bytes at `name`. */
static int put_var(struct out *o, const struct plan_vars *v, const char *name,
		   size_t n, struct err *e)
{
	char key[PLAN_VAR_NAME + 2];
	const char *value;

	assert(n < PLAN_VAR_NAME);
	if (!v) {
		snprintf(key, sizeof(key), "<%.*s>", (int)n, name);
		return put(o, key, n + 2, e);
	}
	snprintf(key, sizeof(key), "%.*s", (int)n, name);
	value = plan_get(v, key);
	if (!value)
		return err_set(e, EXIT_FAILED, "plan: %s is not known yet",
			       key);
	return put(o, value, strlen(value), e);
}

int plan_expand(const struct plan_vars *v, const char *text, char *buf,
		size_t size, struct err *e)
{
	struct out o = {buf, size, 0};
	size_t n;

	for (buf[0] = '\0'; *text; text += n) {
		if (*text == '\001') {
			n = strcspn(++text, "\002");
			if (put_var(&o, v, text, n++, e) < 0)
				return -1;
		} else {
			n = strcspn(text, "\001");
			if (put(&o, text, n, e) < 0)
				return -1;
		}
	}
	return 0;
}
