/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: the input is what a client sends to the shared socket. QEMU is
 * one that answers; what reaches it must be commands that may be sent.
 */
#include "qmp/client.h"

#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/qmp_fake.h"

struct bench {
	struct loop *loop;
	struct loop_timer *end;
	struct fake f;
	struct qmp_share share;
};

static void check(int pass)
{
	if (!pass)
		abort();
}

static int filter(void *ctx, const char *command, const json_t *args,
		  struct err *e)
{
	(void)ctx, (void)args;
	return strcmp(command, "quit") ? 0 : err_set(e, EXIT_USAGE, "no");
}

static void end_run(void *ctx)
{
	loop_stop(ctx);
}

static void run(struct bench *b)
{
	struct err e;

	loop_timer_set(b->end, 0);
	loop_run(b->loop, &e);
}

static struct bench *open_bench(void)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err e;
	unsigned int i;

	b->loop = loop_new(&e);
	b->end = loop_timer_new(b->loop, end_run, b->loop);
	fake_open(&b->f, b->loop);
	b->f.there = true;
	b->share.loop = b->loop;
	b->share.conn = qmp_conn_new(b->loop, &b->f.link, false, &e);
	b->share.filter = filter;
	b->share.sweep = loop_timer_new(b->loop, end_run, b->loop);
	for (i = 0; i < 4; i++)
		run(b);
	check(qmp_version(b->share.conn) != NULL);
	return b;
}

/* Only whole messages come back. */
static void check_output(int fd)
{
	static char text[1 << 20];
	const char *why, *p = text, *nl;
	ssize_t n = recv(fd, text, sizeof(text), MSG_DONTWAIT);
	size_t left = n > 0 ? (size_t)n : 0;

	check(left < sizeof(text));
	while (left) {
		nl = memchr(p, '\n', left);
		check(nl != NULL);
		check(qmp_is_object((struct qmp_span){p, (size_t)(nl - p)},
				    &why));
		left -= (size_t)(nl + 1 - p);
		p = nl + 1;
	}
}

/* Pieces of a size that the first byte tells. */
static void talk(struct bench *b, int fd, const uint8_t *data, size_t size)
{
	size_t piece = size ? 1u + *data : 0, n;

	while (size) {
		n = size < piece ? size : piece;
		if (send(fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			return;
		run(b);
		run(b);
		b->f.heard[0] = '\0';
		data += n;
		size -= n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bench *b;
	int fd[2];
	unsigned int i;

	if (!b)
		b = open_bench();
	check(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	qmp_client_greet(qmp_client_new(&b->share, fd[0]));
	talk(b, fd[1], data, size);
	check(!strstr(b->f.last, "\"quit\""));
	check_output(fd[1]);
	close(fd[1]);
	for (i = 0; i < 4; i++)
		run(b);
	b->f.heard[0] = '\0';
	check(b->share.nr == 0);
	return 0;
}
