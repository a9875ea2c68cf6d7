/* SPDX-License-Identifier: MIT */
/* Reading what rundir_note has written. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"
#include "core/uuid.h"
#include "tools/mtool/rundir.h"

enum { DOMID_MAX = 0x7fef };

static void read_number(const char *text, uint64_t max, uint64_t *out)
{
	if (num_parse(text, 0, max, out) < 0)
		*out = 0;
}

/* "PORT FRAME" */
static void read_place(char *text, struct console_place *out)
{
	char *frame = strchr(text, ' ');
	uint64_t port;

	if (!frame)
		return;
	*frame++ = '\0';
	read_number(text, UINT32_MAX, &port);
	out->port = (unsigned int)port;
	read_number(frame, UINT64_MAX, &out->frame);
}

void rundir_parse_end(char *text, struct vm_record *out)
{
	char *why = strchr(text, ' ');

	if (!why)
		return;
	*why++ = '\0';
	read_number(text, UINT64_MAX, &out->ended_at);
	snprintf(out->ended, sizeof(out->ended), "%s", why);
}

/* "key value"; unknown keys are for newer readers. */
static void read_line(struct vm_record *r, char *line)
{
	char *value = strchr(line, ' ');
	uint64_t n;

	if (value)
		*value++ = '\0';
	else
		value = line + strlen(line);
	if (!strcmp(line, "uuid")) {
		uuid_parse(value, r->uuid);
	} else if (!strcmp(line, "stub-uuid")) {
		uuid_parse(value, r->stub_uuid);
	} else if (!strcmp(line, "target")) {
		read_number(value, DOMID_MAX, &n);
		r->target = (uint32_t)n;
	} else if (!strcmp(line, "stub")) {
		read_number(value, DOMID_MAX, &n);
		r->stub = (uint32_t)n;
	} else if (!strcmp(line, "target-console")) {
		read_place(value, &r->target_console);
	} else if (!strcmp(line, "stub-console")) {
		read_place(value, &r->stub_console);
	} else if (!strcmp(line, "serials")) {
		read_number(value, VM_SERIALS_MAX, &n);
		r->serials = (unsigned int)n;
	} else if (!strcmp(line, "created")) {
		read_number(value, UINT64_MAX, &r->created);
	} else if (!strcmp(line, "ended")) {
		rundir_parse_end(value, r);
	} else if (!strcmp(line, "kept")) {
		r->kept = true;
	} else if (!strcmp(line, "dm-dead")) {
		r->dm_dead = true;
	} else if (!strcmp(line, "running")) {
		r->running = true;
	}
}

int rundir_read(const char *name, struct vm_record *out, struct err *e)
{
	char path[RUNDIR_PATH_MAX], line[256];
	FILE *f;

	memset(out, 0, sizeof(*out));
	if (!config_name_ok(name))
		return err_set(e, EXIT_NO_VM, "no such VM");
	snprintf(out->name, sizeof(out->name), "%s", name);
	rundir_file(name, "journal", path);
	f = fopen(path, "re");
	if (!f && errno == ENOENT)
		return err_set(e, EXIT_NO_VM, "no such VM");
	if (!f)
		return err_sys(e, errno == EACCES ? EXIT_HOST : EXIT_FAILED,
			       "open %s", path);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		read_line(out, line);
	}
	fclose(f);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct vm_record *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int add_record(struct vm_record **list, int nr, const char *name)
{
	struct vm_record r, *bigger;
	struct err ignored;

	if (rundir_read(name, &r, &ignored) < 0)
		return nr;
	bigger = realloc(*list, (size_t)(nr + 1) * sizeof(r));
	if (!bigger)
		return -1;
	*list = bigger;
	(*list)[nr] = r;
	return nr + 1;
}

int rundir_list(struct vm_record **list, struct err *e)
{
	DIR *dir = opendir(RUN_ROOT);
	struct dirent *ent;
	int nr = 0;

	*list = NULL;
	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return err_sys(e, EXIT_HOST, RUN_ROOT);
	while (nr >= 0 && (ent = readdir(dir)))
		nr = add_record(list, nr, ent->d_name);
	closedir(dir);
	if (nr < 0) {
		free(*list);
		return err_set(e, EXIT_FAILED, "list of VMs: out of memory");
	}
	if (nr)
		qsort(*list, (size_t)nr, sizeof(**list), by_name);
	return nr;
}
