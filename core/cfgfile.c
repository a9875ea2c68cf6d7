/* SPDX-License-Identifier: MIT */
#include "core/cfgfile.h"

#include <stdlib.h>
#include <string.h>

static const char TOO_LONG[] = "a string of more than %u bytes";
static const char TOO_MANY[] = "more than %u in a list";

struct lexer {
	const char *p, *end;
	const char *file;
	unsigned int line;
	struct err *e;
};

void cfg_init(struct cfg *c)
{
	c->entry = NULL;
	c->nr = 0;
}

static void free_entry(struct cfg_entry *entry)
{
	while (entry->nr)
		free(entry->value[--entry->nr].text);
	free(entry->value);
	free(entry->key);
}

void cfg_free(struct cfg *c)
{
	while (c->nr)
		free_entry(&c->entry[--c->nr]);
	free(c->entry);
	c->entry = NULL;
}

const struct cfg_entry *cfg_find(const struct cfg *c, const char *key)
{
	unsigned int i;

	for (i = 0; i < c->nr; i++) {
		/* NOLINTNEXTLINE(clang-analyzer-core.*): a key is never NULL */
		if (!strcmp(c->entry[i].key, key))
			return &c->entry[i];
	}
	return NULL;
}

int cfg_err_at(struct err *e, const char *file, unsigned int line)
{
	if (!line)
		return err_in(e, "%s", file);
	return err_in(e, "%s:%u", file, line);
}

static int no_memory(struct err *e)
{
	return err_set(e, EXIT_FAILED, "out of memory");
}

/* Character classes of our own: those of ctype.h depend on the locale. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-' ||
	       c == '+';
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* Make room for one more in an array that grows in powers of two. */
static void *grow(void *array, unsigned int nr, size_t size)
{
	if (nr & (nr - 1))
		return array;
	return realloc(array, (nr ? nr * 2ul : 1) * size);
}

static int add_text(struct cfg_entry *entry, const struct lexer *l,
		    const char *text, size_t len, bool quoted)
{
	struct cfg_text *v;
	char *copy;

	if (entry->nr == CFG_LIST_MAX)
		return err_set(l->e, EXIT_USAGE, TOO_MANY, CFG_LIST_MAX);
	v = grow(entry->value, entry->nr, sizeof(*v));
	if (!v)
		return no_memory(l->e);
	entry->value = v;
	copy = strndup(text, len);
	if (!copy)
		return no_memory(l->e);
	v += entry->nr++;
	v->text = copy;
	v->file = l->file;
	v->line = l->line;
	v->quoted = quoted;
	return 0;
}

static void skip_comment(struct lexer *l)
{
	while (l->p < l->end && *l->p != '\n')
		l->p++;
}

/* Spaces and a comment, but not the end of the line. */
static void skip_spaces(struct lexer *l)
{
	while (l->p < l->end && (*l->p == ' ' || *l->p == '\t'))
		l->p++;
	if (l->p < l->end && *l->p == '#')
		skip_comment(l);
}

/* Whatever may stand between the strings of a list. */
static void skip_lines(struct lexer *l)
{
	for (skip_spaces(l); l->p < l->end && *l->p == '\n'; skip_spaces(l)) {
		l->p++;
		l->line++;
	}
}

static char peek(const struct lexer *l)
{
	return l->p < l->end ? *l->p : '\n';
}

/* xl's other escapes make control characters, or do not work in xl either. */
static int lex_escape(struct lexer *l, char *out)
{
	char c = peek(l);

	if (c != '\\' && c != '\'' && c != '"')
		return err_set(l->e, EXIT_USAGE,
			       "backslash before anything but \\ \' \"");
	l->p++;
	*out = c;
	return 0;
}

static int lex_string(struct lexer *l, struct cfg_entry *entry)
{
	char buf[CFG_TEXT_MAX];
	size_t len = 0;
	char quote = *l->p++;

	for (; peek(l) != quote; len++) {
		char c = peek(l);

		if (c == '\n')
			return err_set(l->e, EXIT_USAGE, "unclosed %c", quote);
		if (len == sizeof(buf))
			return err_set(l->e, EXIT_USAGE, TOO_LONG,
				       CFG_TEXT_MAX);
		l->p++;
		if (c == '\\' && lex_escape(l, &c) < 0)
			return -1;
		if (c == '\t')
			return err_set(l->e, EXIT_USAGE, "tab in a string");
		buf[len] = c;
	}
	l->p++;
	return add_text(entry, l, buf, len, true);
}

/* A number, as far as its first character tells. */
static int lex_number(struct lexer *l, struct cfg_entry *entry)
{
	const char *start = l->p;

	while (is_word(peek(l)))
		l->p++;
	if (l->p - start > CFG_TEXT_MAX)
		return err_set(l->e, EXIT_USAGE, TOO_LONG, CFG_TEXT_MAX);
	return add_text(entry, l, start, (size_t)(l->p - start), false);
}

/* Complain about what stands where something else should. */
static int unexpected(struct lexer *l, const char *where)
{
	char c = peek(l);
	int len = 0;

	while (len < 32 && is_word(l->p + len < l->end ? l->p[len] : '\n'))
		len++;
	if (len)
		return err_set(l->e, EXIT_USAGE, "unexpected %.*s %s", len,
			       l->p, where);
	if (c == '\n')
		return err_set(l->e, EXIT_USAGE, "unexpected end of line %s",
			       where);
	if (c & 0x80)
		return err_set(l->e, EXIT_USAGE, "unexpected byte %#x %s",
			       (unsigned char)c, where);
	return err_set(l->e, EXIT_USAGE, "unexpected %c %s", c, where);
}

static int lex_text(struct lexer *l, struct cfg_entry *entry)
{
	char c = peek(l);

	if (c == '\'' || c == '"')
		return lex_string(l, entry);
	if (is_digit(c) || c == '-' || c == '+')
		return lex_number(l, entry);
	if (c == '[')
		return err_set(l->e, EXIT_USAGE, "a list in a list");
	return unexpected(l, "where a number or a string in quotes should be");
}

static int lex_list(struct lexer *l, struct cfg_entry *entry)
{
	unsigned int start = l->line;

	entry->list = true;
	l->p++;
	for (skip_lines(l); peek(l) != ']'; skip_lines(l)) {
		if (l->p < l->end && lex_text(l, entry) < 0)
			return -1;
		skip_lines(l);
		if (l->p == l->end) {
			l->line = start;
			return err_set(l->e, EXIT_USAGE, "unclosed [");
		}
		if (*l->p != ',' && *l->p != ']')
			return unexpected(l, "in a list: a comma is missing");
		if (*l->p == ',')
			l->p++;
	}
	l->p++;
	return 0;
}

static int lex_value(struct lexer *l, struct cfg_entry *entry)
{
	if (peek(l) == '[')
		return lex_list(l, entry);
	return lex_text(l, entry);
}

static int lex_bare(struct lexer *l, struct cfg_entry *entry, const char *bare)
{
	size_t len = strlen(bare);

	if (len > CFG_TEXT_MAX)
		return err_set(l->e, EXIT_USAGE, TOO_LONG, CFG_TEXT_MAX);
	l->p = l->end;
	return add_text(entry, l, bare, len, true);
}

/* KEY and = or +=, with spaces around them. */
static int lex_key(struct lexer *l, struct cfg_entry *entry, bool *add)
{
	const char *start = l->p;

	while (is_word(peek(l)) && peek(l) != '+')
		l->p++;
	if (l->p == start)
		return unexpected(l, "where a key should be");
	if (l->p - start > CFG_KEY_MAX)
		return err_set(l->e, EXIT_USAGE, "a key of more than %u bytes",
			       CFG_KEY_MAX);
	entry->key = strndup(start, (size_t)(l->p - start));
	if (!entry->key)
		return no_memory(l->e);
	skip_spaces(l);
	*add = peek(l) == '+' && l->end - l->p > 1 && l->p[1] == '=';
	if (!*add && peek(l) != '=')
		return unexpected(l, "where = should be");
	l->p += *add ? 2 : 1;
	skip_spaces(l);
	return 0;
}

/* Append the values of `from`, which is left empty, to those of `to`. */
static int append(struct cfg_entry *to, struct cfg_entry *from,
		  const struct lexer *l)
{
	unsigned int i;

	if (to->nr + from->nr > CFG_LIST_MAX)
		return err_set(l->e, EXIT_USAGE, TOO_MANY, CFG_LIST_MAX);
	for (i = 0; i < from->nr; i++) {
		struct cfg_text *v = grow(to->value, to->nr, sizeof(*v));

		if (!v)
			return no_memory(l->e);
		to->value = v;
		v[to->nr++] = from->value[i];
		from->value[i].text = NULL;
	}
	return 0;
}

/* Join the one string of `from` to the one of `to`. */
static int join(struct cfg_entry *to, const struct cfg_entry *from,
		const struct lexer *l)
{
	size_t a = strlen(to->value->text), b = strlen(from->value->text);
	char *text;

	if (!to->value->quoted || !from->value->quoted)
		return err_set(l->e, EXIT_USAGE, "+= is not for numbers");
	if (a + b > CFG_TEXT_MAX)
		return err_set(l->e, EXIT_USAGE, TOO_LONG, CFG_TEXT_MAX);
	text = realloc(to->value->text, a + b + 1);
	if (!text)
		return no_memory(l->e);
	memcpy(text + a, from->value->text, b + 1);
	to->value->text = text;
	to->value->line = from->value->line;
	to->value->file = from->value->file;
	return 0;
}

static struct cfg_entry *find(struct cfg *c, const char *key)
{
	return (struct cfg_entry *)cfg_find(c, key);
}

/* Move *entry into the list: replacing, growing, or as a new key. */
static int store(struct cfg *c, struct cfg_entry *entry, bool add,
		 const struct lexer *l)
{
	struct cfg_entry *old = find(c, entry->key), swap;

	if (old && add) {
		old->line = entry->line;
		old->file = entry->file;
		if (old->list != entry->list)
			return err_set(l->e, EXIT_USAGE, "+= of a %s to a %s",
				       entry->list ? "list" : "string",
				       old->list ? "list" : "string");
		return old->list ? append(old, entry, l) : join(old, entry, l);
	}
	if (old) {
		swap = *old;
		*old = *entry;
		*entry = swap;
		return 0;
	}
	if (c->nr == CFG_KEYS_MAX)
		return err_set(l->e, EXIT_USAGE, "more than %u keys",
			       CFG_KEYS_MAX);
	old = grow(c->entry, c->nr, sizeof(*old));
	if (!old)
		return no_memory(l->e);
	c->entry = old;
	old[c->nr++] = *entry;
	memset(entry, 0, sizeof(*entry));
	return 0;
}

/*
 * One assignment, up to where the next may begin. With `bare`, that is the
 * value, to the end of the text and without quotes.
 */
static int lex_assignment(struct lexer *l, struct cfg *c, const char *bare)
{
	struct cfg_entry entry = {.file = l->file, .line = l->line};
	bool add = false;
	int rc = -1;

	if (lex_key(l, &entry, &add) < 0)
		goto out;
	if (bare ? lex_bare(l, &entry, bare) : lex_value(l, &entry) < 0)
		goto out;
	skip_spaces(l);
	if (peek(l) != '\n' && peek(l) != ';')
		unexpected(l, "after the value");
	else
		rc = store(c, &entry, add, l);
out:
	if (rc < 0 && entry.key)
		err_in(l->e, "%s", entry.key);
	free_entry(&entry);
	return rc;
}

static int lex_file(struct lexer *l, struct cfg *c)
{
	while (true) {
		skip_lines(l);
		if (l->p == l->end)
			return 0;
		if (*l->p == ';')
			l->p++;
		else if (lex_assignment(l, c, NULL) < 0)
			return -1;
	}
}

/* So that no later step meets a byte that could fool it or a terminal. */
static int check_bytes(struct lexer *l)
{
	const char *p;

	for (p = l->p; p < l->end; p++) {
		if (*p == '\r')
			return err_set(l->e, EXIT_USAGE,
				       "carriage return: lines must end with "
				       "a newline alone");
		if (is_control(*p) && *p != '\n' && *p != '\t')
			return err_set(l->e, EXIT_USAGE,
				       "control character 0x%02x",
				       (unsigned char)*p);
		l->line += *p == '\n';
	}
	l->line = 1;
	return 0;
}

int cfg_read(struct cfg *c, const char *file, const char *text, size_t len,
	     struct err *e)
{
	struct lexer l = {text, text + len, file, 1, e};

	if (len > CFG_FILE_MAX) {
		err_set(e, EXIT_USAGE, "more than %u bytes", CFG_FILE_MAX);
		return cfg_err_at(e, file, 0);
	}
	if (check_bytes(&l) < 0 || lex_file(&l, c) < 0)
		return cfg_err_at(e, file, l.line);
	return 0;
}

/* Whether the value of a word is written as in a file. */
static bool looks_quoted(const char *value)
{
	if (*value == '\'' || *value == '"' || *value == '[')
		return true;
	if (!is_digit(*value) && *value != '-' && *value != '+')
		return false;
	while (is_word(*value))
		value++;
	return !*value;
}

int cfg_word(struct cfg *c, const char *file, const char *word, struct err *e)
{
	struct lexer l = {word, word + strlen(word), file, 0, e};
	const char *p, *value = strchr(word, '=');
	int rc;

	for (p = word; *p; p++) {
		if (is_control(*p)) {
			err_set(e, EXIT_USAGE, "control character 0x%02x",
				(unsigned char)*p);
			return cfg_err_at(e, file, 0);
		}
	}
	if (!value) {
		err_set(e, EXIT_USAGE, "%s: not KEY=VALUE", word);
		return cfg_err_at(e, file, 0);
	}
	value += 1 + strspn(value + 1, " ");
	if (looks_quoted(value))
		rc = lex_file(&l, c);
	else
		rc = lex_assignment(&l, c, value);
	return rc < 0 ? cfg_err_at(e, file, 0) : 0;
}
