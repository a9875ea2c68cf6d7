/* SPDX-License-Identifier: MIT */
#include "tools/mtool/consolecli.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "tools/mtool/ctl.h"
#include "tools/mtool/term.h"

enum {
	CHUNK = 4096,
	/* A terminal that is ready takes this much without making us wait. */
	TTY_CHUNK = 256,
	ATTACH_MS = 5000,
	RETRY_MS = 100,	 /* between attempts to come back */
	RETRY_FOR_MS = 30000,
	MARK_MAX = 64, /* "[mtool: N bytes dropped]" and its line ends */
};

/* One direction: what was read and is not yet written. */
struct flow {
	char buf[CHUNK];
	size_t len, off;
	bool eof;
};

struct session {
	const char *ctl_path, *name;
	bool input;
	bool out_tty;
	int sock, signals;
	struct term term;
	struct flow in, out; /* to the guest, from the guest */
	uint64_t pos;	     /* place in the console's history */
	bool pos_lost;	     /* bytes of it were dropped: not known any more */
	char mark[MARK_MAX]; /* the last bytes, to find that */
	bool left;	     /* by ^], or nobody reads our output */
};

enum outcome { GO_ON, LEAVE, LOST, FAILED };

static json_t *attach_request(const struct session *s)
{
	return json_pack("{s:s,s:s,s:b,s:I}", "cmd", "console", "name",
			 s->name, "input", (int)s->input, "from",
			 s->pos_lost ? (json_int_t)0 : (json_int_t)s->pos);
}

static int attach(struct session *s, int timeout_ms, struct err *e)
{
	json_t *request = attach_request(s), *answer = NULL;

	s->sock = ctl_attach(s->ctl_path, request, &answer, timeout_ms, e);
	json_decref(request);
	if (s->sock < 0)
		return -1;
	s->pos = (uint64_t)json_integer_value(
		json_object_get(answer, "position"));
	s->pos_lost = false;
	json_decref(answer);
	return 0;
}
