/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: any bytes as the text of a network interface. What is taken can be
 * made on this host and told to Xen; what is refused says why, in one line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/vifspec.h"

static void must(bool promise)
{
	if (!promise)
		abort();
}

/* Ends, is no path, and could be a node's value or a word. */
static void check_name(const char *name, size_t size)
{
	must(memchr(name, '\0', size));
	for (; *name; name++)
		must((unsigned char)*name > ' ' && *name != 0x7f &&
		     *name != '/');
}

static void check_taken(const struct nic_config *n)
{
	check_name(n->bridge, sizeof(n->bridge));
	check_name(n->vifname, sizeof(n->vifname));
	must(memchr(n->ip, '\0', sizeof(n->ip)) && !strpbrk(n->ip, "\r\n"));
	must(!n->mac_set || !(n->mac[0] & 1)); /* multicast */
	must(!n->mtu || (n->mtu >= NIC_MTU_MIN && n->mtu <= NIC_MTU_MAX));
	must(!n->rate_usec || n->rate_bytes);
	must(n->model && !n->hotplugged);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);
	struct nic_config n;
	struct err e;

	must(text);
	memcpy(text, data, len);
	text[len] = '\0';
	if (!vifspec_parse(text, len % 2, &n, &e))
		check_taken(&n);
	else
		must(e.code == EXIT_USAGE && *e.msg);
	free(text);
	return 0;
}
