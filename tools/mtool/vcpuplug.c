/* SPDX-License-Identifier: MIT */
#include "tools/mtool/vcpuplug.h"

#include <stdbool.h>
#include <stdio.h>

/* Xen's vcpus are one to a socket in QEMU's PC, so this is their number. */
static json_int_t number_of(const json_t *cpu)
{
	const json_t *props = json_object_get(cpu, "props");
	const json_t *socket = json_object_get(props, "socket-id");

	return json_is_integer(socket) ? json_integer_value(socket) : -1;
}

static bool is_plugged(const json_t *cpu)
{
	return json_object_get(cpu, "qom-path");
}

/* The free place with the lowest number above `above`; QEMU has no order. */
static const json_t *next_free(const json_t *cpus, json_int_t above)
{
	const json_t *cpu, *best = NULL;
	size_t i;

	json_array_foreach(cpus, i, cpu)
	{
		if (is_plugged(cpu) || number_of(cpu) <= above)
			continue;
		if (!best || number_of(cpu) < number_of(best))
			best = cpu;
	}
	return best;
}

static json_t *arguments(const json_t *cpu)
{
	char id[32];
	json_t *o;

	snprintf(id, sizeof(id), "cpu-%lld", (long long)number_of(cpu));
	o = json_pack("{s:s s:O}", "id", id, "driver",
		      json_object_get(cpu, "type"));
	if (o && json_object_update(o, json_object_get(cpu, "props")) < 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static size_t count_plugged(const json_t *cpus)
{
	const json_t *cpu;
	size_t i, nr = 0;

	json_array_foreach(cpus, i, cpu) nr += is_plugged(cpu);
	return nr;
}

static int fill(json_t *plugs, const json_t *cpus, unsigned int want,
		struct err *e)
{
	size_t have = count_plugged(cpus);
	const json_t *cpu;
	json_int_t last = -1;

	for (; have < want; have++) {
		cpu = next_free(cpus, last);
		if (!cpu)
			return err_set(e, EXIT_FAILED,
				       "QEMU has no place for %u vcpus", want);
		last = number_of(cpu);
		if (json_array_append_new(plugs, arguments(cpu)) < 0)
			return err_set(e, EXIT_FAILED,
				       "query-hotpluggable-cpus: not "
				       "understood");
	}
	return 0;
}

json_t *vcpu_plugs(const json_t *cpus, unsigned int want, struct err *e)
{
	json_t *plugs = json_array();

	if (plugs && !fill(plugs, cpus, want, e))
		return plugs;
	json_decref(plugs);
	return NULL;
}
