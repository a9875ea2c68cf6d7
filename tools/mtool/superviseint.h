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

struct supervise {
	struct vm *vm;
	struct loop *loop;
	struct log log;
	FILE *log_stream;
	struct hyp *hyp;
	struct xs *xs;
	struct xs_watcher *release;
	struct con_server *consoles;
	struct con_sink *sink_log, *save, *restore, *pv;
	struct con_sink *serial[VM_SERIALS_MAX];
	struct ctl_server *ctl;
	int creator; /* socket */
	struct loop_io *creator_io;
	bool released;	    /* the VM is up and ours alone */
	bool shutdown_seen; /* of the target */
	enum supervise_end how;
};

#endif
