/* SPDX-License-Identifier: MIT */
/*
 * What two mtools say to each other while a guest migrates. The stream goes one
 * way, over the receiver's standard input; words, each a line, go both:
 *
 *	receiver	sender
 *			head and CONFIG of the stream
 *	ready				it fits here, and its domain is made
 *			MEMORY, DEVICE, END	the guest is suspended now
 *	built				its device model runs
 *			go
 *	running
 *
 * or, instead of any word of the receiver, "error CODE TEXT". Up to "go" either
 * side may hang up, and the guest runs on where it was. The receiver lets it
 * run only after "go"; from then on the sender never does.
 */
#ifndef TOOLS_MTOOL_HANDSHAKE_H
#define TOOLS_MTOOL_HANDSHAKE_H

#include <stdint.h>
#include "core/err.h"
#include "tools/mtool/vmincoming.h"

/* Have `in` say these words on standard output, and wait for "go". */
void handshake_receiver(struct vm_incoming *in);
/* Tell how it ended: `rc`, and *e if it failed. */
void handshake_received(int rc, const struct err *e);

/*
 * The sender waits for `word` on `fd`, at most `ms`. -1 and *e: what the other
 * side said instead, EXIT_TIMEOUT, or EXIT_DIED if it has hung up. `cancel`
 * readable: "interrupted".
 */
int handshake_await(int fd, const char *word, int cancel, uint64_t ms,
		    struct err *e);
int handshake_say(int fd, const char *word, struct err *e);

#endif
