/* SPDX-License-Identifier: MIT */
#include "core/cpuset.h"

#include <stdio.h>
#include <string.h>

#include "core/num.h"

enum { WORD_MAX = 16 }; /* "^4000-4095" */

void cpuset_add(struct cpuset *s, unsigned int cpu)
{
	s->bits[cpu / 8] |= (uint8_t)(1u << (cpu % 8));
}

static void cpuset_remove(struct cpuset *s, unsigned int cpu)
{
	s->bits[cpu / 8] &= (uint8_t) ~(1u << (cpu % 8));
}

bool cpuset_has(const struct cpuset *s, unsigned int cpu)
{
	return cpu < CPUSET_MAX && (s->bits[cpu / 8] >> (cpu % 8) & 1);
}

static bool is_empty(const struct cpuset *s)
{
	static const struct cpuset none;

	return !memcmp(s, &none, sizeof(none));
}

/* "N", "N-M" or "all" */
static int read_range(char *word, uint64_t *first, uint64_t *last)
{
	char *dash = strchr(word, '-');

	if (!strcmp(word, "all")) {
		*first = 0;
		*last = CPUSET_MAX - 1;
		return 0;
	}
	if (dash)
		*dash++ = '\0';
	if (num_parse(word, 0, CPUSET_MAX - 1, first) < 0)
		return -1;
	*last = *first;
	return dash ? num_parse(dash, *first, CPUSET_MAX - 1, last) : 0;
}

static int apply_word(struct cpuset *s, char *word)
{
	bool without = *word == '^';
	uint64_t cpu, last;

	if (read_range(word + without, &cpu, &last) < 0)
		return -1;
	for (; cpu <= last; cpu++) {
		if (without)
			cpuset_remove(s, (unsigned int)cpu);
		else
			cpuset_add(s, (unsigned int)cpu);
	}
	return 0;
}

int cpuset_parse(const char *text, struct cpuset *out, struct err *e)
{
	const char *p = text;
	char word[WORD_MAX];
	size_t len;

	memset(out, 0, sizeof(*out));
	for (;;) {
		len = strcspn(p, ",");
		if (len >= sizeof(word))
			break;
		memcpy(word, p, len);
		word[len] = '\0';
		if (apply_word(out, word) < 0)
			break;
		if (!p[len])
			return is_empty(out)
				       ? err_set(e, EXIT_USAGE,
						 "%s: no CPU is left", text)
				       : 0;
		p += len + 1;
	}
	return err_set(e, EXIT_USAGE,
		       "%s: not CPUs like 0-3,5,^2 or all (numbers to %d)",
		       text, CPUSET_MAX - 1);
}

/* The end of the run of members (or of others) that begins at `cpu`. */
static unsigned int run_end(const struct cpuset *s, unsigned int cpu,
			    unsigned int nr)
{
	bool member = cpuset_has(s, cpu);

	while (cpu < nr && cpuset_has(s, cpu) == member)
		cpu++;
	return cpu;
}

void cpuset_text(const struct cpuset *s, unsigned int nr, char *buf,
		 size_t size)
{
	unsigned int cpu, end;
	size_t len = 0;

	snprintf(buf, size, "%s",
		 cpuset_has(s, 0) && run_end(s, 0, nr) == nr ? "all" : "none");
	if (*buf == 'a')
		return;
	for (cpu = 0; cpu < nr && len < size; cpu = end) {
		end = run_end(s, cpu, nr);
		if (!cpuset_has(s, cpu))
			continue;
		len += (size_t)snprintf(buf + len, size - len, "%s%u",
					len ? "," : "", cpu);
		if (end - cpu > 1 && len < size)
			len += (size_t)snprintf(buf + len, size - len, "-%u",
						end - 1);
	}
}
