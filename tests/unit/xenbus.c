/* SPDX-License-Identifier: MIT */
/*
 * Live device pairs against a xenstore that is a list in memory. The watches
 * are called by hand; the loop has nothing but timers.
 */
#include "devices/xenbus.h"

#include "tests/unit/tap.h"
#include "tests/unit/xs_fake.h"

#define T_BACK "/local/domain/0/backend/vbd/5/51712"
#define T_FRONT "/local/domain/5/device/vbd/51712"
#define S_BACK "/local/domain/0/backend/vif/6/0"

/* --- waiting --- */

static struct loop *loop;

static struct told {
	unsigned int times, ups, late; /* times that a hook was too early */
	struct err e;
} told;

static void on_done(void *ctx, const struct err *e)
{
	(void)ctx;
	loop_stop(loop);
	told.times++;
	told.e.msg[0] = '\0';
	if (e)
		told.e = *e;
}

static struct xenbus_watch *start(struct xenbus_dev *dev, unsigned int nr,
				  enum xenbus_goal goal)
{
	struct xenbus_watch *w;
	struct err e;

	memset(&told, 0, sizeof(told));
	w = xenbus_watch(NULL, loop, dev, nr, goal, on_done, NULL, &e);
	fire("/local/domain/0/backend"); /* as at registration */
	return w;
}

static void fresh(struct xenbus_dev *d)
{
	memset(&store, 0, sizeof(store));
	xenbus_dev(d, "vbd", 5, 51712, "disk xvda");
	put(T_BACK, "");
	put(T_BACK "/state", "1");
	put(T_BACK "/online", "1");
	put(T_FRONT "/state", "1");
}

static void test_paths(void)
{
	struct xenbus_dev d;

	xenbus_dev(&d, "vbd", 5, 51712, "disk xvda");
	is_str(d.back, T_BACK, "the backend's directory");
	is_str(d.front, T_FRONT, "the frontend's");
}

static int count_up(struct xenbus_dev *d, struct xs *xs, struct err *e)
{
	(void)xs;
	told.ups++;
	return d->ctx ? err_set(e, EXIT_FAILED, "no bridge") : 0;
}

/* Two of different kinds, side by side. */
static void test_backends_up(void)
{
	struct xenbus_watch *w;
	struct xenbus_dev d[2];

	fresh(&d[0]);
	xenbus_dev(&d[1], "vif", 6, 0, "nic 0");
	d[1].up = count_up;
	put(S_BACK "/state", "1");
	w = start(d, 2, XENBUS_BACKEND_UP);
	change(T_BACK "/state", "2");
	is_int(told.times, 0, "one of two is not all");
	store.reads = 0;
	change(T_BACK "/sectors", "8");
	change(S_BACK "/mac", "x");
	is_int(store.reads, 0, "keys that are no states cost nothing");
	change(S_BACK "/state", "2");
	is_int(told.times, 1, "both are");
	is_int(told.ups, 1, "its hook was called");
	is_str(told.e.msg, "", "it is no failure");
	change(S_BACK "/state", "4");
	is_int(told.times, 1, "it is told once");
	is_int(told.ups, 1, "and the hook not again");
	xenbus_unwatch(w);
	is_int(store.watch[0].used, false, "no watch is left");
}

static void test_hook_fails(void)
{
	struct xenbus_watch *w;
	struct xenbus_dev d;

	fresh(&d);
	d.up = count_up;
	d.ctx = "fail";
	w = start(&d, 1, XENBUS_BACKEND_UP);
	change(T_BACK "/state", "2");
	is_int(told.times, 1, "a hook that fails ends the wait");
	is_str(told.e.msg, "no bridge", "with its reason");
	xenbus_unwatch(w);
}

static int up_late(struct xenbus_dev *d, struct xs *xs, struct err *e)
{
	(void)d, (void)xs, (void)e;
	told.ups++;
	return told.late && told.late--;
}

static void test_hook_again(void)
{
	struct xenbus_watch *w;
	struct xenbus_dev d;
	struct err e;

	fresh(&d);
	d.up = up_late;
	w = start(&d, 1, XENBUS_BACKEND_UP);
	told.late = 2;
	change(T_BACK "/state", "2");
	is_int(told.times, 0, "a hook that is too early keeps it waiting");
	is_int(loop_run(loop, &e), 0, "and is called again");
	is_int(told.ups, 3, "until it has done it");
	is_int(told.times, 1, "then the wait is over");
	is_str(told.e.msg, "", "without a failure");
	xenbus_unwatch(w);

	fresh(&d);
	d.up = up_late;
	w = start(&d, 1, XENBUS_CONNECTED);
	told.late = 1;
	put(T_FRONT "/state", "4");
	change(T_BACK "/state", "4");
	is_int(told.times, 0, "nor is a connected one ready before");
	is_int(loop_run(loop, &e), 0, "it is called again");
	is_int(told.times, 1, "and is ready");
	xenbus_unwatch(w);

	fresh(&d);
	d.up = up_late;
	w = start(&d, 1, XENBUS_BACKEND_UP);
	told.late = 1000;
	change(T_BACK "/state", "2");
	put(T_BACK "/state", "6");
	is_int(loop_run(loop, &e), 0, "a backend that gives up meanwhile");
	is_int(told.e.code, EXIT_FAILED, "is a failure");
	xenbus_unwatch(w);
}

static void test_connect(void)
{
	struct xenbus_watch *w;
	struct xenbus_dev d;

	fresh(&d);
	w = start(&d, 1, XENBUS_CONNECTED);
	change(T_FRONT "/state", "4");
	is_int(told.times, 0, "the guest's word is not enough");
	change(T_BACK "/state", "4");
	is_int(told.times, 1, "the backend's is needed");
	xenbus_unwatch(w);

	fresh(&d);
	w = start(&d, 1, XENBUS_CONNECTED);
	change(T_BACK "/state", "4");
	is_int(told.times, 0, "nor is the backend's alone");
	change(T_FRONT "/state", "99");
	is_int(told.times, 0, "a state that is none is none");
	change(T_FRONT "/state", "4");
	is_int(told.times, 1, "both are connected");
	xenbus_unwatch(w);
}

static void test_gives_up(void)
{
	struct xenbus_watch *w;
	struct xenbus_dev d;

	fresh(&d);
	put("/local/domain/0/error/backend/vbd/5/51712/error", "6 no device");
	w = start(&d, 1, XENBUS_CONNECTED);
	change(T_BACK "/state", "5");
	is_int(told.times, 1, "a backend that gives up ends the wait");
	is_str(told.e.msg, "disk xvda: its backend driver gave up: 6 no device",
	       "with its driver's word");
	xenbus_unwatch(w);

	fresh(&d);
	w = start(&d, 1, XENBUS_CONNECTED);
	xs_del(NULL, 0, T_BACK);
	fire("/local/domain/0/backend/vbd/5");
	is_int(told.times, 1, "so does a directory that goes");
	is_int(told.e.code, EXIT_FAILED, "as a failure");
	xenbus_unwatch(w);
}

/* --- taking apart --- */

static void test_close(void)
{
	struct xenbus_watch *w;
	struct xenbus_dev d;
	struct err e;

	fresh(&d);
	put(T_BACK "/state", "4");
	put(T_FRONT "/state", "4");
	is_int(xenbus_close(NULL, &d, &e), 0, "a connected one is asked");
	is_str(get(T_BACK "/state"), "5", "by the backend's state");
	is_str(get(T_BACK "/online"), "0", "and for good");
	w = start(&d, 1, XENBUS_CLOSED);
	is_int(told.times, 0, "it has not let go");
	change(T_BACK "/state", "6");
	is_int(told.times, 1, "now it has");
	xenbus_unwatch(w);

	put(T_BACK "/state", "2");
	is_int(xenbus_close(NULL, &d, &e), 1, "nobody to ask");
	xs_del(NULL, 0, T_BACK);
	is_int(xenbus_close(NULL, &d, &e), -1, "nothing to close");
	is_int(e.code, EXIT_FAILED, "is not there");
	ok(!there(T_BACK), "and nothing is written");
}

static void test_reopen(void)
{
	struct xenbus_dev d;
	struct err e;

	fresh(&d);
	put(T_BACK "/state", "5");
	put(T_BACK "/online", "0");
	put(T_FRONT "/state", "4");
	is_int(xenbus_reopen(NULL, &d, &e), 0, "who has not moved goes on");
	is_str(get(T_BACK "/state"), "4", "connected");
	is_str(get(T_BACK "/online"), "1", "as before");

	put(T_BACK "/state", "5");
	put(T_FRONT "/state", "5");
	is_int(xenbus_reopen(NULL, &d, &e), 1, "who has begun cannot");
	is_str(get(T_BACK "/state"), "5", "nothing is written");
}

static void test_remove(void)
{
	struct xenbus_dev d;
	struct err e;

	fresh(&d);
	put("/local/domain/0/error/backend/vbd/5/51712/error", "6 no device");
	put("/local/domain/0/name", "Domain-0");
	put("/local/domain/5/device/suspend", "");
	is_int(xenbus_remove(NULL, &d, &e), 0, "remove");
	ok(!there("/local/domain/5/device/vbd"), "no frontend, nor its kind");
	ok(!there("/local/domain/0/backend"), "no backend, nor above");
	ok(!there("/local/domain/0/error"), "no word on errors");
	ok(there("/local/domain/5/device/suspend"), "others stay");
	ok(there("/local/domain/0/name"), "all of them");

	fresh(&d);
	put("/local/domain/0/backend/vbd/5/51728/state", "4");
	put("/local/domain/5/device/vbd/51728/state", "4");
	is_int(xenbus_remove(NULL, &d, &e), 0, "remove one of two");
	ok(!there(T_BACK) && !there(T_FRONT), "it is gone");
	ok(there("/local/domain/0/backend/vbd/5/51728/state") &&
		   there("/local/domain/5/device/vbd/51728/state"),
	   "the other is not");

	fresh(&d);
	store.list_fails = EIO;
	is_int(xenbus_remove(NULL, &d, &e), -1,
	       "what may not be looked at is not taken for empty");
	store.list_fails = 0;
	is_int(xenbus_remove(NULL, &d, &e), 0, "a second attempt");
	ok(!there("/local/domain/0/backend"), "leaves nothing");
}

int main(void)
{
	struct err e;

	loop = loop_new(&e);
	test_paths();
	test_backends_up();
	test_hook_fails();
	test_hook_again();
	test_connect();
	test_gives_up();
	test_close();
	test_reopen();
	test_remove();
	loop_free(loop);
	return done_testing();
}
