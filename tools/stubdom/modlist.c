/* SPDX-License-Identifier: MIT */
#include "tools/stubdom/modlist.h"

#include <string.h>

#define BLANKS " \t\r"

static char *cut_trailing_blanks(char *text)
{
	size_t len = strlen(text);

	while (len && strchr(BLANKS, text[len - 1]))
		text[--len] = '\0';
	return text;
}

int modlist_next(char **list, struct module *m)
{
	char *line;

	while ((line = strsep(list, "\n"))) {
		line += strspn(line, BLANKS);
		cut_trailing_blanks(line);
		if (!*line || *line == '#')
			continue;
		m->file = strsep(&line, BLANKS);
		m->params = line ? line + strspn(line, BLANKS) : "";
		return 1;
	}
	return 0;
}
