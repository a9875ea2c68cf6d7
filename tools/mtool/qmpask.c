/* SPDX-License-Identifier: MIT */
#include "tools/mtool/qmpask.h"

#include <stdio.h>
#include <stdlib.h>

/* The line to send, to be freed; NULL if memory runs out. */
static char *make_line(const char *command, json_t *args)
{
	json_t *o = json_pack("{s:s s:o* s:s}", "execute", command, "arguments",
			      args, "id", command);
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL, *line = NULL;

	if (text && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	free(text);
	json_decref(o);
	return line;
}

static int parse_reply(struct qmp_span got, json_t **ret, struct err *e)
{
	if (!ret)
		return 0;
	*ret = json_loadb(got.at, got.len, JSON_DECODE_ANY, NULL);
	return *ret ? 0
		    : err_set(e, EXIT_FAILED, "QEMU's reply makes no sense");
}

int qmp_ask(struct qmp_caller *c, const char *command, json_t *args,
	    json_t **ret, uint64_t end_ms, struct err *e)
{
	char *line = make_line(command, args);
	struct qmp_span got;
	int rc;

	if (!line)
		return err_set(e, EXIT_FAILED, "out of memory");
	rc = qmp_caller_ask(c, line, command, &got, end_ms, e);
	free(line);
	return rc < 0 ? -1 : parse_reply(got, ret, e);
}
