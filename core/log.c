/* SPDX-License-Identifier: MIT */
#include "core/log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "core/jsontext.h"

enum { LINE_MAX_BYTES = 8192 }; /* a xenstore path and a value of 4 KiB */

uint64_t clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t clock_ms(void)
{
	return clock_us() / 1000;
}

bool log_wants(const struct log *l, enum log_level level)
{
	return level <= l->level || l->trace;
}

static void show(struct log *l, enum log_level level, uint64_t now,
		 const char *text)
{
	if (level >= LOG_STEP) {
		fprintf(l->out, "%6llu ms %+6lld  ",
			(unsigned long long)(now - l->start_us) / 1000,
			(long long)(now / 1000 - l->last_us / 1000));
		l->last_us = now;
	} else {
		fprintf(l->out, "mtool: ");
	}
	fprintf(l->out, "%s\n", text);
	fflush(l->out);
}

/* Of a detail the kind is the word before its first colon; text goes on behind.
 */
static const char *kind_of(enum log_level level, const char **text, char *buf,
			   size_t size)
{
	static const char *const word[] = {"error", "warning", "step"};
	size_t len = strcspn(*text, ":");

	if (level < LOG_DETAIL)
		return word[level];
	if ((*text)[len] != ':' || len >= size)
		return "detail";
	memcpy(buf, *text, len);
	buf[len] = '\0';
	*text += len + 1;
	*text += strspn(*text, " ");
	return buf;
}

static void trace(struct log *l, enum log_level level, uint64_t now,
		  const char *text)
{
	char buf[24];
	const char *kind = kind_of(level, &text, buf, sizeof(buf));

	fprintf(l->trace, "{\"us\": %llu, \"delta_us\": %llu, \"kind\": ",
		(unsigned long long)(now - l->start_us),
		(unsigned long long)(now - l->last_trace_us));
	l->last_trace_us = now;
	json_text(kind, l->trace);
	fputs(", \"text\": ", l->trace);
	json_text(text, l->trace);
	fputs("}\n", l->trace);
}

void log_msg(struct log *l, enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	int saved = errno; /* callers tell of it afterwards */
	uint64_t now;
	va_list ap;

	if (!log_wants(l, level))
		return;
	now = clock_us();
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (l->trace)
		trace(l, level, now, text);
	if (level <= l->level)
		show(l, level, now, text);
	errno = saved;
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
	l->start_us = l->last_us = l->last_trace_us = clock_us();
}

void log_trace(struct log *l, FILE *out)
{
	l->trace = out;
}
