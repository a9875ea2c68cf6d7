/* SPDX-License-Identifier: MIT */
/*
 * The stubdomain's PID 1: sets up what QEMU needs, starts it, serves its QMP
 * to the toolstack, and powers the domain off when QEMU has died. Whatever
 * goes wrong ends the same way: one line that says why, then power off, so
 * that the toolstack sees the domain die with the reason on console 0.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "core/loop.h"
#include "core/xs.h"
#include "tools/stubdom/args.h"
#include "tools/stubdom/cmdline.h"
#include "tools/stubdom/console.h"
#include "tools/stubdom/modules.h"
#include "tools/stubdom/mount.h"
#include "tools/stubdom/net.h"
#include "tools/stubdom/power.h"
#include "tools/stubdom/qemu.h"
#include "tools/stubdom/qmp.h"
#include "tools/stubdom/say.h"
#include "tools/stubdom/store.h"

enum { QMP_PATIENCE_MS = 60 * 1000 }; /* twice, and QEMU is given up */

struct init {
	struct log log;
	struct loop *loop;
	struct loop_timer *patience;
	struct xs *xs;
	uint32_t target;
	struct argv args; /* the toolstack's */
	struct argv argv; /* QEMU's */
	int save_fd, restore_fd;
	int sigfd;
	pid_t qemu;
	struct qmp *qmp;
	bool warned;
};

static int machine_setup(struct err *e)
{
	if (mount_basics(e) < 0 || console_log_open(e) < 0)
		return -1;
	modules_load();
	if (mount_usr("/usr.img", e) < 0)
		return -1;
	if (mount_xenfs(e) < 0)
		say("%s", e->msg); /* xenstore tells whether this is Xen */
	/* QEMU reserves the guest's whole address space for its map cache */
	return knob_set("/proc/sys/vm/overcommit_memory", "1", e);
}

/*
 * Raw from here on: the toolstack sends nothing before it finds qmp-vchan.
 * Read-only and write-only because QEMU picks from a set the descriptor whose
 * access mode is the wanted one.
 */
static int consoles_open(struct init *in, struct err *e)
{
	in->save_fd = in->restore_fd = -1;
	if (store_has_console(in->xs, 1)) {
		in->save_fd = console_raw_open(1, O_WRONLY, e);
		if (in->save_fd < 0)
			return -1;
	}
	if (store_has_console(in->xs, 2)) {
		in->restore_fd = console_raw_open(2, O_RDONLY, e);
		if (in->restore_fd < 0)
			return -1;
	}
	return 0;
}

static int toolstack_read(struct init *in, struct err *e)
{
	log_init(&in->log, stderr, LOG_ERROR);
	in->xs = xs_connect_at("/dev/xen/xenbus", &in->log, e);
	if (!in->xs)
		return -1;
	if (store_target(in->xs, &in->target, e) < 0 ||
	    store_args(in->xs, in->target, &in->args, e) < 0 ||
	    consoles_open(in, e) < 0)
		return -1;
	return argv_build(&in->argv, &in->args, in->save_fd >= 0,
			  in->restore_fd >= 0, e);
}

/* Arguments may hold secrets: they are shown on request only. */
static void args_show(const struct init *in)
{
	unsigned int i;

	say("target %u: QEMU gets %u arguments", in->target, in->args.n);
	if (!cmdline_has("mtool.debug"))
		return;
	for (i = 0; i < in->argv.n; i++)
		say("argument %u: %s", i, in->argv.v[i]);
}

static void qemu_died(struct init *in, int status)
{
	char how[80];

	qmp_free(in->qmp); /* the client learns it before the domain is down */
	qemu_death(status, how, sizeof(how));
	say("QEMU %s", how);
	power_off();
}

/* Orphans of QEMU's become ours, so reap whatever there is. */
static void child_ready(void *ctx, uint32_t events)
{
	struct init *in = ctx;
	struct signalfd_siginfo si;
	int status;
	pid_t pid;

	(void)events;
	if (read(in->sigfd, &si, sizeof(si)) < 0)
		return;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == in->qemu)
			qemu_died(in, status);
	}
}

static void patience_over(void *ctx)
{
	struct init *in = ctx;

	if (qmp_served(in->qmp))
		return;
	if (in->warned) {
		say("QEMU lives but does not speak QMP: given up");
		power_off();
	}
	say("QEMU lives but has not spoken QMP for %d s; as long again",
	    QMP_PATIENCE_MS / 1000);
	in->warned = true;
	loop_timer_set(in->patience, QMP_PATIENCE_MS);
}

static int loop_prepare(struct init *in, struct err *e)
{
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	in->sigfd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	if (in->sigfd < 0)
		return err_sys(e, EXIT_FAILED, "signalfd");
	in->loop = loop_new(e);
	if (!in->loop ||
	    !loop_add(in->loop, in->sigfd, EPOLLIN, child_ready, in, e))
		return -1;
	in->patience = loop_timer_new(in->loop, patience_over, in);
	if (!in->patience)
		return err_sys(e, EXIT_FAILED, "timer");
	return 0;
}

static int qemu_run(struct init *in, struct err *e)
{
	if (loop_prepare(in, e) < 0)
		return -1;
	in->qemu = qemu_start(&in->argv, in->save_fd, in->restore_fd, e);
	if (in->qemu < 0)
		return -1;
	in->qmp = qmp_new(in->loop, in->xs, in->target, QMP_SOCKET, e);
	if (!in->qmp)
		return -1;
	loop_timer_set(in->patience, QMP_PATIENCE_MS);
	return loop_run(in->loop, e);
}

static int init_run(struct init *in, struct err *e)
{
	if (machine_setup(e) < 0 || toolstack_read(in, e) < 0)
		return -1;
	args_show(in);
	net_setup(in->xs, &in->args);
	store_boot_time(in->xs, in->target);
	return qemu_run(in, e);
}

int main(void)
{
	static struct init in; /* too large for a stack */
	struct err e;

	if (getpid() != 1) {
		say("this is the init of a stubdomain, to be run as its PID 1");
		return EXIT_USAGE;
	}
	if (init_run(&in, &e) < 0)
		say("%s", e.msg);
	power_off();
}
