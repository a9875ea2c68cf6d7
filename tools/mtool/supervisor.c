/* SPDX-License-Identifier: MIT */
#include "tools/mtool/supervisor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/num.h"
#include "tools/mtool/supervise.h"
#include "tools/mtool/vmincoming.h"

enum {
	START_MS = 30000, /* to open its devices; it waits for nobody */
	END_MS = 10000,
};

/* The child's standard files go nowhere; its messages go to the VM's log. */
static void detach(void)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	if (null < 0)
		return;
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	if (null > 2)
		close(null);
}

/*
 * Everything that mtool opens is closed on exec. What is not, our caller's
 * shell had open: a lock that it holds by such a descriptor must not be held
 * for as long as the VM lives.
 */
static void close_callers(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *d;
	uint64_t fd;

	while (dir && (d = readdir(dir))) {
		int flags;

		if (num_parse(d->d_name, STDERR_FILENO + 1, INT_MAX, &fd) < 0)
			continue;
		flags = fcntl((int)fd, F_GETFD);
		if (flags >= 0 && !(flags & FD_CLOEXEC))
			close((int)fd);
	}
	if (dir)
		closedir(dir);
}

static void default_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_IGN); /* a restart's creator leaves no zombie */
}

/* What the creator had open is not ours; its memory goes back to the system. */
static void drop_inherited(struct vm *vm, struct hyp *h, struct xs *xs)
{
	hyp_close(h);
	xs_disconnect(xs);
	vm_plan_free(&vm->plan);
	vm_close_disks(vm);
	if (vm->incoming)
		vm_incoming_leave(vm->incoming);
	vm->incoming = NULL;
	if (vm->signal_fd >= 0)
		close(vm->signal_fd);
	memory_release();
}

_Noreturn static void child(int fd, struct vm *vm, struct hyp *h, struct xs *xs)
{
	struct supervise *s;
	struct err e;

	default_signals();
	drop_inherited(vm, h, xs);
	close_callers();
	s = supervise_new(vm, fd, &e);
	if (!s) {
		send(fd, e.msg, strlen(e.msg), MSG_NOSIGNAL);
		_exit(1);
	}
	send(fd, SUPERVISE_READY, strlen(SUPERVISE_READY), MSG_NOSIGNAL);
	detach();
	supervise_run(s);
	_exit(0);
}

/* Its first message is "ready", or why it could not start. */
static int await_ready(struct supervisor *s, struct err *e)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};
	char text[sizeof(e->msg)];
	ssize_t n;

	if (poll(&p, 1, START_MS) != 1)
		return err_set(e, EXIT_TIMEOUT,
			       "supervisor: no sign of life after %d s",
			       START_MS / 1000);
	n = recv(s->fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return err_set(e, EXIT_FAILED,
			       "supervisor: died as it started");
	text[n] = '\0';
	if (strcmp(text, SUPERVISE_READY))
		return err_set(e, EXIT_FAILED, "supervisor: %s", text);
	return 0;
}

int supervisor_start(struct supervisor *s, struct vm *vm, struct hyp *h,
		     struct xs *xs, struct log *log, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, EXIT_FAILED, "supervisor: socket");
	fflush(NULL);
	s->pid = fork();
	if (s->pid < 0) {
		err_sys(e, EXIT_FAILED, "supervisor: fork");
		close(pair[0]);
		close(pair[1]);
		return -1;
	}
	if (!s->pid) {
		close(pair[0]);
		if (log->trace) { /* who reads it waits for its end */
			fclose(log->trace);
			log_trace(log, NULL);
		}
		child(pair[1], vm, h, xs);
	}
	close(pair[1]);
	s->fd = pair[0];
	log_msg(log, LOG_DETAIL, "host: supervisor is process %d", s->pid);
	if (await_ready(s, e) < 0) {
		supervisor_end(s);
		return -1;
	}
	return 0;
}

static void say(struct supervisor *s, const char *word)
{
	send(s->fd, word, strlen(word), MSG_NOSIGNAL);
}

int supervisor_ask(struct supervisor *s, int fd, struct err *e)
{
	s->pid = 0;
	s->fd = fd;
	say(s, SUPERVISE_SERVE);
	return await_ready(s, e);
}

int supervisor_whole(struct supervisor *s, struct err *e)
{
	say(s, SUPERVISE_WHOLE);
	return await_ready(s, e);
}

int supervisor_release(struct supervisor *s, struct err *e)
{
	if (send(s->fd, SUPERVISE_GO, strlen(SUPERVISE_GO), MSG_NOSIGNAL) < 0)
		return err_sys(e, EXIT_FAILED, "supervisor");
	close(s->fd);
	s->fd = -1;
	return 0;
}

/* Killing it is for one that does not listen. */
static void reap(struct supervisor *s)
{
	struct timespec nap = {.tv_nsec = 10 * 1000000};
	uint64_t end = clock_ms() + END_MS;

	while (waitpid(s->pid, NULL, WNOHANG) == 0) {
		if (clock_ms() >= end) {
			kill(s->pid, SIGKILL);
			waitpid(s->pid, NULL, 0);
			return;
		}
		nanosleep(&nap, NULL);
	}
}

void supervisor_end(struct supervisor *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};
	char word[16];

	if (s->fd >= 0) {
		say(s, SUPERVISE_END);
		if (poll(&p, 1, END_MS) == 1)
			recv(s->fd, word, sizeof(word), MSG_DONTWAIT);
	}
	if (s->pid) {
		if (s->fd >= 0)
			close(s->fd);
		s->fd = -1;
		reap(s);
	}
}
