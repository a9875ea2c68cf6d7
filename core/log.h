/* SPDX-License-Identifier: MIT */
/*
 * Messages to the user, and the adaptor through which Xen's own libraries
 * send theirs to the same place.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>
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
	FILE *trace; /* gets everything, as JSON lines; or NULL */
	enum log_level level;
	uint64_t start_us; /* monotonic; times are shown since then */
	uint64_t last_us, last_trace_us;
	char xen_last[512]; /* last error or warning of a Xen library */
};

/* Log to `out` what is at or below `level`. */
void log_init(struct log *l, FILE *out, enum log_level level);

/*
 * Trace to `out`, too (NULL: no longer), all levels, one JSON object a line:
 * {"us": since log_init, "delta_us": since the line before, "kind": ...,
 * "text": ...}. It stays the caller's.
 */
void log_trace(struct log *l, FILE *out);

/* Whether anybody sees what is logged at `level`. */
bool log_wants(const struct log *l, enum log_level level);

/*
 * One line; a newline is added. LOG_STEP and up carry times. A LOG_DETAIL
 * begins with its kind and a colon: "xenstore: write ...". Costs a comparison
 * if nobody wants it. Leaves errno as it is.
 */
void log_msg(struct log *l, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Milliseconds, microseconds of the monotonic clock. */
uint64_t clock_ms(void);
uint64_t clock_us(void);

#endif
