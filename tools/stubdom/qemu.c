/* SPDX-License-Identifier: MIT */
#include "tools/stubdom/qemu.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/stubdom/say.h"

enum { EXIT_NO_EXEC = 127 }; /* as a shell has it */

static _Noreturn void qemu_exec(const struct argv *argv, int save_fd,
				int restore_fd)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* dup2 leaves close-on-exec behind */
	if ((restore_fd < 0 || dup2(restore_fd, FD_RESTORE) >= 0) &&
	    (save_fd < 0 || dup2(save_fd, FD_SAVE) >= 0))
		execv(argv->v[0], (char *const *)argv->v);
	say("start %s: %s", argv->v[0], strerror(errno));
	_exit(EXIT_NO_EXEC);
}

pid_t qemu_start(const struct argv *argv, int save_fd, int restore_fd,
		 struct err *e)
{
	pid_t pid = fork();

	if (pid < 0)
		return err_sys(e, EXIT_FAILED, "fork");
	if (pid == 0)
		qemu_exec(argv, save_fd, restore_fd);
	return pid;
}

void qemu_death(int status, char *text, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(text, size, "killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == EXIT_NO_EXEC)
		snprintf(text, size, "could not be started");
	else
		snprintf(text, size, "ended with exit status %d",
			 WEXITSTATUS(status));
}
