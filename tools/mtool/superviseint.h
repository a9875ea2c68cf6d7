/* SPDX-License-Identifier: MIT */
/* The supervisor's state, shared by its files only. */
#ifndef TOOLS_MTOOL_SUPERVISEINT_H
#define TOOLS_MTOOL_SUPERVISEINT_H

#include <stdbool.h>
#include <stdio.h>
#include "console/backend.h"
#include "console/sink.h"
#include "core/hyp.h"
#include "core/loop.h"
#include "core/xs.h"
#include "tools/mtool/vm.h"

struct ctl_server;

enum supervise_end {
	END_NOT,
	END_ABANDONED, /* the creator failed and takes everything apart */
	END_DESTROY,
	END_RESTART,
};

/* One console of the VM, as users name it. */
struct sup_console {
	char name[16]; /* stub0, stub1, stub2, serial0, ..., pv */
	struct con *con;
	struct con_sink *sink;
};

enum { SUP_CONSOLES_MAX = 3 + VM_SERIALS_MAX + 1 };

struct supervise {
	struct vm *vm;
	struct loop *loop;
	struct log log;
	FILE *log_stream;
	struct hyp *hyp;
	struct xs *xs;
	struct xs_watcher *release;
	struct con_server *server;
	struct sup_console console[SUP_CONSOLES_MAX];
	unsigned int nr_console;
	struct con_sink *sink_log; /* of stub0, for our own words */
	struct ctl_server *ctl;
	struct sup_qmp *qmp;
	int creator; /* socket */
	struct loop_io *creator_io;
	struct loop_timer *flush; /* at the end, for slow viewers */
	uint64_t flush_end;
	bool released;	    /* the VM is up and ours alone */
	bool shutdown_seen; /* of the target */
	enum supervise_end how;
};

/*
 * QEMU has died, or does not answer any more; `text` says what is known of
 * it. Only when the VM is ours alone (s->released).
 */
void supervise_dm_died(struct supervise *s, const char *text);

#endif
