/* SPDX-License-Identifier: MIT */
/* What can be told of a VM: its record, and what Xen says of its domains. */
#ifndef TOOLS_MTOOL_FACTS_H
#define TOOLS_MTOOL_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include "core/hyp.h"
#include "tools/mtool/rundir.h"

struct vm_facts {
	struct vm_record record;
	bool have_target, have_stub;
	struct hyp_dom target, stub;
	bool supervised;
	const char *state; /* one word, of the whole VM */
};

/* -1 and *e if Xen cannot be asked. */
int facts_get(struct hyp *h, const struct vm_record *r, struct vm_facts *f,
	      struct err *e);

/* The state of one domain by itself. */
const char *facts_domain_state(bool have, const struct hyp_dom *d);

/* CPU time and memory of both domains, as far as they are there. */
uint64_t facts_cpu_ns(const struct vm_facts *f);
uint64_t facts_mem_kb(const struct vm_facts *f);

/* All that `list` shows, as an object; NULL without memory. */
json_t *facts_json(const struct vm_facts *f);

/* Seconds since creation, "1d 02:03:04" or "02:03:04". */
void facts_uptime(const struct vm_facts *f, char *buf, size_t size);

/* Seconds since 1970 as local time, "2026-01-31 12:00:00". */
void facts_time(uint64_t t, char *buf, size_t size);

#endif
