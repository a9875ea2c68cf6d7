/* SPDX-License-Identifier: MIT */
/*
 * What the protocol, and distrust of both domains, ask of the nodes of every
 * plan. The order of steps is in vmplan_order.c.
 */
#include "tools/mtool/vmplan.h"

#include <stdarg.h>
#include <stdlib.h>

#include "core/diskplace.h"
#include "core/qemuargs.h"
#include "devices/vbd.h"
#include "devices/vif.h"
#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

#define BASE "name='g';memory=512\n"
/* The two domains as they are once they are made. */
#define T "7"
#define S "12"
#define UUID "01234567-89ab-cdef-0123-456789abcdef"
#define STUB_UUID "76543210-89ab-4def-8123-456789abcdef"
#define DIR_T "/local/domain/" T
#define DIR_S "/local/domain/" S
#define BACKENDS "/local/domain/0/backend/"
#define IMAGE "/vm/" UUID "/image/"

enum {
	PATH_BYTES = 256,   /* far below xenstore's 3072 */
	VALUE_BYTES = 2048, /* what oxenstored takes, and a NUL */
};

static const char *const configs[] = {
	BASE,
	BASE "serial='pty'",
	BASE "serial=['pty','pty','pty','pty'];vcpus=2;maxvcpus=8;maxmem=1024",
	BASE "disk=['/a,,hda','phy:/dev/b,xvdb,r','/c,,hdc,cdrom']",
	BASE "disk=['/a,,xvdq',',hda:cdrom,r','/b,,hdc','phy:/dev/c,sdb,r',"
	     "',hdd:cdrom,r','/d,,xvde,cdrom'];serial=['pty','pty']",
	BASE "disk=[',hdc:cdrom,r']",
	BASE "stubdomain_protocol='v5';vga='none';bios='ovmf'",
	BASE "stubdomain_protocol='merged';device_model_args=['-a','b c']",
	BASE "hdtype='ahci';usb=1;disk=['/a,,xvdb','/b,,xvda']",
	BASE "vif=['']",
	BASE "vif=['type=vif'];disk=['/a,,hda']",
	BASE "vif=['mac=00:16:3e:00:00:01','type=vif,mac=00:16:3e:00:00:02',"
	     "'mac=fe:ff:00:00:00:03,vifname=a','mtu=9000']",
	BASE "stubdomain_protocol='merged';"
	     "disk=['/a,,hdb','/b,,xvda','/c,,sdd','/e,,hdc,cdrom']",
	/* 28 disks: numbers change after 16, emulation ends after 26 */
	BASE "disk=['/a,,xvde','/a,,xvdf','/a,,xvdg','/a,,xvdh','/a,,xvdi',"
	     "'/a,,xvdj','/a,,xvdk','/a,,xvdl','/a,,xvdm','/a,,xvdn',"
	     "'/a,,xvdo','/a,,xvdp','/a,,xvdq','/a,,xvdr','/a,,xvds',"
	     "'/a,,xvdt','/a,,xvdu','/a,,xvdv','/a,,xvdw','/a,,xvdx',"
	     "'/a,,xvdy','/a,,xvdz','/a,,xvdaa','/a,,xvdab','/a,,xvdac',"
	     "'/a,,hda','/a,,hdb','/a,,xvdc']",
};

struct node {
	char *path, *value;
	const char *perm;
};

/* A plan, and all its nodes with the values of variables in them. */
struct made {
	struct vm_config cfg;
	struct vm_paths paths;
	struct vm_plan v;
	struct plan_vars vars;
	struct node *node;
	unsigned int nr;
};

/* Everything that create comes to know. */
static void know_all(struct plan_vars *v, unsigned int disks)
{
	char key[PLAN_VAR_NAME];
	unsigned int i;

	v->nr = 0;
	plan_set(v, "T", T);
	plan_set(v, "S", S);
	plan_set(v, "uuid", UUID);
	plan_set(v, "stub-uuid", STUB_UUID);
	plan_set(v, "start-time", "1700000000");
	plan_set(v, "T.store-port", "1");
	plan_set(v, "T.store-frame", "1044476");
	plan_set(v, "T.console-port", "2");
	plan_set(v, "T.console-frame", "1044479");
	plan_set(v, "S.store-port", "1");
	plan_set(v, "S.store-frame", "4000000");
	plan_set(v, "S.console-port", "2");
	plan_set(v, "S.console-frame", "4000001");
	for (i = 0; i < disks; i++) {
		snprintf(key, sizeof(key), "disk%u.dev", i);
		plan_set(v, key, "7:%x", i);
		snprintf(key, sizeof(key), "disk%u.path", i);
		plan_set(v, key, "/dev/loop%u", i);
	}
	for (i = 0; i < VM_NICS_MAX; i++) {
		snprintf(key, sizeof(key), "nic%u.mtu", i);
		plan_set(v, key, "1500");
	}
}

static char *expanded(const struct made *m, const char *text)
{
	char buf[VALUE_BYTES];
	struct err e;
	char *copy;

	if (plan_expand(&m->vars, text, buf, sizeof(buf), &e) < 0) {
		ok(false, "%s", e.msg);
		buf[0] = '\0';
	}
	copy = strdup(buf);
	if (!copy)
		abort();
	return copy;
}

static void flatten(struct made *m)
{
	unsigned int i, j;

	for (i = 0; i < m->v.plan.nr_step; i++)
		m->nr += m->v.plan.step[i].nr_node;
	m->node = calloc(m->nr, sizeof(*m->node));
	if (!m->node)
		abort();
	m->nr = 0;
	for (i = 0; i < m->v.plan.nr_step; i++) {
		const struct plan_step *s = &m->v.plan.step[i];

		for (j = 0; j < s->nr_node; j++, m->nr++) {
			struct node *n = &m->node[m->nr];

			n->path = expanded(m, s->node[j].path);
			n->value = expanded(m, s->node[j].value);
			n->perm = s->node[j].perm;
		}
	}
}

static bool make(struct made *m, const char *config)
{
	static const uint8_t stub_uuid[16];
	struct err e;

	memset(m, 0, sizeof(*m));
	if (config_parse(&m->cfg, config, strlen(config), "g.cfg", &e) < 0)
		return ok(false, "%s", e.msg);
	vbd_guess(&m->cfg);
	vif_macs(&m->cfg);
	vm_paths_find(&m->paths, &m->cfg);
	if (vm_plan_make(&m->v, &m->cfg, &m->paths, stub_uuid, &e) < 0) {
		config_free(&m->cfg);
		return ok(false, "%s", e.msg);
	}
	know_all(&m->vars, m->cfg.nr_disk);
	flatten(m);
	return true;
}

static void made_free(struct made *m)
{
	while (m->nr--) {
		free(m->node[m->nr].path);
		free(m->node[m->nr].value);
	}
	free(m->node);
	vm_plan_free(&m->v);
	config_free(&m->cfg);
}

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* The node at a path, or NULL. */
__attribute__((format(printf, 2, 3))) static const struct node *at(
	const struct made *m, const char *fmt, ...)
{
	char path[PATH_BYTES];
	unsigned int i;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	for (i = 0; i < m->nr; i++) {
		if (!strcmp(m->node[i].path, path))
			return &m->node[i];
	}
	return NULL;
}

/* Whether the node is there and has this value, and this permission. */
static bool has(const struct node *n, const char *value, const char *perm)
{
	return n && !strcmp(n->value, value) &&
	       (perm ? n->perm && !strcmp(n->perm, perm) : !n->perm);
}

/* How many nodes are `dir`/ and one name more. */
static unsigned int children(const struct made *m, const char *dir)
{
	size_t len = strlen(dir);
	unsigned int i, nr = 0;

	for (i = 0; i < m->nr; i++) {
		const char *path = m->node[i].path;

		nr += !strncmp(path, dir, len) && path[len] == '/' &&
		      !strchr(path + len + 1, '/');
	}
	return nr;
}

/* --- all nodes --- */

/* xenstored's is_valid_nodename, and no relative paths. */
static bool path_ok(const char *path)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-/_@";
	size_t len = strlen(path);

	return (starts(path, "/local/domain/") || starts(path, "/vm/")) &&
	       len < PATH_BYTES && strspn(path, letters) == len &&
	       !strstr(path, "//") && path[len - 1] != '/';
}

static bool perm_ok(const char *perm)
{
	static const char *const known[] = {"0T", "0S", "T0", "S0", "T", "S"};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (!strcmp(perm, known[i]))
			return true;
	}
	return false;
}

static void check_nodes(const struct made *m)
{
	bool paths = true, perms = true, once = true;
	unsigned int i, j;

	for (i = 0; i < m->nr; i++) {
		const struct node *n = &m->node[i];

		if (!path_ok(n->path)) {
			printf("# %s\n", n->path);
			paths = false;
		}
		perms &= !n->perm || perm_ok(n->perm);
		for (j = 0; j < i; j++)
			once &= strcmp(n->path, m->node[j].path) ||
				!*m->node[j].value;
	}
	ok(paths, "every path is a valid one below /local/domain or /vm");
	ok(perms, "every permission is one of the known");
	ok(once, "no node is written twice, unless it was empty");
}

/* The permissions that hold for a node: its own or the nearest above it. */
static const char *effective_perm(const struct made *m, const struct node *n)
{
	char path[PATH_BYTES];
	char *slash;

	snprintf(path, sizeof(path), "%s", n->path);
	while ((!n || !n->perm) && (slash = strrchr(path, '/'))) {
		*slash = '\0';
		n = at(m, "%s", path);
	}
	return n && n->perm ? n->perm : "";
}

/* Where a domain may write, besides its frontends. */
static bool own_place(const char *path)
{
	static const char *const places[] = {
		"/device/", "/control/", "/data",  "/drivers",
		"/feature", "/attr",	 "/error", ("/device-model/" T),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		if (starts(path, places[i]))
			return true;
	}
	return false;
}

/* Whether a node may have these permissions where it is. */
static bool owner_ok(const char *path, const char *perm)
{
	const char *dir = *perm == 'T' ? DIR_T : DIR_S;

	if (*perm == '0')
		return true;
	return starts(path, dir) && own_place(path + strlen(dir));
}

static void check_owners(const struct made *m)
{
	bool known = true, own = true, backends = true;
	unsigned int i;

	for (i = 0; i < m->nr; i++) {
		const struct node *n = &m->node[i];
		const char *perm = effective_perm(m, n);

		known &= *perm != '\0';
		if (starts(n->path, BACKENDS))
			backends &= *perm == '0';
		if (!owner_ok(n->path, perm)) {
			printf("# %s\n", n->path);
			own = false;
		}
	}
	ok(known, "every node has an owner by its own or a directory's right");
	ok(backends, "everything in a backend directory is dom0's");
	ok(own, "a domain owns nodes only where it has to write");
}

/* --- devices --- */

static void check_pair(const struct made *m, char dom, const char *kind,
		       unsigned int id)
{
	const char *domid = dom == 'T' ? T : S;
	const char *mine = dom == 'T' ? "T0" : "S0";
	const char *dom0s = dom == 'T' ? "0T" : "0S";
	const char *waits = strcmp(kind, "console") ? "1" : "2";
	char front[PATH_BYTES], back[PATH_BYTES];

	snprintf(front, sizeof(front), "/local/domain/%s/device/%s/%u", domid,
		 kind, id);
	snprintf(back, sizeof(back), BACKENDS "%s/%s/%u", kind, domid, id);
	ok(has(at(m, "%s", front), "", mine) &&
		   has(at(m, "%s/backend", front), back, NULL) &&
		   has(at(m, "%s/backend-id", front), "0", NULL) &&
		   has(at(m, "%s/state", front), "1", NULL),
	   "frontend %s", front);
	ok(has(at(m, "%s", back), "", dom0s) &&
		   has(at(m, "%s/frontend", back), front, NULL) &&
		   has(at(m, "%s/frontend-id", back), domid, NULL) &&
		   has(at(m, "%s/online", back), "1", NULL) &&
		   has(at(m, "%s/state", back), waits, NULL),
	   "backend %s", back);
}

/* xen-vbd-interface(7): what Linux calls xvda, xvdb and on. */
static unsigned int xvd_number(unsigned int place)
{
	return place < 16 ? 202u << 8 | place << 4 : 1u << 28 | place << 8;
}

/* libxl's stub has the guest's numbers; the protocol's counts places. */
static unsigned int stub_devid(const struct made *m, unsigned int place)
{
	return m->cfg.protocol == PROTOCOL_MERGED ? m->cfg.disk[place].devid
						  : xvd_number(place);
}

static bool same_medium(const struct made *m, unsigned int t, unsigned int s)
{
	static const char *const keys[] = {"params", "mode", "device-type",
					   "physical-device",
					   "physical-device-path"};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct node *a, *b;

		a = at(m, BACKENDS "vbd/" T "/%u/%s", t, keys[i]);
		b = at(m, BACKENDS "vbd/" S "/%u/%s", s, keys[i]);
		if (!a || !b || strcmp(a->value, b->value))
			return false;
	}
	return true;
}

/*
 * One way to each image: what QEMU cannot take away when PV drivers come is
 * no PV disk of the guest.
 */
static void check_one_way(const struct made *m, unsigned int place)
{
	enum disk_emulation kind = disk_emulation(&m->cfg, place);
	bool stays = kind == EMUL_AHCI || kind == EMUL_CDROM;

	is_int(!at(m, DIR_T "/device/vbd/%u", m->cfg.disk[place].devid), stays,
	       "disk %s: a PV disk unless its emulation stays",
	       m->cfg.disk[place].vdev);
}

static void check_disks(const struct made *m)
{
	unsigned int i, t = 0, s = 0;

	for (i = 0; i < m->cfg.nr_disk; i++) {
		const struct disk_config *d = &m->cfg.disk[i];
		bool in_t = disk_in_target(&m->cfg, i);
		bool in_s = disk_in_stub(&m->cfg, i);

		if (!d->path)
			continue;
		t += in_t;
		s += in_s;
		ok(in_t || in_s, "disk %s: is somewhere", d->vdev);
		check_one_way(m, i);
		if (in_t)
			check_pair(m, 'T', "vbd", d->devid);
		if (in_s)
			check_pair(m, 'S', "vbd", stub_devid(m, i));
		if (in_t && in_s)
			ok(same_medium(m, d->devid, stub_devid(m, i)),
			   "disk %s: both domains get the same medium",
			   d->vdev);
	}
	is_int(children(m, DIR_T "/device/vbd"), t,
	       "the guest has its PV disks, and no more");
	is_int(children(m, DIR_S "/device/vbd"), s, "so has the stub");
	ok(s <= 26, "which has no more than letters");
	is_int(children(m, BACKENDS "vbd/" T), t, "dom0 serves the guest's");
	is_int(children(m, BACKENDS "vbd/" S), s, "and the stub's");
}

/* One end of a nic: netback finds what it wants, and waits for dom0. */
static void check_nic_end(const struct made *m, char dom, unsigned int id,
			  const char *type)
{
	const char *domid = dom == 'T' ? T : S;
	const char *fixed = dom == 'T' ? "0T" : "0S";
	const char *back = BACKENDS "vif/%s/%u/%s";
	const struct node *mac;

	check_pair(m, dom, "vif", id);
	mac = at(m, back, domid, id, "mac");
	ok(at(m, back, domid, id, "script") &&
		   has(at(m, back, domid, id, "hotplug-status"), "", NULL) &&
		   has(at(m, back, domid, id, "type"), type, NULL) && mac &&
		   has(at(m, "/local/domain/%s/device/vif/%u/mac", domid, id),
		       mac->value, NULL),
	   "vif %s/%u", domid, id);
	ok(at(m, "/local/domain/%s/device/vif/%u/mtu", domid, id) &&
		   !strcmp(at(m, "/local/domain/%s/device/vif/%u/mtu", domid,
			      id)
				   ->perm,
			   fixed),
	   "the frontend cannot change its MTU");
}

static void check_nics(const struct made *m)
{
	unsigned int i, nr = 0;

	for (i = 0; i < m->cfg.nr_nic; i++) {
		const struct nic_config *n = &m->cfg.nic[i];
		const struct node *t, *s;

		check_nic_end(m, 'T', i, n->emulated ? "vif_ioemu" : "vif");
		if (!n->emulated)
			continue;
		check_nic_end(m, 'S', nr, "vif");
		t = at(m, BACKENDS "vif/" T "/%u/mac", i);
		s = at(m, BACKENDS "vif/" S "/%u/mac", nr);
		ok(t && s && strcmp(t->value, s->value),
		   "the stub has not the guest's address");
		nr++;
	}
	is_int(children(m, DIR_T "/device/vif"), m->cfg.nr_nic,
	       "the guest has a PV nic for each, and no more");
	is_int(children(m, DIR_S "/device/vif"), nr,
	       "the stub one for each that is emulated");
	is_int(children(m, BACKENDS "vif/" T), m->cfg.nr_nic,
	       "dom0 serves the guest's");
	is_int(children(m, BACKENDS "vif/" S), nr, "and the stub's");
}

static void check_consoles(const struct made *m)
{
	unsigned int i, before = 0, nr = 2 + m->cfg.nr_serial;
	bool ascending = true;

	for (i = 1; i <= nr; i++) {
		const struct node *n = at(m, DIR_S "/device/console/%u", i);

		check_pair(m, 'S', "console", i);
		ok(has(at(m, DIR_S "/device/console/%u/type", i), "mtool",
		       "0S") &&
			   has(at(m, DIR_S "/device/console/%u/tty", i), "",
			       "0S"),
		   "console %u: the stub chooses no file (XSA-57)", i);
		ascending &= n && n - m->node > before;
		before = n ? (unsigned int)(n - m->node) : before;
	}
	ok(ascending, "the stub's consoles are made in order");
	is_int(children(m, DIR_S "/device/console"), nr,
	       "log (made by the builder), save, restore and serials");
	is_int(children(m, DIR_T "/device/console"), 0, "the guest has but 0");
	ok(has(at(m, DIR_T "/console/type"), "mtool", NULL) &&
		   has(at(m, DIR_S "/console/type"), "mtool", NULL),
	   "xenconsoled is kept off both console 0");
}

static void check_kinds(const struct made *m)
{
	bool known = true;
	unsigned int i;

	for (i = 0; i < m->nr; i++) {
		const char *path = m->node[i].path;
		const char *kind = strstr(path, "/device/");

		kind = kind ? kind + 8 : path + strlen(BACKENDS);
		if (!strstr(path, "/device/") && !starts(path, BACKENDS))
			continue;
		known &= starts(kind, "vbd/") || starts(kind, "console/") ||
			 starts(kind, "vif/") || starts(kind, "suspend/");
	}
	ok(known,
	   "there are disks, nics and consoles, no vkbd, no vfb, no other");
}

/* --- QEMU --- */

static void check_argument_dir(const struct made *m, const char *dir,
			       bool there)
{
	struct qemu_args a;
	struct err e;
	bool same = true;
	unsigned int i;

	is_int(at(m, "%s", dir) != NULL, there, "%s is there: %d", dir, there);
	if (!there) {
		is_int(children(m, dir), 0, "with nothing in it");
		return;
	}
	ok(has(at(m, "%s", dir), "", "0S"), "the stub can read it");
	if (qemu_args_make(&a, &m->cfg, &e) < 0)
		abort();
	is_int(children(m, dir), a.nr, "it has one key for each argument");
	for (i = 0; i < a.nr; i++) {
		char *arg = expanded(m, a.arg[i]);

		same &= has(at(m, "%s/%03u", dir, i + 1), arg, NULL);
		free(arg);
	}
	ok(same, "from 001, in order");
	qemu_args_free(&a);
}

/* Linux calls disk n of any bus the same. */
static bool stub_has(const struct made *m, unsigned int letter)
{
	unsigned int i;

	for (i = 0; i < m->cfg.nr_disk; i++) {
		if (disk_in_stub(&m->cfg, i) &&
		    disk_stub_number(&m->cfg, i) == letter)
			return at(m, DIR_S "/device/vbd/%u",
				  stub_devid(m, i)) != NULL;
	}
	return false;
}

/*
 * Each /dev/xvd* of an argument is a disk of the stub, each /dev/hvc* one of
 * its consoles for serials, which begin with the third.
 */
static bool device_there(const struct made *m, const char *arg)
{
	const char *xvd = strstr(arg, "/dev/xvd");
	const char *hvc = strstr(arg, "/dev/hvc");

	if (xvd)
		return stub_has(m, (unsigned int)(xvd[8] - 'a'));
	return !hvc ||
	       (hvc[8] >= '3' && at(m, DIR_S "/device/console/%s", hvc + 8));
}

static void check_arguments(const struct made *m)
{
	enum vm_protocol p = m->cfg.protocol;
	bool devices = true;
	unsigned int i;

	check_argument_dir(m, IMAGE "dm-argv", p != PROTOCOL_V5);
	check_argument_dir(m, IMAGE "dmargs", p != PROTOCOL_MERGED);
	for (i = 0; i < m->nr; i++) {
		if (starts(m->node[i].path, IMAGE "dm"))
			devices &= device_there(m, m->node[i].value);
	}
	ok(devices, "QEMU is told of no device that the stub has not");
}

static void check_protocol(const struct made *m)
{
	ok(has(at(m, DIR_S "/target"), T, NULL),
	   "the stub is told its target, and cannot change it");
	ok(has(at(m, DIR_T "/image/device-model-domid"), S, NULL),
	   "the target's directory names the stub");
	ok(has(at(m, DIR_S "/device-model/" T), "", "S"),
	   "the device model's directory is the stub's");
	ok(has(at(m, DIR_T "/hvmloader/bios"),
	       m->cfg.bios == BIOS_OVMF ? "ovmf" : "seabios", NULL),
	   "hvmloader is told which BIOS it has");
	ok(has(at(m, DIR_T), "", "0T") && has(at(m, DIR_S), "", "0S"),
	   "both domains can read their directories, not write");
}

int main(void)
{
	struct made m;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(configs); i++) {
		printf("# %s\n", configs[i] + strlen(BASE));
		if (!make(&m, configs[i]))
			continue;
		check_nodes(&m);
		check_owners(&m);
		check_disks(&m);
		check_nics(&m);
		check_consoles(&m);
		check_kinds(&m);
		check_arguments(&m);
		check_protocol(&m);
		made_free(&m);
	}
	return done_testing();
}
