/* SPDX-License-Identifier: MIT */
/*
 * Serves consoles 1 and 2 of a stubdomain whose supervisor is dead, as save
 * and restore will:
 *
 *   con-stream STUB spool FILE BYTES   what console 1 says, into FILE
 *   con-stream STUB feed FILE          FILE, into console 2
 *
 * Ends when all bytes have passed; fails if none has for LIMIT_MS.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console/backend.h"
#include "core/file.h"

enum { LIMIT_MS = 60000, LOOK_MS = 20, SAVE = 1, RESTORE = 2 };

struct stream {
	struct loop *loop;
	struct loop_timer *timer;
	struct con *con;
	uint64_t want, have, since;
	bool feed;
};

static _Noreturn void die(const char *why)
{
	fprintf(stderr, "con-stream: %s\n", why);
	exit(1);
}

static void look(void *ctx)
{
	struct stream *s = ctx;
	uint64_t have;
	struct con_stat st;

	con_stat(s->con, &st);
	have = s->feed ? st.in_bytes - st.ahead : st.out_bytes;
	if (have != s->have)
		s->since = clock_ms();
	s->have = have;
	if (st.failed)
		die("the console was shut down");
	if (clock_ms() - s->since > LIMIT_MS)
		die("nothing moves");
	if (s->have >= s->want)
		loop_stop(s->loop);
	else
		loop_timer_set(s->timer, LOOK_MS);
}

static void run(struct stream *s, uint32_t domid, struct con_sink *sink)
{
	struct con_server *server;
	struct log log;
	struct xs *xs;
	struct err e;

	log_init(&log, stderr, LOG_WARN);
	s->loop = loop_new(&e);
	xs = xs_connect(&log, &e);
	if (!xs || xs_attach(xs, s->loop, &e) < 0)
		die(e.msg);
	server = con_server_new(s->loop, xs, &log, &e);
	s->con = server ? con_add_xenbus(server, domid,
					 s->feed ? RESTORE : SAVE, sink, &e)
			: NULL;
	if (!s->con)
		die(e.msg);
	s->since = clock_ms();
	s->timer = loop_timer_new(s->loop, look, s);
	loop_timer_set(s->timer, 0);
	if (loop_run(s->loop, &e) < 0)
		die(e.msg);
	con_server_free(server);
	xs_disconnect(xs);
}

static void spool(uint32_t domid, const char *path, uint64_t bytes)
{
	struct stream s = {.want = bytes};
	struct err e;
	struct con_sink *sink = con_spool_new(&e);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	uint64_t got;

	if (!sink || fd < 0)
		die(path);
	con_spool_arm(sink, fd, bytes);
	run(&s, domid, sink);
	if (con_spool_finish(sink, &got, &e) < 0)
		die(e.msg);
	con_sink_free(sink);
	close(fd);
}

static void feed(uint32_t domid, const char *path)
{
	struct stream s = {.feed = true};
	struct err e;
	struct con_sink *sink = con_feed_new(&e);
	size_t len;
	void *data = file_read(path, 1u << 30, &len, &e);

	if (!sink || !data)
		die(path);
	s.want = len;
	con_feed_start(sink, data, len);
	run(&s, domid, sink);
	con_sink_free(sink);
	free(data);
}

int main(int argc, char **argv)
{
	uint32_t domid = argc > 3 ? (uint32_t)atoi(argv[1]) : 0;

	if (argc == 5 && !strcmp(argv[2], "spool"))
		spool(domid, argv[3], strtoull(argv[4], NULL, 10));
	else if (argc == 4 && !strcmp(argv[2], "feed"))
		feed(domid, argv[3]);
	else
		die("wrong usage");
	return 0;
}
