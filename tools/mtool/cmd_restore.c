/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/uuid.h"
#include "tools/mtool/handshake.h"
#include "tools/mtool/host.h"
#include "tools/mtool/hotdisks.h"
#include "tools/mtool/hotnics.h"
#include "tools/mtool/hotpcis.h"
#include "tools/mtool/mtool.h"
#include "tools/mtool/stale.h"
#include "tools/mtool/vmincoming.h"

enum { CHUNK = 64 };

struct restore {
	struct mtool *m;
	struct vm_options vm;
	struct vm_incoming in;
	struct vm_config cfg;
	char **word; /* KEY=VALUE */
	unsigned int nr_word;
	bool receive; /* `migrate` is at the other end */
};

/* --- the file --- */

static int open_stream(const char *file, struct err *e)
{
	int fd;

	if (!strcmp(file, "-"))
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		fd = open(file, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, EXIT_FAILED, "%s", file) : fd;
}

/* Whatever can be known of a file is known before anything is made. */
static int survey(int fd, struct err *e)
{
	struct savefile at;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    lseek(fd, 0, SEEK_CUR) != 0)
		return 0;
	return saveio_survey(fd, &at, e);
}

static int read_config(struct restore *r, struct err *e)
{
	struct savefile_chunk c;

	if (saveio_open(&r->in.io, r->in.io.fd, -1, e) < 0 ||
	    saveio_next(&r->in.io, &c, e) < 0 ||
	    save_meta_parse(&r->in.meta, (char *)r->in.io.content, c.len, e) <
		    0)
		return -1;
	return save_meta_config(&r->in.meta, &r->cfg, r->word, r->nr_word, e);
}

/* --- what it becomes --- */

/* The one that was saved may still be there, under whatever name. */
static int check_uuid(struct hyp *h, const uint8_t uuid[16], struct err *e)
{
	struct hyp_dom d[CHUNK];
	uint32_t first = 1;
	int i, got;

	while ((got = hyp_dom_list(h, first, d, CHUNK, e)) > 0) {
		for (i = 0; i < got; i++) {
			if (!memcmp(d[i].uuid, uuid, 16))
				return err_set(e, EXIT_BUSY,
					       "domain %u is this VM, or has "
					       "its uuid; a copy needs another "
					       "uuid=, name= and disk=",
					       d[i].domid);
		}
		first = d[got - 1].domid + 1;
	}
	return got;
}

static int check_running(struct restore *r, struct err *e)
{
	struct host h;
	int rc;

	if (host_open(&h, &r->m->log, e) < 0)
		return -1;
	rc = check_uuid(h.hyp, r->cfg.uuid, e);
	host_close(&h);
	return rc;
}

static bool overrides_disks(const struct restore *r)
{
	unsigned int i;

	for (i = 0; i < r->nr_word; i++) {
		if (!strncmp(r->word[i], "disk", 4))
			return true;
	}
	return false;
}

static int put_lines(const char *name, const char *file, const char *text,
		     struct err *e)
{
	char path[RUNDIR_PATH_MAX];

	if (!*text)
		return 0;
	rundir_file(name, file, path);
	return file_write(path, text, e);
}

/* What was attached since it was made is part of it. */
static int take_devices(struct restore *r, struct err *e)
{
	const struct save_meta *m = &r->in.meta;
	struct vm_config *cfg = &r->cfg;
	unsigned int i;

	if (put_lines(cfg->name, "disks", m->disks, e) < 0 ||
	    put_lines(cfg->name, "nics", m->nics, e) < 0 ||
	    hotdisks_load(cfg->name, cfg, e) < 0 ||
	    hotnics_load(cfg->name, cfg, e) < 0 ||
	    hotpcis_del_all(cfg->name, cfg, e) < 0)
		return -1;
	/* looked at when they came; what the guest has written is its own */
	for (i = 0; i < cfg->nr_disk && !overrides_disks(r); i++)
		cfg->disk[i].raw = true;
	return 0;
}

static int build(struct restore *r, struct err *e)
{
	const char *name = r->cfg.name;
	struct rundir run;
	bool tail;

	stale_clear(&r->m->log, name);
	if (rundir_take(&run, name, e) < 0)
		return -1;
	if (take_devices(r, e) < 0) {
		rundir_remove(&run);
		return -1;
	}
	if (!vm_create(&r->m->log, &r->cfg, &run, &r->vm, &tail, e))
		return 0;
	if (tail)
		rundir_log_path(name, r->m->tail, &(struct err){0});
	return -1;
}

static int restore(struct restore *r, const char *file, struct err *e)
{
	int rc;

	r->in.io.fd = open_stream(file, e);
	if (r->in.io.fd < 0)
		return -1;
	if (survey(r->in.io.fd, e) < 0 || read_config(r, e) < 0)
		return err_in(e, "%s", file);
	rc = check_running(r, e);
	if (!rc)
		rc = build(r, e);
	if (rc < 0)
		err_in(e, "%s", r->cfg.name);
	return rc;
}

/* --- the command --- */

static int parse_opts(struct restore *r, int argc, char **argv, struct err *e)
{
	int c;

	while ((c = cmd_option(argc, argv, "pt:", "receive=r", e)) != -1) {
		if (c == 'p')
			r->vm.paused = true;
		else if (c == 'r')
			r->receive = true;
		else if (c != 't' || cmd_seconds(&r->vm.timeout_s, e) < 0)
			return -1;
	}
	if (cmd_words(argc, argv, 1, argc, e) < 0)
		return -1;
	r->word = argv + optind + 1;
	r->nr_word = (unsigned int)(argc - optind - 1);
	return 0;
}

static void close_all(struct restore *r)
{
	if (r->in.io.fd >= 0)
		close(r->in.io.fd);
	saveio_free(&r->in.io);
	save_meta_free(&r->in.meta);
	config_free(&r->cfg);
	free(r);
}

int cmd_restore(struct mtool *m, int argc, char **argv, struct err *e)
{
	struct restore *r = calloc(1, sizeof(*r));
	int rc = -1;

	if (!r)
		return err_sys(e, EXIT_FAILED, "memory");
	r->m = m;
	r->in.io.fd = -1;
	r->in.verb = "restore";
	r->in.json = m->json;
	r->in.quiet = m->log.level < LOG_WARN;
	r->vm.incoming = &r->in;
	if (!parse_opts(r, argc, argv, e)) {
		if (r->receive)
			handshake_receiver(&r->in);
		rc = geteuid() ? err_set(e, EXIT_HOST, "not root")
			       : restore(r, argv[optind], e);
		if (r->receive)
			handshake_received(rc, e);
	}
	close_all(r);
	return rc;
}
