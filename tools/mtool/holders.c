/* SPDX-License-Identifier: MIT */
#include "tools/mtool/holders.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/num.h"

/* How maps of the two devices, and of privcmd's old place, end in proc(5). */
static bool is_xen_map(const char *line)
{
	return strstr(line, "xen/gntdev\n") || strstr(line, "xen/privcmd\n");
}

static bool maps_xen(unsigned int pid)
{
	char path[32], line[512];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = is_xen_map(line);
	if (f)
		fclose(f);
	return found;
}

static void read_name(unsigned int pid, char *name, size_t size)
{
	char path[32];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	f = fopen(path, "re");
	if (!f || !fgets(name, (int)size, f))
		snprintf(name, size, "?");
	name[strcspn(name, "\n")] = '\0';
	if (f)
		fclose(f);
}

static size_t add_holder(unsigned int pid, char *buf, size_t size, size_t len)
{
	char name[32];
	int n;

	read_name(pid, name, sizeof(name));
	n = snprintf(buf + len, size - len, "%s%s (%u)", len ? ", " : "", name,
		     pid);
	if ((size_t)n < size - len)
		return len + (size_t)n;
	buf[len] = '\0';
	return len;
}

void holders_text(char *buf, size_t size)
{
	DIR *proc = opendir("/proc");
	struct dirent *ent;
	size_t len = 0;
	uint64_t pid;

	*buf = '\0';
	while (proc && (ent = readdir(proc))) {
		if (num_parse(ent->d_name, 1, INT_MAX, &pid) < 0 ||
		    (pid_t)pid == getpid() || !maps_xen((unsigned int)pid))
			continue;
		len = add_holder((unsigned int)pid, buf, size, len);
	}
	if (proc)
		closedir(proc);
	if (!len)
		snprintf(buf, size, "none");
}
