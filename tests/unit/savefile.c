/* SPDX-License-Identifier: MIT */
/*
 * Saved guests as bytes: what is written reads back, and whatever is not as it
 * was written is refused with one line.
 */
#include "core/saveio.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/crc32c.h"
#include "tests/unit/tap.h"

enum { FLIPS = 200, CUTS = 100, BIG = 3 * SAVEFILE_CONTENT_MAX / 2 };

static const char config[] =
	"{\"name\":\"g\",\"uuid\":\"01234567-89ab-cdef-0123-456789abcdef\","
	"\"config\":\"name = \\\"g\\\"\\nmemory = 64\\nvga = \\\"none\\\"\\n\","
	"\"disks\":\"\",\"nics\":\"\",\"memory_mb\":64,\"max_kb\":66560,"
	"\"vcpus\":1,\"mtool\":\"0.1\",\"xen\":\"4.17.7\",\"saved\":"
	"1700000000}";
static const uint8_t device[] = {'Q', 'E', 'V', 'M', 0, 0, 0, 3, 4, 13, 10, 0};

static void test_crc(void)
{
	static const uint8_t zeros[32];
	char text[] = "123456789, and then some more of it";
	uint32_t whole = crc32c(0, text, sizeof(text));
	size_t i;

	is_int(crc32c(0, "123456789", 9), 0xe3069283, "the check value");
	is_int(crc32c(0, zeros, 32), 0x8a9136aa, "RFC 3720's zeros");
	is_int(crc32c(0, "", 0), 0, "of nothing");
	for (i = 0; i <= sizeof(text); i++) {
		if (crc32c(crc32c(0, text, i), text + i, sizeof(text) - i) !=
		    whole)
			break;
	}
	ok(i > sizeof(text), "in two parts, wherever they meet");
}

static int new_file(void)
{
	int fd = memfd_create("save", MFD_CLOEXEC);

	if (fd < 0)
		abort();
	return fd;
}

static uint8_t *noise(void)
{
	uint8_t *p = malloc(BIG);
	size_t i;

	for (i = 0; p && i < BIG; i++)
		p[i] = (uint8_t)(i * 2654435761u >> 13);
	return p ? p : (abort(), p);
}

/* A whole file; the bytes of its memory are those of noise(). */
static int write_file(size_t memory)
{
	uint8_t *mem = noise();
	struct saveio io;
	struct err e;
	int fd = new_file();

	if (saveio_create(&io, fd, -1, 12345, &e) < 0 ||
	    saveio_put(&io, SAVEFILE_CONFIG, config, strlen(config), &e) < 0 ||
	    saveio_put(&io, SAVEFILE_MEMORY, mem, memory, &e) < 0 ||
	    saveio_put(&io, SAVEFILE_DEVICE, device, sizeof(device), &e) < 0 ||
	    saveio_put_end(&io, &e) < 0)
		ok(false, "write: %s", e.msg);
	saveio_free(&io);
	free(mem);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Read all of it. 0, or -1 and *e. */
static int read_file(int fd, struct savefile *at, struct err *e)
{
	struct saveio io = {0};
	struct savefile_chunk c;
	int rc;

	lseek(fd, 0, SEEK_SET);
	rc = saveio_open(&io, fd, -1, e);
	for (c.kind = SAVEFILE_NOTHING; !rc && c.kind != SAVEFILE_THE_END;)
		rc = saveio_next(&io, &c, e);
	*at = io.at;
	saveio_free(&io);
	return rc;
}

static void test_round(void)
{
	int fd = write_file(BIG);
	struct savefile at, seen;
	uint8_t *mem = noise();
	struct savefile_chunk c;
	struct saveio io;
	struct err e;
	size_t len = 0;

	is_int(saveio_survey(fd, &at, &e), 0, "it is whole");
	is_int(read_file(fd, &seen, &e), 0, "it can be read");
	is_int(at.total, lseek(fd, 0, SEEK_END), "to its last byte");
	ok(at.total == seen.total && at.memory == BIG &&
		   at.device == sizeof(device) && at.expected == 12345,
	   "its sizes are known");
	lseek(fd, 0, SEEK_SET);
	saveio_open(&io, fd, -1, &e);
	while (!saveio_next(&io, &c, &e) && c.kind != SAVEFILE_THE_END) {
		if (c.kind == SAVEFILE_CONFIG)
			ok(c.len == strlen(config) &&
				   !memcmp(io.content, config, c.len),
			   "the configuration is as it was");
		if (c.kind == SAVEFILE_DEVICE)
			ok(c.len == sizeof(device) &&
				   !memcmp(io.content, device, c.len),
			   "so is the device state");
		if (c.kind == SAVEFILE_MEMORY &&
		    !memcmp(io.content, mem + len, c.len))
			len += c.len;
	}
	is_int(len, BIG, "and the memory");
	saveio_free(&io);
	free(mem);
	close(fd);
}

static bool one_line(const struct err *e)
{
	return *e->msg && !strchr(e->msg, '\n') && e->code == EXIT_FAILED;
}

/* Cut at each byte of a small file, or at some of a large one. */
static void test_cut(void)
{
	int fd = write_file(300), copy = new_file();
	off_t size = lseek(fd, 0, SEEK_END), n;
	unsigned int surveyed = 0, read = 0;
	struct savefile at;
	struct err e;
	uint8_t *buf = malloc((size_t)size);

	if (pread(fd, buf, (size_t)size, 0) != size)
		abort();
	if (write(copy, buf, (size_t)size) != size)
		abort();
	for (n = size - 1; n >= 0; n--) {
		if (ftruncate(copy, n) < 0)
			abort();
		lseek(copy, 0, SEEK_SET);
		surveyed += saveio_survey(copy, &at, &e) < 0 && one_line(&e);
		read += read_file(copy, &at, &e) < 0 && one_line(&e);
	}
	is_int(surveyed, size, "cut at any byte it is seen not to be whole");
	is_int(read, size, "and cannot be read to its end");
	free(buf);
	close(copy);
	close(fd);
	fd = write_file(BIG);
	for (n = 0; n < CUTS; n++) {
		size = lseek(fd, 0, SEEK_END) * 997 / 1000;
		if (ftruncate(fd, size) < 0)
			abort();
		lseek(fd, 0, SEEK_SET);
		if (!saveio_survey(fd, &at, &e))
			break;
	}
	is_int(n, CUTS, "so it is with a large one");
	close(fd);
}

static void test_more(void)
{
	int fd = write_file(300);
	struct savefile at;
	struct err e;

	if (pwrite(fd, "x", 1, lseek(fd, 0, SEEK_END)) != 1)
		abort();
	lseek(fd, 0, SEEK_SET);
	is_int(saveio_survey(fd, &at, &e), -1, "a byte too many: %s", e.msg);
	close(fd);
}

static void test_flip(void)
{
	int fd = write_file(4000);
	off_t size = lseek(fd, 0, SEEK_END);
	unsigned int i, found = 0;
	struct savefile at;
	struct err e;

	for (i = 0; i < FLIPS; i++) {
		off_t n = (off_t)i * (size - 1) / (FLIPS - 1);
		uint8_t was, now;

		if (pread(fd, &was, 1, n) != 1)
			abort();
		now = was ^ (uint8_t)(1u << i % 8);
		if (pwrite(fd, &now, 1, n) != 1)
			abort();
		if (read_file(fd, &at, &e) < 0 && one_line(&e))
			found++;
		else
			printf("# byte %lld of %lld\n", (long long)n,
			       (long long)size);
		if (pwrite(fd, &was, 1, n) != 1)
			abort();
	}
	is_int(found, FLIPS, "a flipped bit is found wherever it is");
	is_int(read_file(fd, &at, &e), 0, "and nothing else");
	close(fd);
}

/* A head or chunk with right checksums and wrong numbers. */
static void put32(uint8_t *p, uint32_t n)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		p[i] = (uint8_t)(n >> 8 * i);
}

static void test_head(void)
{
	uint8_t head[SAVEFILE_HEAD];
	struct savefile s;
	struct err e;

	savefile_put_head(&s, UINT64_MAX, head);
	is_int(savefile_get_head(&s, head, &e), 0, "any size is expected");
	put32(head + 8, SAVEFILE_VERSION + 1);
	put32(head + 28, crc32c(0, head, 28));
	is_int(savefile_get_head(&s, head, &e), -1, "newer");
	ok(strstr(e.msg, "newer"), "is said to be: %s", e.msg);
	put32(head + 8, 0);
	put32(head + 28, crc32c(0, head, 28));
	is_int(savefile_get_head(&s, head, &e), -1, "version 0 is none");
	memset(head, 'x', sizeof(head));
	is_int(savefile_get_head(&s, head, &e), -1, "something else");
	ok(strstr(e.msg, "not a guest"), "is told: %s", e.msg);
}

static int get(enum savefile_kind last, uint64_t had, uint32_t kind,
	       uint32_t len, struct err *e)
{
	struct savefile s = {.last = last, .total = 100, .device = had};
	struct savefile_chunk c;
	uint8_t chunk[SAVEFILE_CHUNK] = {0};

	put32(chunk, kind);
	put32(chunk + 4, len);
	put32(chunk + 12, crc32c(0, chunk, 12));
	return savefile_get(&s, chunk, &c, e);
}

static void test_chunks(void)
{
	static const struct {
		enum savefile_kind last;
		uint32_t kind, len;
		int rc;
	} t[] = {
		{SAVEFILE_NOTHING, SAVEFILE_CONFIG, 1, 0},
		{SAVEFILE_NOTHING, SAVEFILE_MEMORY, 1, -1},
		{SAVEFILE_CONFIG, SAVEFILE_CONFIG, 1, -1},
		{SAVEFILE_CONFIG, SAVEFILE_MEMORY, SAVEFILE_CONTENT_MAX, 0},
		{SAVEFILE_CONFIG, SAVEFILE_MEMORY, SAVEFILE_CONTENT_MAX + 1,
		 -1},
		{SAVEFILE_CONFIG, SAVEFILE_DEVICE, 1, -1},
		{SAVEFILE_MEMORY, SAVEFILE_MEMORY, 1, 0},
		{SAVEFILE_MEMORY, SAVEFILE_MEMORY, 0, -1},
		{SAVEFILE_MEMORY, SAVEFILE_MEMORY, UINT32_MAX, -1},
		{SAVEFILE_MEMORY, SAVEFILE_MEMORY, 1u << 31, -1},
		{SAVEFILE_MEMORY, SAVEFILE_THE_END, SAVEFILE_END, -1},
		{SAVEFILE_DEVICE, SAVEFILE_MEMORY, 1, -1},
		{SAVEFILE_DEVICE, SAVEFILE_THE_END, SAVEFILE_END, 0},
		{SAVEFILE_DEVICE, SAVEFILE_THE_END, SAVEFILE_END + 1, -1},
		{SAVEFILE_THE_END, SAVEFILE_THE_END, SAVEFILE_END, -1},
		{SAVEFILE_THE_END, SAVEFILE_THE_END + 1, 1, -1},
		{SAVEFILE_NOTHING, 0, 1, -1},
		{SAVEFILE_NOTHING, UINT32_MAX, 1, -1},
	};
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++)
		is_int(get(t[i].last, 0, t[i].kind, t[i].len, &e), t[i].rc,
		       "kind %u of %u bytes after kind %d", t[i].kind, t[i].len,
		       t[i].last);
	is_int(get(SAVEFILE_DEVICE, SAVEFILE_DEVICE_MAX - 4, SAVEFILE_DEVICE, 4,
		   &e),
	       0, "as much device state as there may be");
	is_int(get(SAVEFILE_DEVICE, SAVEFILE_DEVICE_MAX - 4, SAVEFILE_DEVICE, 5,
		   &e),
	       -1, "and no more");
}

/* END's numbers are compared, not used: 2^63 is as wrong as any other. */
static void test_end(void)
{
	struct savefile s = {.total = 1000, .memory = 500, .device = 60}, r;
	struct savefile_chunk c = {SAVEFILE_THE_END, SAVEFILE_END, 0};
	uint8_t content[SAVEFILE_END];
	struct err e;
	unsigned int i;

	savefile_put_end(&s, content);
	r = s;
	r.total += SAVEFILE_CHUNK + SAVEFILE_END;
	c.crc = crc32c(0, content, sizeof(content));
	is_int(savefile_check(&r, &c, content, &e), 0, "right numbers");
	for (i = 0; i < 3; i++) {
		content[8 * i + 7] ^= 0x80;
		c.crc = crc32c(0, content, sizeof(content));
		is_int(savefile_check(&r, &c, content, &e), -1,
		       "number %u is 2^63 off", i);
		content[8 * i + 7] ^= 0x80;
	}
}

static void test_device(void)
{
	static const uint8_t cooked[8] = {'Q', 'E', 'V', 'M', 0, 0, 0, 3};
	static const uint8_t old[8] = {'Q', 'E', 'V', 'M', 0, 0, 0, 2};
	static const uint8_t text[8] = "qemu-sys";
	struct err e;

	is_int(savefile_device_ok(cooked, 0, 10878, &e), 0, "as in life");
	is_int(savefile_device_ok(cooked, 0, 0, &e), -1, "%s", e.msg);
	is_int(savefile_device_ok(cooked, 0, 8, &e), -1, "%s", e.msg);
	is_int(savefile_device_ok(cooked, 7, 10496, &e), -1, "%s", e.msg);
	is_int(savefile_device_ok(old, 0, 10878, &e), -1, "%s", e.msg);
	is_int(savefile_device_ok(text, 0, 10878, &e), -1, "%s", e.msg);
	is_int(savefile_device_ok(cooked, 0, 1ull << 63, &e), -1, "%s", e.msg);
}

/* A process that writes `n` bytes of `data` into the pipe returned. */
static int poured(const uint8_t *data, size_t n)
{
	int p[2];

	if (pipe(p) < 0)
		abort();
	if (!fork()) {
		while (n) {
			ssize_t r = write(p[1], data, n < 9999 ? n : 9999);

			if (r < 0)
				_exit(1);
			data += r;
			n -= (size_t)r;
		}
		_exit(0);
	}
	close(p[1]);
	return p[0];
}

/* Writes a file as write_file does, but for where the memory comes from. */
static int write_piped(const uint8_t *mem, size_t memory, int flags)
{
	int file = new_file(), from = poured(mem, memory), fd, more;
	char path[32];
	struct saveio io;
	struct err e;
	size_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	fd = open(path, flags | O_CLOEXEC);
	saveio_create(&io, fd, -1, 12345, &e);
	saveio_put(&io, SAVEFILE_CONFIG, config, strlen(config), &e);
	do {
		more = saveio_put_pipe(&io, SAVEFILE_MEMORY, from, &len, &e);
	} while (more > 0);
	is_int(more, 0, "comes to its end");
	if (saveio_put(&io, SAVEFILE_DEVICE, device, sizeof(device), &e) < 0 ||
	    saveio_put_end(&io, &e) < 0)
		ok(false, "write: %s", e.msg);
	saveio_free(&io);
	close(from);
	close(fd);
	wait(NULL);
	return file;
}

static bool same_files(int a, int b)
{
	off_t len = lseek(a, 0, SEEK_END);
	uint8_t *x = malloc((size_t)len + 1), *y = malloc((size_t)len + 1);
	bool same = x && y && pread(a, x, (size_t)len + 1, 0) == len &&
		    pread(b, y, (size_t)len + 1, 0) == len &&
		    !memcmp(x, y, (size_t)len);

	free(x);
	free(y);
	return same;
}

/* The same file, whether the kernel moves it or we do. */
static void test_from_pipe(void)
{
	static const size_t sizes[] = {BIG, SAVEFILE_CONTENT_MAX, 1};
	uint8_t *mem = noise();
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		int want = write_file(sizes[i]);
		int direct = write_piped(mem, sizes[i], O_RDWR);
		int append = write_piped(mem, sizes[i], O_RDWR | O_APPEND);
		int blind = write_piped(mem, sizes[i], O_WRONLY);

		ok(same_files(want, direct), "%zu bytes, direct", sizes[i]);
		ok(same_files(want, append), "%zu bytes, appended", sizes[i]);
		ok(same_files(want, blind), "%zu bytes, write only", sizes[i]);
		close(want);
		close(direct);
		close(append);
		close(blind);
	}
	free(mem);
}

/* What arrives at the other end of a pipe, or of nothing. */
static void test_pass(bool direct)
{
	int fd = write_file(SAVEFILE_CONTENT_MAX - 5), to[2], all = new_file();
	uint8_t *mem = noise(), *got = noise();
	struct savefile_chunk c;
	struct saveio io;
	struct err e;

	if (pipe(to) < 0)
		abort();
	saveio_open(&io, fd, -1, &e);
	ok(io.direct, "a file from its start");
	io.direct = direct;
	saveio_next(&io, &c, &e);
	saveio_next(&io, &c, &e);
	memset(got, 0, BIG);
	if (!fork()) {
		close(to[0]);
		_exit(saveio_pass(&io, &c, to[1], &e) < 0);
	}
	close(to[1]);
	for (size_t n = 0; n < c.len;) {
		ssize_t r = read(to[0], got + n, c.len - n);

		if (r <= 0)
			break;
		n += (size_t)r;
	}
	wait(NULL);
	ok(!memcmp(mem, got, c.len), "what comes out of the pipe");
	is_int(saveio_pass(&io, &c, all, &e), 0, "to a file");
	is_int(pread(all, got, BIG, 0), c.len, "all of it");
	ok(!memcmp(mem, got, c.len), "and what is in that");
	saveio_next(&io, &c, &e);
	is_int(c.kind, SAVEFILE_DEVICE, "the next chunk is not disturbed");
	saveio_free(&io);
	close(to[0]);
	if (pipe(to) < 0)
		abort();
	close(to[0]);
	lseek(fd, 0, SEEK_SET);
	saveio_open(&io, fd, -1, &e);
	io.direct = direct;
	saveio_next(&io, &c, &e);
	is_int(saveio_pass(&io, &c, to[1], &e), -1, "nobody: %s", e.msg);
	is_int(e.code, EXIT_DIED, "reads it");
	saveio_free(&io);
	close(to[1]);
	close(fd);
	close(all);
	free(mem);
	free(got);
}

/* Through a pipe, and somebody who gives up. */
static void test_cancel(void)
{
	int data[2], cancel[2];
	uint8_t *mem = noise();
	struct saveio io;
	struct err e;

	if (pipe(data) < 0 || pipe(cancel) < 0)
		abort();
	is_int(saveio_create(&io, data[1], cancel[0], 0, &e), 0, "to a pipe");
	is_int(saveio_put(&io, SAVEFILE_CONFIG, config, strlen(config), &e), 0,
	       "as long as it has room");
	if (write(cancel[1], "x", 1) != 1)
		abort();
	is_int(saveio_put(&io, SAVEFILE_MEMORY, mem, BIG, &e), -1,
	       "a full pipe does not hold us up");
	is_str(e.msg, "interrupted", "and it is said why");
	saveio_free(&io);
	free(mem);
}

#define SAMPLE "tests/unit/golden/sample.save"

/*
 * A file that an earlier mtool wrote: format 1 stays readable. It is written
 * anew with UPDATE_GOLDEN=1, which is right only when there never was another.
 */
static void test_sample(void)
{
	struct savefile at;
	struct err e;
	int fd;

	if (getenv("UPDATE_GOLDEN")) {
		char buf[4096];
		int from = write_file(1000);
		ssize_t n = read(from, buf, sizeof(buf));

		fd = open(SAMPLE, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		ok(write(fd, buf, (size_t)n) == n, "written");
		close(fd);
		close(from);
	}
	fd = open(SAMPLE, O_RDONLY | O_CLOEXEC);
	is_int(saveio_survey(fd, &at, &e), 0, "the sample is whole");
	is_int(read_file(fd, &at, &e), 0, "and readable");
	ok(at.memory == 1000 && at.device == sizeof(device) &&
		   at.expected == 12345,
	   "with what it always had");
	close(fd);
}

int main(void)
{
	test_sample();
	test_crc();
	test_round();
	test_cut();
	test_more();
	test_flip();
	test_head();
	test_chunks();
	test_end();
	test_device();
	signal(SIGPIPE, SIG_IGN);
	test_from_pipe();
	test_pass(true);
	test_pass(false);
	test_cancel();
	return done_testing();
}
