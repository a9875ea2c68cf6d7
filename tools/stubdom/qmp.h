/* SPDX-License-Identifier: MIT */
/*
 * QMP over vchan. Protocol: "vchan server on .../device-model/<target-id>/
 * qmp-vchan, exposing qmp socket to the toolstack. Only one simultaneous
 * connection is supported".
 *
 * Every client gets a vchan instance and a connection to QEMU of its own, so
 * that nothing of one can reach the next. QEMU is connected to first: an
 * instance is published when QEMU's greeting is there to be sent, which is
 * what a toolstack may take the nodes' appearance for.
 */
#ifndef STUBDOM_QMP_H
#define STUBDOM_QMP_H

#include <stdbool.h>
#include <stdint.h>
#include "core/loop.h"
#include "core/xs.h"

struct qmp;

/*
 * Serve target's QEMU, which listens at `sock_path` or will do so. Tries to
 * connect to it until qmp_free. Returns NULL and fills *e if it cannot begin.
 */
struct qmp *qmp_new(struct loop *loop, struct xs *xs, uint32_t target,
		    const char *sock_path, struct err *e);

/* The client sees the channel close. NULL is allowed. */
void qmp_free(struct qmp *q);

/* Has QEMU answered and been published at least once? */
bool qmp_served(const struct qmp *q);

#endif
