/* SPDX-License-Identifier: MIT */
#include "qmp/json.h"

#include <string.h>

enum state {
	BEGIN,	     /* before the object */
	NAME_OR_END, /* behind { */
	NAME,	     /* behind a comma in an object */
	COLON,
	VALUE,
	VALUE_OR_END, /* behind [ */
	AFTER,	      /* behind a value */
	STRING,
	ESCAPE, /* behind a backslash */
	HEX,	/* in \uXXXX */
	UTF8,	/* in a character of several bytes */
	WORD,	/* in true, false, null */
	MINUS,	/* the states of a number, RFC 8259 section 6 */
	ZERO,
	INTEGER,
	POINT,
	FRACTION,
	EXPONENT,
	EXPONENT_SIGN,
	EXPONENT_DIGITS,
	END,
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool bad(struct qmp_scan *s, const char *why)
{
	s->why = why;
	return false;
}

static bool in_array(const struct qmp_scan *s)
{
	unsigned int level = s->depth - 1u;

	return s->array[level / 32] >> (level % 32) & 1;
}

static bool open_level(struct qmp_scan *s, bool array)
{
	unsigned int level = s->depth;
	uint32_t bit = UINT32_C(1) << (level % 32);

	if (level == QMP_DEPTH_MAX)
		return bad(s, "JSON nesting depth limit exceeded");
	if (array)
		s->array[level / 32] |= bit;
	else
		s->array[level / 32] &= ~bit;
	s->depth++;
	s->state = array ? VALUE_OR_END : NAME_OR_END;
	return true;
}

static bool close_level(struct qmp_scan *s)
{
	s->depth--;
	s->state = s->depth ? AFTER : END;
	return true;
}

static bool begin_string(struct qmp_scan *s, bool key)
{
	s->key = key;
	s->state = STRING;
	return true;
}

static bool begin_word(struct qmp_scan *s, const char *rest)
{
	s->word = rest;
	s->state = WORD;
	return true;
}

static bool go(struct qmp_scan *s, enum state state)
{
	s->state = (uint8_t)state;
	return true;
}

static bool begin_value(struct qmp_scan *s, char c)
{
	switch (c) {
	case '{':
	case '[':
		return open_level(s, c == '[');
	case '"':
		return begin_string(s, false);
	case 't':
		return begin_word(s, "rue");
	case 'f':
		return begin_word(s, "alse");
	case 'n':
		return begin_word(s, "ull");
	case '-':
		return go(s, MINUS);
	case '0':
		return go(s, ZERO);
	default:
		if (is_digit(c))
			return go(s, INTEGER);
		return bad(s, "JSON parse error, expecting value");
	}
}

/* Behind a value, or where one or a name may stand instead of the end. */
static bool after_value(struct qmp_scan *s, char c)
{
	bool array = in_array(s);

	if (c == (array ? ']' : '}'))
		return close_level(s);
	if (c != ',')
		return bad(s, array ? "JSON parse error, expected separator "
				      "in list"
				    : "JSON parse error, expected separator "
				      "in dict");
	return go(s, array ? VALUE : NAME);
}

static bool begin_name(struct qmp_scan *s, char c)
{
	if (c == '"')
		return begin_string(s, true);
	return bad(s, "JSON parse error, key is not a string in object");
}

static bool outside(struct qmp_scan *s, char c)
{
	if (is_space(c))
		return true;
	switch (s->state) {
	case BEGIN:
		if (c == '{')
			return open_level(s, false);
		return bad(s, "QMP input must be a JSON object");
	case NAME_OR_END:
		return c == '}' ? close_level(s) : begin_name(s, c);
	case NAME:
		return begin_name(s, c);
	case COLON:
		if (c == ':')
			return go(s, VALUE);
		return bad(s, "JSON parse error, missing : in object pair");
	case VALUE_OR_END:
		return c == ']' ? close_level(s) : begin_value(s, c);
	case VALUE:
		return begin_value(s, c);
	default:
		return after_value(s, c);
	}
}

/* What may follow the first byte of a character: RFC 3629 section 4. */
static bool begin_utf8(struct qmp_scan *s, uint8_t c)
{
	if (c < 0xc2 || c > 0xf4)
		return bad(s, "JSON parse error, invalid UTF-8 in string");
	s->more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	s->lo = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	s->hi = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	s->state = UTF8;
	return true;
}

static bool in_utf8(struct qmp_scan *s, uint8_t c)
{
	if (c < s->lo || c > s->hi)
		return bad(s, "JSON parse error, invalid UTF-8 in string");
	s->lo = 0x80;
	s->hi = 0xbf;
	if (!--s->more)
		s->state = STRING;
	return true;
}

static bool in_string(struct qmp_scan *s, char c)
{
	if (c == '"')
		return go(s, s->key ? COLON : AFTER);
	if (c == '\\')
		return go(s, ESCAPE);
	if ((uint8_t)c < 0x20)
		return bad(s, "JSON parse error, control character in string");
	return (uint8_t)c < 0x80 || begin_utf8(s, (uint8_t)c);
}

static bool in_escape(struct qmp_scan *s, char c)
{
	if (c == 'u') {
		s->more = 4;
		return go(s, HEX);
	}
	if (c && strchr("\"\\/bfnrt", c))
		return go(s, STRING);
	return bad(s, "JSON parse error, invalid escape sequence in string");
}

static bool in_hex(struct qmp_scan *s, char c)
{
	bool hex =
		is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

	if (!hex)
		return bad(s, "JSON parse error, invalid hex escape in string");
	if (!--s->more)
		s->state = STRING;
	return true;
}

static bool in_word(struct qmp_scan *s, char c)
{
	if (c != *s->word)
		return bad(s, "JSON parse error, invalid keyword");
	if (!*++s->word)
		s->state = AFTER;
	return true;
}

/* The state behind `c` in a number; AFTER if the number ended before it. */
static enum state number_next(enum state state, char c)
{
	bool digit = is_digit(c), e = c == 'e' || c == 'E';

	switch (state) {
	case MINUS:
		return c == '0' ? ZERO : digit ? INTEGER : END;
	case INTEGER:
		if (digit)
			return INTEGER;
		/* fall through */
	case ZERO:
		return c == '.' ? POINT : e ? EXPONENT : AFTER;
	case POINT:
		return digit ? FRACTION : END;
	case FRACTION:
		return digit ? FRACTION : e ? EXPONENT : AFTER;
	case EXPONENT:
		if (c == '+' || c == '-')
			return EXPONENT_SIGN;
		/* fall through */
	case EXPONENT_SIGN:
		return digit ? EXPONENT_DIGITS : END;
	default:
		return digit ? EXPONENT_DIGITS : AFTER;
	}
}

static bool in_number(struct qmp_scan *s, char c)
{
	enum state next = number_next(s->state, c);

	if (next == END)
		return bad(s, "JSON parse error, invalid number");
	s->state = (uint8_t)next;
	return next != AFTER || outside(s, c);
}

static bool take(struct qmp_scan *s, char c)
{
	switch (s->state) {
	case STRING:
		return in_string(s, c);
	case ESCAPE:
		return in_escape(s, c);
	case HEX:
		return in_hex(s, c);
	case UTF8:
		return in_utf8(s, (uint8_t)c);
	case WORD:
		return in_word(s, c);
	default:
		return s->state >= MINUS ? in_number(s, c) : outside(s, c);
	}
}

enum qmp_scan_result qmp_scan(struct qmp_scan *s, const char *data, size_t len,
			      size_t *taken)
{
	size_t i;

	for (i = 0; i < len && s->state != END; i++) {
		if (!take(s, data[i])) {
			*taken = i;
			return QMP_SCAN_BAD;
		}
	}
	*taken = i;
	return s->state == END ? QMP_SCAN_DONE : QMP_SCAN_MORE;
}

bool qmp_is_object(struct qmp_span text, const char **why)
{
	struct qmp_scan s = {.state = BEGIN};
	size_t i;

	switch (qmp_scan(&s, text.at, text.len, &i)) {
	case QMP_SCAN_BAD:
		*why = s.why;
		return false;
	case QMP_SCAN_MORE:
		*why = "JSON parse error, it ends too early";
		return false;
	case QMP_SCAN_DONE:
		break;
	}
	while (i < text.len && is_space(text.at[i]))
		i++;
	*why = "JSON parse error, something follows the object";
	return i == text.len;
}
