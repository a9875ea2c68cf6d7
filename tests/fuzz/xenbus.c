/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: the input is what others write to the nodes of a device while it
 * is waited for, closed and opened again. A step is a byte that tells what to
 * do (0 to 5: write or remove that node, 6: close, 7: open again; from 0x80
 * nobody is told), one with the length of the value, and the value.
 */
#include "devices/xenbus.h"

#include <xen/io/xenbus.h>

#include "tests/unit/xs_fake.h"

#define BACK "/local/domain/0/backend/vbd/5/51712"
#define FRONT "/local/domain/5/device/vbd/51712"
#define ERROR "/local/domain/0/error/backend/vbd/5/51712"

enum { ASK_CLOSE = 6, ASK_REOPEN = 7, STEP_HEAD = 2 };

static void must(bool promise)
{
	if (!promise)
		abort();
}

static const char *const nodes[] = {
	BACK "/state",	FRONT "/state", BACK "/hotplug-status",
	ERROR "/error", BACK,		FRONT,
};

struct wait {
	enum xenbus_goal goal;
	unsigned int told, ups;
};

static bool is_state(const char *dir, unsigned int state)
{
	char path[XS_PATH_MAX];
	uint64_t n;

	snprintf(path, sizeof(path), "%s/state", dir);
	return !num_parse(get(path), 0, 9, &n) && n == state;
}

/* Success is told of what is so, and of nothing else. */
static void on_done(void *ctx, const struct err *e)
{
	struct wait *w = ctx;

	must(!w->told++);
	if (e)
		must(e->code == EXIT_FAILED && *e->msg);
	else if (w->goal == XENBUS_CONNECTED)
		must(is_state(BACK, XenbusStateConnected) &&
		     is_state(FRONT, XenbusStateConnected));
}

static int on_up(struct xenbus_dev *d, struct xs *xs, struct err *e)
{
	struct wait *w = (struct wait *)d->ctx;

	(void)xs, (void)e;
	must(w->goal != XENBUS_CLOSED && !w->ups++);
	return 0;
}

/* What is asked of a device changes the backend alone. */
static void ask(const struct xenbus_dev *d, bool reopen)
{
	char before[XS_PATH_MAX], after[XS_PATH_MAX];
	struct err e;
	int n;

	snprintf(before, sizeof(before), "%s", get(FRONT "/state"));
	n = reopen ? xenbus_reopen(NULL, d, &e) : xenbus_close(NULL, d, &e);
	snprintf(after, sizeof(after), "%s", get(FRONT "/state"));
	must(n >= -1 && n <= 1 && !strcmp(before, after));
	must(n >= 0 || (e.code == EXIT_FAILED && !reopen));
}

static void step(const struct xenbus_dev *d, uint8_t what, const char *value)
{
	uint8_t n = what % 8;

	if (n == ASK_CLOSE || n == ASK_REOPEN) {
		ask(d, n == ASK_REOPEN);
		return;
	}
	if (*value)
		put(nodes[n], value);
	else
		xs_del(NULL, XBT_NULL, nodes[n]);
	if (what < 0x80)
		fire(nodes[n]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct loop *loop; /* nobody waits: its timers do not fire */
	struct wait wait = {.goal = size ? *data % 3 : 0};
	struct xenbus_watch *w;
	struct xenbus_dev d;
	char value[256];
	struct err e;

	if (!loop)
		loop = loop_new(&e);
	memset(&store, 0, sizeof(store));
	xenbus_dev(&d, "vbd", 5, 51712, "disk xvda");
	d.up = on_up;
	d.ctx = &wait;
	w = xenbus_watch(NULL, loop, &d, 1, wait.goal, on_done, &wait, &e);
	must(w);
	while (size > STEP_HEAD) {
		uint8_t what = data[0];
		size_t len = data[1];

		data += STEP_HEAD;
		size -= STEP_HEAD;
		len = len < size ? len : size;
		memcpy(value, data, len);
		value[len] = '\0';
		step(&d, what, value);
		data += len;
		size -= len;
	}
	xenbus_unwatch(w);
	return 0;
}
