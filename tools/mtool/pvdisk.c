/* SPDX-License-Identifier: MIT */
#include "tools/mtool/pvdisk.h"

#include <errno.h>
#include <stdio.h>

#include "devices/vbd.h"
#include "tools/mtool/nodes.h"

struct comer {
	struct live *l;
	struct xenbus_dev dev;
	struct plan plan;
	struct plan_vars *vars;
};

void pvdisk_find(const struct live *l, unsigned int place, enum plan_dom dom,
		 struct xenbus_dev *dev)
{
	char name[32];

	snprintf(name, sizeof(name), "disk %s", l->cfg.disk[place].vdev);
	xenbus_dev(dev, "vbd",
		   dom == DOM_TARGET ? l->record.target : l->record.stub,
		   vbd_devid(&l->cfg, place, dom), name);
}

static bool is_there(struct xs *xs, xs_transaction_t t,
		     const struct xenbus_dev *dev)
{
	char path[XS_PATH_MAX], state[8];

	snprintf(path, sizeof(path), "%s/state", dev->back);
	return xs_read_str(xs, t, path, state, sizeof(state)) >= 0 ||
	       errno != ENOENT;
}

bool pvdisk_there(const struct live *l, const struct xenbus_dev *dev)
{
	return is_there(l->xs, XBT_NULL, dev);
}

static int put_nodes(void *ctx, xs_transaction_t t, struct err *e)
{
	struct comer *c = ctx;

	if (is_there(c->l->xs, t, &c->dev))
		return err_set(e, EXIT_BUSY, "%s: taken", c->dev.name);
	return nodes_put(c->l->xs, t, &c->plan.step[0], c->vars,
			 c->l->record.target, c->l->record.stub, e);
}

static int write_nodes(struct comer *c, unsigned int place, enum plan_dom dom,
		       struct err *e)
{
	plan_set(c->vars, "T", "%u", c->l->record.target);
	plan_set(c->vars, "S", "%u", c->l->record.stub);
	plan_step(&c->plan, OP_NODES, dom, GROUP_STARTUP, NULL, "write a disk");
	vbd_plan_disk(&c->plan, &c->l->cfg, place, dom);
	if (c->plan.failed)
		return err_set(e, EXIT_FAILED, "out of memory");
	return xs_transact(c->l->xs, c->dev.name, put_nodes, c, e);
}

static void take_back(struct comer *c)
{
	struct err e;

	if (xenbus_remove(c->l->xs, &c->dev, &e) < 0)
		log_msg(c->l->log, LOG_ERROR, "%s: while clearing up: %s",
			c->l->record.name, e.msg);
}

int pvdisk_connect(struct live *l, unsigned int place, enum plan_dom dom,
		   struct plan_vars *vars, unsigned int limit_s, struct err *e)
{
	struct comer c = {.l = l, .vars = vars};
	struct wait_ctx w;
	int rc;

	plan_init(&c.plan);
	pvdisk_find(l, place, dom, &c.dev);
	rc = write_nodes(&c, place, dom, e);
	plan_free(&c.plan);
	if (rc < 0)
		return -1;
	live_wait(l, limit_s, &w);
	rc = wait_devices(&w, &c.dev, 1, XENBUS_CONNECTED, c.dev.name, e);
	if (rc < 0)
		take_back(&c);
	return rc;
}
