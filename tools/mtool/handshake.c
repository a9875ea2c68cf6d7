/* SPDX-License-Identifier: MIT */
#include "tools/mtool/handshake.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/num.h"
#include "qmp/json.h"

enum {
	LINE_MAX_BYTES = 1200, /* an error's text, and a little */
	GO_MS = 60000,
};

static const char other[] = "the other side";

int handshake_say(int fd, const char *word, struct err *e)
{
	if (dprintf(fd, "%s\n", word) < 0)
		return err_sys(e, EXIT_DIED, "%s", other);
	return 0;
}

/* Wait until there is something to read. */
static int await(int fd, int cancel, uint64_t end, struct err *e)
{
	struct pollfd p[2] = {{.fd = fd, .events = POLLIN},
			      {.fd = cancel, .events = POLLIN}};
	uint64_t now;
	int n;

	do {
		now = clock_ms();
		n = poll(p, 2, now < end ? (int)(end - now) : 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, EXIT_FAILED, "poll");
	if (!n)
		return err_set(e, EXIT_TIMEOUT, "%s does not answer", other);
	if (p[1].revents)
		return err_set(e, EXIT_FAILED, "interrupted");
	return 0;
}

/* Byte by byte: what follows the line is not ours. */
static int read_line(int fd, int cancel, uint64_t ms, char *line, struct err *e)
{
	uint64_t end = clock_ms() + ms;
	size_t len = 0;

	for (;;) {
		ssize_t n;

		if (await(fd, cancel, end, e) < 0)
			return -1;
		n = read(fd, line + len, 1);
		if (!n || (n < 0 && errno != EINTR && errno != EAGAIN))
			return err_set(e, EXIT_DIED, "%s has hung up", other);
		if (n < 0)
			continue;
		if (line[len] == '\n')
			break;
		if (++len == LINE_MAX_BYTES)
			return err_set(e, EXIT_FAILED, "%s makes no sense",
				       other);
	}
	line[len] = '\0';
	return 0;
}

/* "error CODE TEXT", or anything else that was not expected. */
static int take_error(char *line, struct err *e)
{
	char *text = strncmp(line, "error ", 6) ? NULL : strchr(line + 6, ' ');
	uint64_t code;

	qmp_printable(line);
	if (text)
		*text++ = '\0';
	if (!text || num_parse(line + 6, EXIT_FAILED, EXIT_HOST, &code) < 0)
		return err_set(e, EXIT_FAILED, "%s says: %s", other, line);
	return err_set(e, (enum exit_code)code, "%s: %s", other, text);
}

int handshake_await(int fd, const char *word, int cancel, uint64_t ms,
		    struct err *e)
{
	char line[LINE_MAX_BYTES + 1];

	if (read_line(fd, cancel, ms, line, e) < 0)
		return -1;
	return strcmp(line, word) ? take_error(line, e) : 0;
}

/* --- the receiver --- */

static int say_ready(void *ctx, struct err *e)
{
	(void)ctx;
	return handshake_say(STDOUT_FILENO, "ready", e);
}

static int built(void *ctx, struct err *e)
{
	(void)ctx;
	if (handshake_say(STDOUT_FILENO, "built", e) < 0)
		return -1;
	return handshake_await(STDIN_FILENO, "go", -1, GO_MS, e);
}

void handshake_receiver(struct vm_incoming *in)
{
	in->ready = say_ready;
	in->built = built;
	in->json = false; /* standard output is for words */
	in->quiet = true;
}

void handshake_received(int rc, const struct err *e)
{
	char text[sizeof(e->msg)];
	struct err ignored;

	if (!rc) {
		handshake_say(STDOUT_FILENO, "running", &ignored);
		return;
	}
	memcpy(text, e->msg, sizeof(text));
	qmp_printable(text);
	dprintf(STDOUT_FILENO, "error %d %s\n", (int)e->code, text);
}
