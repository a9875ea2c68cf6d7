/* SPDX-License-Identifier: MIT */
/*
 * Messages to the user, and the adaptor through which Xen's own libraries
 * send theirs to the same place.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdint.h>
#include <stdio.h>
#include <xentoollog.h>

enum log_level {
	LOG_ERROR,  /* always shown */
	LOG_WARN,   /* hidden by -q */
	LOG_STEP,   /* -v: each step of a plan as it happens */
	LOG_DETAIL, /* -vv: each hypercall, each xenstore write */
};

struct log {
	struct xentoollog_logger xtl; /* first: Xen's libraries get &xtl */
	FILE *out;
	enum log_level level;
	uint64_t start_ms; /* monotonic; -v prints times since then */
	uint64_t last_ms;
	char xen_last[512]; /* last error or warning of a Xen library */
};

/* Log to `out` what is at or below `level`. */
void log_init(struct log *l, FILE *out, enum log_level level);

/* One line; a newline is added. LOG_STEP and up carry times. */
void log_msg(struct log *l, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Milliseconds of the monotonic clock. */
uint64_t clock_ms(void);

#endif
