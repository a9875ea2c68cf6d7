/* SPDX-License-Identifier: MIT */
#include "tools/mtool/facts.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/uuid.h"

static int get_domain(struct hyp *h, uint32_t domid, const uint8_t uuid[16],
		      bool *have, struct hyp_dom *d, struct err *e)
{
	int rc = domid ? hyp_dom_get(h, domid, d, e) : 0;

	*have = rc == 1 && !memcmp(d->uuid, uuid, 16);
	return rc < 0 ? -1 : 0;
}

static const char *shutdown_state(const struct hyp_dom *d)
{
	static const char *const word[] = {
		[SHUTDOWN_poweroff] = "poweroff", [SHUTDOWN_reboot] = "reboot",
		[SHUTDOWN_suspend] = "suspended", [SHUTDOWN_crash] = "crashed",
		[SHUTDOWN_watchdog] = "watchdog",
	};

	return d->reason < sizeof(word) / sizeof(*word) ? word[d->reason]
							: "shutdown";
}

const char *facts_domain_state(bool have, const struct hyp_dom *d)
{
	if (!have)
		return "gone";
	if (d->dying)
		return "dying";
	if (d->shutdown)
		return shutdown_state(d);
	if (d->paused)
		return "paused";
	return d->running ? "running" : "blocked";
}

uint64_t facts_cpu_ns(const struct vm_facts *f)
{
	return (f->have_target ? f->target.cpu_ns : 0) +
	       (f->have_stub ? f->stub.cpu_ns : 0);
}

uint64_t facts_mem_kb(const struct vm_facts *f)
{
	return (f->have_target ? f->target.mem_kb : 0) +
	       (f->have_stub ? f->stub.mem_kb : 0);
}

static const char *state_word(const struct vm_facts *f)
{
	if (!f->have_target)
		return f->record.running ? "gone" : "starting";
	if (f->target.dying)
		return "dying";
	if (f->target.shutdown)
		return shutdown_state(&f->target);
	if (f->record.dm_dead)
		return "no-dm";
	if (f->have_stub && f->stub.dying)
		return "dying";
	if (!f->record.running)
		return "starting";
	if (!f->have_stub || f->stub.shutdown)
		return "no-dm";
	return facts_domain_state(true, &f->target);
}

int facts_get(struct hyp *h, const struct vm_record *r, struct vm_facts *f,
	      struct err *e)
{
	memset(f, 0, sizeof(*f));
	f->record = *r;
	if (get_domain(h, r->target, r->uuid, &f->have_target, &f->target, e) <
		    0 ||
	    get_domain(h, r->stub, r->stub_uuid, &f->have_stub, &f->stub, e) <
		    0)
		return -1;
	f->supervised = rundir_locked(r->name);
	f->state = state_word(f);
	return 0;
}

static json_int_t seconds(uint64_t ns)
{
	return (json_int_t)(ns / 1000000000);
}

static json_t *domain_json(const struct hyp_dom *d)
{
	return json_pack("{s:i s:I s:I s:i s:f s:b s:b s:b}", "domid",
			 (int)d->domid, "memory_kb", (json_int_t)d->mem_kb,
			 "max_memory_kb", (json_int_t)d->max_kb, "vcpus",
			 (int)d->vcpus, "cpu_seconds", (double)d->cpu_ns / 1e9,
			 "paused", d->paused, "shutdown", d->shutdown, "dying",
			 d->dying);
}

json_t *facts_json(const struct vm_facts *f)
{
	char uuid[37];
	json_t *o;

	uuid_text(f->record.uuid, uuid);
	o = json_pack("{s:s s:s s:i s:i s:s s:I s:I s:I s:b s:i}", "name",
		      f->record.name, "uuid", uuid, "domid",
		      (int)f->record.target, "stub_domid", (int)f->record.stub,
		      "state", f->state, "memory_kb",
		      (json_int_t)facts_mem_kb(f), "cpu_seconds",
		      seconds(facts_cpu_ns(f)), "created",
		      (json_int_t)f->record.created, "supervised",
		      f->supervised, "serials", (int)f->record.serials);
	if (o && f->record.ended_at)
		json_object_set_new(o, "ended",
				    json_pack("{s:I s:s}", "time",
					      (json_int_t)f->record.ended_at,
					      "why", f->record.ended));
	if (o && f->have_target)
		json_object_set_new(o, "target", domain_json(&f->target));
	if (o && f->have_stub)
		json_object_set_new(o, "stub", domain_json(&f->stub));
	return o;
}

void facts_uptime(const struct vm_facts *f, char *buf, size_t size)
{
	uint64_t now = (uint64_t)time(NULL), up = 0;
	unsigned int days;

	if (f->record.created && now > f->record.created)
		up = now - f->record.created;
	days = (unsigned int)(up / 86400);
	if (days)
		snprintf(buf, size, "%ud %02u:%02u", days,
			 (unsigned int)(up / 3600 % 24),
			 (unsigned int)(up / 60 % 60));
	else
		snprintf(buf, size, "%02u:%02u:%02u", (unsigned int)(up / 3600),
			 (unsigned int)(up / 60 % 60), (unsigned int)(up % 60));
}

void facts_time(uint64_t t, char *buf, size_t size)
{
	time_t when = (time_t)t;
	struct tm tm;

	if (!localtime_r(&when, &tm) ||
	    !strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(buf, size, "?");
}
