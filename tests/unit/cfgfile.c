/* SPDX-License-Identifier: MIT */
/* The syntax of xl.cfg: text becomes keys and values, or one good error. */
#include "core/cfgfile.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

/* Write the list as "a=1 b=[x|y]"; unquoted values have a # behind. */
static void dump(const struct cfg *c, char *buf, size_t size)
{
	size_t len = 0;
	unsigned int i, j;

	*buf = '\0';
	for (i = 0; i < c->nr; i++) {
		const struct cfg_entry *e = &c->entry[i];

		len += (size_t)snprintf(buf + len, size - len, "%s%s=%s",
					i ? " " : "", e->key,
					e->list ? "[" : "");
		for (j = 0; j < e->nr; j++)
			len += (size_t)snprintf(buf + len, size - len, "%s%s%s",
						j ? "|" : "", e->value[j].text,
						e->value[j].quoted ? "" : "#");
		len += (size_t)snprintf(buf + len, size - len, "%s",
					e->list ? "]" : "");
	}
}

static const struct {
	const char *text, *want;
} good[] = {
	{"", ""},
	{"\n\n", ""},
	{"# only a comment", ""},
	{"a=1", "a=1#"},
	{"a = 0x1F", "a=0x1F#"},
	{"a=-3600", "a=-3600#"},
	{"a='x'", "a=x"},
	{"a=\"x\"\n", "a=x"},
	{"a=''", "a="},
	{"\ta\t=\t'x'\t\n", "a=x"},
	{"a=1;b=2", "a=1# b=2#"},
	{";;a=1;;b=2;\n;", "a=1# b=2#"},
	{"a=1 ; b='2' # c=3\n", "a=1# b=2"},
	{"a=1 # ;b=2\nc=3", "a=1# c=3#"},
	{"a=1#x", "a=1#"},
	{"a='# ; = [ ] ,'", "a=# ; = [ ] ,"},
	{"a='say \"x\"'", "a=say \"x\""},
	{"a='it\\'s'", "a=it's"},
	{"a=\"\\\"\\\\\\'\"", "a=\"\\'"},
	{"a=[]", "a=[]"},
	{"a=[ ]", "a=[]"},
	{"a=['x']", "a=[x]"},
	{"a=['x',]", "a=[x]"},
	{"a=['x', 2, \"y\"]", "a=[x|2#|y]"},
	{"a=[''  ]", "a=[]"},
	{"a = [ # the list\n 'x', # ]\n\n#,\n 'y'\n ,\n]\nb=1", "a=[x|y] b=1#"},
	/* a later assignment replaces, in place */
	{"a=1\nb=2\na='x'", "a=x b=2#"},
	{"a=['x']\na=1", "a=1#"},
	{"a=1;a=['x']", "a=[x]"},
	/* growing */
	{"a+=['x']", "a=[x]"},
	{"a+='x'", "a=x"},
	{"a=['x'];a+=['y','z'];a += []", "a=[x|y|z]"},
	{"a='x';b=1;a+='y'", "a=xy b=1#"},
	{"a=['x'];a=['y'];a+=['z']", "a=[y|z]"},
	/* keys are not judged here */
	{"Memory=1;a-b=2;x.y=3;1a=4", "Memory=1# a-b=2# x.y=3# 1a=4#"},
	{"az=1;AZ=2;a09=0_", "az=1# AZ=2# a09=0_#"},
	/* bytes of other alphabets are data, and in comments anything */
	{"a='/\xc3\xa9\xff' # \xe2\x80\xa6", "a=/\xc3\xa9\xff"},
};

static const struct {
	const char *text, *want;
} bad[] = {
	{"a", "f:1: a: unexpected end of line where = should be"},
	{"\n\na\n=1", "f:3: a: unexpected end of line where = should be"},
	{"a 1", "f:1: a: unexpected 1 where = should be"},
	{"a:1", "f:1: a: unexpected : where = should be"},
	{"a+1", "f:1: a: unexpected +1 where = should be"},
	{"a==1", "f:1: a: unexpected = where a number or a string in quotes "
		 "should be"},
	{"=1", "f:1: unexpected = where a key should be"},
	{"+=1", "f:1: unexpected + where a key should be"},
	{"'a'=1", "f:1: unexpected ' where a key should be"},
	{"[a]=1", "f:1: unexpected [ where a key should be"},
	{"\xc3\xa9=1", "f:1: unexpected byte 0xc3 where a key should be"},
	{"a=", "f:1: a: unexpected end of line where a number or a string in "
	       "quotes should be"},
	{"a=\n1", "f:1: a: unexpected end of line where a number or a string "
		  "in quotes should be"},
	{"a=;b=1", "f:1: a: unexpected ; where a number or a string in quotes "
		   "should be"},
	{"a= # none\n", "f:1: a: unexpected end of line where a number or a "
			"string in quotes should be"},
	{"a=foo", "f:1: a: unexpected foo where a number or a string in quotes "
		  "should be"},
	{"a=True", "f:1: a: unexpected True where a number or a string in "
		   "quotes should be"},
	{"a=1 b=2", "f:1: a: unexpected b after the value"},
	{"a=1 2", "f:1: a: unexpected 2 after the value"},
	{"a='x''y'", "f:1: a: unexpected ' after the value"},
	{"a='x'y", "f:1: a: unexpected y after the value"},
	{"a=1/2", "f:1: a: unexpected / after the value"},
	{"a=[1]]", "f:1: a: unexpected ] after the value"},
	/* strings */
	{"b=1\na='x\nc=2", "f:2: a: unclosed '"},
	{"a=\"x'", "f:1: a: unclosed \""},
	{"a='", "f:1: a: unclosed '"},
	{"a='\\'", "f:1: a: unclosed '"},
	{"a='x\\", "f:1: a: backslash before anything but \\ ' \""},
	{"a='x\\\n'", "f:1: a: backslash before anything but \\ ' \""},
	{"a='\\n'", "f:1: a: backslash before anything but \\ ' \""},
	{"a='\\x41'", "f:1: a: backslash before anything but \\ ' \""},
	{"a='x\ty'", "f:1: a: tab in a string"},
	/* lists */
	{"\na=[\n'x',\n'y'\nb=1", "f:5: a: unexpected b in a list: a comma is "
				  "missing"},
	{"\na=[\n'x',\n", "f:2: a: unclosed ["},
	{"a=[", "f:1: a: unclosed ["},
	{"a=[ # ]", "f:1: a: unclosed ["},
	{"a=['x'", "f:1: a: unclosed ["},
	{"a=[\n'x\n]", "f:2: a: unclosed '"},
	{"a=[,]", "f:1: a: unexpected , where a number or a string in quotes "
		  "should be"},
	{"a=['x',,'y']", "f:1: a: unexpected , where a number or a string in "
			 "quotes should be"},
	{"a=['x';'y']", "f:1: a: unexpected ; in a list: a comma is missing"},
	{"a=['x' 'y']", "f:1: a: unexpected ' in a list: a comma is missing"},
	{"a=[x]", "f:1: a: unexpected x where a number or a string in quotes "
		  "should be"},
	{"a=1\nb=[1,\n[2]]", "f:3: b: a list in a list"},
	/* growing what cannot grow so */
	{"a='x'\na+=['y']", "f:2: a: += of a list to a string"},
	{"a=['x']\na+='y'", "f:2: a: += of a string to a list"},
	{"a=1\na+=2", "f:2: a: += is not for numbers"},
	{"a='x'\na+=2", "f:2: a: += is not for numbers"},
	/* bytes that could fool someone later, even in comments */
	{"a=1\nb='\x1b[2J'", "f:2: control character 0x1b"},
	{"# \x7f", "f:1: control character 0x7f"},
	{"a=1\r\n", "f:1: carriage return: lines must end with a newline "
		    "alone"},
};

/* An exact copy, so that ASan sees a byte read too far. */
static char *exact(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	return memcpy(copy, text, len);
}

static void test_good(void)
{
	char got[1024], *text;
	struct err e;
	struct cfg c;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		size_t len = strlen(good[i].text);

		text = exact(good[i].text, len);
		cfg_init(&c);
		e.msg[0] = '\0';
		is_int(cfg_read(&c, "f", text, len, &e), 0, "row %zu is good",
		       i);
		is_str(e.msg, "", "row %zu: no complaint", i);
		dump(&c, got, sizeof(got));
		is_str(got, good[i].want, "row %zu", i);
		cfg_free(&c);
		free(text);
	}
}

/* What `text` is complained about with; "" if it is not. */
static const char *complaint(const char *text, size_t len, struct err *e)
{
	char *copy = exact(text, len);
	struct cfg c;

	cfg_init(&c);
	e->msg[0] = '\0';
	e->code = EXIT_DONE;
	if (!cfg_read(&c, "f", copy, len, e))
		e->msg[0] = '\0';
	cfg_free(&c);
	free(copy);
	return e->msg;
}

static void test_bad(void)
{
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		is_str(complaint(bad[i].text, strlen(bad[i].text), &e),
		       bad[i].want, "row %zu is refused", i);
		is_int(e.code, EXIT_USAGE, "row %zu: exit code", i);
	}
	is_str(complaint("a=1\n\0b=2", 8, &e), "f:2: control character 0x00",
	       "NUL is no character of a file");
	is_str(complaint("a='\0'", 5, &e), "f:1: control character 0x00",
	       "nor of a string");
}

/* `head`, `nr` times `unit`, `tail`. */
static char *repeat(const char *head, const char *unit, size_t nr,
		    const char *tail)
{
	size_t size = strlen(head) + nr * strlen(unit) + strlen(tail) + 1;
	char *text = malloc(size), *p = text;

	if (!text)
		abort();
	p = stpcpy(p, head);
	while (nr--)
		p = stpcpy(p, unit);
	strcpy(p, tail);
	return text;
}

static const struct {
	const char *head, *unit, *tail;
	size_t fits;
	const char *want;
} limits[] = {
	{"a='", "x", "'", CFG_TEXT_MAX,
	 "f:1: a: a string of more than 4096 bytes"},
	{"a=", "1", "", CFG_TEXT_MAX,
	 "f:1: a: a string of more than 4096 bytes"},
	{"a='';a+='", "x", "'", CFG_TEXT_MAX,
	 "f:1: a: a string of more than 4096 bytes"},
	{"a='xx';a+='", "x", "'", CFG_TEXT_MAX - 2,
	 "f:1: a: a string of more than 4096 bytes"},
	{"a=[", "'x',", "]", CFG_LIST_MAX, "f:1: a: more than 256 in a list"},
	{"a=['x'];a+=[", "'x',", "]", CFG_LIST_MAX - 1,
	 "f:1: a: more than 256 in a list"},
	{"", "k", "=1", CFG_KEY_MAX, "f:1: a key of more than 64 bytes"},
	{"", "\n", "", CFG_FILE_MAX, "f: more than 1048576 bytes"},
};

static void test_limits(void)
{
	struct err e;
	char *text;
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		text = repeat(limits[i].head, limits[i].unit, limits[i].fits,
			      limits[i].tail);
		is_str(complaint(text, strlen(text), &e), "",
		       "limit %zu can be reached", i);
		free(text);
		text = repeat(limits[i].head, limits[i].unit,
			      limits[i].fits + 1, limits[i].tail);
		is_str(complaint(text, strlen(text), &e), limits[i].want,
		       "limit %zu cannot be passed", i);
		free(text);
	}
}

static void test_key_limit(void)
{
	static char text[CFG_KEYS_MAX * 16];
	size_t len = 0;
	struct err e;
	unsigned int i;

	for (i = 0; i < CFG_KEYS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"k%u=1\n", i);
	is_str(complaint(text, len, &e), "", "512 keys are taken");
	len += (size_t)snprintf(text + len, sizeof(text) - len, "k7=2\n");
	is_str(complaint(text, len, &e), "", "and one of them again");
	len += (size_t)snprintf(text + len, sizeof(text) - len, "one=1\n");
	is_str(complaint(text, len, &e), "f:514: one: more than 512 keys",
	       "but no 513th");
}

/* Every value knows where it stands, over several files. */
static void test_places(void)
{
	static const char first[] = "a=1\nd=[\n 'x',\n\n 'y' ]\nb='p'";
	static const char second[] = "\nd+=['z']\na=2\nb+='q'";
	const struct cfg_entry *d, *b;
	struct cfg c;
	struct err e;

	cfg_init(&c);
	cfg_read(&c, "one", first, strlen(first), &e);
	cfg_read(&c, "two", second, strlen(second), &e);
	is_str(cfg_find(&c, "a")->file, "two", "the last assignment counts");
	is_int(cfg_find(&c, "a")->line, 3, "and its line");
	d = cfg_find(&c, "d");
	is_int(d->value[0].line, 3, "a value of a list has its own line");
	is_int(d->value[1].line, 5, "and so has the next");
	is_str(d->value[1].file, "one", "and its file");
	is_str(d->value[2].file, "two", "also what another file added");
	is_int(d->value[2].line, 2, "with that file's line");
	b = cfg_find(&c, "b");
	is_str(b->value->text, "pq", "a string grows over files");
	is_int(b->value->line, 4, "and stands where it grew last");
	ok(!cfg_find(&c, "none"), "what is not there is not found");
	cfg_free(&c);
	is_int(c.nr, 0, "after cfg_free nothing is left");
}

static const struct {
	const char *word, *want;
} words[] = {
	{"memory=512", "memory=512#"},
	{"name=g2", "name=g2"},
	{"name='g2'", "name=g2"},
	{"name=\"g2\"", "name=g2"},
	{"name=", "name="},
	{"name = g2", "name=g2"},
	{"uuid=0a-1", "uuid=0a-1#"},
	{"boot=d;c", "boot=d;c"},
	{"x=#1", "x=#1"},
	{"x=a b=c", "x=a b=c"},
	{"x=it's", "x=it's"},
	{"x=1 2", "x=1 2"},
	{"x=/dev/\xc3\xa9,,hda", "x=/dev/\xc3\xa9,,hda"},
	{"disk=['/x,,hda', '/y,,hdb']", "disk=[/x,,hda|/y,,hdb]"},
	{"a='1';b=2", "a=1 b=2#"},
	{"a+=b", "a=b"},
};

static const struct {
	const char *word, *want;
} bad_words[] = {
	{"g2", "w: g2: not KEY=VALUE"},
	{"", "w: : not KEY=VALUE"},
	{"=1", "w: unexpected = where a key should be"},
	{"a b=1", "w: a: unexpected b where = should be"},
	{"a='x", "w: a: unclosed '"},
	{"a=['x'", "w: a: unclosed ["},
	{"a=b\nc=d", "w: control character 0x0a"},
	{"a=\tb", "w: control character 0x09"},
};

static void test_words(void)
{
	char got[256], *text;
	struct err e;
	struct cfg c;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		cfg_init(&c);
		is_int(cfg_word(&c, "w", words[i].word, &e), 0,
		       "word %zu is good", i);
		dump(&c, got, sizeof(got));
		is_str(got, words[i].want, "word %zu", i);
		cfg_free(&c);
	}
	for (i = 0; i < sizeof(bad_words) / sizeof(*bad_words); i++) {
		cfg_init(&c);
		is_int(cfg_word(&c, "w", bad_words[i].word, &e), -1,
		       "word %zu is bad", i);
		is_str(e.msg, bad_words[i].want, "word %zu is refused", i);
		cfg_free(&c);
	}
	cfg_init(&c);
	text = repeat("a=", "x", CFG_TEXT_MAX, "");
	is_int(cfg_word(&c, "w", text, &e), 0, "4096 bytes fit a word");
	free(text);
	text = repeat("a=", "x", CFG_TEXT_MAX + 1, "");
	cfg_word(&c, "w", text, &e);
	is_str(e.msg, "w: a: a string of more than 4096 bytes",
	       "a word has the limits of a string");
	free(text);
	cfg_free(&c);
}

/* A word replaces or extends what a file says. */
static void test_words_over_file(void)
{
	static const char text[] = "a='x';d=['p']";
	char got[256];
	struct err e;
	struct cfg c;

	cfg_init(&c);
	cfg_read(&c, "f", text, strlen(text), &e);
	cfg_word(&c, "w", "a=y", &e);
	cfg_word(&c, "w", "a+=z", &e);
	cfg_word(&c, "w", "d+=['q']", &e);
	dump(&c, got, sizeof(got));
	is_str(got, "a=yz d=[p|q]", "words come after the file");
	is_int(cfg_find(&c, "a")->line, 0, "and have no line");
	cfg_free(&c);
}

int main(void)
{
	test_good();
	test_bad();
	test_limits();
	test_key_limit();
	test_places();
	test_words();
	test_words_over_file();
	return done_testing();
}
