/* SPDX-License-Identifier: MIT */
/*
 * A plain QMP client of a UNIX socket, to test who serves it:
 *
 *   qmp-ask SOCKET COUNT COMMAND
 *
 * Negotiates, sends COMMAND so often, each when the one before is answered,
 * with ids counted from 1, and prints "replies R events E ms M": M is the
 * mean time from sending to the reply. A reply with another id is an error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 4 << 20, LIMIT_S = 120 };

struct client {
	FILE *in;
	int fd;
	char *line;
	unsigned long events;
};

static _Noreturn void die(const char *why)
{
	printf("error: %s\n", why);
	exit(1);
}

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int dial(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = LIMIT_S};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		die("cannot connect");
	return fd;
}

/* The next message that is no event. */
static const char *answer(struct client *c)
{
	for (;;) {
		if (!fgets(c->line, LINE, c->in))
			die("no answer");
		if (!strstr(c->line, "\"event\": "))
			return c->line;
		c->events++;
	}
}

static const char *ask(struct client *c, const char *command, long id)
{
	char text[256], want[64];
	int n = snprintf(text, sizeof(text),
			 "{\"execute\": \"%s\", \"id\": %ld}\n", command, id);
	const char *got;

	if (write(c->fd, text, (size_t)n) != n)
		die("cannot write");
	got = answer(c);
	snprintf(want, sizeof(want), "\"id\": %ld", id);
	if (!strstr(got, want))
		die(got);
	return got;
}

int main(int argc, char **argv)
{
	struct client c = {.line = malloc(LINE)};
	long i, count = argc == 4 ? atol(argv[2]) : 0;
	double start;

	if (count < 1 || !c.line)
		die("usage: qmp-ask SOCKET COUNT COMMAND");
	c.fd = dial(argv[1]);
	c.in = fdopen(c.fd, "r");
	if (!strstr(answer(&c), "\"QMP\""))
		die("no greeting");
	ask(&c, "qmp_capabilities", 0);
	start = now_ms();
	for (i = 1; i <= count; i++) {
		if (!strstr(ask(&c, argv[3], i), "\"return\""))
			die(c.line);
	}
	printf("replies %ld events %lu ms %.2f\n", count, c.events,
	       (now_ms() - start) / (double)count);
	return 0;
}
