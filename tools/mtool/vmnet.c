/* SPDX-License-Identifier: MIT */
#include "tools/mtool/vmnet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "core/num.h"
#include "core/vifspec.h"
#include "devices/vif.h"
#include "devices/viflist.h"
#include "devices/xenbus.h"
#include "tools/mtool/hotlines.h"
#include "tools/mtool/hotnics.h"
#include "tools/mtool/nodes.h"

/* --- attach --- */

struct attach {
	struct live *l;
	const char *text;
	unsigned int place;
	struct nic_config *nic;
	struct xenbus_dev dev;
	struct vif_port port;
	struct plan plan;
	struct plan_vars vars;
};

static int no_room(struct err *e)
{
	return err_set(e, EXIT_FAILED, "has %u nics, which is all",
		       VM_NICS_MAX);
}

static int parse(struct attach *a, struct err *e)
{
	struct vm_config *cfg = &a->l->cfg;

	if (cfg->nr_nic == VM_NICS_MAX)
		return no_room(e);
	a->place = cfg->nr_nic;
	a->nic = &cfg->nic[a->place];
	if (vifspec_parse(a->text, false, a->nic, e) < 0)
		return -1;
	if (a->nic->emulated)
		return err_set(e, EXIT_USAGE,
			       "type=ioemu: an emulated nic cannot be added to "
			       "a running guest, only a PV one");
	return 0;
}

static bool has_number(const struct vm_config *cfg, unsigned int devid)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_nic; i++) {
		if (cfg->nic[i].devid == devid)
			return true;
	}
	return false;
}

static bool is_listed(const struct vif_entry *list, int nr, unsigned int devid)
{
	while (nr--) {
		if (list[nr].devid == devid)
			return true;
	}
	return false;
}

/*
 * The lowest number that no nic has: none that is there, and none that comes
 * back when the guest is restarted.
 */
static int choose_number(struct attach *a, struct err *e)
{
	struct vif_entry list[VIF_LIST_MAX];
	int nr = vif_list(a->l->xs, a->l->record.target, list, e);
	unsigned int devid = 0;

	if (nr < 0)
		return -1;
	while (has_number(&a->l->cfg, devid) || is_listed(list, nr, devid))
		devid++;
	if (devid >= VM_NICS_MAX)
		return no_room(e);
	a->nic->devid = devid;
	a->nic->hotplugged = true;
	a->l->cfg.nr_nic++;
	return 0;
}

static int write_nodes(struct attach *a, struct err *e)
{
	if (vif_vars(&a->l->cfg, a->place, &a->vars, e) < 0)
		return -1;
	plan_set(&a->vars, "T", "%u", a->l->record.target);
	plan_step(&a->plan, OP_NODES, DOM_TARGET, GROUP_STARTUP, NULL,
		  "target: write its nic");
	vif_plan_nic(&a->plan, &a->l->cfg, a->place, DOM_TARGET);
	if (a->plan.failed)
		return err_set(e, EXIT_FAILED, "out of memory");
	return nodes_write(a->l->xs, &a->plan.step[0], &a->vars,
			   a->l->record.target, a->l->record.stub, e);
}

static void take_back(struct attach *a)
{
	struct err e;

	/* its interface goes with it */
	if (xenbus_remove(a->l->xs, &a->dev, &e) < 0)
		log_msg(a->l->log, LOG_ERROR, "%s: while clearing up: %s",
			a->l->record.name, e.msg);
}

static int connect(struct attach *a, unsigned int limit_s, struct err *e)
{
	struct wait_ctx w;

	if (write_nodes(a, e) < 0)
		return -1;
	live_wait(a->l, limit_s, &w);
	if (!wait_devices(&w, &a->dev, 1, XENBUS_CONNECTED, a->dev.name, e) &&
	    !hotnics_add(a->l->record.name, a->nic, a->text, e))
		return 0;
	if (e->code == EXIT_TIMEOUT)
		err_set(e, EXIT_TIMEOUT,
			"%s: the guest's driver did not take it within %u s "
			"(-t): has it PV drivers?",
			a->dev.name, limit_s);
	take_back(a);
	return -1;
}

int net_attach(struct live *l, const char *text, unsigned int limit_s,
	       struct err *e)
{
	struct attach a = {.l = l, .text = text};
	int rc;

	if (parse(&a, e) < 0 || choose_number(&a, e) < 0 ||
	    live_check(l, e) < 0 || vif_check(l->xs, &l->cfg, a.place, e) < 0)
		return -1;
	vif_dev(&a.dev, &a.port, &l->cfg, a.place, DOM_TARGET,
		l->record.target);
	plan_init(&a.plan);
	rc = connect(&a, limit_s, e);
	plan_free(&a.plan);
	return rc;
}

/* --- detach --- */

/* The guest's pair, and the stub's if it has one. */
struct detach {
	struct live *l;
	struct vif_entry nic;
	struct xenbus_dev dev[2];
	unsigned int nr;
};

static int find_nic(struct detach *d, const char *who, struct err *e)
{
	struct vif_entry list[VIF_LIST_MAX];
	int i, nr = vif_list(d->l->xs, d->l->record.target, list, e);
	uint64_t devid = UINT64_MAX;
	uint8_t mac[MAC_LEN];
	bool by_mac = !mac_parse(who, mac);

	if (nr < 0)
		return -1;
	if (!by_mac && num_parse(who, 0, UINT32_MAX, &devid) < 0)
		return err_set(e, EXIT_USAGE,
			       "%s: neither the number nor the address of a "
			       "nic",
			       who);
	for (i = 0; i < nr; i++) {
		if (by_mac ? !memcmp(list[i].mac, mac, MAC_LEN)
			   : list[i].devid == devid)
			break;
	}
	if (i == nr)
		return err_set(e, EXIT_FAILED, "nic %s: not there", who);
	d->nic = list[i];
	return 0;
}

static void add_pair(struct detach *d, uint32_t domid, unsigned int devid)
{
	char name[24];

	snprintf(name, sizeof(name), "nic %u", d->nic.devid);
	xenbus_dev(&d->dev[d->nr++], "vif", domid, devid, name);
}

/* What QEMU's card is connected through, if it still is. */
static int find_stubs(struct detach *d, struct err *e)
{
	struct vif_entry list[VIF_LIST_MAX];
	const struct vm_config *cfg = &d->l->cfg;
	unsigned int place;
	int i, nr, devid;

	for (place = 0;
	     place < cfg->nr_nic && cfg->nic[place].devid != d->nic.devid;
	     place++)
		;
	devid = place < cfg->nr_nic ? vif_devid(cfg, place, DOM_STUB) : -1;
	nr = devid < 0 ? 0 : vif_list(d->l->xs, d->l->record.stub, list, e);
	for (i = 0; i < nr; i++) {
		if ((int)list[i].devid == devid)
			add_pair(d, d->l->record.stub, list[i].devid);
	}
	return nr < 0 ? -1 : 0;
}

static int check_use(const struct detach *d, bool force, struct err *e)
{
	if (d->nr == 1 || force || d->nic.state == XenbusStateConnected)
		return 0;
	return err_set(e, EXIT_FAILED,
		       "%s: the guest uses the emulated card, which stays: -F "
		       "takes its network away",
		       d->dev[0].name);
}

/* The guest has not let go; the stub's was not asked before. */
static int leave(struct detach *d, unsigned int limit_s, struct err *e)
{
	struct err ignored;

	if (xenbus_reopen(d->l->xs, &d->dev[0], &ignored) == 0)
		return err_set(e, EXIT_TIMEOUT,
			       "%s: the guest did not let go of it within %u s "
			       "(-t): it stays as it was; -F takes it away",
			       d->dev[0].name, limit_s);
	return err_set(e, EXIT_TIMEOUT,
		       "%s: the guest has begun to close it, but not finished "
		       "within %u s (-t): detach it once more, or -F",
		       d->dev[0].name, limit_s);
}

/* 0: the guest has let go, or is not asked any longer. */
static int ask(struct detach *d, bool force, unsigned int limit_s,
	       struct err *e)
{
	struct err ignored;
	struct wait_ctx w;
	int rc = xenbus_close(d->l->xs, &d->dev[0], e);

	if (rc)
		return rc < 0 ? -1 : 0;
	live_wait(d->l, limit_s, &w);
	if (!wait_devices(&w, &d->dev[0], 1, XENBUS_CLOSED, d->dev[0].name, e))
		return 0;
	if (e->code == EXIT_TIMEOUT)
		return force ? 0 : leave(d, limit_s, e);
	xenbus_reopen(d->l->xs, &d->dev[0], &ignored);
	return -1;
}

int net_detach(struct live *l, const char *who, bool force,
	       unsigned int limit_s, struct err *e)
{
	struct detach d = {.l = l};
	unsigned int i;

	if (find_nic(&d, who, e) < 0)
		return -1;
	add_pair(&d, l->record.target, d.nic.devid);
	if (find_stubs(&d, e) < 0 || check_use(&d, force, e) < 0 ||
	    ask(&d, force, limit_s, e) < 0)
		return -1;
	/* the stub's end is idle now: nobody there minds that it goes */
	for (i = 0; i < d.nr; i++) {
		if (xenbus_remove(l->xs, &d.dev[i], e) < 0)
			return -1;
	}
	return hotnics_del(l->record.name, d.nic.devid, e);
}
