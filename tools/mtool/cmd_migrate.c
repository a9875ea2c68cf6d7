/* SPDX-License-Identifier: MIT */
/*
 * migrate: a save whose stream goes to `mtool restore --receive -` on another
 * host, and whose guest is given up only when the other side says it runs
 * there (tools/mtool/handshake.h).
 */
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/mtool/handshake.h"
#include "tools/mtool/savejob.h"

enum {
	READY_MS = 120000,  /* to connect, and to check all there */
	BUILT_MS = 300000,  /* to start the device model there */
	RUNNING_MS = 60000, /* one hypercall, and the way back */
	LEAVE_MS = 5000,
};

struct migrate {
	struct save_job job;
	const char *shell; /* what runs a command on HOST */
	const char *host;
	char *command;
	pid_t pid;
	int words; /* what the other side says */
};

/* A word for the other side's shell. */
static void quote(FILE *f, const char *word)
{
	fputs(" '", f);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", f);
		else
			fputc(*word, f);
	}
	fputc('\'', f);
}

static int make_command(struct migrate *g, char **word, int nr, struct err *e)
{
	size_t len;
	FILE *f = open_memstream(&g->command, &len);
	int i;

	if (!f)
		return err_sys(e, EXIT_FAILED, "memory");
	fputs("mtool restore --receive -", f);
	for (i = 0; i < nr; i++)
		quote(f, word[i]);
	if (fclose(f))
		return err_sys(e, EXIT_FAILED, "memory");
	return 0;
}

/* --- the way there --- */

_Noreturn static void run_command(const struct migrate *g, int in, int out)
{
	char *script;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0); /* ^C is for us to heed: it must not cut the line */
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    asprintf(&script, "exec %s \"$@\"", g->shell) >= 0)
		execl("/bin/sh", "sh", "-c", script, "sh", g->host, g->command,
		      (char *)NULL);
	_exit(127);
}

static int connect_there(struct migrate *g, struct err *e)
{
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) < 0)
		return err_sys(e, EXIT_FAILED, "pipe");
	if (pipe2(from, O_CLOEXEC) < 0) {
		err_sys(e, EXIT_FAILED, "pipe");
		close(to[0]);
		close(to[1]);
		return -1;
	}
	fflush(NULL);
	g->pid = fork();
	if (!g->pid)
		run_command(g, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	g->job.out = to[1];
	g->words = from[0];
	if (g->pid > 0)
		return 0;
	g->pid = 0;
	return err_sys(e, EXIT_FAILED, "fork");
}

/* The other side takes back what it has begun when the line is cut. */
static void leave(struct migrate *g)
{
	struct pollfd p = {.fd = g->words, .events = POLLIN};

	if (!g->pid)
		return;
	poll(&p, 1, LEAVE_MS);
	kill(g->pid, SIGTERM);
	waitpid(g->pid, NULL, 0);
	close(g->words);
}

static int await(struct migrate *g, const char *word, uint64_t ms,
		 struct err *e)
{
	if (handshake_await(g->words, word, g->job.live.signal_fd, ms, e) < 0)
		return err_in(e, "%s", g->host);
	return 0;
}

static int await_ready(void *ctx, struct err *e)
{
	return await(ctx, "ready", READY_MS, e);
}

/*
 * Whether it runs there is not known, and two of it would write to one disk.
 */
static int hold(struct migrate *g, struct err *e)
{
	struct err why = *e, ignored;
	const char *name = g->job.live.record.name;

	save_hold(&g->job, &ignored);
	return err_set(e, why.code,
		       "%s. Whether the guest runs there is not known: here it "
		       "is paused; if it does, mtool destroy %s, else mtool "
		       "unpause %s",
		       why.msg, name, name);
}

/* From the word "go" on only the other side may let it run. */
static int let_go(struct migrate *g, struct err *e)
{
	if (await(g, "built", BUILT_MS, e) < 0 ||
	    handshake_say(g->job.out, "go", e) < 0)
		return -1;
	/* no ^C in between: it would not be known what came of it */
	if (!handshake_await(g->words, "running", -1, RUNNING_MS, e))
		return 0;
	err_in(e, "%s", g->host);
	if (e->code == EXIT_TIMEOUT || e->code == EXIT_DIED)
		return hold(g, e);
	return -1;
}

static int migrate(struct migrate *g, const char *who, struct err *e)
{
	struct save_job *j = &g->job;

	j->ready = await_ready;
	j->ctx = g;
	if (save_open(j, who, e) < 0)
		return -1;
	if (connect_there(g, e) < 0)
		return err_in(e, "%s", j->live.record.name);
	if (save_stream(j, e) < 0)
		return -1;
	if (let_go(g, e) < 0)
		return err_in(e, "%s", who);
	return save_finish(j, e);
}

/* --- the command --- */

static int parse(struct migrate *g, int argc, char **argv, struct err *e)
{
	int c;

	while ((c = cmd_option(argc, argv, "s:", "live=l", e)) != -1) {
		if (c == 'l')
			g->job.running = true;
		else if (c == 's')
			g->shell = optarg;
		else
			return -1;
	}
	if (cmd_words(argc, argv, 2, argc, e) < 0)
		return -1;
	g->host = argv[optind + 1];
	if (*g->host == '-' || !*g->host)
		return err_set(e, EXIT_USAGE, "%s: not a host", g->host);
	return make_command(g, argv + optind + 2, argc - optind - 2, e);
}

int cmd_migrate(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct migrate *g = calloc(1, sizeof(*g));
	int rc = -1;

	if (!g)
		return err_sys(e, EXIT_FAILED, "memory");
	save_init_job(&g->job, m, "migrate");
	g->shell = "ssh";
	if (!parse(g, argc, argv, e)) {
		rc = migrate(g, argv[optind], e);
		save_close(&g->job); /* the line is cut, if it still was */
		leave(g);
	}
	free(g->command);
	free(g);
	return rc;
}
