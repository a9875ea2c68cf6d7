/* SPDX-License-Identifier: MIT */
#include "tools/mtool/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIPE_BYTES = 8 << 20 };

_Noreturn static void work(int fd, pid_t parent, worker_fn *fn, void *ctx)
{
	struct err e = {.code = EXIT_DONE};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILED); /* it has died meanwhile */
	if (fn(ctx, &e) < 0 && e.code == EXIT_DONE)
		e.code = EXIT_FAILED;
	send(fd, &e, sizeof(e), MSG_NOSIGNAL);
	_exit(e.code);
}

int worker_start(struct worker *w, worker_fn *fn, void *ctx, struct err *e)
{
	pid_t parent = getpid();
	int pair[2];

	w->pid = 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, EXIT_FAILED, "socket");
	w->pid = fork();
	if (!w->pid) {
		close(pair[0]);
		work(pair[1], parent, fn, ctx);
	}
	close(pair[1]);
	w->fd = pair[0];
	if (w->pid > 0)
		return 0;
	err_sys(e, EXIT_FAILED, "fork");
	close(w->fd);
	w->pid = 0;
	return -1;
}

/* Without CAP_SYS_RESOURCE it may not be so big, and is only slower. */
int worker_pipe(int pipe[2], struct err *e)
{
	if (pipe2(pipe, O_CLOEXEC) < 0)
		return err_sys(e, EXIT_FAILED, "pipe");
	fcntl(pipe[1], F_SETPIPE_SZ, PIPE_BYTES);
	return 0;
}

static void reap(struct worker *w)
{
	while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(w->fd);
	w->pid = 0;
}

void worker_leave(struct worker *w)
{
	if (w->pid)
		close(w->fd);
	w->pid = 0;
}

void worker_kill(struct worker *w)
{
	if (!w->pid)
		return;
	kill(w->pid, SIGKILL);
	reap(w);
}

int worker_wait(struct worker *w, int cancel, char *say, size_t size,
		struct err *e)
{
	struct pollfd p[2] = {{.fd = w->fd, .events = POLLIN},
			      {.fd = cancel, .events = POLLIN}};
	struct err told;
	ssize_t n;

	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	if (!p[0].revents) {
		worker_kill(w);
		return err_set(e, EXIT_FAILED, "interrupted");
	}
	n = recv(w->fd, &told, sizeof(told), MSG_DONTWAIT);
	reap(w);
	if (n != sizeof(told))
		return err_set(e, EXIT_FAILED, "a process of mtool was killed");
	if (told.code != EXIT_DONE) {
		*e = told;
		return -1;
	}
	if (say)
		snprintf(say, size, "%s", told.msg);
	return 0;
}
