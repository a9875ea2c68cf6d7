/* SPDX-License-Identifier: MIT */
/* The numbers of the two domains: memory, vcpus, names, uuids. */
#include "core/dom.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

enum { MB = 1024 }; /* in KB */

/*
 * What a configuration asks of Xen, in KB: 1 MB of paging pool per vcpu and a
 * page per MB; memory needed is what is there at the start, the pool and
 * 2 MB for building, rounded up to 2 MB.
 */
static const struct {
	const char *config;
	uint64_t max, target, video, paging, need;
	uint64_t stub, stub_need;
} sizes[] = {
	{"memory=512", 512 * MB, 512 * MB, 8 * MB, 1024 + 4 * 512, 518 * MB,
	 264 * MB, 266 * MB},
	{"memory=512;vga='none'", 512 * MB, 512 * MB, 0, 1024 + 4 * 512,
	 518 * MB, 256 * MB, 258 * MB},
	{"memory=512;vga='stdvga'", 512 * MB, 512 * MB, 16 * MB, 1024 + 4 * 512,
	 518 * MB, 272 * MB, 274 * MB},
	{"memory=512;maxmem=1024", 1024 * MB, 512 * MB, 8 * MB, 1024 + 4 * 1024,
	 520 * MB, 264 * MB, 266 * MB},
	{"memory=511;vcpus=4", 511 * MB, 511 * MB, 8 * MB, 4 * 1024 + 4 * 511,
	 520 * MB, 264 * MB, 266 * MB},
	{"memory=512;maxvcpus=8", 512 * MB, 512 * MB, 8 * MB,
	 8 * 1024 + 4 * 512, 524 * MB, 264 * MB, 266 * MB},
	{"memory=512;shadow_memory=64", 512 * MB, 512 * MB, 8 * MB, 64 * MB,
	 578 * MB, 264 * MB, 266 * MB},
	{"memory=512;stubdomain_memory=129;vga='none'", 512 * MB, 512 * MB, 0,
	 1024 + 4 * 512, 518 * MB, 129 * MB, 132 * MB},
	{"memory=9;videoram=8", 9 * MB, 9 * MB, 8 * MB, 1024 + 4 * 9, 14 * MB,
	 264 * MB, 266 * MB},
	/* 16 TB: more than 32 bits of KB */
	{"memory=16777216;vcpus=128", 16777216ull * MB, 16777216ull * MB,
	 8 * MB, 128 * 1024 + 4ull * 16777216, 16842882ull * MB, 264 * MB,
	 266 * MB},
};

static bool parse(struct vm_config *cfg, const char *config)
{
	char text[256];
	struct err e;

	snprintf(text, sizeof(text), "name='g';%s", config);
	if (!config_parse(cfg, text, strlen(text), "g.cfg", &e))
		return true;
	return ok(false, "%s: %s", config, e.msg);
}

static void test_sizes(void)
{
	static const uint8_t uuid[16];
	struct dom_params t, s;
	struct vm_config cfg;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		printf("# %s\n", sizes[i].config);
		if (!parse(&cfg, sizes[i].config))
			continue;
		dom_target(&t, &cfg, "/h", "/b");
		is_int(t.max_kb, sizes[i].max, "maximum");
		is_int(t.target_kb, sizes[i].target, "at the start");
		is_int(t.video_kb, sizes[i].video, "of that for video");
		is_int(t.paging_kb, sizes[i].paging, "paging pool");
		is_int(dom_need_kb(&t), sizes[i].need, "taken from the host");
		dom_stub(&s, &cfg, uuid, "/k", "/r", "");
		is_int(s.max_kb, sizes[i].stub, "the stub, with video memory");
		is_int(s.target_kb, sizes[i].stub, "all at the start");
		is_int(s.video_kb, 0, "it shows nothing itself");
		is_int(s.paging_kb, 0, "a PV domain has no paging pool");
		is_int(dom_need_kb(&s), sizes[i].stub_need, "what it takes");
		config_free(&cfg);
	}
}

static void test_target(void)
{
	static const uint8_t uuid[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
					 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67,
					 0x89, 0xab, 0xcd, 0xef};
	struct dom_params d;
	struct vm_config cfg;

	memset(&d, 0xff, sizeof(d));
	if (!parse(&cfg, "memory=512;vcpus=2;maxvcpus=4;max_grant_frames=64;"
			 "uuid='01234567-89ab-cdef-0123-456789abcdef'"))
		return;
	dom_target(&d, &cfg, "/h", "/b");
	ok(d.hvm, "the target is HVM");
	is_str(d.name, "g", "its name");
	ok(!memcmp(d.uuid, uuid, 16), "its uuid");
	ok(d.vcpus == 2 && d.max_vcpus == 4, "its vcpus");
	is_int(d.max_grant_frames, 64, "its grant frames");
	is_str(d.kernel, "/h", "hvmloader is its kernel");
	is_str(d.bios, "/b", "its BIOS");
	ok(!d.ramdisk && !d.cmdline, "no initrd, no command line");
	ok(d.cfg == &cfg, "the rest is in its configuration");
	config_free(&cfg);
}

/* One text for all vcpus, or one for each; the stub runs anywhere. */
static void test_cpus(void)
{
	static const uint8_t uuid[16];
	struct dom_params d;
	struct vm_config cfg;

	if (!parse(&cfg, "memory=512;vcpus=4;cpus='1-2'"))
		return;
	dom_target(&d, &cfg, "/h", "/b");
	is_str(dom_cpus(&d, 0), "1-2", "the first vcpu's CPUs");
	is_str(dom_cpus(&d, 3), "1-2", "are those of all");
	dom_stub(&d, &cfg, uuid, "/k", "/r", "");
	ok(!dom_cpus(&d, 0), "but not of the stub's");
	config_free(&cfg);
	if (!parse(&cfg, "memory=512;vcpus=4;cpus=['1','2']"))
		return;
	dom_target(&d, &cfg, "/h", "/b");
	is_str(dom_cpus(&d, 1), "2", "each vcpu has its own");
	ok(!dom_cpus(&d, 2), "and those behind the list run anywhere");
	config_free(&cfg);
	if (!parse(&cfg, "memory=512;vcpus=4"))
		return;
	dom_target(&d, &cfg, "/h", "/b");
	ok(!dom_cpus(&d, 0), "without the key all run anywhere");
	config_free(&cfg);
}

static void test_stub(void)
{
	static const uint8_t uuid[16] = {1, 2, 3};
	struct dom_params d;
	struct vm_config cfg;

	memset(&d, 0xff, sizeof(d));
	if (!parse(&cfg, "memory=512;vcpus=2;maxvcpus=4"))
		return;
	dom_stub(&d, &cfg, uuid, "/k", "/r", "quiet");
	ok(!d.hvm, "the stub is PV");
	is_str(d.name, "g-dm", "its name");
	ok(!memcmp(d.uuid, uuid, 16), "a uuid of its own");
	ok(d.vcpus == 1 && d.max_vcpus == 1,
	   "one vcpu, whatever the guest has");
	is_int(d.max_grant_frames, -1, "grant frames as Xen has them");
	is_str(d.kernel, "/k", "its kernel");
	is_str(d.ramdisk, "/r", "its initrd");
	is_str(d.cmdline, "quiet", "its command line");
	ok(!d.bios, "no BIOS");
	memset(cfg.name, 'n', VM_NAME_MAX);
	dom_stub(&d, &cfg, uuid, "/k", "/r", "");
	is_int(strlen(d.name), VM_NAME_MAX + 3, "the longest name fits");
	is_str(d.name + VM_NAME_MAX, "-dm", "whole");
	config_free(&cfg);
}

/* The value of the node that ends in `key`. */
static const char *node(const struct plan *p, const char *key)
{
	const struct plan_step *s = &p->step[p->nr_step - 1];
	unsigned int i;

	for (i = 0; i < s->nr_node; i++) {
		size_t len = strlen(s->node[i].path), n = strlen(key);

		if (len > n && !strcmp(s->node[i].path + len - n, key))
			return s->node[i].value;
	}
	return NULL;
}

static void nodes_of(struct plan *p, const struct dom_params *d)
{
	plan_init(p);
	plan_step(p, OP_NODES, d->hvm ? DOM_TARGET : DOM_STUB, GROUP_SETUP,
		  NULL, "nodes");
	dom_nodes(p, d);
}

/* memory/target: without video memory, and without the slack if ballooned. */
static void test_memory_nodes(void)
{
	static const struct {
		const char *config, *max, *target, *video;
	} nodes[] = {
		{"memory=512", "524288", "516096", "8192"},
		{"memory=512;vga='none'", "524288", "524288", "0"},
		{"memory=512;maxmem=1024", "1048576", "515072", "8192"},
		{"memory=9;maxmem=10", "10240", "0", "8192"},
		{"memory=16777216", "17179869184", "17179860992", "8192"},
	};
	static const uint8_t uuid[16];
	struct dom_params d;
	struct vm_config cfg;
	struct plan p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		printf("# %s\n", nodes[i].config);
		if (!parse(&cfg, nodes[i].config))
			continue;
		dom_target(&d, &cfg, "/h", "/b");
		nodes_of(&p, &d);
		is_str(node(&p, "/memory/static-max"), nodes[i].max, "maximum");
		is_str(node(&p, "/memory/target"), nodes[i].target, "target");
		is_str(node(&p, "/memory/videoram"), nodes[i].video, "video");
		plan_free(&p);
		dom_stub(&d, &cfg, uuid, "/k", "/r", "");
		nodes_of(&p, &d);
		is_str(node(&p, "/memory/target"),
		       node(&p, "/memory/static-max"), "the stub has it all");
		is_str(node(&p, "/memory/videoram"), "0", "nothing for video");
		plan_free(&p);
		config_free(&cfg);
	}
}

static void test_vcpu_nodes(void)
{
	struct dom_params d;
	struct vm_config cfg;
	struct plan p;

	if (!parse(&cfg, "memory=512;vcpus=2;maxvcpus=3"))
		return;
	dom_target(&d, &cfg, "/h", "/b");
	nodes_of(&p, &d);
	is_str(node(&p, "/cpu/0/availability"), "online", "vcpu 0");
	is_str(node(&p, "/cpu/1/availability"), "online", "vcpu 1");
	is_str(node(&p, "/cpu/2/availability"), "offline", "vcpu 2, to come");
	ok(!node(&p, "/cpu/3/availability"), "no more");
	plan_free(&p);
	config_free(&cfg);
}

static void test_firmware_nodes(void)
{
	static const struct {
		const char *config, *key, *want;
	} nodes[] = {
		{"", "/hvmloader/bios", "seabios"},
		{"bios='ovmf'", "/hvmloader/bios", "ovmf"},
		{"", "/hvmloader/allow-memory-relocate", "0"},
		{"", "/platform/acpi", "1"},
		{"acpi=0", "/platform/acpi", "0"},
		{"acpi_s3=0", "/platform/acpi_s3", "0"},
		{"acpi_s4=0", "/platform/acpi_s4", "0"},
		{"acpi_s4=0", "/platform/acpi_s3", "1"},
		{"mmio_hole=256", "/platform/mmio_hole_size", "268435456"},
		{"mmio_hole=3840", "/platform/mmio_hole_size", "4026531840"},
	};
	char config[64];
	struct dom_params d;
	struct vm_config cfg;
	struct plan p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		snprintf(config, sizeof(config), "memory=512;%s",
			 nodes[i].config);
		if (!parse(&cfg, config))
			continue;
		dom_target(&d, &cfg, "/h", "/b");
		nodes_of(&p, &d);
		is_str(node(&p, nodes[i].key), nodes[i].want, "[%s]: %s",
		       nodes[i].config, nodes[i].key);
		plan_free(&p);
		config_free(&cfg);
	}
}

int main(void)
{
	test_sizes();
	test_target();
	test_cpus();
	test_stub();
	test_memory_nodes();
	test_vcpu_nodes();
	test_firmware_nodes();
	return done_testing();
}
