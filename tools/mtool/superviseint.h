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
#include "tools/mtool/heir.h"
#include "tools/mtool/restarts.h"
#include "tools/mtool/vm.h"

struct ctl_server;

enum supervise_end {
	END_NOT,
	END_ABANDONED, /* the creator failed and takes everything apart */
	END_REPLACED,  /* another supervisor has everything */
	END_DESTROY,
	END_RESTART,
	END_RENAME_RESTART, /* the dead guest stays, under another name */
};

/*
 * One console of the VM, as users name it. Its sink lives as long as the
 * supervisor: over a reboot the same pty, history and viewers go on.
 */
struct sup_console {
	char name[16]; /* stub0, stub1, stub2, serial0, ..., pv */
	bool guest;    /* the guest's own; else one of the stub */
	unsigned int index;
	struct con_sink *sink;
	struct con *con; /* NULL: not served at this time */
};

enum { SUP_CONSOLES_MAX = 3 + VM_SERIALS_MAX + 1 };

struct supervise {
	struct vm *vm;
	struct loop *loop;
	struct log log;
	FILE *log_stream;
	struct sup_console console[SUP_CONSOLES_MAX];
	unsigned int nr_console;
	struct con_sink *sink_log; /* of stub0, for our own words */
	struct ctl_server *ctl;
	struct loop_timer *flush; /* at the end, for slow viewers */
	uint64_t flush_end;

	/* While there are domains to look after; else NULL. */
	struct hyp *hyp;
	struct xs *xs;
	struct xs_watcher *release;
	struct loop_timer *look; /* in its place when xenstored is gone */
	struct con_server *server;
	struct sup_qmp *qmp;
	struct sup_save *save;	 /* while one is going on */
	void *feed;		 /* the device state while it is fed */
	struct xs_watcher *hold; /* until its guest is whole */
	bool held;		 /* the stub is paused until then */
	bool suspend_late;	 /* a guest may yet suspend itself for one */

	int creator; /* socket; -1: the VM is complete */
	struct loop_io *creator_io;
	pid_t creator_pid;  /* of a restart; 0: somebody else's process */
	bool released;	    /* the VM is up and ours alone */
	bool doomed;	    /* to be destroyed as soon as it is released */
	bool stranded;	    /* not all of it could be removed */
	bool shutdown_seen; /* of the target */
	unsigned int shutdown_reason;
	struct restarts restarts;
	enum supervise_end how;
	char why[96]; /* in words, for people */
};

/* --- superviseconsoles.c --- */

/* Make the sinks of all consoles, with their ptys' links. */
int sup_sinks_open(struct supervise *s, struct err *e);
/* Serve the consoles of the VM's present domains. */
int sup_consoles_open(struct supervise *s, struct err *e);
/* And the target's, which was not to be served until it is whole. */
int sup_consoles_open_target(struct supervise *s, struct err *e);
/* Stop serving; with `drain`, take what is left in the rings first. */
void sup_consoles_close(struct supervise *s, bool drain);
/* The same for the stub's alone: what is mapped keeps it from going. */
void sup_consoles_close_stub(struct supervise *s);
/* Viewers get the last words, within a second, and are hung up on. */
void sup_viewers_end(struct supervise *s);

/* --- supervisefeed.c --- */

/*
 * The stub of a guest that is being restored is ready for its device state,
 * which is when its QMP channel is there: what comes earlier its tty eats.
 * Nothing in all other cases.
 */
void sup_feed(struct supervise *s);
/* It has taken it. */
void sup_feed_end(struct supervise *s);

/* --- supervisehold.c --- */

/*
 * A stub that boots while its guest's memory is read: pause it when it comes
 * near to its device model. Nothing if the guest is whole.
 */
int sup_hold(struct supervise *s, struct err *e);
/* No more. A stub that is paused stays so. */
void sup_hold_end(struct supervise *s);
/* The guest is whole, the journal says so: serve it, too, and go on. */
int sup_whole(struct supervise *s, struct err *e);

/* --- supervisewatch.c --- */

/* Look after both domains, from now on; also when xenstored is gone. */
int sup_watch_open(struct supervise *s, struct err *e);
void sup_watch_close(struct supervise *s);
/* See how both domains are: something has changed. */
void sup_watch_look(struct supervise *s);
/*
 * The device model or its stub has ended, as `what` says: tell its last words
 * and do as configured. Only when the VM is ours alone (s->released).
 */
void sup_dm_died(struct supervise *s, const char *what);

/* --- supervise.c --- */

/* Leave the loop: the VM has ended, and why; the first end counts. */
__attribute__((format(printf, 3, 4))) void sup_end(struct supervise *s,
						   enum supervise_end how,
						   const char *why, ...);
/* Somebody wants it destroyed; also in the middle of its creation. */
void sup_destroy(struct supervise *s);
/*
 * Hand everything to another process, at the other end of `fd` (which is
 * closed), and end; if that process fails, go on as before.
 */
void sup_replace(struct supervise *s, int fd);

#endif
