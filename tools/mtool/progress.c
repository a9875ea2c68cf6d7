/* SPDX-License-Identifier: MIT */
#include "tools/mtool/progress.h"

#include <string.h>
#include <unistd.h>

#include "core/log.h"

enum { TELL_MS = 250, MIB = 1 << 20 };

void progress_start(struct progress *p, const char *name, const char *verb,
		    uint64_t total, FILE *stream, bool json, bool quiet)
{
	memset(p, 0, sizeof(*p));
	p->name = name;
	p->verb = verb;
	p->total = total;
	p->json = json;
	if (json || (!quiet && isatty(fileno(stream))))
		p->out = stream;
	p->start_ms = p->told_ms = clock_ms();
}

void progress_text(const struct progress *p, uint64_t now_ms, char *buf,
		   size_t size)
{
	uint64_t ms = now_ms - p->start_ms;
	uint64_t rate = ms ? p->done * 1000 / ms : 0; /* bytes per second */
	uint64_t left = p->total > p->done ? p->total - p->done : 0;
	char rest[48] = "";

	if (rate && left)
		snprintf(rest, sizeof(rest), ", %llu s left",
			 (unsigned long long)((left + rate - 1) / rate));
	snprintf(buf, size, "%s: %s: %llu of %llu MiB, %llu MiB/s%s", p->name,
		 p->verb, (unsigned long long)p->done / MIB,
		 (unsigned long long)(p->done + left) / MIB,
		 (unsigned long long)rate / MIB, rest);
}

static void tell_json(const struct progress *p, const char *event,
		      uint64_t now_ms)
{
	fprintf(p->out,
		"{\"event\":\"%s\",\"what\":\"%s\",\"vm\":\"%s\","
		"\"bytes\":%llu,\"total\":%llu,\"ms\":%llu}\n",
		event, p->verb, p->name, (unsigned long long)p->done,
		(unsigned long long)p->total,
		(unsigned long long)(now_ms - p->start_ms));
	fflush(p->out);
}

void progress_add(struct progress *p, uint64_t n)
{
	uint64_t now = clock_ms();
	char text[160];

	p->done += n;
	if (!p->out || now - p->told_ms < TELL_MS)
		return;
	p->told_ms = now;
	if (p->json) {
		tell_json(p, "progress", now);
		return;
	}
	progress_text(p, now, text, sizeof(text));
	fprintf(p->out, "\r%s\033[K", text);
	fflush(p->out);
}

void progress_end(struct progress *p, bool good)
{
	if (p->out && p->json)
		tell_json(p, good ? "done" : "failed", clock_ms());
	else if (p->out)
		fputs("\r\033[K", p->out);
	if (p->out)
		fflush(p->out);
	p->out = NULL;
}
