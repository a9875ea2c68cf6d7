/* SPDX-License-Identifier: MIT */
/* The order of a plan's steps, which the protocol's "Startup" asks for. */
#include "tools/mtool/vmplan.h"

#include "devices/vbd.h"
#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

#define BASE "name='g';memory=512\n"

static const char *const configs[] = {
	BASE,
	BASE "serial=['pty','pty']",
	BASE "disk=['/a,,hda','phy:/dev/b,xvdb,r','/c,,hdc,cdrom']",
	BASE "disk=[',hdc:cdrom,r']",
	BASE "disk=[',hdc:cdrom,r','/a,,hdb',',hda:cdrom,r','/b,,xvdd']",
	BASE "stubdomain_protocol='v5'",
	BASE "stubdomain_protocol='merged'",
	BASE "vif=['','type=vif']",
	BASE "vif=['type=vif'];disk=['/a,,hda']",
};

/* The only step of this kind; -1 if there is none or more than one. */
static int only(const struct plan *p, enum plan_op op, enum plan_dom dom)
{
	int i, found = -1;

	for (i = 0; i < (int)p->nr_step; i++) {
		if (p->step[i].op != op || p->step[i].dom != dom)
			continue;
		if (found >= 0)
			return -1;
		found = i;
	}
	return found;
}

static int first_nodes(const struct plan *p, enum plan_dom dom)
{
	int i;

	for (i = 0; i < (int)p->nr_step; i++) {
		if (p->step[i].op == OP_NODES && p->step[i].dom == dom)
			return i;
	}
	return -1;
}

static int last_nodes(const struct plan *p)
{
	int i, last = -1;

	for (i = 0; i < (int)p->nr_step; i++) {
		if (p->step[i].op == OP_NODES)
			last = i;
	}
	return last;
}

static bool ascending(const int *step, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (step[i] < 0 || (i && step[i] <= step[i - 1]))
			return false;
	}
	return true;
}

static void check_domain_order(const struct plan *p, enum plan_dom dom)
{
	int step[] = {
		only(p, OP_CREATE, dom),
		only(p, OP_BUILD, dom),
		first_nodes(p, dom),
		only(p, OP_INTRODUCE, dom),
		only(p, OP_SET_TARGET, DOM_STUB),
		last_nodes(p),
		only(p, OP_UNPAUSE, dom),
	};

	ok(ascending(step, ARRAY_SIZE(step)),
	   "the %s is made, built, written, introduced, bound and unpaused",
	   dom == DOM_TARGET ? "target" : "stub");
}

static void check_order(const struct plan *p)
{
	int step[] = {
		only(p, OP_CREATE, DOM_TARGET),
		only(p, OP_CREATE, DOM_STUB),
		last_nodes(p),
		only(p, OP_SUPERVISE, DOM_HOST),
		only(p, OP_BACKENDS, DOM_HOST),
		only(p, OP_UNPAUSE, DOM_STUB),
		only(p, OP_WAIT_DM, DOM_STUB),
		only(p, OP_UNPAUSE, DOM_TARGET),
		(int)p->nr_step,
	};
	bool groups = true;
	unsigned int i;

	ok(ascending(step, ARRAY_SIZE(step)),
	   "consoles are served before the stub runs, the guest waits for it");
	for (i = 1; i < p->nr_step; i++)
		groups &= p->step[i].group >= p->step[i - 1].group;
	ok(groups, "startup comes after setup");
	is_int(p->step[p->nr_step - 1].op, OP_UNPAUSE, "nothing comes later");
}

/* Each medium is found before there is a domain. */
static void check_media(const struct plan *p, const struct vm_config *cfg)
{
	unsigned int i, step = 0;
	bool good = true;

	for (i = 0; i < cfg->nr_disk; i++) {
		if (!cfg->disk[i].path)
			continue;
		good &= p->step[step].op == OP_LOOP && p->step[step].index == i;
		step++;
	}
	for (i = step; i < p->nr_step; i++)
		good &= p->step[i].op != OP_LOOP;
	ok(good, "the media come first of all, in order");
}

/* Each nic is told to whoever waits for the backends. */
static void check_ports(const struct plan *p, const struct vm_config *cfg)
{
	int i, last = only(p, OP_BACKENDS, DOM_HOST);
	int first = last - (int)cfg->nr_nic;
	bool good = first > last_nodes(p);

	for (i = 0; i < (int)p->nr_step; i++) {
		bool in = i >= first && i < last;

		good &= in == (p->step[i].op == OP_PORT);
		good &= !in || (int)p->step[i].index == i - first;
	}
	ok(good, "the nics come right before the backends, in order");
}

static void check(const char *config)
{
	static const uint8_t stub_uuid[16];
	struct vm_paths paths;
	struct vm_config cfg;
	struct vm_plan v;
	struct err e;

	printf("# %s\n", config + strlen(BASE));
	if (config_parse(&cfg, config, strlen(config), "g.cfg", &e) < 0) {
		ok(false, "%s", e.msg);
		return;
	}
	vbd_guess(&cfg);
	vm_paths_find(&paths, &cfg);
	if (!vm_plan_make(&v, &cfg, &paths, stub_uuid, &e)) {
		check_domain_order(&v.plan, DOM_TARGET);
		check_domain_order(&v.plan, DOM_STUB);
		check_order(&v.plan);
		check_media(&v.plan, &cfg);
		check_ports(&v.plan, &cfg);
		vm_plan_free(&v);
	} else {
		ok(false, "%s", e.msg);
	}
	config_free(&cfg);
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(configs); i++)
		check(configs[i]);
	return done_testing();
}
