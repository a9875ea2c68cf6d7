/* SPDX-License-Identifier: MIT */
#include "tools/mtool/showlog.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/mtool/term.h"

enum { TAIL_BYTES = 16 << 10 }; /* a line may be as long as that */

/* The last bytes of the file; how many. */
static size_t read_end(const char *path, uint8_t *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	ssize_t n = 0;

	if (fd < 0)
		return 0;
	if (!fstat(fd, &st)) {
		off_t from =
			st.st_size > (off_t)size ? st.st_size - (off_t)size : 0;

		n = pread(fd, buf, size, from);
	}
	close(fd);
	return n > 0 ? (size_t)n : 0;
}

/* Where the last `lines` lines begin. */
static const uint8_t *last_lines(const uint8_t *buf, size_t n,
				 unsigned int lines)
{
	const uint8_t *p = buf + n;

	while (p > buf) {
		if (p[-1] == '\n' && p != buf + n && !--lines)
			break;
		p--;
	}
	return p;
}

static void print_line(const uint8_t *line, size_t n, FILE *out)
{
	char safe[4 * TAIL_BYTES + 2];
	struct term_text text = {.cr = false};
	size_t len = term_visible(&text, line, n, safe);

	fprintf(out, "  %.*s\n", (int)len, safe);
}

void show_log_tail(const char *path, unsigned int lines, FILE *out)
{
	uint8_t buf[TAIL_BYTES];
	size_t n = read_end(path, buf, sizeof(buf));
	const uint8_t *p = last_lines(buf, n, lines), *end = buf + n;

	while (p < end) {
		const uint8_t *nl = memchr(p, '\n', (size_t)(end - p));
		const uint8_t *stop = nl ? nl : end;

		print_line(p, (size_t)(stop - p), out);
		p = nl ? nl + 1 : end;
	}
}
