/* SPDX-License-Identifier: MIT */
/* A guest's memory, vcpus and Xen's devices as a stream, by libxenguest. */
#ifndef CORE_HYPSTREAM_H
#define CORE_HYPSTREAM_H

#include <stdbool.h>
#include <stdint.h>
#include "core/build.h"
#include "core/err.h"
#include "core/hyp.h"

/* What the writer of a stream is asked to do meanwhile; 0, or -1 and *e. */
struct hyp_save_ops {
	/* Stop the guest and its device model, and take the latter's state. */
	int (*suspend)(void *ctx, struct err *e);
	/* Have the device model tell Xen which pages it writes to, or not. */
	int (*log_dirty)(void *ctx, bool on, struct err *e);
};

/*
 * Write the stream of domain `domid` to `fd`. `live`: while the guest still
 * runs, and what it has changed meanwhile again; ops->suspend comes near the
 * end then, else at the beginning. Blocks; run it in a process of its own. A
 * guest that was suspended stays so.
 */
int hyp_save(struct hyp *h, int fd, uint32_t domid, bool live,
	     const struct hyp_save_ops *ops, void *ctx, struct err *e);

/*
 * Fill an empty domain from the stream, of which not a byte too much is read.
 * Blocks, as above.
 */
int hyp_restore(struct hyp *h, int fd, uint32_t domid,
		const struct hyp_ports *ports, struct build_frames *out,
		struct err *e);

#endif
