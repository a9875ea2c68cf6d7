/* SPDX-License-Identifier: MIT */
/* The least memory for a PV kernel and its initrd, from crafted files. */
#include "core/build.h"

#include <elf.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/tap.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

enum {
	HEAD = 0x264,	   /* bytes of a kernel that are looked at */
	MAGIC = 0x202,	   /* boot.rst: "HdrS" */
	INIT_SIZE = 0x260, /* boot.rst: memory it takes when it runs */
	SEGMENTS = 40,
	FIXED_KB = 16 * 1024, /* what is added for any kernel */
	NONE = -1,
};

/* A directory for the files `kernel` and `initrd`. */
struct place {
	char dir[32], kernel[48], initrd[48];
};

struct elf {
	Elf64_Ehdr eh;
	unsigned char gap[HEAD];
	Elf64_Phdr ph[SEGMENTS];
};

static void place_make(struct place *p)
{
	strcpy(p->dir, "/tmp/mtool-test-XXXXXX");
	if (!mkdtemp(p->dir))
		abort();
	snprintf(p->kernel, sizeof(p->kernel), "%s/kernel", p->dir);
	snprintf(p->initrd, sizeof(p->initrd), "%s/initrd", p->dir);
}

static void place_remove(const struct place *p)
{
	unlink(p->kernel);
	unlink(p->initrd);
	rmdir(p->dir);
}

static void put(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		abort();
}

/* The least memory in KB beyond FIXED_KB, or NONE. */
static long long least(const struct place *p)
{
	struct err e = {.code = EXIT_DONE};
	uint64_t kb = 0;

	if (!build_pv_minimum(p->kernel, p->initrd, &kb, &e))
		return (long long)kb - FIXED_KB;
	if (e.code != EXIT_HOST || !*e.msg)
		ok(false, "an error of code %d: %s", e.code, e.msg);
	return NONE;
}

static void put_le32(unsigned char *p, uint32_t value)
{
	p[0] = (unsigned char)value;
	p[1] = (unsigned char)(value >> 8);
	p[2] = (unsigned char)(value >> 16);
	p[3] = (unsigned char)(value >> 24);
}

static void put_bzimage(const char *path, uint32_t init_size, size_t len)
{
	unsigned char file[HEAD + 100] = {'M', 'Z'};

	memcpy(file + MAGIC, "HdrS", 4);
	put_le32(file + INIT_SIZE, init_size);
	put(path, file, len);
}

/* A kernel of a vmlinux's shape: two segments of 1 MB each, 1 MB between. */
static void elf_init(struct elf *k)
{
	memset(k, 0, sizeof(*k));
	memcpy(k->eh.e_ident, ELFMAG, SELFMAG);
	k->eh.e_ident[EI_CLASS] = ELFCLASS64;
	k->eh.e_ident[EI_DATA] = ELFDATA2LSB;
	k->eh.e_machine = EM_X86_64;
	k->eh.e_phoff = offsetof(struct elf, ph);
	k->eh.e_phentsize = sizeof(k->ph[0]);
	k->eh.e_phnum = 2;
	k->ph[0].p_type = k->ph[1].p_type = PT_LOAD;
	k->ph[0].p_paddr = 16 << 20;
	k->ph[1].p_paddr = 18 << 20;
	k->ph[0].p_memsz = k->ph[1].p_memsz = 1 << 20;
}

static void test_bzimage(const struct place *p)
{
	unsigned char head[HEAD] = {0};

	put_bzimage(p->kernel, 40 << 20, HEAD);
	is_int(least(p), 40 * 1024 + 1, "a bzImage tells what it takes");
	put_bzimage(p->kernel, 40 << 20, HEAD + 100);
	is_int(least(p), 40 * 1024 + 1, "whatever is behind the header");
	put_bzimage(p->kernel, 0xfffffc00, HEAD);
	is_int(least(p), 0x3fffff + 1, "up to 4 GB");
	put_bzimage(p->kernel, 40 << 20, HEAD - 1);
	is_int(least(p), NONE, "a header cut by one byte is refused");
	put_bzimage(p->kernel, 40 << 20, 1);
	is_int(least(p), NONE, "so is one of a byte");
	put(p->kernel, "", 0);
	is_int(least(p), NONE, "and an empty file");
	memcpy(head + MAGIC, "HdrT", 4);
	put(p->kernel, head, sizeof(head));
	is_int(least(p), NONE, "and a wrong magic");
}

static void test_elf(const struct place *p)
{
	struct elf k;

	elf_init(&k);
	put(p->kernel, &k, sizeof(k));
	is_int(least(p), 3 * 1024 + 1, "segments from the first to the last");

	k.ph[0].p_paddr = 18 << 20;
	k.ph[1].p_paddr = 16 << 20;
	put(p->kernel, &k, sizeof(k));
	is_int(least(p), 3 * 1024 + 1, "in any order");

	k.ph[0].p_type = PT_NOTE;
	put(p->kernel, &k, sizeof(k));
	is_int(least(p), 1024 + 1, "that are loaded");

	k.ph[0].p_type = PT_LOAD;
	k.ph[0].p_memsz = 64 << 20;
	k.ph[0].p_filesz = 1 << 20;
	put(p->kernel, &k, sizeof(k));
	is_int(least(p), 66 * 1024 + 1, "with what is zeroed in memory");

	k.eh.e_phnum = 1;
	put(p->kernel, &k, sizeof(k));
	is_int(least(p), 64 * 1024 + 1, "one is enough");
}

/* Each of these makes no kernel of it. */
static void break_elf(struct elf *k, unsigned int how)
{
	switch (how) {
	case 0:
		k->eh.e_ident[EI_CLASS] = ELFCLASS32;
		break;
	case 1:
		k->eh.e_ident[EI_MAG0] = 0;
		break;
	case 2:
		k->eh.e_phentsize--;
		break;
	case 3:
		k->eh.e_phnum = 0;
		break;
	case 4:
		k->eh.e_phnum = SEGMENTS;
		break;
	case 5:
		k->eh.e_phoff = sizeof(*k);
		break;
	case 6:
		k->eh.e_phoff = UINT64_MAX - 100;
		break;
	case 7:
		k->ph[0].p_type = k->ph[1].p_type = PT_NOTE;
		break;
	case 8:
		k->ph[0].p_paddr = k->ph[1].p_paddr = UINT64_MAX - 100;
		break;
	case 9:
		k->ph[1].p_type = PT_NULL;
		k->ph[0].p_memsz = 0;
		break;
	default:
		memset(&k->eh.e_type, 0xff,
		       sizeof(*k) - offsetof(struct elf, eh.e_type));
	}
}

static void test_broken_elf(const struct place *p)
{
	static const char *const how[] = {
		"of 32 bit",
		"without its magic",
		"with headers of another size",
		"without segments",
		"with more segments than any kernel",
		"whose segments are behind its end",
		"whose segments are nowhere",
		"that loads nothing",
		"that would wrap around",
		"that takes nothing",
		"of ones behind its magic",
	};
	struct elf k;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(how); i++) {
		elf_init(&k);
		break_elf(&k, i);
		put(p->kernel, &k, sizeof(k));
		is_int(least(p), NONE, "an ELF file %s is refused", how[i]);
	}
	elf_init(&k);
	put(p->kernel, &k, offsetof(struct elf, ph) + sizeof(k.ph[0]) * 2);
	is_int(least(p), 3 * 1024 + 1, "one that ends behind its segments");
	put(p->kernel, &k, offsetof(struct elf, ph) + sizeof(k.ph[0]) * 2 - 1);
	is_int(least(p), NONE, "one that ends in them is refused");
	put(p->kernel, &k, sizeof(k.eh));
	is_int(least(p), NONE, "one that is but a header, too");
}

static void test_no_kernel(const struct place *p)
{
	unsigned char zero[4096] = {0};
	struct err e;
	uint64_t kb;

	put(p->kernel, zero, sizeof(zero));
	is_int(least(p), NONE, "zeros are no kernel");
	is_int(build_pv_minimum(p->kernel, p->initrd, &kb, &e), -1, "again");
	ok(strstr(e.msg, p->kernel) && strstr(e.msg, "kernel"),
	   "the file is named, and what it should be");
	memset(zero, '#', sizeof(zero));
	put(p->kernel, zero, sizeof(zero));
	is_int(least(p), NONE, "nor is text");
	zero[0] = 0x1f;
	zero[1] = 0x8b;
	put(p->kernel, zero, sizeof(zero));
	is_int(least(p), NONE, "nor what has to be unpacked first");
	is_int(build_pv_minimum(p->dir, p->initrd, &kb, &e), -1,
	       "nor a directory");
	unlink(p->kernel);
	is_int(least(p), NONE, "nor is there one without a file");
	build_pv_minimum(p->kernel, p->initrd, &kb, &e);
	ok(strstr(e.msg, p->kernel) && strstr(e.msg, "No such file"),
	   "which is said");
}

static void test_initrd(const struct place *p)
{
	unsigned char file[8192] = "070701";

	put_bzimage(p->kernel, 1 << 20, HEAD);
	put(p->initrd, file, sizeof(file));
	is_int(least(p), 1024 + 8, "a cpio archive goes in as it is");
	memcpy(file,
	       "\xfd"
	       "7zXZ",
	       6);
	put(p->initrd, file, 4096);
	is_int(least(p), 1024 + 4, "so does what Linux unpacks itself");
	memcpy(file, "\x1f\x8c", 2);
	put(p->initrd, file, 4096);
	is_int(least(p), 1024 + 4, "half of gzip's magic is none");
	put(p->initrd, "ab", 2);
	is_int(least(p), 1024, "two bytes are nearly nothing");
}

static void test_gzip(const struct place *p)
{
	unsigned char file[8192] = {0x1f, 0x8b, 8};

	put_bzimage(p->kernel, 1 << 20, HEAD);
	put_le32(file + sizeof(file) - 4, 50 << 20);
	put(p->initrd, file, sizeof(file));
	is_int(least(p), 1024 + 50 * 1024, "gzip: the size when unpacked");
	put_le32(file + sizeof(file) - 4, 0xfffffc00);
	put(p->initrd, file, sizeof(file));
	is_int(least(p), 1024 + 0x3fffff, "up to 4 GB");
	put_bzimage(p->kernel, 0xfffffc00, HEAD);
	is_int(least(p), 2 * 0x3fffff, "beside a kernel of that size");
	put_bzimage(p->kernel, 1 << 20, HEAD);
	put_le32(file + 14, 2048);
	put(p->initrd, file, 18);
	is_int(least(p), 1024 + 2, "the shortest gzip file");
	put(p->initrd, file, 17);
	is_int(least(p), NONE, "a shorter one is cut");
	put(p->initrd, file, 2);
	is_int(least(p), NONE, "as is its magic alone");
}

static void test_no_initrd(const struct place *p)
{
	struct err e;
	uint64_t kb;

	put_bzimage(p->kernel, 1 << 20, HEAD);
	put(p->initrd, "", 0);
	is_int(least(p), NONE, "an empty initrd is none");
	put(p->initrd, "a", 1);
	is_int(least(p), NONE, "nor is one of a byte");
	is_int(build_pv_minimum(p->kernel, p->dir, &kb, &e), -1,
	       "nor is a directory");
	ok(strstr(e.msg, p->dir) && strstr(e.msg, "initrd"),
	   "it is named, and what it should be");
	unlink(p->initrd);
	is_int(least(p), NONE, "without a file there is none");
}

int main(void)
{
	static const unsigned char one_kb[1024] = {0};
	struct place p;

	place_make(&p);
	put(p.initrd, one_kb, sizeof(one_kb));
	test_bzimage(&p);
	test_elf(&p);
	test_broken_elf(&p);
	test_no_kernel(&p);
	test_initrd(&p);
	test_gzip(&p);
	test_no_initrd(&p);
	place_remove(&p);
	return done_testing();
}
