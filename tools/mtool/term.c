/* SPDX-License-Identifier: MIT */
#include "tools/mtool/term.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

int term_raw(struct term *t, int fd, struct err *e)
{
	struct termios raw;

	t->fd = -1;
	if (!isatty(fd))
		return 0;
	if (tcgetattr(fd, &t->saved) < 0)
		return err_sys(e, EXIT_FAILED, "terminal");
	raw = t->saved;
	cfmakeraw(&raw);
	t->fd = fd;
	if (tcsetattr(fd, TCSADRAIN, &raw) < 0) {
		t->fd = -1;
		return err_sys(e, EXIT_FAILED, "terminal");
	}
	return 0;
}

void term_restore(struct term *t)
{
	if (t->fd >= 0)
		tcsetattr(t->fd, TCSADRAIN, &t->saved);
	t->fd = -1;
}

static void signal_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGTSTP);
}

int term_signals_open(struct err *e)
{
	sigset_t set;
	int fd;

	signal_set(&set);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(e, EXIT_FAILED, "signals");
	return fd;
}

void term_signals_close(int fd)
{
	sigset_t set;

	signal_set(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	if (fd >= 0)
		close(fd);
}

int term_signal(int fd)
{
	struct signalfd_siginfo si;

	if (read(fd, &si, sizeof(si)) != sizeof(si))
		return 0;
	return (int)si.ssi_signo;
}

void term_obey(int nr)
{
	sigset_t set;

	if (nr == SIGTSTP) {
		raise(SIGSTOP);
		return;
	}
	sigemptyset(&set);
	sigaddset(&set, nr);
	signal(nr, SIG_DFL);
	raise(nr);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static size_t show_byte(uint8_t c, char *out)
{
	static const char hex[] = "0123456789abcdef";

	if (c == '\t' || c == '\n' || (c >= 0x20 && c < 0x7f)) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x80) {
		out[0] = '^';
		out[1] = (char)(c ^ 0x40); /* DEL: ^? */
		return 2;
	}
	out[0] = '\\';
	out[1] = 'x';
	out[2] = hex[c >> 4];
	out[3] = hex[c & 15];
	return 4;
}

size_t term_visible(struct term_text *t, const uint8_t *in, size_t n, char *out)
{
	size_t i, len = 0;

	for (i = 0; i < n; i++) {
		if (t->cr && in[i] != '\n')
			len += show_byte('\r', out + len);
		t->cr = in[i] == '\r';
		if (!t->cr)
			len += show_byte(in[i], out + len);
	}
	return len;
}
