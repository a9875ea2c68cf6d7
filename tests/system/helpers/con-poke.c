/* SPDX-License-Identifier: MIT */
/*
 * What only a hostile kernel in a stubdomain would do, done from dom0:
 *
 *   con-poke STUB REF out_prod=N...   writes indices of a console's ring
 *   con-poke sock PATH                standard input into a control socket,
 *                                     its answer to standard output
 *
 * REF is the ring's grant. out_prod, out_cons, in_prod and in_cons are set to
 * what is there now plus N.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xengnttab.h>
#include <xen/io/console.h>

static _Noreturn void die(const char *why)
{
	fprintf(stderr, "con-poke: %s\n", why);
	exit(1);
}

static void poke(struct xencons_interface *ring, const char *word)
{
	const struct {
		const char *name;
		XENCONS_RING_IDX *at;
	} field[] = {
		{"out_prod=", &ring->out_prod},
		{"out_cons=", &ring->out_cons},
		{"in_prod=", &ring->in_prod},
		{"in_cons=", &ring->in_cons},
	};
	unsigned int i;

	for (i = 0; i < sizeof(field) / sizeof(*field); i++) {
		size_t n = strlen(field[i].name);

		if (!strncmp(word, field[i].name, n)) {
			*field[i].at += (uint32_t)atoi(word + n);
			return;
		}
	}
	die(word);
}

static void to_ring(uint32_t domid, uint32_t ref, char **words)
{
	xengnttab_handle *xgt = xengnttab_open(NULL, 0);
	void *page = xgt ? xengnttab_map_grant_ref(xgt, domid, ref,
						   PROT_READ | PROT_WRITE)
			 : NULL;

	if (!page)
		die("cannot map the ring");
	while (*words)
		poke(page, *words++);
	xengnttab_unmap(xgt, page, 1);
	xengnttab_close(xgt);
}

/* The answer may come, and the connection end, before all is sent. */
static void to_socket(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char buf[4096];
	ssize_t n;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		die(path);
	while ((n = read(0, buf, sizeof(buf))) > 0) {
		if (send(fd, buf, (size_t)n, MSG_NOSIGNAL) < 0)
			break;
	}
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "sock"))
		to_socket(argv[2]);
	else if (argc > 3)
		to_ring((uint32_t)atoi(argv[1]), (uint32_t)atoi(argv[2]),
			argv + 3);
	else
		die("wrong usage");
	return 0;
}
