/* SPDX-License-Identifier: MIT */
/*
 * A save file on its way into a guest, through two processes: what reaches the
 * guest's memory and the device model is what was saved, and if it does not,
 * the one at fault is told.
 */
#include "tools/mtool/vmincoming.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crc32c.h"
#include "core/file.h"
#include "core/hypstream.h"
#include "tests/unit/isolate.h"
#include "tests/unit/tap.h"
#include "tools/mtool/supervisesave.h"

#define DIR RUN_ROOT "/g"

enum { MEMORY = 3 * SAVEFILE_CONTENT_MAX + 12345 };

static const uint8_t device[] = {'Q', 'E', 'V', 'M', 0, 0, 0, 3, 13, 10, 0};

/* What Xen does with the stream, in the worker. */
static enum { TAKES_ALL, TAKES_LITTLE, REFUSES, HANGS } xen;
static uint8_t *memory;
static uint64_t allowed_kb;

struct hyp *hyp_open(struct log *log, struct err *e)
{
	(void)log, (void)e;
	return (struct hyp *)&xen;
}

int hyp_dom_max_mem(struct hyp *h, uint32_t domid, uint64_t kb, struct err *e)
{
	(void)h, (void)domid, (void)e;
	allowed_kb = kb;
	return 0;
}

static int take(int fd, size_t want, struct err *e)
{
	static uint8_t buf[65536];
	uint32_t crc = 0;
	size_t len = 0;
	ssize_t n;

	while (len < want && (n = read(fd, buf, sizeof(buf))) > 0) {
		crc = crc32c(crc, buf, (size_t)n);
		len += (size_t)n;
	}
	if (len < want)
		return err_set(e, EXIT_FAILED, "Xen: stream is short");
	if (crc != crc32c(0, memory, len))
		return err_set(e, EXIT_FAILED, "Xen: stream is wrong");
	return 0;
}

int hyp_restore(struct hyp *h, int fd, uint32_t domid,
		const struct hyp_ports *ports, struct build_frames *out,
		struct err *e)
{
	(void)h, (void)domid;
	out->store = 0xfeffc;
	out->console = ports->console;
	if (xen == HANGS)
		poll(NULL, 0, -1);
	if (xen == REFUSES)
		return err_set(e, EXIT_FAILED, "Xen: no memory");
	return take(fd, xen == TAKES_LITTLE ? 1 : MEMORY, e);
}

/* --- the bench --- */

struct bench {
	struct vm vm;
	struct vm_config cfg;
	struct vm_incoming in;
	struct log log;
	struct build_frames f;
	int fd, cancel[2];
	struct err e;
};

static void put(struct bench *b, enum savefile_kind kind, const void *data,
		size_t n)
{
	if (saveio_put(&b->in.io, kind, data, n, &b->e) < 0)
		ok(false, "%s", b->e.msg);
}

static void open_bench(struct bench *b)
{
	struct savefile_chunk c;

	memset(b, 0, sizeof(*b));
	mkdir(RUN_ROOT, 0700);
	mkdir(DIR, 0700);
	strcpy(b->cfg.name, "g");
	b->cfg.memory_mb = 64;
	b->vm.cfg = &b->cfg;
	b->vm.target.domid = 7;
	b->vm.target.ports.console = 2;
	b->in.verb = "restore";
	b->in.quiet = true;
	log_init(&b->log, stderr, LOG_ERROR);
	b->fd = memfd_create("save", MFD_CLOEXEC);
	if (pipe(b->cancel) < 0 ||
	    saveio_create(&b->in.io, b->fd, -1, MEMORY, &b->e) < 0)
		abort();
	put(b, SAVEFILE_CONFIG, "{}", 2);
	put(b, SAVEFILE_MEMORY, memory, MEMORY);
	put(b, SAVEFILE_DEVICE, device, sizeof(device));
	saveio_put_end(&b->in.io, &b->e);
	saveio_free(&b->in.io);
	lseek(b->fd, 0, SEEK_SET);
	if (saveio_open(&b->in.io, dup(b->fd), -1, &b->e) < 0 ||
	    saveio_next(&b->in.io, &c, &b->e) < 0)
		ok(false, "%s", b->e.msg);
}

static int go(struct bench *b)
{
	int rc = vm_incoming_start(&b->in, &b->vm, NULL, &b->log, &b->e);

	if (!rc)
		rc = vm_incoming_wait(&b->in, b->cancel[0], &b->f, &b->e);
	vm_incoming_kill(&b->in);
	return rc;
}

static void close_bench(struct bench *b)
{
	ok(!b->in.reader.pid && !b->in.filler.pid, "no process is left");
	saveio_free(&b->in.io);
	close(b->fd);
	close(b->cancel[0]);
	close(b->cancel[1]);
	unlink(DIR "/" SAVE_STATE);
	is_int(rmdir(DIR), 0, "nor any file");
}

static void test_whole(void)
{
	struct bench b;
	size_t len;
	char *state;

	open_bench(&b);
	b.in.meta.max_kb = 100000;
	is_int(go(&b), 0, "it comes in%s", *b.e.msg ? b.e.msg : "");
	ok(b.f.store == 0xfeffc && b.f.console == 2, "the rings are known");
	is_int(allowed_kb, 100000, "it may have what it had");
	state = file_read(DIR "/" SAVE_STATE, 4096, &len, &b.e);
	ok(state && len == sizeof(device) && !memcmp(state, device, len),
	   "its device state waits for the stub");
	free(state);
	is_int(b.in.io.fd, -1, "the file is closed");
	close_bench(&b);
}

/* A byte of the file at `at`, from the end if negative. */
static void spoil(struct bench *b, off_t at)
{
	off_t pos = at < 0 ? lseek(dup(b->fd), 0, SEEK_END) + at : at;
	uint8_t byte;

	if (pread(b->fd, &byte, 1, pos) != 1)
		abort();
	byte ^= 4;
	if (pwrite(b->fd, &byte, 1, pos) != 1)
		abort();
}

static void fails(struct bench *b, const char *what, const char *why)
{
	ok(go(b) < 0 && strstr(b->e.msg, why), "%s: %s", what, b->e.msg);
	close_bench(b);
}

static void test_faults(void)
{
	struct bench b;
	off_t at;

	open_bench(&b);
	at = lseek(b.in.io.fd, 0, SEEK_CUR);
	spoil(&b, 2 * SAVEFILE_CONTENT_MAX);
	lseek(b.fd, at, SEEK_SET);
	fails(&b, "a bit of the memory", "save file: damaged");

	open_bench(&b);
	at = lseek(b.in.io.fd, 0, SEEK_CUR);
	spoil(&b, -(off_t)(SAVEFILE_CHUNK + SAVEFILE_END + 3));
	lseek(b.fd, at, SEEK_SET);
	fails(&b, "a bit of the device state", "save file: damaged");

	open_bench(&b);
	if (ftruncate(b.fd, MEMORY / 2) < 0)
		abort();
	fails(&b, "half a file", "save file: cut short");

	open_bench(&b);
	xen = REFUSES;
	fails(&b, "Xen's fault", "Xen: no memory");

	open_bench(&b);
	xen = TAKES_LITTLE;
	fails(&b, "more than a guest", "pass it on");

	open_bench(&b);
	xen = HANGS;
	if (write(b.cancel[1], "x", 1) != 1)
		abort();
	fails(&b, "the user gives up", "interrupted");
	xen = TAKES_ALL;
}

int main(void)
{
	const char *missing = isolate();
	size_t i;

	if (missing) {
		printf("1..0 # SKIP %s: %s\n", missing, strerror(errno));
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	memory = malloc(MEMORY);
	for (i = 0; memory && i < MEMORY; i++)
		memory[i] = (uint8_t)(i * 2654435761u >> 11);
	test_whole();
	test_faults();
	free(memory);
	return done_testing();
}
