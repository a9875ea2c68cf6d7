/* SPDX-License-Identifier: MIT */
#include "tools/stubdom/session.h"

#include <stdio.h>
#include <string.h>

static size_t fifo_room(const struct fifo *f)
{
	return FIFO_SIZE - f->len;
}

static void fifo_put(struct fifo *f, const char *data, size_t len)
{
	if (f->start + f->len + len > FIFO_SIZE) {
		memmove(f->data, f->data + f->start, f->len);
		f->start = 0;
	}
	memcpy(f->data + f->start + f->len, data, len);
	f->len += len;
}

static void fifo_drop(struct fifo *f, size_t len)
{
	f->start += len;
	f->len -= len;
	if (!f->len)
		f->start = 0;
}

void session_init(struct session *s)
{
	unsigned long nr = s->nr + 1;

	memset(s, 0, sizeof(*s));
	s->nr = nr;
	snprintf(s->sync, sizeof(s->sync), "stubdom-%lu\"", nr);
}

/* QEMU refuses it, for want of qmp_capabilities: any reply will do. */
void session_sync(const struct session *s, char *command, size_t size)
{
	snprintf(command, size, "{\"execute\":\"query-version\",\"id\":\"%s}",
		 s->sync);
}

/*
 * The same client goes on with a new conversation. It may have been given
 * half a line: end it, so that the greeting stands on a line of its own.
 */
static void session_restart(struct session *s)
{
	bool mid_line = s->mid_line;

	session_init(s);
	s->client_spoke = true;
	if (mid_line)
		fifo_put(&s->down, "\r\n", 2);
}

size_t session_client_room(const struct session *s)
{
	return fifo_room(&s->up);
}

static const char *last_marker(const char *data, size_t len)
{
	while (len--) {
		if (data[len] == SESSION_MARKER)
			return data + len;
	}
	return NULL;
}

bool session_from_client(struct session *s, const char *data, size_t len)
{
	const char *marker = last_marker(data, len);
	bool restart = marker && (s->client_spoke || marker != data);

	if (restart)
		session_restart(s);
	if (marker) {
		len -= (size_t)(marker + 1 - data);
		data = marker + 1;
	}
	s->client_spoke = true;
	fifo_put(&s->up, data, len);
	return restart;
}

size_t session_qemu_room(const struct session *s)
{
	size_t room = fifo_room(&s->down);

	/* what matches so far will be put there if the rest does too */
	return s->phase == SESSION_BEFORE_GREETING ? room - s->match : room;
}

/*
 * Go on with looking for `text`; true at its last byte. Its first character
 * must not come again in it: then a mismatch can only be a new beginning.
 */
static bool look_for(struct session *s, const char *text, char c)
{
	if (c != text[s->match])
		s->match = 0;
	if (c == text[s->match])
		s->match++;
	if (text[s->match])
		return false;
	s->match = 0;
	return true;
}

/* One byte of QEMU before the conversation is open. */
static void open_session(struct session *s, char c)
{
	static const char greeting[] = "{\"QMP\"";

	switch (s->phase) {
	case SESSION_BEFORE_GREETING:
		if (!look_for(s, greeting, c))
			break;
		fifo_put(&s->down, greeting, strlen(greeting));
		s->phase = SESSION_GREETING;
		break;
	case SESSION_GREETING:
		fifo_put(&s->down, &c, 1);
		if (c == '\n')
			s->phase = SESSION_BEFORE_SYNC;
		break;
	case SESSION_BEFORE_SYNC:
		if (look_for(s, s->sync, c))
			s->phase = SESSION_SYNC;
		break;
	case SESSION_SYNC:
		if (c == '\n')
			s->phase = SESSION_OPEN;
		break;
	case SESSION_OPEN:
		break;
	}
}

void session_from_qemu(struct session *s, const char *data, size_t len)
{
	while (len && s->phase != SESSION_OPEN) {
		open_session(s, *data++);
		len--;
	}
	fifo_put(&s->down, data, len);
}

const char *session_to_qemu(const struct session *s, size_t *len)
{
	*len = s->up.len;
	return s->up.data + s->up.start;
}

const char *session_to_client(const struct session *s, size_t *len)
{
	*len = s->down.len;
	return s->down.data + s->down.start;
}

void session_qemu_took(struct session *s, size_t len)
{
	fifo_drop(&s->up, len);
}

void session_client_took(struct session *s, size_t len)
{
	if (len)
		s->mid_line = s->down.data[s->down.start + len - 1] != '\n';
	fifo_drop(&s->down, len);
}
