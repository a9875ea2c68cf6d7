/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/mtool/mtool.h"
#include "tools/mtool/showlog.h"

enum { TAIL_LINES = 20 };

struct global {
	enum log_level level;
	bool json;
	const char *trace;   /* a file, or NULL */
	const char *instead; /* --help and --version are commands, too */
};

/* Options before the command. */
static int global_options(int argc, char **argv, struct global *g,
			  struct err *e)
{
	int c;

	while ((c = cmd_option(argc, argv, "+vqh",
			       "json=j help=h trace=T: version=V", e)) != -1) {
		if (c == 'v')
			g->level = g->level < LOG_STEP ? LOG_STEP : LOG_DETAIL;
		else if (c == 'q')
			g->level = LOG_ERROR;
		else if (c == 'j')
			g->json = true;
		else if (c == 'T')
			g->trace = optarg;
		else if (c == 'h')
			g->instead = "help";
		else if (c == 'V')
			g->instead = "version";
		else
			return -1;
	}
	return 0;
}

/* "--json" may stand behind the command as well. */
static int take_json(int argc, char **argv, struct global *g)
{
	int i, kept = 1;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			g->json = true;
		else
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	return kept;
}

static int open_trace(struct log *log, const char *path, struct err *e)
{
	FILE *f = path ? fopen(path, "we") : NULL;

	if (path && !f)
		return err_sys(e, EXIT_FAILED, "trace %s", path);
	/* by lines: destroy forks, and a trace should survive a crash */
	if (f)
		setvbuf(f, NULL, _IOLBF, 0);
	log_trace(log, f);
	return 0;
}

/* A trace that lacks something is a failure, though the command went well. */
static int close_trace(struct log *log, const char *path, int rc, struct err *e)
{
	FILE *f = log->trace;
	bool bad;

	if (!f)
		return rc;
	log_trace(log, NULL);
	bad = ferror(f);
	if ((fclose(f) || bad) && !rc)
		return err_sys(e, EXIT_FAILED, "trace %s", path);
	return rc;
}

static int run(struct mtool *m, int argc, char **argv, struct global *g,
	       struct err *e)
{
	const struct command *c;
	const char *name;
	char *alone[] = {NULL, NULL};
	int rc = global_options(argc, argv, g, e);

	log_init(&m->log, stderr, g->level);
	if (rc < 0)
		return -1;
	name = g->instead ? g->instead : argv[optind];
	if (!name)
		return err_set(e, EXIT_USAGE,
			       "no command; \"mtool help\" lists them");
	c = command_find(name);
	if (!c)
		return err_set(e, EXIT_USAGE,
			       "%s: unknown command; \"mtool help\" lists them",
			       name);
	alone[0] = (char *)name;
	argv = g->instead ? alone : argv + optind;
	argc = g->instead ? 1 : take_json(argc - optind, argv, g);
	m->json = g->json;
	optind = 0; /* getopt starts anew */
	if (open_trace(&m->log, g->trace, e) < 0)
		return -1;
	return close_trace(&m->log, g->trace, c->fn(m, argc, argv, e), e);
}

int main(int argc, char **argv)
{
	struct global g = {.level = LOG_WARN};
	struct mtool m = {.json = false};
	struct err e = {.code = EXIT_FAILED};

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* inherited ignored, there is no wait() */
	if (!run(&m, argc, argv, &g, &e)) {
		if (fflush(stdout) || ferror(stdout))
			return EXIT_FAILED;
		return EXIT_DONE;
	}
	fflush(stdout);
	if (*e.msg)
		fprintf(stderr, "mtool: %s\n", e.msg);
	if (*m.tail)
		show_log_tail(m.tail, TAIL_LINES, stderr);
	return e.code;
}
