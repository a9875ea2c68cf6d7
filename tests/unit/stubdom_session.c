/* SPDX-License-Identifier: MIT */
/* What of a QMP conversation reaches whom. */
#include "tools/stubdom/session.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n"

static void client(struct session *s, const char *text, bool restart)
{
	ok(session_from_client(s, text, strlen(text)) == restart, "%s",
	   restart ? "starts anew" : "goes on");
}

static void qemu(struct session *s, const char *text)
{
	session_from_qemu(s, text, strlen(text));
}

/* QEMU's answer to our own command, as 7.2 gives it. */
static void qemu_sync(struct session *s)
{
	char command[64], reply[160];

	session_sync(s, command, sizeof(command));
	snprintf(reply, sizeof(reply),
		 "{\"id\": \"stubdom-%lu\", \"error\": {\"class\": "
		 "\"CommandNotFound\", \"desc\": \"x\"}}\r\n",
		 s->nr);
	qemu(s, reply);
}

static void is_for_client(const struct session *s, const char *want,
			  const char *what)
{
	char text[FIFO_SIZE + 1];
	size_t len;
	const char *data = session_to_client(s, &len);

	memcpy(text, data, len);
	text[len] = '\0';
	is_str(text, want, "%s", what);
}

static void is_for_qemu(const struct session *s, const char *want,
			const char *what)
{
	char text[FIFO_SIZE + 1];
	size_t len;
	const char *data = session_to_qemu(s, &len);

	memcpy(text, data, len);
	text[len] = '\0';
	is_str(text, want, "%s", what);
}

static void clean_start(void)
{
	struct session s = {0};

	session_init(&s);
	qemu(&s, GREETING);
	is_int(s.phase, SESSION_BEFORE_SYNC, "a greeting is not enough");
	qemu_sync(&s);
	is_int(s.phase, SESSION_OPEN, "our own command is answered: open");
	is_for_client(&s, GREETING, "the client gets the greeting only");
	qemu(&s, "{\"return\": {}}\r\n");
	is_for_client(&s, GREETING "{\"return\": {}}\r\n", "then all there is");
}

static void stale_replies_are_dropped(void)
{
	struct session s = {0};

	session_init(&s);
	qemu(&s, "turn\": \"{\\\"QMP\\\"\"}\r\n{\"return\": {}}\r\n{{\"QM");
	qemu(&s, "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r");
	qemu(&s, "\n{\"return\": [1, 2, 3], \"id\": \"stubdom-0\"}\r\n");
	qemu_sync(&s);
	qemu(&s, "{\"event\"");
	is_for_client(&s, GREETING "{\"event\"",
		      "nothing before or after the greeting is left");
}

static void bytes_may_come_singly(void)
{
	static const char text[] = "old\"}\r\n" GREETING "{\"return\": {}}\r\n";
	struct session s = {0};
	size_t i;

	session_init(&s);
	for (i = 0; i < strlen(text); i++)
		session_from_qemu(&s, text + i, 1);
	qemu_sync(&s);
	is_for_client(&s, GREETING, "the same byte by byte");
}

static void no_sync_is_another_s(void)
{
	struct session s = {0};
	char first[64], second[64];

	session_init(&s);
	session_sync(&s, first, sizeof(first));
	session_init(&s);
	session_sync(&s, second, sizeof(second));
	ok(strcmp(first, second) != 0, "ids differ: %s", second);
	qemu(&s, GREETING "{\"id\": \"stubdom-1\", \"error\": {}}\r\n");
	is_int(s.phase, SESSION_BEFORE_SYNC, "the last one's is not ours");
	qemu(&s, "{\"id\": \"stubdom-22\", \"error\": {}}\r\n");
	is_int(s.phase, SESSION_BEFORE_SYNC, "nor is one that begins alike");
	qemu_sync(&s);
	is_int(s.phase, SESSION_OPEN, "ours is");
}

static void first_marker_is_swallowed(void)
{
	struct session s = {0};

	session_init(&s);
	client(&s, "\1{\"execute\"", false);
	client(&s, ": 1}", false);
	is_for_qemu(&s, "{\"execute\": 1}", "QEMU does not see it");
}

static void no_marker_is_needed(void)
{
	struct session s = {0};

	session_init(&s);
	client(&s, "{}", false);
	is_for_qemu(&s, "{}", "a client without a marker is heard");
	client(&s, "\1", true);
	is_for_qemu(&s, "", "from then on a marker starts anew");
}

static void second_marker_starts_anew(void)
{
	struct session s = {0};
	unsigned long nr;

	session_init(&s);
	nr = s.nr;
	client(&s, "\1", false);
	qemu(&s, GREETING);
	qemu_sync(&s);
	client(&s, "{\"half", false);
	client(&s, "more\1gone\1{\"new\"}", true);
	is_for_qemu(&s, "{\"new\"}", "only what follows the last marker");
	is_for_client(&s, "", "nothing is left for the client");
	is_int(s.phase, SESSION_BEFORE_GREETING, "a greeting is awaited");
	ok(s.nr != nr, "and an answer with a new id");
}

static void leading_rubbish_makes_it_a_restart(void)
{
	struct session s = {0};

	session_init(&s);
	client(&s, "x\1y", true);
	is_for_qemu(&s, "y", "a marker after other bytes in one piece");
}

static void greeting_gets_its_own_line(void)
{
	struct session s = {0};

	session_init(&s);
	qemu(&s, GREETING);
	qemu_sync(&s);
	session_client_took(&s, strlen(GREETING));
	client(&s, "\1\1", true);
	is_for_client(&s, "", "whole lines: nothing to end");
	qemu(&s, GREETING);
	qemu_sync(&s);
	session_client_took(&s, 5);
	client(&s, "\1", true);
	is_for_client(&s, "\r\n", "half a line is ended");
	qemu(&s, GREETING);
	qemu_sync(&s);
	is_for_client(&s, "\r\n" GREETING, "before the new greeting");
}

/* Push `total` bytes through, unevenly; all must come out, in order. */
static void much_goes_through(void)
{
	enum { TOTAL = 300000 };
	struct session s = {0};
	size_t in = 0, out = 0, len, i, wrong = 0;
	char data[FIFO_SIZE];

	session_init(&s);
	srand(1);
	while (out < TOTAL) {
		size_t n = (size_t)rand() % (session_client_room(&s) + 1);
		const char *got;

		for (i = 0; i < n; i++)
			data[i] = (char)('!' + (in + i) % 89);
		session_from_client(&s, data, n);
		in += n;
		got = session_to_qemu(&s, &len);
		len = (size_t)rand() % (len + 1);
		for (i = 0; i < len; i++)
			wrong += got[i] != (char)('!' + (out + i) % 89);
		session_qemu_took(&s, len);
		out += len;
	}
	is_int(wrong, 0, "every byte in its place");
	is_int(session_client_room(&s), FIFO_SIZE - (in - out),
	       "room is what is not waiting");
}

/* The room told is room enough, however the greeting is cut in pieces. */
static void room_counts_what_matches(void)
{
	struct session s = {0};
	char data[FIFO_SIZE];
	size_t len;

	session_init(&s);
	client(&s, "\1", false);
	s.mid_line = true;
	client(&s, "\1", true);
	qemu(&s, "{\"QMP");
	memset(data, 'x', sizeof(data));
	data[0] = '"';
	session_from_qemu(&s, data, session_qemu_room(&s));
	session_to_client(&s, &len);
	is_int(len, FIFO_SIZE, "full to the brim");
	is_int(session_qemu_room(&s), 0, "and no room is told");
}

int main(void)
{
	clean_start();
	stale_replies_are_dropped();
	bytes_may_come_singly();
	no_sync_is_another_s();
	first_marker_is_swallowed();
	no_marker_is_needed();
	second_marker_starts_anew();
	leading_rubbish_makes_it_a_restart();
	greeting_gets_its_own_line();
	much_goes_through();
	room_counts_what_matches();
	return done_testing();
}
