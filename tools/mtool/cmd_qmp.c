/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/num.h"
#include "tools/mtool/ctl.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/qmpargs.h"
#include "tools/mtool/qmpclient.h"
#include "tools/mtool/qmptalk.h"

enum {
	TIMEOUT_S = 30,
	TIMEOUT_MAX_S = 3600,
	NAP_MS = 50,
};

struct qmp_opts {
	bool events;
	unsigned int timeout_s;
};

static int parse(int argc, char **argv, struct qmp_opts *o, struct err *e)
{
	uint64_t seconds = TIMEOUT_S;
	int c;

	o->events = false;
	while ((c = cmd_option(argc, argv, "+", "events=e timeout=t:", e)) !=
	       -1) {
		if (c == 'e')
			o->events = true;
		else if (c != 't')
			return -1;
		else if (num_parse(optarg, 1, TIMEOUT_MAX_S, &seconds) < 0)
			return err_set(e, EXIT_USAGE,
				       "--timeout %s: not in 1..%d", optarg,
				       TIMEOUT_MAX_S);
	}
	o->timeout_s = (unsigned int)seconds;
	return cmd_words(argc, argv, 1, o->events ? 1 : INT_MAX, e);
}

static uint64_t limit(const struct qmp_opts *o)
{
	return clock_ms() + 1000 * (uint64_t)o->timeout_s;
}

/* "a does not answer", and for how long it did not. */
static int name_limit(const struct qmp_opts *o, struct err *e)
{
	char text[sizeof(e->msg)];

	if (e->code == EXIT_TIMEOUT) {
		snprintf(text, sizeof(text), "%s", e->msg);
		err_set(e, EXIT_TIMEOUT, "%.900s within %u s", text,
			o->timeout_s);
	}
	return -1;
}

/* What a hang-up means. */
static int hung_up(const struct vm_record *r, struct err *e)
{
	char path[RUNDIR_PATH_MAX];

	rundir_file(r->name, "ctl.sock", path);
	if (e->code == EXIT_DIED && ctl_vm_gone(path))
		return err_set(e, EXIT_DIED, "the VM has ended");
	if (e->code == EXIT_DIED)
		e->code = EXIT_FAILED;
	return -1;
}

/*
 * A supervisor that was killed a moment ago may still seem to be there: as
 * long as nothing was asked, asking again does no harm.
 */
static int connect_to(struct mtool *m, struct vm_record *r,
		      struct qmp_caller *c, const struct qmp_opts *o,
		      struct err *e)
{
	struct timespec nap = {.tv_nsec = NAP_MS * 1000000};
	uint64_t end_ms = limit(o);
	char path[RUNDIR_PATH_MAX], name[sizeof(r->name)];

	rundir_file(r->name, "qmp.sock", path);
	strcpy(name, r->name);
	for (;;) {
		if (qmp_caller_open(c, path, end_ms, e) == 0)
			return 0;
		if ((e->code != EXIT_NO_VM && e->code != EXIT_DIED) ||
		    clock_ms() >= end_ms) {
			name_limit(o, e);
			return hung_up(r, e);
		}
		nanosleep(&nap, NULL);
		if (vm_find_served(m, name, r, e) < 0)
			return -1;
	}
}

static int one_command(struct qmp_caller *c, const struct vm_record *r,
		       char *line, const char *command,
		       const struct qmp_opts *o, struct err *e)
{
	struct qmp_span ret;

	if (qmp_caller_ask(c, line, "mtool", &ret, limit(o), e) < 0) {
		name_limit(o, e);
		hung_up(r, e);
		return err_in(e, "%s", command);
	}
	qmp_print(ret, stdout);
	return 0;
}

/* 0 when the VM has ended. A new supervisor is connected to. */
static int show_events(struct mtool *m, struct qmp_caller *c,
		       struct vm_record *r, const struct qmp_opts *o,
		       struct err *e)
{
	struct qmp_span line;

	while (!ferror(stdout)) {
		if (qmp_caller_line(c, &line, UINT64_MAX, e) == 0) {
			qmp_print(line, stdout);
			continue;
		}
		qmp_caller_close(c);
		if (hung_up(r, e) < 0 && e->code == EXIT_DIED)
			return 0;
		if (connect_to(m, r, c, o, e) < 0)
			return e->code == EXIT_NO_VM ? 0 : -1;
		log_msg(&m->log, LOG_WARN,
			"%s: another supervisor; events may be missing",
			r->name);
	}
	return 0;
}

static int conversation(struct qmp_caller *c, const struct vm_record *r,
			const struct qmp_opts *o, struct err *e)
{
	int rc = qmp_talk(c, STDIN_FILENO, stdout, o->timeout_s, e);

	if (rc < 0) {
		name_limit(o, e);
		hung_up(r, e);
	}
	return rc;
}

/* The words are checked before anything else is done. */
static int command_line(int argc, char **argv, char **line, struct err *e)
{
	int first = optind + 1;

	*line = NULL;
	if (first >= argc)
		return 0;
	*line = qmp_args_line(argv[first], argv + first + 1,
			      (unsigned int)(argc - first - 1), "mtool", e);
	return *line ? 0 : -1;
}

int cmd_qmp(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct qmp_caller c;
	struct qmp_opts o;
	struct vm_record r;
	char *line = NULL;
	int rc = -1;

	if (parse(argc, argv, &o, e) < 0 ||
	    command_line(argc, argv, &line, e) < 0 ||
	    vm_find_served(m, argv[optind], &r, e) < 0)
		goto out;
	rc = connect_to(m, &r, &c, &o, e);
	if (rc == 0) {
		if (o.events)
			rc = show_events(m, &c, &r, &o, e);
		else if (line)
			rc = one_command(&c, &r, line, argv[optind + 1], &o, e);
		else
			rc = conversation(&c, &r, &o, e);
		qmp_caller_close(&c);
	}
	if (rc < 0)
		err_in(e, "%s", r.name);
out:
	free(line);
	return rc;
}
