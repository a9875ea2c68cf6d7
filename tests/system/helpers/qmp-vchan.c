/* SPDX-License-Identifier: MIT */
/*
 * A bare QMP client over vchan, to test the stubdomain's side of it:
 *
 *   qmp-vchan STUB TARGET MODE
 *
 * Waits until the channel is published, connects, and prints the first line
 * that comes. MODE: "query" negotiates and prints query-status's answer too;
 * "drop" leaves at once, with the greeting unread; "cut" sends a command and
 * leaves without reading its long answer; "mark" sends the reconnect marker
 * behind such a command and prints the second greeting.
 */
#include <libxenvchan.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 1 << 20, LIMIT_S = 60 };

struct client {
	struct libxenvchan *ch;
	char *line;
	size_t len;
};

static _Noreturn void die(const char *why)
{
	printf("error: %s\n", why);
	exit(1);
}

static struct libxenvchan *connect_to(const char *stub, const char *target)
{
	struct timespec nap = {.tv_nsec = 50000000};
	struct libxenvchan *ch = NULL;
	time_t end = time(NULL) + LIMIT_S;
	char path[96];

	snprintf(path, sizeof(path),
		 "/local/domain/%s/device-model/%s/qmp-vchan", stub, target);
	while (!ch && time(NULL) < end) {
		ch = libxenvchan_client_init(NULL, atoi(stub), path);
		if (!ch)
			nanosleep(&nap, NULL);
	}
	if (!ch)
		die("nobody serves the channel");
	ch->blocking = 0;
	return ch;
}

/* Wait for news, at most a second: the peer may have died silently. */
static void wait_news(struct client *c)
{
	struct pollfd p = {.fd = libxenvchan_fd_for_select(c->ch),
			   .events = POLLIN};

	if (poll(&p, 1, 1000) == 1)
		libxenvchan_wait(c->ch);
}

/* The next line, without its end. */
static const char *read_line(struct client *c)
{
	time_t end = time(NULL) + LIMIT_S;
	char byte;
	int n;

	c->len = 0;
	while (time(NULL) < end) {
		n = libxenvchan_read(c->ch, &byte, 1);
		if (n < 0)
			die("the server has gone");
		if (!n) {
			wait_news(c);
			continue;
		}
		if (byte == '\n') {
			c->line[c->len] = '\0';
			return c->line;
		}
		if (byte != '\r' && c->len < LINE - 1)
			c->line[c->len++] = byte;
	}
	die("no answer");
}

static void send_text(struct client *c, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		int n = libxenvchan_write(c->ch, text, left);

		if (n < 0)
			die("the server has gone");
		if (!n)
			wait_news(c);
		text += n;
		left -= (size_t)n;
	}
}

/* Answers carry "return"; what comes before are events. */
static const char *answer(struct client *c)
{
	const char *line;

	do {
		line = read_line(c);
	} while (strstr(line, "\"event\""));
	return line;
}

/* The next line that is a greeting; the rest of an answer may come before. */
static const char *greeting(struct client *c)
{
	const char *line;

	do {
		line = read_line(c);
	} while (strncmp(line, "{\"QMP\"", 6));
	return line;
}

static void negotiate(struct client *c)
{
	send_text(c, "{\"execute\":\"qmp_capabilities\"}\n");
	if (!strstr(answer(c), "\"return\""))
		die("no capabilities");
}

int main(int argc, char **argv)
{
	struct client c = {.line = malloc(LINE)};
	const char *mode = argc == 4 ? argv[3] : "";

	if (argc != 4 || !c.line)
		die("usage: qmp-vchan STUB TARGET query|drop|cut|mark");
	c.ch = connect_to(argv[1], argv[2]);
	if (strcmp(mode, "drop"))
		puts(read_line(&c));
	if (!strcmp(mode, "query")) {
		negotiate(&c);
		send_text(&c, "{\"execute\":\"query-status\"}\n");
		puts(answer(&c));
	} else if (!strcmp(mode, "cut")) {
		negotiate(&c);
		send_text(&c, "{\"execute\":\"query-qmp-schema\"}\n");
		wait_news(&c);
	} else if (!strcmp(mode, "mark")) {
		negotiate(&c);
		send_text(&c, "{\"execute\":\"query-qmp-schema\"}\n\001");
		puts(greeting(&c));
	}
	libxenvchan_close(c.ch);
	return 0;
}
