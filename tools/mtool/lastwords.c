/* SPDX-License-Identifier: MIT */
#include "tools/mtool/lastwords.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TAIL = 4096 };

static size_t read_tail(const char *path, char buf[TAIL])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	ssize_t n = 0;

	if (fd < 0)
		return 0;
	if (!fstat(fd, &st))
		n = pread(fd, buf, TAIL - 1,
			  st.st_size > TAIL - 1 ? st.st_size - (TAIL - 1) : 0);
	close(fd);
	return n > 0 ? (size_t)n : 0;
}

/* No control characters, and no bytes that are not ASCII. */
static void make_printable(char *text, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		/* cppcheck-suppress uninitvar ; read_tail has filled it */
		if (text[i] == '\n')
			continue;
		if (text[i] == '\t' || text[i] == '\r')
			text[i] = ' ';
		else if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
	}
	text[n] = '\0';
}

/* The kernel's begin with a time in brackets. */
static bool is_word(const char *line)
{
	return line[strspn(line, " ")] && line[0] != '[' &&
	       strncmp(line, "mtool: ", strlen("mtool: ")) != 0;
}

/* Cut the last line off `text`; NULL if there is none. */
static char *take_last(char *text)
{
	char *nl = strrchr(text, '\n');

	if (nl) {
		*nl = '\0';
		return nl + 1;
	}
	return *text ? text : NULL;
}

void last_words(const char *log_path, char *buf, size_t size)
{
	char text[TAIL], *last, *before;

	make_printable(text, read_tail(log_path, text));
	while ((last = take_last(text)) && !is_word(last)) {
		if (last == text)
			*text = '\0';
	}
	if (!last) {
		snprintf(buf, size, "nothing");
		return;
	}
	before = last == text ? NULL : take_last(text);
	/* QEMU's complaints begin with the name it was started by */
	if (before && strncmp(before, "mtool: ", 7) && strstr(before, "qemu"))
		snprintf(buf, size, "%s; %s", before, last);
	else
		snprintf(buf, size, "%s", last);
}
