/* SPDX-License-Identifier: MIT */
/* Which commands the clients of a VM's QMP socket may send. */
#include "tools/mtool/qmpfilter.h"

#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

struct test {
	const char *command, *args, *instead; /* NULL: it may */
};

static const struct test tests[] = {
	{"query-status", NULL, NULL},
	{"stop", NULL, NULL},
	{"qui", NULL, NULL},
	{"quit", NULL, "mtool destroy"},
	{"quit", "{}", "mtool destroy"},
	{"xen-save-devices-state", "{}", "mtool save"},
	{"xen-load-devices-state", "{}", "mtool restore"},
	{"xen-set-global-dirty-log", "{}", "mtool migrate"},
	{"migrate", "{}", "mtool save"},
	{"migrate-incoming", "{}", "mtool restore"},
	{"add-fd", "{\"fdset-id\": 1}", "no descriptor"},
	{"getfd", NULL, "no descriptor"},
	{"remove-fd", "{\"fdset-id\": 1}", "mtool save"},
	{"remove-fd", "{\"fdset-id\": 2}", NULL},
	{"device_del", "{\"id\": \"mine\"}", NULL},
	{"device_del", "{\"id\": \"ide-mine\"}", NULL},
	{"device_del", "{\"id\": \"nic\"}", NULL},
	{"device_del", "{}", NULL},
	{"device_del", "{\"id\": 1}", NULL},
	{"device_del", "{\"id\": \"ide-5632\"}", "mtool block-detach"},
	{"device_del", "{\"id\": \"ahci0\"}", "mtool block-detach"},
	{"device_del", "{\"id\": \"nic0\"}", "mtool network-detach"},
	{"device_del", "{\"id\": \"pci-pt-03_10.1\"}", "mtool pci-detach"},
	{"device_del", "{\"id\": \"pci-pt-a3_10.1\"}", "mtool pci-detach"},
	{"device_del", "{\"id\": \"pci-pt-mine\"}", NULL},
	{"device_del", "{\"id\": \"ide-cd\"}", NULL},
	{"device_del", "{\"id\": \"/machine/peripheral/nic0\"}",
	 "mtool network-detach"},
	{"device_del", "{\"id\": \"/machine/peripheral/mine\"}", NULL},
	{"device_del", "{\"id\": \"/machine/peripheral-anon/device[0]\"}",
	 "has no id"},
	{"netdev_del", "{\"id\": \"net0\"}", "mtool network-detach"},
	{"human-monitor-command", "{\"command-line\": \"info pci\"}", NULL},
	{"human-monitor-command", "{\"command-line\": \"\"}", NULL},
	{"human-monitor-command", "{}", NULL},
	{"human-monitor-command", "{\"command-line\": \"quit\"}",
	 "mtool destroy"},
	{"human-monitor-command", "{\"command-line\": \"  q \"}",
	 "mtool destroy"},
	{"human-monitor-command", "{\"command-line\": \"device_del nic0\"}",
	 "mtool network-detach"},
	{"human-monitor-command", "{\"command-line\": \"drive_del ide-5632\"}",
	 "mtool block-detach"},
	{"human-monitor-command", "{\"command-line\": \"device_del mine\"}",
	 NULL},
	{"human-monitor-command", "{\"command-line\": \"migrate -d x\"}",
	 "mtool migrate"},
};

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		const struct test *t = &tests[i];
		json_t *args = t->args ? json_loads(t->args, 0, NULL) : NULL;
		struct err e = {.msg = ""};
		int rc = qmp_filter(NULL, t->command, args, &e);

		ok(t->instead ? rc < 0 && strstr(e.msg, t->instead) : !rc,
		   "%s %s: %s", t->command, t->args ? t->args : "",
		   rc ? e.msg : "may pass");
		json_decref(args);
	}
	return done_testing();
}
