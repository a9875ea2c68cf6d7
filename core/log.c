/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

uint64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void log_vmsg(struct log *l, enum log_level level, const char *fmt,
		     va_list ap)
{
	if (level > l->level)
		return;
	if (level >= LOG_STEP) {
		uint64_t now = clock_ms();

		fprintf(l->out, "%6llu ms %+6lld  ",
			(unsigned long long)(now - l->start_ms),
			(long long)(now - l->last_ms));
		l->last_ms = now;
	} else {
		fprintf(l->out, "mtool: ");
	}
	vfprintf(l->out, fmt, ap);
	fputc('\n', l->out);
	fflush(l->out);
}

void log_msg(struct log *l, enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vmsg(l, level, fmt, ap);
	va_end(ap);
}

/*
 * A Xen library's message is a detail: the error that matters to the user is
 * ours. The last complaint is kept, for it often names the true cause.
 */
__attribute__((format(printf, 5, 0))) static void xen_vmessage(
	struct xentoollog_logger *logger, xentoollog_level level, int errnoval,
	const char *context, const char *format, va_list al)
{
	struct log *l = (struct log *)logger;
	char text[sizeof(l->xen_last)];

	vsnprintf(text, sizeof(text), format, al);
	if (level >= XTL_WARN)
		memcpy(l->xen_last, text, sizeof(text));
	log_msg(l, LOG_DETAIL, "%s: %s%s%s", context ? context : "xen", text,
		errnoval > 0 ? ": " : "",
		errnoval > 0 ? strerror(errnoval) : "");
}

static void xen_progress(struct xentoollog_logger *logger, const char *context,
			 const char *what, int percent, unsigned long done,
			 unsigned long total)
{
	(void)logger, (void)context, (void)what;
	(void)percent, (void)done, (void)total;
}

static void xen_destroy(struct xentoollog_logger *logger)
{
	(void)logger;
}

void log_init(struct log *l, FILE *out, enum log_level level)
{
	memset(l, 0, sizeof(*l));
	l->xtl.vmessage = xen_vmessage;
	l->xtl.progress = xen_progress;
	l->xtl.destroy = xen_destroy;
	l->out = out;
	l->level = level;
	l->start_ms = l->last_ms = clock_ms();
}
