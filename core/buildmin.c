/* SPDX-License-Identifier: MIT */
/* How little memory a PV kernel and its initrd can be loaded into. */
#include "core/build.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	/* Linux x86 boot protocol (boot.rst): the fields of the header. */
	BZ_MAGIC = 0x202,
	BZ_INIT_SIZE = 0x260,
	BZ_HEADER_END = 0x264,
	PHDRS_MAX = 32,
	SPAN_MAX = 1 << 30, /* no kernel is larger */
	/* page tables, p2m, start_info, and what Linux needs to say a word */
	OVERHEAD_KB = 16 * 1024,
};

static uint32_t le32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* The end of the highest loaded segment less the start of the lowest. */
static int elf_span(int fd, const Elf64_Ehdr *eh, uint64_t *bytes)
{
	uint64_t low = UINT64_MAX, high = 0, end;
	Elf64_Phdr ph[PHDRS_MAX];
	unsigned int i;
	size_t size;

	if (eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_phentsize != sizeof(*ph) || !eh->e_phnum ||
	    eh->e_phnum > PHDRS_MAX)
		return -1;
	size = eh->e_phnum * sizeof(*ph);
	if (pread(fd, ph, size, (off_t)eh->e_phoff) != (ssize_t)size)
		return -1;
	for (i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD)
			continue;
		end = ph[i].p_paddr + ph[i].p_memsz;
		if (end < ph[i].p_paddr || end > SPAN_MAX)
			return -1;
		if (ph[i].p_paddr < low)
			low = ph[i].p_paddr;
		if (end > high)
			high = end;
	}
	if (low >= high)
		return -1;
	*bytes = high - low;
	return 0;
}

/* Memory that the kernel in `fd` takes once it is unpacked. */
static int kernel_bytes(int fd, uint64_t *bytes)
{
	unsigned char head[BZ_HEADER_END];
	Elf64_Ehdr eh;

	if (pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return -1;
	memcpy(&eh, head, sizeof(eh));
	if (!memcmp(eh.e_ident, ELFMAG, SELFMAG))
		return elf_span(fd, &eh, bytes);
	if (!memcmp(head + BZ_MAGIC, "HdrS", 4)) {
		*bytes = le32(head + BZ_INIT_SIZE);
		return 0;
	}
	return -1;
}

/*
 * The builder unpacks a gzip'd initrd into the domain's memory; its last four
 * bytes are the unpacked size (RFC 1952). Other formats go in as they are.
 */
static int ramdisk_bytes(int fd, uint64_t *bytes)
{
	unsigned char magic[2], tail[4];
	struct stat st;

	if (fstat(fd, &st) < 0 || pread(fd, magic, 2, 0) != 2)
		return -1;
	*bytes = (uint64_t)st.st_size;
	if (magic[0] != 0x1f || magic[1] != 0x8b)
		return 0;
	if (st.st_size < 18 || pread(fd, tail, 4, st.st_size - 4) != 4)
		return -1;
	*bytes = le32(tail);
	return 0;
}

static int measure(const char *path, int (*size)(int, uint64_t *),
		   const char *what, uint64_t *bytes, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return err_sys(e, EXIT_HOST, "open %s", path);
	if (size(fd, bytes) < 0)
		rc = err_set(e, EXIT_HOST, "%s: not %s", path, what);
	close(fd);
	return rc;
}

int build_pv_minimum(const char *kernel, const char *ramdisk, uint64_t *kb,
		     struct err *e)
{
	uint64_t k = 0, r = 0;

	if (measure(kernel, kernel_bytes, "a 64-bit Linux kernel", &k, e) < 0 ||
	    measure(ramdisk, ramdisk_bytes, "an initrd", &r, e) < 0)
		return -1;
	*kb = (k + r) / 1024 + OVERHEAD_KB;
	return 0;
}
