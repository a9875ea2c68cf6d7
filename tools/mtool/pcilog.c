/* SPDX-License-Identifier: MIT */
/*
 * The log is the stub's: it may hold anything. What looks like QEMU's words is
 * shown to people, and decides nothing.
 */
#include "tools/mtool/pcilog.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAIL = 256 << 10, LINE = 512, REGISTERS = 64, CONFIG_LEN = 4096 };

/* "[00:03.0] Write-back to unknown field 0x80 (partially) inhibited ..." */
static bool parse_line(const char *line, unsigned int slot, unsigned int *reg)
{
	unsigned int bus, dev, fn;
	const char *p = strstr(line, "] Write-back to unknown field 0x");
	const char *from = p;

	if (!p)
		return false;
	while (from > line && *from != '[')
		from--;
	/* NOLINTNEXTLINE(cert-err34-c): two digits cannot overflow */
	if (sscanf(from, "[%2x:%2x.%1x]", &bus, &dev, &fn) != 3 || bus || fn ||
	    dev != slot)
		return false;
	/* NOLINTNEXTLINE(cert-err34-c): nor can three */
	return sscanf(p, "] Write-back to unknown field 0x%3x", reg) == 1 &&
	       *reg < CONFIG_LEN;
}

static bool is_in(const json_t *list, unsigned int reg)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		if (json_integer_value(o) == reg)
			return true;
	}
	return false;
}

json_t *pci_log_refused(const char *path, unsigned int slot)
{
	json_t *list = json_array();
	FILE *f = fopen(path, "re");
	unsigned int reg;
	char line[LINE];

	if (f && fseek(f, -TAIL, SEEK_END) < 0)
		rewind(f);
	while (f && fgets(line, sizeof(line), f)) {
		if (parse_line(line, slot, &reg) && !is_in(list, reg) &&
		    json_array_size(list) < REGISTERS)
			json_array_append_new(list, json_integer(reg));
	}
	if (f)
		fclose(f);
	return list;
}
