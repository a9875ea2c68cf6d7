/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: the input is what xenstored sends, to one who asks for a value, a
 * directory, a transaction, many writes or nothing, by the first byte. If its
 * high bit is set the rest is messages with short headers, else bytes as they
 * are.
 */
#include "core/xsreq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/xswire_peer.h"

enum {
	INPUT_MAX = 16384,
	SHORT_HEAD = 3,
	WRITES = 40, /* more than are under way at once */
	SENT_MAX =
		INPUT_MAX / SHORT_HEAD * sizeof(struct xsd_sockmsg) + INPUT_MAX,
};

static void check(int pass)
{
	if (!pass)
		abort();
}

static void on_event(void *ctx, const char *path, const char *token)
{
	unsigned int *ends = ctx;

	check(!*ends && !path == !token);
	*ends += !path;
	check(!path || strlen(path) + strlen(token) < XENSTORE_PAYLOAD_MAX);
}

/*
 * Type, number, and how much of what follows is its payload. In one write:
 * a socket has no room for thousands of them.
 */
static void send_messages(const struct peer *p, const uint8_t *data,
			  size_t size)
{
	static char sent[SENT_MAX];
	struct xsd_sockmsg h;
	size_t at = 0;

	while (size >= SHORT_HEAD) {
		h = (struct xsd_sockmsg){.type = data[0], .req_id = data[1]};
		h.len = data[2];
		data += SHORT_HEAD;
		size -= SHORT_HEAD;
		h.len = h.len < size ? h.len : (uint32_t)size;
		memcpy(sent + at, &h, sizeof(h));
		memcpy(sent + at + sizeof(h), data, h.len);
		at += sizeof(h) + h.len;
		data += h.len;
		size -= h.len;
	}
	peer_write(p, sent, at);
}

static void ask_value(struct xswire *w)
{
	const char *value = NULL;
	int len = xsreq_read(w, XBT_NULL, "/x", &value);

	check(len <= XENSTORE_PAYLOAD_MAX);
	check(len < 0 || strlen(value) <= (size_t)len);
}

static void ask_directory(struct xswire *w)
{
	unsigned int i, nr = 0;
	char **names = xsreq_directory(w, XBT_NULL, "/x", &nr);
	size_t len = 0;

	for (i = 0; names && i < nr; i++)
		len += strlen(names[i]) + 1;
	check(len <= XSREQ_LIST_MAX);
	free(names);
}

static void ask_ahead(struct xswire *w)
{
	unsigned int i;
	int rc = 0;

	xswire_ahead(w);
	for (i = 0; i < WRITES && !rc; i++)
		rc = xsreq_write(w, XBT_NULL, "/x", "", 0);
	check(!rc || xswire_why(w));
	check(!xswire_settle(w) || errno);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int ends = 0;
	struct xswire *w;
	struct peer p;

	if (!size || size > INPUT_MAX)
		return 0;
	w = xswire_new(peer_open(&p));
	check(w != NULL);
	xswire_on_event(w, on_event, &ends);
	if (*data & 0x80)
		send_messages(&p, data + 1, size - 1);
	else
		peer_write(&p, data + 1, size - 1);
	shutdown(p.fd, SHUT_WR);
	switch (*data & 7) {
	case 0:
		ask_value(w);
		break;
	case 1:
		ask_directory(w);
		break;
	case 2:
		xsreq_begin(w);
		break;
	case 4:
		ask_ahead(w);
		break;
	}
	while (!xswire_receive(w))
		;
	check(ends == 1 && xswire_why(w));
	xswire_close(w);
	close(p.fd);
	return 0;
}
