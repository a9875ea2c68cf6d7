/* SPDX-License-Identifier: MIT */
#include "qmp/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char generic[] = "GenericError";

int qmp_error_set(struct qmp_error *error, const char *class, const char *fmt,
		  ...)
{
	va_list ap;

	error->class = class;
	va_start(ap, fmt);
	vsnprintf(error->desc, sizeof(error->desc), fmt, ap);
	va_end(ap);
	return -1;
}

static bool is_object(struct qmp_span value)
{
	return value.len && *value.at == '{';
}

static int unexpected(struct qmp_error *error, const char *what,
		      struct qmp_span name)
{
	char *text = qmp_string(name);

	qmp_error_set(error, generic, "%s '%.80s' is unexpected", what,
		      text ? text : "?");
	free(text);
	return -1;
}

/* The order of the checks, too, is that of QEMU's qapi/qmp-dispatch.c. */
int qmp_request_parse(struct qmp_request *r, struct qmp_span text,
		      struct qmp_error *error)
{
	struct qmp_member m[] = {
		{.name = "execute"}, {.name = "arguments"}, {.name = "id"}};
	struct qmp_span other = {NULL, 0};
	int rc = qmp_members(text, m, 3, &other);

	memset(r, 0, sizeof(*r));
	r->execute = m[0].value;
	r->args = m[1].value;
	r->id = m[2].value;
	if (rc < 0) {
		r->id.len = 0;
		return qmp_error_set(error, generic,
				     "JSON parse error, duplicate key");
	}
	if (r->execute.len && *r->execute.at != '"')
		return qmp_error_set(error, generic,
				     "QMP input member 'execute' must be a "
				     "string");
	if (r->args.len && !is_object(r->args))
		return qmp_error_set(error, generic,
				     "QMP input member 'arguments' must be an "
				     "object");
	if (other.len)
		return unexpected(error, "QMP input member", other);
	if (!r->execute.len)
		return qmp_error_set(error, generic,
				     "QMP input lacks member 'execute'");
	r->command = qmp_string(r->execute);
	return r->command ? 0
			  : qmp_error_set(error, generic,
					  "JSON parse error, invalid string");
}

static int check_enable(const struct qmp_request *r, struct qmp_error *error)
{
	struct qmp_member m = {.name = "enable"};
	struct qmp_span other = {NULL, 0};
	json_t *list, *first;
	int rc = 0;

	if (!r->args.len)
		return 0;
	if (qmp_members(r->args, &m, 1, &other) < 0)
		return qmp_error_set(error, generic,
				     "JSON parse error, duplicate key");
	if (m.value.len && *m.value.at != '[')
		return qmp_error_set(error, generic,
				     "Invalid parameter type for 'enable', "
				     "expected: array");
	if (other.len)
		return unexpected(error, "Parameter", other);
	if (!m.value.len)
		return 0;
	list = qmp_value(m.value);
	first = json_array_get(list, 0);
	if (!list || json_array_size(list))
		rc = qmp_error_set(
			error, generic, "Capability %.40s not available",
			json_is_string(first) ? json_string_value(first) : "?");
	json_decref(list);
	return rc;
}

int qmp_request_capabilities(const struct qmp_request *r, bool done,
			     struct qmp_error *error)
{
	bool asks = !strcmp(r->command, "qmp_capabilities");

	if (done && asks)
		return qmp_error_set(error, "CommandNotFound",
				     "Capabilities negotiation is already "
				     "complete, command ignored");
	if (!done && !asks)
		return qmp_error_set(error, "CommandNotFound",
				     "Expecting capabilities negotiation with "
				     "'qmp_capabilities'");
	return asks ? check_enable(r, error) : 0;
}

/* --- messages to a client --- */

/* All parts or none; what is NULL is left out. */
static int put(struct qmp_buf *b, const struct qmp_span *part, unsigned int nr)
{
	size_t before = b->len;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (qmp_buf_put(b, part[i].at, part[i].len) < 0) {
			b->len = before;
			return -1;
		}
	}
	return 0;
}

static struct qmp_span text(const char *s)
{
	return (struct qmp_span){s, strlen(s)};
}

int qmp_put_greeting(struct qmp_buf *b, const char *version)
{
	struct qmp_span part[] = {text("{\"QMP\": {\"version\": "),
				  text(version),
				  text(", \"capabilities\": []}}\r\n")};

	return put(b, part, 3);
}

int qmp_put_return(struct qmp_buf *b, struct qmp_span ret, struct qmp_span id)
{
	struct qmp_span part[] = {text("{\"return\": "), ret,
				  text(id.len ? ", \"id\": " : ""), id,
				  text("}\r\n")};

	return put(b, part, 5);
}

int qmp_put_error(struct qmp_buf *b, struct qmp_span error, struct qmp_span id)
{
	struct qmp_span part[] = {
		text(id.len ? "{\"id\": " : "{"), id,
		text(id.len ? ", \"error\": " : "\"error\": "), error,
		text("}\r\n")};

	return put(b, part, 5);
}

int qmp_put_own_error(struct qmp_buf *b, const struct qmp_error *error,
		      struct qmp_span id)
{
	json_t *desc = json_string(error->desc);
	char *quoted, *object = NULL;
	int rc = -1;

	/* a cut in the middle of a character, say */
	if (!desc)
		desc = json_string("not to be told in UTF-8");
	quoted = json_dumps(desc, JSON_ENCODE_ANY);
	if (quoted && asprintf(&object, "{\"class\": \"%s\", \"desc\": %s}",
			       error->class, quoted) >= 0)
		rc = qmp_put_error(b, text(object), id);
	free(object);
	free(quoted);
	json_decref(desc);
	return rc;
}
