/* SPDX-License-Identifier: MIT */
/*
 * The client's end of a stubdomain's QMP channel. Protocol: "vchan server on
 * /local/domain/<stubdom-id>/device-model/<target-id>/qmp-vchan".
 */
#ifndef QMP_VCHAN_H
#define QMP_VCHAN_H

#include <stdint.h>
#include "core/log.h"
#include "core/loop.h"
#include "core/xs.h"
#include "qmp/link.h"

/*
 * A link to the server in domain `stub`, which may come and go as it likes.
 * `xs` is attached to `loop`; Xen's libraries complain to `log`. NULL and *e
 * on failure.
 */
struct qmp_link *qmp_vchan_new(struct loop *loop, struct xs *xs,
			       struct log *log, uint32_t stub, uint32_t target,
			       struct err *e);

/*
 * Whether the indices of a ring of 2^order bytes make sense: the library
 * takes those that do not for an empty or a full ring, for ever.
 */
bool qmp_vchan_sane(uint32_t prod, uint32_t cons, int order);

#endif
