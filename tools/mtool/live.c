/* SPDX-License-Identifier: MIT */
#include "tools/mtool/live.h"

#include <getopt.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/num.h"
#include "tools/mtool/hotdisks.h"
#include "tools/mtool/hotnics.h"
#include "tools/mtool/hotpcis.h"
#include "tools/mtool/takeover.h"
#include "tools/mtool/vmconfig.h"

static int parse_limit(struct live_options *o, struct err *e)
{
	uint64_t s;

	if (num_parse(optarg, 1, LIVE_LIMIT_MAX_S, &s) < 0)
		return err_set(e, EXIT_USAGE, "-t %s: not a number in 1..%d",
			       optarg, LIVE_LIMIT_MAX_S);
	o->limit_s = (unsigned int)s;
	return 0;
}

int live_options(int argc, char **argv, const char *shorts, int min, int max,
		 struct live_options *o, struct err *e)
{
	int c;

	*o = (struct live_options){LIVE_LIMIT_S, false};
	while ((c = cmd_option(argc, argv, shorts, "", e)) != -1) {
		if (c == 'F')
			o->force = true;
		else if (c != 't' || parse_limit(o, e) < 0)
			return -1;
	}
	return cmd_words(argc, argv, min, max, e);
}

static int open_all(struct live *l, struct mtool *m, struct err *e)
{
	if (!l->record.running)
		return err_set(e, EXIT_BUSY, "is still being created");
	if (vm_config_read(&l->cfg, l->record.name, e) < 0 ||
	    hotdisks_load(l->record.name, &l->cfg, e) < 0 ||
	    hotnics_load(l->record.name, &l->cfg, e) < 0 ||
	    hotpcis_load(l->record.name, &l->cfg, e) < 0)
		return -1;
	l->hyp = hyp_open(&m->log, e);
	l->xs = l->hyp ? xs_connect(&m->log, e) : NULL;
	return l->xs ? 0 : -1;
}

static int find(struct live *l, struct mtool *m, const char *who, struct err *e)
{
	memset(l, 0, sizeof(*l));
	l->log = &m->log;
	l->lock = l->signal_fd = -1;
	return vm_find_served(m, who, &l->record, e);
}

int live_open(struct live *l, struct mtool *m, const char *who, struct err *e)
{
	if (find(l, m, who, e) < 0)
		return -1;
	return open_all(l, m, e) < 0 ? err_in(e, "%s", l->record.name) : 0;
}

int live_lock(struct live *l, struct mtool *m, const char *who, struct err *e)
{
	if (find(l, m, who, e) < 0)
		return -1;
	l->signal_fd = wait_signals(&l->old);
	l->lock = hotdisks_lock(l->record.name, e);
	if (l->lock < 0 || open_all(l, m, e) < 0)
		return err_in(e, "%s", l->record.name);
	return 0;
}

void live_close(struct live *l)
{
	struct signalfd_siginfo si;

	xs_disconnect(l->xs);
	hyp_close(l->hyp);
	config_free(&l->cfg);
	if (l->lock >= 0)
		close(l->lock);
	if (l->signal_fd >= 0) {
		/* One that was heeded must not kill us when it is unblocked. */
		while (read(l->signal_fd, &si, sizeof(si)) == sizeof(si))
			;
		close(l->signal_fd);
		sigprocmask(SIG_SETMASK, &l->old, NULL);
	}
}

int live_guest(struct live *l, struct hyp_dom *d, struct err *e)
{
	int rc = hyp_dom_get(l->hyp, l->record.target, d, e);

	if (rc < 0)
		return -1;
	if (!rc || d->dying || memcmp(d->uuid, l->record.uuid, sizeof(d->uuid)))
		return err_set(e, EXIT_DIED, "the guest is gone");
	if (d->shutdown)
		return err_set(e, EXIT_DIED, "the guest has shut down");
	return 0;
}

int live_check(struct live *l, struct err *e)
{
	struct hyp_dom d;

	if (live_guest(l, &d, e) < 0)
		return -1;
	if (d.paused)
		return err_set(e, EXIT_BUSY,
			       "the guest is paused, so that its driver cannot "
			       "take part: mtool unpause %s",
			       l->record.name);
	return 0;
}

void live_wait(const struct live *l, unsigned int limit_s, struct wait_ctx *w)
{
	*w = (struct wait_ctx){
		.hyp = l->hyp,
		.xs = l->xs,
		.target = l->record.target,
		.stub = l->record.stub,
		.signal_fd = l->signal_fd,
		.supervisor_fd = -1,
		.limit_ms = limit_s * 1000ull,
		.limit_name = "-t",
	};
}
