/* SPDX-License-Identifier: MIT */
#include "tools/mtool/saveshow.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/saveio.h"
#include "qmp/json.h"
#include "tools/mtool/facts.h"
#include "tools/mtool/savemeta.h"

/* Every checksum; CONFIG is taken on the way. */
static int check_all(struct saveio *io, struct save_meta *m, struct err *e)
{
	struct savefile_chunk c;

	do {
		if (saveio_next(io, &c, e) < 0)
			return -1;
		if (c.kind == SAVEFILE_CONFIG &&
		    save_meta_parse(m, (const char *)io->content, c.len, e) < 0)
			return -1;
	} while (c.kind != SAVEFILE_THE_END);
	return 0;
}

/* What a file says is shown as text, whatever it holds. */
static void print_text(const char *what, const char *text)
{
	char line[256];

	snprintf(line, sizeof(line), "%s", text);
	qmp_printable(line);
	printf("%-12s %s\n", what, line);
}

static void print_size(const char *what, uint64_t bytes)
{
	printf("%-12s %llu bytes\n", what, (unsigned long long)bytes);
}

static void print_people(const struct save_meta *m, const struct savefile *at)
{
	char when[32];

	facts_time(m->saved, when, sizeof(when));
	print_text("name", m->name);
	print_text("uuid", m->uuid);
	print_text("saved", when);
	print_text("by", m->mtool);
	print_text("on Xen", m->xen);
	printf("%-12s %llu MiB, %u vcpu%s\n", "guest",
	       (unsigned long long)m->memory_mb, m->vcpus,
	       m->vcpus == 1 ? "" : "s");
	print_size("memory", at->memory);
	print_size("device state", at->device);
	print_size("file", at->total);
}

static void show_json(const struct save_meta *m, const struct savefile *at)
{
	json_t *j = json_pack(
		"{s:o s:{s:I s:I s:I}}", "vm", json_incref(m->json), "bytes",
		"memory", (json_int_t)at->memory, "device",
		(json_int_t)at->device, "file", (json_int_t)at->total);

	json_dumpf(j, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(j);
}

static int show(struct mtool *m, int fd, struct err *e)
{
	struct save_meta meta = {0};
	struct saveio io = {0};
	struct savefile at;
	int rc = -1;

	if (!saveio_survey(fd, &at, e) && !saveio_open(&io, fd, -1, e) &&
	    !check_all(&io, &meta, e)) {
		rc = 0;
		if (m->json)
			show_json(&meta, &at);
		else
			print_people(&meta, &at);
	}
	saveio_free(&io);
	save_meta_free(&meta);
	return rc;
}

int savefile_show(struct mtool *m, const char *file, struct err *e)
{
	int rc, fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, EXIT_FAILED, "%s", file);
	rc = show(m, fd, e);
	close(fd);
	return rc < 0 ? err_in(e, "%s", file) : 0;
}
