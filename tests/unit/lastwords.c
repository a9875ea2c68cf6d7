/* SPDX-License-Identifier: MIT */
/* What a device model said before it died. */
#include "tools/mtool/lastwords.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/tap.h"

static void test_one(const char *log, const char *want, const char *what)
{
	char path[] = "/tmp/lastwords.XXXXXX", got[200];
	int fd = mkstemp(path);

	if (write(fd, log, strlen(log)) < 0)
		exit(1);
	close(fd);
	last_words(path, got, sizeof(got));
	is_str(got, want, "%s", what);
	unlink(path);
}

static void test_long(void)
{
	char *log = malloc(100001), got[200];
	char path[] = "/tmp/lastwords.XXXXXX";
	int fd = mkstemp(path);

	memset(log, 'x', 100000);
	log[100000] = '\0';
	if (write(fd, log, 100000) < 0)
		exit(1);
	last_words(path, got, sizeof(got));
	is_int(strlen(got), sizeof(got) - 1, "a line without end is cut");
	close(fd);
	unlink(path);
	free(log);
}

int main(void)
{
	char got[16];

	test_one("", "nothing", "an empty log");
	test_one("\n\n", "nothing", "empty lines");
	test_one("mtool: guest powered off\n[    1.2] kernel\n", "nothing",
		 "neither mtool's words nor the kernel's");
	test_one("stubdom: QMP is served\r\nstubdom: QEMU ended\r\n"
		 "[    9.9] reboot: Power down\nmtool: the end\n",
		 "stubdom: QEMU ended ", "the last line of the others");
	test_one("xen-qemu-system-i386: no disk\nstubdom: QEMU ended\n",
		 "xen-qemu-system-i386: no disk; stubdom: QEMU ended",
		 "QEMU's own before it");
	test_one("xen-qemu-system-i386: no disk\n",
		 "xen-qemu-system-i386: no disk", "QEMU's own alone");
	test_one("no end of line", "no end of line", "a line without its end");
	test_one("\033[31mred\x80\xff\n", "?[31mred??", "made printable");
	test_long();
	last_words("/nonexistent/log", got, sizeof(got));
	is_str(got, "nothing", "no log");
	return done_testing();
}
