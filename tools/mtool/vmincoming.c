/* SPDX-License-Identifier: MIT */
#include "tools/mtool/vmincoming.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/hypstream.h"
#include "core/num.h"
#include "tools/mtool/progress.h"
#include "tools/mtool/supervisesave.h"

/* --- the process that reads the stream --- */

static int check_state(int fd, uint64_t len, struct err *e)
{
	uint8_t first[8] = {0}, last = 0xff;

	if (pread(fd, first, sizeof(first), 0) < 0 ||
	    pread(fd, &last, 1, (off_t)len - 1) != 1)
		return err_sys(e, EXIT_FAILED, "device state");
	return savefile_device_ok(first, last, len, e);
}

/* Each kind of content goes where it belongs, until the end. */
static int sort_out(struct vm_incoming *in, int state, struct progress *p,
		    struct err *e)
{
	struct savefile_chunk c;

	for (;;) {
		if (saveio_next(&in->io, &c, e) < 0)
			return -1;
		if (c.kind == SAVEFILE_THE_END)
			return check_state(state, in->io.at.device, e);
		if (c.kind == SAVEFILE_DEVICE && in->pipe[1] >= 0) {
			close(in->pipe[1]);
			in->pipe[1] = -1;
		}
		if (saveio_pass(&in->io, &c,
				c.kind == SAVEFILE_MEMORY ? in->pipe[1] : state,
				e) < 0)
			return -1;
		progress_add(p, c.len);
	}
}

static int read_stream(void *ctx, struct err *e)
{
	struct vm_incoming *in = ctx;
	const char *name = in->vm->cfg->name;
	char path[RUNDIR_PATH_MAX];
	struct progress p;
	int state, rc;

	close(in->pipe[0]);
	rundir_file(name, SAVE_STATE, path);
	state = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		     0600);
	if (state < 0)
		return err_sys(e, EXIT_FAILED, "open %s", path);
	progress_start(&p, name, in->verb, in->io.at.expected, stderr, in->json,
		       in->quiet);
	rc = sort_out(in, state, &p, e);
	progress_end(&p, !rc);
	close(state);
	return rc < 0 ? err_in(e, "save file") : 0;
}

/* --- the process that fills the memory --- */

static int fill_memory(void *ctx, struct err *e)
{
	struct vm_incoming *in = ctx;
	const struct vm_domain *t = &in->vm->target;
	struct log log = *in->log;
	struct build_frames f;
	struct hyp *h;

	close(in->pipe[1]);
	h = hyp_open(&log, e);
	if (!h || hyp_restore(h, in->pipe[0], t->domid, &t->ports, &f, e) < 0)
		return -1;
	snprintf(e->msg, sizeof(e->msg), "%llu %llu",
		 (unsigned long long)f.store, (unsigned long long)f.console);
	return 0;
}

static int parse_frames(char *text, struct build_frames *f, struct err *e)
{
	char *console = strchr(text, ' ');

	if (console)
		*console++ = '\0';
	if (!console || num_parse(text, 1, UINT64_MAX, &f->store) < 0 ||
	    num_parse(console, 1, UINT64_MAX, &f->console) < 0)
		return err_set(e, EXIT_FAILED,
			       "the memory stream has no rings in it");
	return 0;
}

/* --- both --- */

static void close_pipe(struct vm_incoming *in)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (in->pipe[i] >= 0)
			close(in->pipe[i]);
		in->pipe[i] = -1;
	}
}

/* What it had at last may be more than its configuration says. */
static int allow_memory(struct vm_incoming *in, struct hyp *h, struct err *e)
{
	const struct vm_config *cfg = in->vm->cfg;
	uint64_t kb = (uint64_t)cfg->memory_mb * 1024 + DOM_SLACK_KB;

	if (in->meta.max_kb <= kb)
		return 0;
	return hyp_dom_max_mem(h, in->vm->target.domid, in->meta.max_kb, e);
}

int vm_incoming_start(struct vm_incoming *in, struct vm *vm, struct hyp *h,
		      struct log *log, struct err *e)
{
	in->vm = vm;
	in->log = log;
	in->reader.pid = in->filler.pid = 0;
	in->pipe[0] = in->pipe[1] = -1;
	if (allow_memory(in, h, e) < 0 ||
	    (in->ready && in->ready(in->ctx, e) < 0))
		return -1;
	if (worker_pipe(in->pipe, e) < 0 ||
	    worker_start(&in->reader, read_stream, in, e) < 0 ||
	    worker_start(&in->filler, fill_memory, in, e) < 0)
		return -1;
	close_pipe(in);
	return 0;
}

/*
 * When one of them fails the other does, too, for want of somebody to give to
 * or take from: the reader knows whose fault it was.
 */
int vm_incoming_wait(struct vm_incoming *in, int cancel, struct build_frames *f,
		     struct err *e)
{
	struct err filler;
	char text[64];
	int good, filled;

	good = worker_wait(&in->reader, cancel, NULL, 0, e);
	filled = worker_wait(&in->filler, cancel, text, sizeof(text), &filler);
	close(in->io.fd);
	in->io.fd = -1;
	saveio_free(&in->io);
	if (good < 0 && (e->code != EXIT_DIED || !filled))
		return -1;
	if (filled < 0)
		*e = filler;
	return filled < 0 ? -1 : parse_frames(text, f, e);
}

void vm_incoming_leave(struct vm_incoming *in)
{
	close(in->io.fd);
	worker_leave(&in->reader);
	worker_leave(&in->filler);
}

int vm_incoming_built(struct vm_incoming *in, struct err *e)
{
	return in->built ? in->built(in->ctx, e) : 0;
}

void vm_incoming_kill(struct vm_incoming *in)
{
	close_pipe(in);
	worker_kill(&in->reader);
	worker_kill(&in->filler);
}
