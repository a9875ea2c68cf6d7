/* SPDX-License-Identifier: MIT */
#include "tools/mtool/savejob.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "core/hypstream.h"
#include "core/uuid.h"
#include "devices/pciowner.h"
#include "tools/mtool/ctl.h"
#include "tools/mtool/hotlines.h"
#include "tools/mtool/progress.h"
#include "tools/mtool/savemeta.h"
#include "tools/mtool/supervisesave.h"
#include "tools/mtool/teardown.h"
#include "tools/mtool/worker.h"

enum {
	ASK_MS = 10000,
	/* the sum of what the supervisor allows the guest and QEMU */
	SUSPEND_MS = 240000,
	GIVE_BACK_MS = 150000,
	POLL_MS = 20,
};

void save_init_job(struct save_job *j, struct mtool *m, const char *verb)
{
	memset(j, 0, sizeof(*j));
	j->m = m;
	j->verb = verb;
	j->live.lock = j->live.signal_fd = -1;
	j->out = j->session = -1;
}

/* --- whether it can be saved --- */

static int check_pci(const struct live *l, struct err *e)
{
	struct pci_owner first;

	if (!pci_owned(l->xs, l->record.uuid, &first, 1))
		return 0;
	return err_set(e, EXIT_BUSY,
		       "PCI devices are attached, whose state nobody can save: "
		       "mtool pci-detach first");
}

static int check_guest(struct save_job *j, struct err *e)
{
	struct live *l = &j->live;
	struct hyp_dom d;
	int pv;

	if (live_guest(l, &d, e) < 0)
		return -1;
	pv = hyp_dom_has_pv(l->hyp, l->record.target, e);
	if (pv < 0)
		return -1;
	if (pv && d.paused)
		return err_set(
			e, EXIT_BUSY,
			"the guest is paused, so that its drivers cannot "
			"take part: mtool unpause %s",
			l->record.name);
	/* libxenguest adds eight bytes to each page, and little else */
	j->expected = d.mem_kb * 1024 + d.mem_kb * 2;
	return check_pci(l, e);
}

int save_open(struct save_job *j, const char *who, struct err *e)
{
	if (live_lock(&j->live, j->m, who, e) < 0)
		return -1;
	return check_guest(j, e) < 0 ? err_in(e, "%s", j->live.record.name) : 0;
}

/* --- the supervisor --- */

static int talk(struct save_job *j, json_t *request, int ms, struct err *e)
{
	int rc = -1;

	if (request)
		rc = ctl_talk(j->session, request, NULL, ms, e);
	else
		err_set(e, EXIT_FAILED, "out of memory");
	json_decref(request);
	return rc;
}

static int open_session(struct save_job *j, struct err *e)
{
	json_t *request = json_pack("{s:s s:s s:s}", "cmd", "save", "tmp",
				    j->tmp, "file", j->file);
	char path[RUNDIR_PATH_MAX];

	if (!request)
		return err_set(e, EXIT_FAILED,
			       "the file's name is not UTF-8, or no memory");
	rundir_file(j->live.record.name, "ctl.sock", path);
	j->session = ctl_attach(path, request, NULL, ASK_MS, e);
	json_decref(request);
	return j->session < 0 ? -1 : 0;
}

static int do_suspend(void *ctx, struct err *e)
{
	return talk(ctx, json_pack("{s:s}", "do", "suspend"), SUSPEND_MS, e);
}

static int do_dirty(void *ctx, bool on, struct err *e)
{
	return talk(ctx, json_pack("{s:s s:b}", "do", "dirty", "on", on),
		    SUSPEND_MS, e);
}

/* --- what it is made of --- */

static uint64_t read_kb(const struct live *l, const char *key)
{
	char path[XS_PATH_MAX];
	uint64_t kb = 0;

	snprintf(path, sizeof(path), "/local/domain/%u/memory/%s",
		 l->record.target, key);
	if (xs_read_num(l->xs, XBT_NULL, path, 0, UINT32_MAX, &kb) < 0)
		return 0;
	return kb;
}

/* As mem-set counts it: see core/domnodes.c on what the node leaves out. */
static uint64_t memory_mb(const struct live *l)
{
	uint64_t kb = read_kb(l, "target") + read_kb(l, "videoram");

	if (kb < read_kb(l, "static-max"))
		kb += DOM_SLACK_KB;
	return kb / 1024;
}

static unsigned int vcpus(const struct live *l)
{
	char path[XS_PATH_MAX], word[16];
	unsigned int i, nr = 0;

	for (i = 0; i < l->cfg.maxvcpus; i++) {
		snprintf(path, sizeof(path),
			 "/local/domain/%u/cpu/%u/availability",
			 l->record.target, i);
		nr += xs_read_str(l->xs, XBT_NULL, path, word, sizeof(word)) >
			      0 &&
		      !strcmp(word, "online");
	}
	return nr;
}

static int fill_meta(struct live *l, struct save_meta *m, struct hyp_host *host,
		     char uuid[37], struct err *e)
{
	struct hyp_dom d;

	if (hyp_dom_get(l->hyp, l->record.target, &d, e) < 0 ||
	    hyp_host_info(l->hyp, host, e) < 0)
		return -1;
	uuid_text(l->record.uuid, uuid);
	m->name = l->record.name;
	m->uuid = uuid;
	m->mtool = MTOOL_VERSION;
	m->xen = host->version;
	m->memory_mb = memory_mb(l);
	m->max_kb = d.max_kb;
	m->vcpus = vcpus(l);
	m->saved = (uint64_t)time(NULL);
	return 0;
}

static char *meta_text(struct live *l, struct err *e)
{
	char path[RUNDIR_PATH_MAX], uuid[37], *text = NULL;
	char *config, *disks, *nics;
	struct save_meta m = {0};
	struct hyp_host host;
	size_t len;

	rundir_file(l->record.name, "config", path);
	config = file_read(path, SAVEFILE_CONTENT_MAX, &len, e);
	disks = hotlines_read(l->record.name, "disks");
	nics = hotlines_read(l->record.name, "nics");
	m.config = config;
	m.disks = disks ? disks : "";
	m.nics = nics ? nics : "";
	if (config && !fill_meta(l, &m, &host, uuid, e))
		text = save_meta_text(&m, e);
	free(nics);
	free(disks);
	free(config);
	return text;
}

static int put_config(struct save_job *j, struct err *e)
{
	char *text = meta_text(&j->live, e);
	int rc;

	if (!text)
		return -1;
	rc = saveio_put(&j->io, SAVEFILE_CONFIG, text, strlen(text), e);
	free(text);
	return rc;
}

/* --- memory --- */

struct reader {
	struct save_job *j;
	struct worker worker;
	int pipe[2];
};

/* In the worker, which has its own handle and its own last words. */
static int read_memory(void *ctx, struct err *e)
{
	static const struct hyp_save_ops ops = {do_suspend, do_dirty};
	struct reader *r = ctx;
	struct log log = r->j->m->log;
	struct hyp *h;

	close(r->pipe[0]);
	h = hyp_open(&log, e);
	if (!h)
		return -1;
	return hyp_save(h, r->pipe[1], r->j->live.record.target, r->j->running,
			&ops, r->j, e);
}

static int pump(struct reader *r, struct progress *p, struct err *e)
{
	size_t len;
	int rc;

	do {
		rc = saveio_put_pipe(&r->j->io, SAVEFILE_MEMORY, r->pipe[0],
				     &len, e);
		if (rc >= 0)
			progress_add(p, len);
	} while (rc > 0);
	return rc;
}

static int pump_and_wait(struct reader *r, struct err *e)
{
	struct save_job *j = r->j;
	struct progress p;
	int rc;

	progress_start(&p, j->live.record.name, j->verb, j->expected,
		       j->m->json && *j->file ? stdout : stderr, j->m->json,
		       j->m->log.level < LOG_WARN);
	rc = pump(r, &p, e);
	if (!rc)
		rc = worker_wait(&r->worker, j->live.signal_fd, NULL, 0, e);
	if (!rc && !j->io.at.memory)
		rc = err_set(e, EXIT_FAILED, "no memory was read");
	progress_end(&p, !rc);
	worker_kill(&r->worker);
	return rc;
}

static int put_memory(struct save_job *j, struct err *e)
{
	struct reader r = {.j = j};
	int rc;

	if (worker_pipe(r.pipe, e) < 0)
		return -1;
	rc = worker_start(&r.worker, read_memory, &r, e);
	close(r.pipe[1]);
	if (!rc)
		rc = pump_and_wait(&r, e);
	close(r.pipe[0]);
	return rc;
}

/* --- the rest --- */

static int put_device(struct save_job *j, struct err *e)
{
	char path[RUNDIR_PATH_MAX];
	size_t len;
	void *state;
	int rc;

	rundir_file(j->live.record.name, SAVE_STATE, path);
	state = file_read(path, SAVEFILE_DEVICE_MAX, &len, e);
	if (!state)
		return err_in(e, "device state");
	rc = saveio_put(&j->io, SAVEFILE_DEVICE, state, len, e);
	free(state);
	return rc;
}

static int put_rest(struct save_job *j, struct err *e)
{
	if (put_device(j, e) < 0)
		return -1;
	if (j->resume &&
	    talk(j, json_pack("{s:s s:b}", "do", "resume", "paused", j->paused),
		 SUSPEND_MS, e) < 0)
		return -1;
	if (saveio_put_end(&j->io, e) < 0)
		return -1;
	/* before the guest is given up; a pipe has nothing to sync */
	if (fsync(j->out) < 0 && errno != EINVAL && errno != EROFS)
		return err_sys(e, EXIT_FAILED, "write %s", j->file);
	return 0;
}

int save_stream(struct save_job *j, struct err *e)
{
	if (open_session(j, e) < 0 ||
	    saveio_create(&j->io, j->out, j->live.signal_fd, j->expected, e) <
		    0 ||
	    put_config(j, e) < 0 || (j->ready && j->ready(j->ctx, e) < 0) ||
	    put_memory(j, e) < 0 || put_rest(j, e) < 0)
		return err_in(e, "%s", j->live.record.name);
	return 0;
}

/* --- the end --- */

static bool is_gone(const char *name, const char *file)
{
	char path[RUNDIR_PATH_MAX];

	rundir_file(name, file, path);
	return access(path, F_OK) < 0;
}

static void wait_gone(const char *name, const char *file, uint64_t ms)
{
	struct timespec nap = {.tv_nsec = POLL_MS * 1000000};
	uint64_t end = clock_ms() + ms;

	while (!is_gone(name, file) && clock_ms() < end)
		nanosleep(&nap, NULL);
}

/* Whether the file that we wrote has its name now. */
static bool is_named(const struct save_job *j, const struct stat *have)
{
	struct stat want;

	return *j->file && !stat(j->file, &want) &&
	       have->st_dev == want.st_dev && have->st_ino == want.st_ino;
}

/*
 * Nothing of ours may be open when a supervisor is started: it would have it,
 * too, as long as the VM lives.
 */
static void let_go(struct save_job *j)
{
	if (j->session >= 0)
		close(j->session);
	if (j->out >= 0)
		close(j->out);
	j->session = j->out = -1;
	saveio_free(&j->io);
	live_close(&j->live);
	memset(&j->live, 0, sizeof(j->live));
	j->live.lock = j->live.signal_fd = -1;
}

/* A supervisor that was killed is replaced; the new one knows what to do. */
static void await_supervisor(struct save_job *j, const char *name)
{
	struct vm_record r;
	struct err ignored;

	vm_find_served(j->m, name, &r, &ignored);
	wait_gone(name, SAVE_NOTE, GIVE_BACK_MS);
}

/*
 * If the supervisor dies now, the next one goes on from its note: the VM ends
 * if the file has its name, else it runs on and the file is removed.
 */
static int recovered(struct save_job *j, const char *name, struct err *e)
{
	struct stat have = {0};

	fstat(j->out, &have);
	let_go(j);
	await_supervisor(j, name);
	return is_named(j, &have) ? 0 : err_in(e, "%s", name);
}

int save_finish(struct save_job *j, struct err *e)
{
	json_t *request =
		json_pack("{s:s s:b}", "do", "finish", "destroy", !j->resume);
	char name[VM_NAME_MAX + 1];

	strcpy(name, j->live.record.name);
	if (talk(j, request, ASK_MS, e) < 0)
		return recovered(j, name, e);
	close(j->session);
	j->session = -1;
	if (!j->resume)
		wait_gone(name, "", GONE_MS);
	return 0;
}

int save_hold(struct save_job *j, struct err *e)
{
	j->resume = true;
	if (talk(j, json_pack("{s:s s:b}", "do", "resume", "paused", 1),
		 SUSPEND_MS, e) < 0)
		return -1;
	return save_finish(j, e);
}

void save_close(struct save_job *j)
{
	char name[VM_NAME_MAX + 1];
	bool unfinished = j->session >= 0;

	strcpy(name, j->live.record.name);
	let_go(j);
	if (unfinished)
		await_supervisor(j, name);
}
