/* SPDX-License-Identifier: MIT */
/*
 * The bytes of one QMP conversation between a client and QEMU, both ways.
 * Pure: who moves them is qmp.c.
 *
 * A new connection is not enough for a clean start. QEMU finishes the command
 * it was at when the last connection closed, and sends the reply into the
 * next one, before or after the greeting. So each conversation begins with a
 * command of our own whose reply, known by its id, comes after all that; the
 * client is given the greeting, and then only what follows that reply.
 */
#ifndef STUBDOM_SESSION_H
#define STUBDOM_SESSION_H

#include <stdbool.h>
#include <stddef.h>

enum {
	FIFO_SIZE = 4096,
	SESSION_MARKER = 0x01, /* "I am new", the first byte of a client */
};

enum session_phase {
	SESSION_BEFORE_GREETING, /* QEMU's bytes are dropped */
	SESSION_GREETING,	 /* kept, up to the end of the line */
	SESSION_BEFORE_SYNC,	 /* dropped */
	SESSION_SYNC,		 /* dropped, up to the end of the line */
	SESSION_OPEN,		 /* kept */
};

/* What has been taken from one side and not yet been given to the other. */
struct fifo {
	size_t start, len;
	char data[FIFO_SIZE];
};

struct session {
	unsigned long nr;  /* counts the conversations */
	char sync[32];	   /* the id of our own command, with its last quote */
	struct fifo up;	   /* client to QEMU */
	struct fifo down;  /* QEMU to client */
	bool client_spoke; /* a marker from now on means a new session */
	bool mid_line;	   /* the client was given a part of a line */
	enum session_phase phase;
	unsigned int match; /* how much of what is looked for has been seen */
};

/* A new client, a new connection to QEMU. *s is all zero the first time. */
void session_init(struct session *s);

/* The command to send on a new connection to QEMU, before anything else. */
void session_sync(const struct session *s, char *command, size_t size);

/* How many bytes the next call of session_from_client may bring. */
size_t session_client_room(const struct session *s);

/*
 * Take `len` bytes of the client. Returns true if one of them was a marker in
 * mid-session: all that was under way is dropped then, and QEMU must be
 * connected to anew before anything more is taken from it.
 */
bool session_from_client(struct session *s, const char *data, size_t len);

/* How many bytes the next call of session_from_qemu may bring. */
size_t session_qemu_room(const struct session *s);

/* Take `len` bytes of QEMU. */
void session_from_qemu(struct session *s, const char *data, size_t len);

/* What waits for QEMU, or for the client; *len may be 0. */
const char *session_to_qemu(const struct session *s, size_t *len);
const char *session_to_client(const struct session *s, size_t *len);

/* `len` bytes of it have been delivered. */
void session_qemu_took(struct session *s, size_t len);
void session_client_took(struct session *s, size_t len);

#endif
