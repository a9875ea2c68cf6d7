/* SPDX-License-Identifier: MIT */
#include "tools/mtool/qmpargs.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qmp/json.h"

enum { KEY_MAX = 256 };

static bool looks_like_number(const char *text)
{
	return *text == '-' ? text[1] >= '0' && text[1] <= '9'
			    : *text >= '0' && *text <= '9';
}

static json_t *load(const char *text, json_error_t *je)
{
	return json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, je);
}

/* A number too large for us is an error; 00:11:22:33:44:55 is a string. */
static json_t *number_or_string(const char *key, const char *text,
				struct err *e)
{
	json_error_t je;
	json_t *v = load(text, &je);

	if (v)
		return v;
	if (json_error_code(&je) == json_error_numeric_overflow) {
		err_set(e, EXIT_USAGE, "%s: %s is beyond 64 bits", key, text);
		return NULL;
	}
	return json_string(text);
}

static json_t *make_value(const char *key, const char *text, struct err *e)
{
	json_error_t je;
	json_t *v;

	if (looks_like_number(text)) {
		v = number_or_string(key, text, e);
	} else if (strchr("{[\"", *text) && *text) {
		v = load(text, &je);
		if (!v)
			err_set(e, EXIT_USAGE, "%s: not JSON: %s", key,
				je.text);
	} else if (!strcmp(text, "true") || !strcmp(text, "false") ||
		   !strcmp(text, "null")) {
		v = load(text, &je);
	} else {
		v = json_string(text);
		if (!v)
			err_set(e, EXIT_USAGE, "%s: not UTF-8", key);
	}
	return v;
}

/* Takes `value`, which may be NULL: then *e is filled already. */
static int add_member(json_t *object, const char *key, json_t *value,
		      struct err *e)
{
	if (!value)
		return -1;
	if (json_object_get(object, key)) {
		json_decref(value);
		return err_set(e, EXIT_USAGE, "%s is given twice", key);
	}
	if (json_object_set_new(object, key, value) < 0)
		return err_set(e, EXIT_USAGE, "%s: not UTF-8", key);
	return 0;
}

/* The object that the part of a key before a dot leads to. */
static json_t *enter(json_t *object, const char *key, struct err *e)
{
	json_t *inner = json_object_get(object, key);

	if (!inner) {
		inner = json_object();
		return add_member(object, key, inner, e) < 0 ? NULL : inner;
	}
	if (json_is_object(inner))
		return inner;
	err_set(e, EXIT_USAGE, "%s is given twice, once as an object", key);
	return NULL;
}

static int add_pair(json_t *args, const char *word, const char *equals,
		    struct err *e)
{
	char key[KEY_MAX], *at = key, *dot;

	if (equals - word >= KEY_MAX)
		return err_set(e, EXIT_USAGE, "a key is longer than %d bytes",
			       KEY_MAX - 1);
	memcpy(key, word, (size_t)(equals - word));
	key[equals - word] = '\0';
	while ((dot = strchr(at, '.'))) {
		*dot = '\0';
		if (!*at)
			break;
		args = enter(args, at, e);
		if (!args)
			return -1;
		at = dot + 1;
	}
	if (!*at)
		return err_set(e, EXIT_USAGE,
			       "%s: a name is missing in the key", word);
	return add_member(args, at, make_value(at, equals + 1, e), e);
}

static int add_object(json_t *args, const char *word, struct err *e)
{
	json_error_t je;
	json_t *object = load(word, &je), *value;
	const char *key;
	int rc = 0;

	if (!object)
		return err_set(e, EXIT_USAGE, "%s: not JSON: %s", word,
			       je.text);
	json_object_foreach(object, key, value)
	{
		if (!rc)
			rc = add_member(args, key, json_incref(value), e);
	}
	json_decref(object);
	return rc;
}

int qmp_args_add(json_t *args, const char *word, struct err *e)
{
	const char *equals = strchr(word, '=');

	if (*word == '{')
		return add_object(args, word, e);
	if (!equals)
		return err_set(e, EXIT_USAGE,
			       "%s: neither KEY=VALUE nor a JSON object", word);
	return add_pair(args, word, equals, e);
}

/* What jansson cannot hold, a number beyond 64 bits say, is QEMU's to judge. */
static char *raw_object(const char *word, struct err *e)
{
	struct qmp_span text = {word, strlen(word)};
	const char *why;

	if (!qmp_is_object(text, &why)) {
		err_set(e, EXIT_USAGE, "%s: not JSON: %s", word, why);
		return NULL;
	}
	return strdup(word);
}

static char *args_text(char *const *words, unsigned int nr, struct err *e)
{
	json_t *args;
	char *text = NULL;
	unsigned int i;
	int rc = 0;

	if (nr == 1 && *words[0] == '{')
		return raw_object(words[0], e);
	args = json_object();
	for (i = 0; i < nr && !rc; i++)
		rc = qmp_args_add(args, words[i], e);
	if (!rc)
		text = json_dumps(args, 0);
	json_decref(args);
	return text;
}

static char *quote(const char *text)
{
	json_t *j = json_string(text);
	char *quoted = json_dumps(j, JSON_ENCODE_ANY);

	json_decref(j);
	return quoted;
}

char *qmp_args_line(const char *command, char *const *words, unsigned int nr,
		    const char *id, struct err *e)
{
	char *name = quote(command), *args = NULL, *line = NULL;
	int n = -1;

	err_set(e, EXIT_USAGE, "%s: not UTF-8", command);
	if (name)
		args = args_text(words, nr, e);
	if (args)
		n = asprintf(&line,
			     "{\"execute\": %s, \"arguments\": %s%s%s%s}\n",
			     name, args, id ? ", \"id\": \"" : "", id ? id : "",
			     id ? "\"" : "");
	free(name);
	free(args);
	return n < 0 ? NULL : line;
}

int qmp_args_split(char *line, char **words, int max, struct err *e)
{
	char *in = line, *out, quote_mark;
	int nr = 0;

	for (;;) {
		in += strspn(in, " \t\r\n");
		if (!*in)
			return nr;
		if (nr == max)
			return err_set(e, EXIT_USAGE, "more than %d words",
				       max);
		words[nr++] = out = in;
		for (quote_mark = 0; *in; in++) {
			if (quote_mark && *in == quote_mark)
				quote_mark = 0;
			else if (!quote_mark && (*in == '"' || *in == '\''))
				quote_mark = *in;
			else if (!quote_mark && strchr(" \t\r\n", *in))
				break;
			else
				*out++ = *in;
		}
		if (quote_mark)
			return err_set(e, EXIT_USAGE, "an open quote");
		if (*in)
			in++;
		*out = '\0';
	}
}
