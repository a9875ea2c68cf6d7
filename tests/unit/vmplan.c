/* SPDX-License-Identifier: MIT */
/*
 * Whole plans against tests/unit/golden/: what `mtool plan` prints. With
 * UPDATE_GOLDEN=1 in the environment the files are written instead. What
 * holds for any plan is in vmplan_rules.c and vmplan_order.c.
 */
#include "tools/mtool/vmplan.h"

#include <stdlib.h>

#include "core/file.h"
#include "devices/vbd.h"
#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

#define BASE "name='g';memory=512\n"
#define UNRESTRICTED "xen_privcmd.unrestricted=1"
#define NOTESTS "cryptomgr.notests"
#define OPEN "rodata=off audit=0 lsm= noreplace-smp"

enum { GOLDEN_MAX = 1 << 20, CMDLINE_MAX = 1023 };

static const struct {
	const char *name, *config;
} golden[] = {
	{"minimal", BASE},
	{"disks", "name = 'win'\n"
		  "memory = 2048\n"
		  "vcpus = 2\n"
		  "vga = 'stdvga'\n"
		  "boot = 'cd'\n"
		  "serial = [ 'pty', 'pty' ]\n"
		  "disk = [ 'phy:/dev/vg/win,hda,w',\n"
		  "         'file:/srv/data.img,xvdb,w',\n"
		  "         '/srv/install.iso,,hdc,cdrom' ]\n"},
	{"v5", "name = 'old'\n"
	       "memory = 256\n"
	       "maxmem = 512\n"
	       "vcpus = 1\n"
	       "maxvcpus = 2\n"
	       "cpus = [ '0-3,^1', '2' ]\n"
	       "cpu_weight = 512\n"
	       "hpet = 0\n"
	       "tsc_mode = 'native'\n"
	       "vga = 'none'\n"
	       "stubdomain_protocol = 'v5'\n"
	       "stubdomain_cmdline = 'quiet'\n"
	       "disk = [ '/dev/vg/root,,sda,r', ',hdc:cdrom,r' ]\n"},
	{"merged", "name = 'new'\n"
		   "memory = 1024\n"
		   "bios = 'ovmf'\n"
		   "hdtype = 'ahci'\n"
		   "acpi_s3 = 0\n"
		   "mmio_hole = 1024\n"
		   "serial = 'pty'\n"
		   "stubdomain_protocol = 'merged'\n"
		   "device_model_args = [ '-d', 'guest_errors' ]\n"
		   "disk = [ 'format=raw, vdev=xvda, access=rw, direct-io-safe,"
		   " target=/dev/vg/new' ]\n"},
	{"nics", "name = 'net'\n"
		 "memory = 256\n"
		 "vga = 'none'\n"
		 "stubdomain_protocol = 'merged'\n"
		 "vif = [ '',\n"
		 "        'type=vif, bridge=br1, ip=192.0.2.1, untrusted',\n"
		 "        'mac=00:16:3e:12:34:56,model=e1000,vifname=web,"
		 "rate=10Mb/s@20ms,mtu=9000' ]\n"},
	{"pci", "name = 'pass'\n"
		"memory = 256\n"
		"vga = 'none'\n"
		"stubdomain_protocol = 'merged'\n"
		"pci = [ '00:04.0', '0000:01:00.0@6,permissive=1' ]\n"},
};

static const struct vm_paths paths = {
	.hvmloader = "/usr/lib/xen/boot/hvmloader",
	.bios = "/usr/share/seabios/bios-256k.bin",
	.kernel = "/usr/local/lib/mtool/stubdom-kernel",
	.ramdisk = "/usr/local/lib/mtool/stubdom-initrd",
};

/* -1 and *e if the configuration has no plan; nothing to free then. */
static int make(struct vm_plan *v, struct vm_config *cfg, const char *config,
		struct err *e)
{
	static const uint8_t stub_uuid[16];

	e->msg[0] = '\0';
	if (config_parse(cfg, config, strlen(config), "g.cfg", e) < 0) {
		ok(false, "%s", e->msg);
		return -1;
	}
	vbd_guess(cfg);
	if (!vm_plan_make(v, cfg, &paths, stub_uuid, e))
		return 0;
	config_free(cfg);
	return -1;
}

typedef void print_fn(const struct plan *p, FILE *out);

static void as_json(const struct plan *p, FILE *out)
{
	plan_json(p, "win", out);
}

static void as_dot(const struct plan *p, FILE *out)
{
	plan_dot(p, "win", out);
}

/* The plan of a configuration as it is printed; the caller frees it. */
static char *printed(const char *config, print_fn *print)
{
	char *text = NULL;
	struct vm_config cfg;
	struct vm_plan v;
	struct err e;
	size_t len;
	FILE *f;

	if (make(&v, &cfg, config, &e) < 0)
		return NULL;
	f = open_memstream(&text, &len);
	if (!f)
		abort();
	print(&v.plan, f);
	fclose(f);
	vm_plan_free(&v);
	config_free(&cfg);
	return text;
}

/* The first line in which two texts differ, both versions. */
static void show_difference(const char *path, const char *want, const char *got)
{
	unsigned int line = 1;

	for (;;) {
		size_t w = strcspn(want, "\n"), g = strcspn(got, "\n");

		if (w != g || memcmp(want, got, w) || !want[w] || !got[g]) {
			printf("# %s:%u\n# -%.*s\n# +%.*s\n", path, line,
			       (int)w, want, (int)g, got);
			break;
		}
		want += w + 1;
		got += g + 1;
		line++;
	}
	puts("# UPDATE_GOLDEN=1 writes the file anew");
}

static void update(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		printf("# cannot write %s\n", path);
}

static void test_golden(const char *name, const char *config,
			const char *ending, print_fn *print)
{
	char path[64], *got = printed(config, print), *want;
	struct err e;
	size_t len;

	snprintf(path, sizeof(path), "tests/unit/golden/%s.%s", name, ending);
	if (!ok(got, "%s: has a plan", name))
		return;
	if (getenv("UPDATE_GOLDEN"))
		update(path, got);
	want = file_read(path, GOLDEN_MAX, &len, &e);
	if (!ok(want && !strcmp(got, want), "%s: is as in %s", name, path)) {
		if (want)
			show_difference(path, want, got);
		else
			printf("# %s\n", e.msg);
	}
	free(want);
	free(got);
}

/* Two plans of one configuration are the same. */
static void test_repeated(void)
{
	char *one = printed(golden[1].config, plan_print);
	char *two = printed(golden[1].config, plan_print);

	ok(one && two && !strcmp(one, two), "a plan depends on nothing else");
	free(one);
	free(two);
}

/* JSON has a word for every operation, and text a sentence for every step. */
static void test_words(void)
{
	struct vm_config cfg;
	struct vm_plan v;
	unsigned int i, j;
	struct err e;

	for (i = 0; i < ARRAY_SIZE(golden); i++) {
		if (make(&v, &cfg, golden[i].config, &e) < 0)
			continue;
		for (j = 0; j < v.plan.nr_step; j++) {
			const struct plan_step *s = &v.plan.step[j];

			ok(strcmp(plan_op_word(s->op), "unknown") && s->why,
			   "%s, step %u: has a word and says why",
			   golden[i].name, j + 1);
		}
		vm_plan_free(&v);
		config_free(&cfg);
	}
}

static unsigned int occurrences(const char *text, const char *word)
{
	unsigned int nr = 0;

	for (; (text = strstr(text, word)); text++)
		nr++;
	return nr;
}

static void test_stub_cmdline(void)
{
	static const struct {
		const char *user, *want;
	} lines[] = {
		{"", UNRESTRICTED " " NOTESTS " " OPEN},
		{"quiet", "quiet " UNRESTRICTED " " NOTESTS " " OPEN},
		{"a=1 b", "a=1 b " UNRESTRICTED " " NOTESTS " " OPEN},
		{UNRESTRICTED, UNRESTRICTED " " NOTESTS " " OPEN},
		{"a " UNRESTRICTED " b",
		 "a " UNRESTRICTED " b " NOTESTS " " OPEN},
		{"xen_privcmd.unrestricted=0",
		 "xen_privcmd.unrestricted=0 " NOTESTS " " OPEN},
		{"xen_privcmd.unrestricted",
		 "xen_privcmd.unrestricted " UNRESTRICTED " " NOTESTS " " OPEN},
		{NOTESTS "=0", NOTESTS "=0 " UNRESTRICTED " " OPEN},
		{NOTESTS " " UNRESTRICTED, NOTESTS " " UNRESTRICTED " " OPEN},
		{"rodata=on  lsm=yama xaudit=1",
		 "rodata=on  lsm=yama xaudit=1 " UNRESTRICTED " " NOTESTS
		 " audit=0 noreplace-smp"},
	};
	char config[256];
	struct vm_config cfg;
	struct vm_plan v;
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		snprintf(config, sizeof(config), BASE "stubdomain_cmdline='%s'",
			 lines[i].user);
		if (make(&v, &cfg, config, &e) < 0) {
			ok(false, "%s", e.msg);
			continue;
		}
		is_str(v.stub_cmdline, lines[i].want, "[%s] on the stub's line",
		       lines[i].user);
		is_int(occurrences(v.stub_cmdline, "unrestricted="), 1,
		       "the parameter is there once");
		is_int(occurrences(v.stub_cmdline, NOTESTS), 1, "so is this");
		ok(v.stub.cmdline == v.stub_cmdline,
		   "this is what the stub is built with");
		vm_plan_free(&v);
		config_free(&cfg);
	}
}

/* A plan for a stub's command line of `len` bytes, as the user gave it. */
static int long_cmdline(size_t len, struct err *e)
{
	char line[CMDLINE_MAX + 1], config[2048];
	struct vm_config cfg;
	struct vm_plan v;

	memset(line, 'x', len);
	line[len] = '\0';
	snprintf(config, sizeof(config), BASE "stubdomain_cmdline='%s'", line);
	if (make(&v, &cfg, config, e) < 0)
		return -1;
	is_int(strlen(v.stub_cmdline), CMDLINE_MAX, "nothing is cut");
	vm_plan_free(&v);
	config_free(&cfg);
	return 0;
}

static void test_refused(void)
{
	const size_t room =
		CMDLINE_MAX - strlen(" " UNRESTRICTED " " NOTESTS " " OPEN);
	char arg[2049], config[4096];
	struct vm_config cfg;
	struct vm_plan v;
	struct err e;

	is_int(long_cmdline(room, &e), 0, "the longest line for the stub");
	is_int(long_cmdline(room + 1, &e), -1, "a longer one is refused");
	is_int(e.code, EXIT_USAGE, "the configuration is to blame");
	is_str(e.msg, "stubdomain_cmdline: longer than 1023 bytes", "named");

	memset(arg, 'x', sizeof(arg) - 1);
	arg[sizeof(arg) - 1] = '\0';
	snprintf(config, sizeof(config), BASE "device_model_args=['%s']", arg);
	is_int(make(&v, &cfg, config, &e), -1, "QEMU arguments are checked");
	is_int(e.code, EXIT_USAGE, "by the same rule");
	ok(!v.plan.step && !v.plan.nr_step, "no half plan is left");
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(golden); i++)
		test_golden(golden[i].name, golden[i].config, "plan",
			    plan_print);
	test_golden(golden[1].name, golden[1].config, "json", as_json);
	test_golden(golden[1].name, golden[1].config, "dot", as_dot);
	test_words();
	test_repeated();
	test_stub_cmdline();
	test_refused();
	return done_testing();
}
