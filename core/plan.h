/* SPDX-License-Identifier: MIT */
/*
 * The plan: everything that will be done to Xen, as data, in order. Computed
 * by pure code, printed by `mtool plan`, applied by `mtool create`.
 *
 * What is known only while it is applied (domids, frame numbers, ports, loop
 * devices) stands in paths and values as a variable: PLAN_VAR("T") and so on.
 * Its marks are control characters, which no configuration string may hold.
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "core/err.h"

#define PLAN_VAR(name) "\001" name "\002"
/* The two domains' ids and uuids. */
#define PLAN_T PLAN_VAR("T")
#define PLAN_S PLAN_VAR("S")
#define PLAN_UUID PLAN_VAR("uuid")
#define PLAN_STUB_UUID PLAN_VAR("stub-uuid")

enum { PLAN_VARS_MAX = 160, PLAN_VAR_NAME = 20, PLAN_VAR_VALUE = 44 };

/* The values of variables, filled in as they become known. */
struct plan_vars {
	struct {
		char name[PLAN_VAR_NAME];
		char value[PLAN_VAR_VALUE];
	} var[PLAN_VARS_MAX];
	unsigned int nr;
};

enum plan_op {
	OP_LOOP,       /* loop device for disk `index` */
	OP_CREATE,     /* an empty domain, with its limits and ports */
	OP_BUILD,      /* its memory and first instructions */
	OP_READ,       /* start to fill it from a save file, */
	OP_AWAIT,      /* and wait until that is done */
	OP_NODES,      /* write `node`s in one transaction */
	OP_INTRODUCE,  /* make it known to xenstored */
	OP_SET_TARGET, /* give the stub power over the target */
	OP_PCI_GIVE,   /* rights on PCI device `index`, and its ownership */
	OP_SUPERVISE,  /* serve the consoles from here on */
	OP_PORT,       /* join the ends of nic `index` to its bridge: `node`s */
	OP_BACKENDS,   /* wait until the kernel's backends are there */
	OP_UNPAUSE,    /* let it run */
	OP_WAIT_DM,    /* wait for the device model's "running" */
	OP_PCI_PLUG,   /* let the device model pass `index` on to the guest */
};

enum plan_dom { DOM_TARGET, DOM_STUB, DOM_HOST };
enum plan_group { GROUP_SETUP, GROUP_STARTUP };

/*
 * A xenstore node. `perm` lists domains by letter, the owner first: "0T" is
 * owned by dom0 and readable by the target, "S0" owned by the stub and
 * readable by dom0. NULL: as the directory it is in.
 */
struct plan_node {
	char *path;
	char *value;
	const char *perm;
};

struct plan_step {
	enum plan_op op;
	enum plan_dom dom;
	enum plan_group group;
	unsigned int index;
	char *title;	 /* what is done, one line */
	const char *why; /* which sentence of the protocol asks for it */
	struct plan_node *node;
	unsigned int nr_node;
};

struct plan {
	struct plan_step *step;
	unsigned int nr_step;
	bool failed; /* out of memory while it was made */
};

/* An empty plan; plan_free releases what was added. */
void plan_init(struct plan *p);
void plan_free(struct plan *p);

/*
 * Append a step, and nodes to the last step. Memory running out is remembered
 * in p->failed, which the maker checks once at the end. `why` and `perm` must
 * be string constants.
 */
void plan_step(struct plan *p, enum plan_op op, enum plan_dom dom,
	       enum plan_group group, const char *why, const char *title, ...)
	__attribute__((format(printf, 6, 7)));
void plan_step_index(struct plan *p, unsigned int index);
/* The node `dir`/`key`, or `dir` itself if key is ""; `value` is a format. */
void plan_node(struct plan *p, const char *perm, const char *dir,
	       const char *key, const char *value, ...)
	__attribute__((format(printf, 5, 6)));

/* Set a variable; a second setting replaces the first. */
void plan_set(struct plan_vars *v, const char *name, const char *value, ...)
	__attribute__((format(printf, 3, 4)));
/* The value of a variable, or NULL. */
const char *plan_get(const struct plan_vars *v, const char *name);

/*
 * Replace the variables in `text`. With v == NULL each becomes <name>, as
 * plans are shown. -1 and *e if one is not set or buf is too small.
 */
int plan_expand(const struct plan_vars *v, const char *text, char *buf,
		size_t size, struct err *e);

/* Print the plan as numbered steps, for people. */
void plan_print(const struct plan *p, FILE *out);
/* As one JSON object, of the VM `name`. */
void plan_json(const struct plan *p, const char *name, FILE *out);
/* As a drawing for graphviz: the domains, their devices, who serves them. */
void plan_dot(const struct plan *p, const char *name, FILE *out);

/* What an operation is called in JSON. */
const char *plan_op_word(enum plan_op op);

#endif
