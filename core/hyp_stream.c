/* SPDX-License-Identifier: MIT */
#include "core/hypstream.h"

#include <errno.h>
#include <xenguest.h>

struct save {
	const struct hyp_save_ops *ops;
	void *ctx;
	bool live;
	bool failed; /* one of ops did, and *e says why */
	struct err *e;
};

/* What libxenguest has complained of last, or errno. */
static int stream_error(struct hyp *h, const char *what, struct err *e)
{
	const char *xen = hyp_log(h)->xen_last;

	if (*xen)
		return err_set(e, EXIT_FAILED, "%s: %s", what, xen);
	return err_sys(e, EXIT_FAILED, "%s", what);
}

/* Here 1 is success. */
static int on_suspend(void *data)
{
	struct save *s = data;

	s->failed = s->ops->suspend(s->ctx, s->e) < 0;
	return !s->failed;
}

/* Asked for in any case, but of use only while the guest runs. */
static int on_log_dirty(uint32_t domid, unsigned int enable, void *data)
{
	struct save *s = data;

	(void)domid;
	if (!s->live || s->failed)
		return 0;
	s->failed = s->ops->log_dirty(s->ctx, enable, s->e) < 0;
	return s->failed ? -1 : 0;
}

int hyp_save(struct hyp *h, int fd, uint32_t domid, bool live,
	     const struct hyp_save_ops *ops, void *ctx, struct err *e)
{
	struct save s = {.ops = ops, .ctx = ctx, .live = live, .e = e};
	struct save_callbacks cb = {
		.suspend = on_suspend,
		.switch_qemu_logdirty = on_log_dirty,
		.data = &s,
	};

	hyp_log(h)->xen_last[0] = '\0';
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: save domain %u%s", domid,
		live ? ", live" : "");
	if (!xc_domain_save(hyp_xch(h), fd, domid, live ? XCFLAGS_LIVE : 0, &cb,
			    XC_STREAM_PLAIN, -1))
		return 0;
	return s.failed ? -1 : stream_error(h, "read the guest's memory", e);
}

struct restore {
	struct hyp *h;
	uint32_t domid;
};

/* A stream of an older Xen has no CPUID policy in it. */
static int on_static_data(unsigned int missing, void *data)
{
	struct restore *r = data;

	if (!(missing & XGR_SDD_MISSING_CPUID))
		return 0;
	return xc_cpuid_apply_policy(hyp_xch(r->h), r->domid, true, NULL, 0,
				     true, false, false, NULL, NULL);
}

int hyp_restore(struct hyp *h, int fd, uint32_t domid,
		const struct hyp_ports *ports, struct build_frames *out,
		struct err *e)
{
	struct restore r = {h, domid};
	struct restore_callbacks cb = {
		.static_data_done = on_static_data,
		.data = &r,
	};
	unsigned long store = 0, console = 0;

	hyp_log(h)->xen_last[0] = '\0';
	log_msg(hyp_log(h), LOG_DETAIL, "hypercall: restore domain %u", domid);
	if (xc_domain_restore(hyp_xch(h), fd, domid, ports->store, &store, 0,
			      ports->console, &console, 0, XC_STREAM_PLAIN, &cb,
			      -1) < 0)
		return stream_error(h, "fill the guest's memory", e);
	out->store = store;
	out->console = console;
	return 0;
}
