/* SPDX-License-Identifier: MIT */
/* What init tells the toolstack's log: console 0. */
#ifndef STUBDOM_SAY_H
#define STUBDOM_SAY_H

/*
 * One line on stderr, "stubdom: " before and a newline after it, in a single
 * write: the kernel and QEMU talk on the same console.
 */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
