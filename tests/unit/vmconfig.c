/* SPDX-License-Identifier: MIT */
/*
 * The configuration that a run directory keeps. /run/mtool is where that is,
 * so this runs in a mount namespace of its own, and only as root.
 */
#include "tools/mtool/vmconfig.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hyp.h"
#include "core/uuid.h"
#include "tests/unit/tap.h"
#include "tools/mtool/rundir.h"

#define UUID "01234567-89ab-cdef-0123-456789abcdef"

static const char text[] = "name = 'g'\n"
			   "memory = 64\n"
			   "on_poweroff = 'preserve'\n"
			   "on_reboot = 'restart'\n"
			   "on_crash = 'restart'\n"
			   "on_watchdog = 'preserve'\n";

/* An empty /run of our own, or false. */
static bool isolate(void)
{
	return !unshare(CLONE_NEWNS) &&
	       !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("tmpfs", "/run", "tmpfs", 0, "mode=755") &&
	       !mkdir(RUN_ROOT, 0700) && !mkdir(RUN_ROOT "/g", 0700);
}

static void test_write_and_read(void)
{
	struct vm_config c, again;
	char uuid[37];
	struct err e;

	if (config_parse(&c, text, strlen(text), "g.cfg", &e) < 0)
		abort();
	uuid_parse(UUID, c.uuid);
	is_int(vm_config_write(&c, &e), 0, "it is written");
	is_int(vm_config_read(&again, "g", &e), 0, "and can be read");
	uuid_text(again.uuid, uuid);
	is_str(uuid, UUID, "with the uuid that was made meanwhile");
	ok(again.uuid_set && again.memory_mb == 64, "and all the rest");
	config_free(&again);
	config_free(&c);
}

/* The directory was moved, and the file in it not written yet. */
static void test_cut_short(void)
{
	struct vm_config c;
	struct err e;

	if (rename(RUN_ROOT "/g", RUN_ROOT "/h") < 0)
		abort();
	is_int(vm_config_read(&c, "h", &e), 0, "after half a rename");
	is_str(c.name, "h", "the directory's name counts");
	ok(strstr(c.as_used, "name = \"h\"\n"), "also for the next to read it");
	config_free(&c);
	is_int(vm_config_read(&c, "g", &e), -1, "the old name has none");
}

static void test_actions(void)
{
	static const struct {
		unsigned int reason;
		enum vm_action want;
	} rows[] = {
		{SHUTDOWN_poweroff, ACTION_PRESERVE},
		{SHUTDOWN_reboot, ACTION_RESTART},
		{SHUTDOWN_suspend, ACTION_PRESERVE},
		{SHUTDOWN_crash, ACTION_RESTART},
		{SHUTDOWN_watchdog, ACTION_PRESERVE},
		{99, ACTION_RESTART}, /* as a crash */
	};
	enum vm_action got;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		is_int(vm_config_action("h", rows[i].reason, &got, &e), 0,
		       "reason %u", rows[i].reason);
		is_int(got, rows[i].want, "leads to this");
	}
	is_int(vm_config_action("g", 0, &got, &e), -1, "none for no VM");
}

int main(void)
{
	if (!isolate()) {
		puts("1..0 # SKIP needs root and a mount namespace");
		return 0;
	}
	test_write_and_read();
	test_cut_short();
	test_actions();
	return done_testing();
}
