/* SPDX-License-Identifier: MIT */
/* The members of an object whose text is known to be right. */
#include "qmp/json.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++) {
		if (*p == '\\')
			p++;
	}
	return p < end ? p + 1 : end;
}

static const char *skip_nested(const char *p, const char *end)
{
	unsigned int depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		if ((*p == '}' || *p == ']') && !--depth)
			return p + 1;
		p++;
	}
	return end;
}

static const char *skip_value(const char *p, const char *end)
{
	if (p < end && *p == '"')
		return skip_string(p, end);
	if (p < end && (*p == '{' || *p == '['))
		return skip_nested(p, end);
	while (p < end && *p != ',' && *p != '}' && !is_space(*p))
		p++;
	return p;
}

static int keep_member(struct qmp_member *m, unsigned int nr,
		       struct qmp_span name, struct qmp_span value,
		       struct qmp_span *other)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (strlen(m[i].name) + 2 != name.len ||
		    memcmp(m[i].name, name.at + 1, name.len - 2))
			continue;
		if (m[i].value.len)
			return -1;
		m[i].value = value;
		return 0;
	}
	if (other && !other->len)
		*other = name;
	return 0;
}

int qmp_members(struct qmp_span text, struct qmp_member *m, unsigned int nr,
		struct qmp_span *other)
{
	const char *end = text.at + text.len;
	const char *p = skip_space(text.at, end);
	struct qmp_span name, value;

	/* p is at the brace, then at a comma, at last at the other brace */
	while (p < end && *p != '}') {
		name.at = skip_space(p + 1, end);
		if (name.at == end || *name.at != '"')
			break; /* an empty object */
		p = skip_string(name.at, end);
		name.len = (size_t)(p - name.at);
		p = skip_space(p, end);
		value.at = skip_space(p < end ? p + 1 : end, end);
		p = skip_value(value.at, end);
		value.len = (size_t)(p - value.at);
		if (keep_member(m, nr, name, value, other) < 0)
			return -1;
		p = skip_space(p, end);
	}
	return 0;
}

json_t *qmp_value(struct qmp_span text)
{
	return json_loadb(text.at, text.len,
			  JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
}

char *qmp_string(struct qmp_span text)
{
	json_t *j = qmp_value(text);
	const char *value = json_string_value(j);
	char *copy = value ? strdup(value) : NULL;

	json_decref(j);
	return copy;
}

void qmp_printable(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}
