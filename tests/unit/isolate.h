/* SPDX-License-Identifier: MIT */
/* An empty /run and /var/log for one test; only root can have that. */
#ifndef TESTS_UNIT_ISOLATE_H
#define TESTS_UNIT_ISOLATE_H

#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>

/* NULL, or what is missing for it, with errno. */
static inline const char *isolate(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		return "no mount namespace";
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return "mounts cannot be made private";
	if (mount("tmpfs", "/run", "tmpfs", 0, "mode=755") < 0 ||
	    mount("tmpfs", "/var/log", "tmpfs", 0, "mode=755") < 0)
		return "no tmpfs";
	return NULL;
}

#endif
