/* SPDX-License-Identifier: MIT */
/* What one supervisor hands to the next. */
#include "tools/mtool/heir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/tap.h"

enum { SOON_MS = 20000 };

static int pair[2];
static struct err e;

static void bail_out(const char *what)
{
	perror(what);
	exit(1);
}

/* A pipe's end: each is another inode. */
static int a_pipe(void)
{
	int p[2];

	if (pipe(p) < 0)
		bail_out("pipe");
	close(p[1]);
	return p[0];
}

static ino_t inode(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

static unsigned int open_files(void)
{
	unsigned int nr = 0;
	int fd;

	for (fd = 0; fd < 256; fd++)
		nr += fcntl(fd, F_GETFD) >= 0;
	return nr;
}

static void everything_arrives(unsigned int nr)
{
	struct heir h = {.lock = a_pipe(), .listen = a_pipe(), .nr_pty = nr};
	struct heir got;
	unsigned int i, same = 0, named = 0, closed_on_exec = 0;

	for (i = 0; i < nr; i++) {
		h.pty[i].master = a_pipe();
		h.pty[i].slave = a_pipe();
		snprintf(h.pty[i].name, sizeof(h.pty[i].name), "serial%u",
			 i % 10);
	}
	is_int(heir_send(pair[0], &h, &e), 0, "%u ptys are sent", nr);
	is_int(heir_receive(pair[1], SOON_MS, &got, &e), 0, "and received");
	ok(inode(got.lock) == inode(h.lock), "with the lock");
	ok(inode(got.listen) == inode(h.listen), "with the socket");
	is_int(got.nr_pty, nr, "all of them");
	for (i = 0; i < got.nr_pty; i++) {
		same += inode(got.pty[i].master) == inode(h.pty[i].master) &&
			inode(got.pty[i].slave) == inode(h.pty[i].slave);
		named += !strcmp(got.pty[i].name, h.pty[i].name);
		closed_on_exec +=
			fcntl(got.pty[i].master, F_GETFD) == FD_CLOEXEC;
	}
	is_int(same, nr, "each at its place");
	is_int(named, nr, "with its name");
	is_int(closed_on_exec, nr, "none for another program");
	heir_close(&got);
	heir_close(&h);
}

static void wrong_messages(void)
{
	struct heir got;
	unsigned int before = open_files();
	char nothing[80] = "";

	if (write(pair[0], nothing, sizeof(nothing)) < 0)
		bail_out("write");
	is_int(heir_receive(pair[1], SOON_MS, &got, &e), -1,
	       "bytes without descriptors are refused");
	is_int(open_files(), before, "nothing is left open");
	is_int(heir_receive(pair[1], 1, &got, &e), -1, "silence ends");
	is_int(e.code, EXIT_TIMEOUT, "as a timeout");
	close(pair[0]);
	is_int(heir_receive(pair[1], SOON_MS, &got, &e), -1,
	       "so does a process that has died");
}

int main(void)
{
	unsigned int before;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		bail_out("socketpair");
	before = open_files();
	everything_arrives(0);
	everything_arrives(1);
	everything_arrives(HEIR_PTYS_MAX);
	is_int(open_files(), before, "all descriptors are closed in the end");
	wrong_messages();
	return done_testing();
}
