/* SPDX-License-Identifier: MIT */
/*
 * Which call fails. In the environment:
 *
 *   FAULT=N        call number N fails with the errno its table names
 *   FAULT=die:N    the process that makes call number N is killed instead
 *   FAULT_LOG=FILE gets "N NAME" of that call; with FAULT=0, of all calls
 *   FAULT_FILE=FILE says later what FAULT would: whenever it is there, it is
 *                  taken, removed, and the count begins anew
 *
 * The count goes over all processes that stem from the first one. Compiled
 * without vector registers, which may hold arguments of the real call.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct call {
	const char *name, *code;
};

extern const struct call fault_name[];
int fault_check(unsigned int nr);
void *__real_mmap(void *, size_t, int, int, int, off_t);
int __real_open(const char *, int, ...);

/* What all the processes share. */
static struct order {
	unsigned long count, wanted;
	int on, deadly;
} * order;

static const char *later;
static int log_fd = -1;

static const struct {
	const char *name;
	int value;
} codes[] = {
	{"EACCES", EACCES},
	{"EPERM", EPERM},
	{"ENOMEM", ENOMEM},
	{"ENOSPC", ENOSPC},
	{"ENOENT", ENOENT},
	{"EINVAL", EINVAL},
	{"EIO", EIO},
	{"ECONNREFUSED", ECONNREFUSED},
	{"EMFILE", EMFILE},
	{"ENOLCK", ENOLCK},
	{"EBUSY", EBUSY},
	{"EADDRINUSE", EADDRINUSE},
	{"ENOTTY", ENOTTY},
	{"EBADF", EBADF},
	{"EAGAIN", EAGAIN},
	{"EPIPE", EPIPE},
	{"ECONNRESET", ECONNRESET},
	{"ENOSYS", ENOSYS},
	{"EROFS", EROFS},
};

static int errno_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		if (!strcmp(codes[i].name, name))
			return codes[i].value;
	}
	return EIO;
}

static void take(const char *text)
{
	order->deadly = !strncmp(text, "die:", 4);
	order->wanted = strtoul(order->deadly ? text + 4 : text, NULL, 10);
	order->count = 0;
	order->on = 1;
}

__attribute__((constructor)) static void start(void)
{
	const char *fault = getenv("FAULT"), *file = getenv("FAULT_LOG");
	void *page;

	later = getenv("FAULT_FILE");
	if (!fault && !later)
		return;
	if (file)
		log_fd = __real_open(
			file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	page = __real_mmap(NULL, sizeof(*order), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return;
	order = page;
	if (fault)
		take(fault);
}

/* Not by libc's functions, whose calls are counted. */
static void look_for_order(void)
{
	char text[32] = "";
	long fd = syscall(SYS_open, later, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (syscall(SYS_read, fd, text, sizeof(text) - 1) > 0 &&
	    !syscall(SYS_unlink, later)) /* one process has it */
		take(text);
	syscall(SYS_close, fd);
}

/* "N NAME\n", by hand: what prints may allocate. */
static void note(unsigned long n, const char *name)
{
	char line[96];
	unsigned int at = 20, len;

	line[at] = ' ';
	do {
		line[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	len = 21;
	while (*name && len < sizeof(line) - 1)
		line[len++] = *name++;
	line[len++] = '\n';
	syscall(SYS_write, log_fd, line + at, len - at);
}

int fault_check(unsigned int nr)
{
	int saved = errno;
	unsigned long n;

	if (!order)
		return 0;
	if (later)
		look_for_order();
	if (!order->on) {
		errno = saved;
		return 0;
	}
	n = __atomic_add_fetch(&order->count, 1, __ATOMIC_SEQ_CST);
	if (log_fd >= 0 && (n == order->wanted || !order->wanted))
		note(n, fault_name[nr].name);
	errno = saved;
	if (n != order->wanted)
		return 0;
	if (order->deadly)
		raise(SIGKILL);
	errno = errno_of(fault_name[nr].code);
	return 1;
}
