/* SPDX-License-Identifier: MIT */
/* Connecting to a socket in the file system, with a limit to all waiting. */
#ifndef CORE_DIAL_H
#define CORE_DIAL_H

#include <stdint.h>
#include "core/err.h"

/*
 * A connection, which does not block, to who listens at `path`; waits for a
 * place up to `end_ms` (clock_ms). Returns the descriptor; -1 and *e,
 * EXIT_NO_VM if nobody listens.
 */
int dial(const char *path, uint64_t end_ms, struct err *e);

/*
 * Wait until `fd` is ready for `events` (POLLIN, ...). 0; -1 and *e:
 * EXIT_TIMEOUT, "`who` does not answer", when `end_ms` has come.
 */
int dial_await(int fd, short events, uint64_t end_ms, const char *who,
	       struct err *e);

#endif
