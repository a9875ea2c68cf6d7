/* SPDX-License-Identifier: MIT */
#include "tools/mtool/consolecli.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "tools/mtool/ctl.h"
#include "tools/mtool/term.h"

enum {
	CHUNK = 4096,
	TTY_CHUNK = 256, /* a terminal that is ready takes it at once */
	ATTACH_MS = 5000,
	RETRY_MS = 100, /* between attempts to come back */
	RETRY_ATTACH_MS = 1000,
	RETRY_FOR_MS = 30000,
	PATIENCE_MS = 1000, /* before we say that we wait */
};

/* One direction: what was read and is not yet written. */
struct flow {
	char buf[CHUNK];
	size_t len, off;
	bool eof;
};

/* Our place in the console's history, and the line that is coming in. */
struct place {
	uint64_t pos;
	char line[64];
	size_t len; /* sizeof(line): too long to be of interest */
};

struct session {
	const char *ctl_path, *name;
	bool input;
	int sock, signals;
	struct term term;
	struct flow in, out; /* to the guest, from the guest */
	struct place place;
};

enum outcome {
	GO_ON,
	LEAVE, /* the user has had enough, or nobody reads our output */
	LOST,  /* the supervisor has hung up */
	ENDED, /* so has the VM */
	FAILED,
};

/*
 * "\r\n[mtool: N bytes dropped]\r\n" stands for N bytes of history. A guest
 * that fakes it misleads only who comes back to read it.
 */
static void place_line(struct place *p)
{
	unsigned long long n;
	int end = 0;

	p->line[p->len] = '\0';
	/* NOLINTNEXTLINE(cert-err34-c): 18 digits cannot overflow */
	if (sscanf(p->line, "[mtool: %18llu bytes dropped]%n", &n, &end) == 1 &&
	    end && !strcmp(p->line + end, "\r\n"))
		p->pos += n - (p->len + 2);
}

static void place_move(struct place *p, const char *buf, size_t n)
{
	p->pos += n;
	for (; n; buf++, n--) {
		if (p->len < sizeof(p->line) - 1)
			p->line[p->len++] = *buf;
		else
			p->len = sizeof(p->line);
		if (*buf != '\n')
			continue;
		if (p->len < sizeof(p->line))
			place_line(p);
		p->len = 0;
	}
}

static int attach(struct session *s, int timeout_ms, struct err *e)
{
	json_t *request, *answer = NULL;

	request = json_pack("{s:s,s:s,s:b,s:I}", "cmd", "console", "name",
			    s->name, "input", (int)s->input, "from",
			    (json_int_t)s->place.pos);
	if (!request)
		return err_set(e, EXIT_FAILED, "memory");
	s->sock = ctl_attach(s->ctl_path, request, &answer, timeout_ms, e);
	json_decref(request);
	if (s->sock < 0)
		return -1;
	s->place.pos = (uint64_t)json_integer_value(
		json_object_get(answer, "position"));
	s->place.len = 0;
	json_decref(answer);
	return 0;
}

/* Only to a user at a terminal; a pipe gets the guest's bytes alone. */
static void tell(const struct session *s, const char *text)
{
	if (s->term.fd >= 0)
		dprintf(STDERR_FILENO, "\r\n[mtool: %s]\r\n", text);
}

static bool full(const struct flow *f)
{
	return f->off < f->len;
}

/* What the user typed; up to ^], if it is in there. */
static enum outcome read_user(struct session *s)
{
	struct flow *f = &s->in;
	ssize_t n = read(STDIN_FILENO, f->buf, sizeof(f->buf));
	char *leave = NULL;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return GO_ON;
	if (n <= 0) {
		f->eof = true;
		if (s->term.fd >= 0)
			return LEAVE; /* the terminal is gone */
		shutdown(s->sock, SHUT_WR);
		return GO_ON;
	}
	if (s->term.fd >= 0)
		leave = memchr(f->buf, TERM_LEAVE, (size_t)n);
	f->off = 0;
	f->len = leave ? (size_t)(leave - f->buf) : (size_t)n;
	if (!s->input)
		f->len = 0;
	if (leave && f->len)
		send(s->sock, f->buf, f->len, MSG_NOSIGNAL);
	return leave ? LEAVE : GO_ON;
}

static enum outcome send_guest(struct session *s)
{
	struct flow *f = &s->in;
	ssize_t n =
		send(s->sock, f->buf + f->off, f->len - f->off, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return GO_ON;
	/* If it has hung up, reading will tell, after what it still said. */
	f->off = n < 0 ? f->len : f->off + (size_t)n;
	return GO_ON;
}

static enum outcome read_guest(struct session *s)
{
	struct flow *f = &s->out;
	ssize_t n = recv(s->sock, f->buf, sizeof(f->buf), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return GO_ON;
	if (n <= 0)
		return LOST;
	place_move(&s->place, f->buf, (size_t)n);
	f->off = 0;
	f->len = (size_t)n;
	return GO_ON;
}

static enum outcome write_user(struct session *s, struct err *e)
{
	struct flow *f = &s->out;
	size_t n = f->len - f->off;
	ssize_t r;

	if (n > TTY_CHUNK && isatty(STDOUT_FILENO))
		n = TTY_CHUNK;
	r = write(STDOUT_FILENO, f->buf + f->off, n);
	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return GO_ON;
	if (r < 0 && (errno == EPIPE || errno == EIO))
		return LEAVE;
	if (r < 0) {
		err_sys(e, EXIT_FAILED, "standard output");
		return FAILED;
	}
	f->off += (size_t)r;
	return GO_ON;
}

/* A signal: the terminal is as it was before it has its way. */
static enum outcome take_signal(struct session *s, struct err *e)
{
	int nr = term_signal(s->signals);
	bool raw = s->term.fd >= 0;

	if (!nr)
		return GO_ON;
	term_restore(&s->term);
	term_obey(nr);
	if (raw && term_raw(&s->term, STDIN_FILENO, e) < 0)
		return FAILED;
	return GO_ON;
}

enum { P_USER, P_GUEST, P_OUT, P_SIGNAL, P_COUNT };

/* Someone is read only when what was read before has been passed on. */
static void what_to_poll(const struct session *s, struct pollfd *p)
{
	bool user =
		!s->in.eof && !full(&s->in) && (s->input || s->term.fd >= 0);

	p[P_USER] = (struct pollfd){.fd = user ? STDIN_FILENO : -1,
				    .events = POLLIN};
	p[P_GUEST] = (struct pollfd){.fd = s->sock};
	p[P_OUT] = (struct pollfd){.fd = STDOUT_FILENO};
	p[P_SIGNAL] = (struct pollfd){.fd = s->signals, .events = POLLIN};
	if (full(&s->out))
		p[P_OUT].events = POLLOUT;
	else
		p[P_GUEST].events = POLLIN;
	if (full(&s->in))
		p[P_GUEST].events |= POLLOUT;
	if (!p[P_GUEST].events) /* or a hang-up would wake us all the time */
		p[P_GUEST].fd = -1;
}

static enum outcome one_round(struct session *s, struct err *e)
{
	struct pollfd p[P_COUNT];
	enum outcome r = GO_ON;

	what_to_poll(s, p);
	if (poll(p, P_COUNT, -1) < 0)
		return errno == EINTR ? GO_ON : LEAVE;
	if (p[P_SIGNAL].revents)
		r = take_signal(s, e);
	if (r == GO_ON && p[P_OUT].revents)
		r = full(&s->out) ? write_user(s, e) : LEAVE;
	if (r == GO_ON && p[P_USER].revents)
		r = read_user(s);
	if (r == GO_ON && (p[P_GUEST].revents & POLLOUT) && full(&s->in))
		r = send_guest(s);
	if (r == GO_ON && (p[P_GUEST].revents & ~POLLOUT) && !full(&s->out))
		r = read_guest(s);
	return r;
}

/* A pause, in which the user may still leave. */
static enum outcome pause_round(struct session *s, struct err *e)
{
	struct pollfd p[] = {
		{.fd = s->term.fd, .events = POLLIN},
		{.fd = s->signals, .events = POLLIN},
	};
	char buf[CHUNK];
	ssize_t n;

	if (poll(p, 2, RETRY_MS) <= 0)
		return GO_ON;
	if (p[1].revents)
		return take_signal(s, e);
	n = read(s->term.fd, buf, sizeof(buf));
	if (n <= 0 || memchr(buf, TERM_LEAVE, (size_t)n))
		return LEAVE;
	return GO_ON;
}

/*
 * The supervisor has gone. Either the VM has ended too, or it restarts, or
 * another supervisor takes over: then we go on where we were.
 */
static enum outcome come_back(struct session *s, struct err *e)
{
	uint64_t start = clock_ms(), now;
	bool told = false;
	enum outcome r;

	close(s->sock);
	s->sock = -1;
	for (now = start; now - start < RETRY_FOR_MS; now = clock_ms()) {
		if (ctl_vm_gone(s->ctl_path))
			return ENDED;
		if (attach(s, RETRY_ATTACH_MS, e) == 0) {
			if (s->in.eof)
				shutdown(s->sock, SHUT_WR);
			return GO_ON;
		}
		if (e->code == EXIT_USAGE)
			return FAILED; /* it has no such console any more */
		if (!told && now - start > PATIENCE_MS)
			tell(s, "the supervisor is gone; waiting");
		told |= now - start > PATIENCE_MS;
		r = pause_round(s, e);
		if (r != GO_ON)
			return r;
	}
	return FAILED;
}

static int converse(struct session *s, struct err *e)
{
	enum outcome r = GO_ON;

	while (r == GO_ON) {
		r = one_round(s, e);
		if (r == LOST)
			r = come_back(s, e);
	}
	if (r == ENDED)
		tell(s, "the VM has ended");
	else if (s->term.fd >= 0)
		dprintf(STDERR_FILENO, "\r\n"); /* the prompt's own line */
	return r == FAILED ? -1 : 0;
}

int console_attach(const char *ctl_path, const char *name, bool input,
		   struct err *e)
{
	struct session s = {.ctl_path = ctl_path,
			    .name = name,
			    .input = input,
			    .sock = -1,
			    .term.fd = -1};
	int rc = -1;

	signal(SIGPIPE, SIG_IGN);
	s.signals = term_signals_open(e);
	if (s.signals >= 0 && attach(&s, ATTACH_MS, e) == 0 &&
	    term_raw(&s.term, STDIN_FILENO, e) == 0)
		rc = converse(&s, e);
	term_restore(&s.term);
	if (s.sock >= 0)
		close(s.sock);
	term_signals_close(s.signals);
	return rc;
}
