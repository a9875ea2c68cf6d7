/* SPDX-License-Identifier: MIT */
#include "tools/stubdom/args.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/num.h"

#define QEMU "/usr/libexec/xen-qemu-system-i386"

/* docs/misc/stubdom.txt: the toolstack leaves the descriptor to the stub */
#define INCOMING_PLACEHOLDER "$STUBDOM_RESTORE_INCOMING_ARG"
#define INCOMING "fd:3"

static int key_parse(const char *name, struct arg_key *key, struct err *e)
{
	uint64_t nr;

	if (name[strspn(name, "0123456789")] != '\0' ||
	    num_parse(name, 0, ARGS_MAX, &nr) < 0)
		return err_set(e, EXIT_FAILED, "argument node '%.32s': %s",
			       name, "not a number up to 999");
	key->nr = (unsigned int)nr;
	key->name = name;
	return 0;
}

static int key_compare(const void *a, const void *b)
{
	const struct arg_key *ka = a, *kb = b;

	return (ka->nr > kb->nr) - (ka->nr < kb->nr);
}

int arg_keys(char *const *names, unsigned int n, struct arg_key *keys,
	     struct err *e)
{
	unsigned int i;

	if (!n || n > ARGS_MAX)
		return err_set(e, EXIT_FAILED, "%u argument nodes: %s", n,
			       "must be 1 to 999");
	for (i = 0; i < n; i++) {
		if (key_parse(names[i], &keys[i], e) < 0)
			return -1;
	}
	qsort(keys, n, sizeof(*keys), key_compare);
	for (i = 1; i < n; i++) {
		if (keys[i].nr == keys[i - 1].nr)
			return err_set(e, EXIT_FAILED,
				       "argument nodes '%s' and '%s': %s",
				       keys[i - 1].name, keys[i].name,
				       "the same number");
	}
	return (int)n;
}

static void add(struct argv *out, const char *arg)
{
	out->v[out->n++] = arg;
	out->v[out->n] = NULL;
}

static void add_pair(struct argv *out, const char *option, const char *value)
{
	add(out, option);
	add(out, value);
}

/*
 * The first monitor is never used. It is there because QEMU before 10 removes
 * a descriptor set as soon as no monitor is connected while the guest runs,
 * and a ring buffer counts as connected always: without it the first client
 * to leave would take the save console with it.
 */
static void add_monitors(struct argv *out)
{
	add_pair(out, "-chardev", "ringbuf,id=stubdom-keep,size=4096");
	add_pair(out, "-mon", "chardev=stubdom-keep,mode=control");
	add_pair(out, "-chardev",
		 "socket,id=stubdom-qmp,path=" QMP_SOCKET
		 ",server=on,wait=off");
	add_pair(out, "-mon", "chardev=stubdom-qmp,mode=control");
}

int argv_build(struct argv *out, const struct argv *in, bool save, bool restore,
	       struct err *e)
{
	unsigned int i;

	out->n = 0;
	add(out, QEMU);
	add_monitors(out);
	if (save) /* protocol: "added over QMP to qemu as fdset-id 1" */
		add_pair(out, "-add-fd", "fd=4,set=1");
	for (i = 0; i < in->n; i++) {
		const char *arg = in->v[i];

		if (!strcmp(arg, INCOMING_PLACEHOLDER))
			arg = INCOMING;
		if (!restore && !strcmp(arg, INCOMING))
			return err_set(e, EXIT_FAILED, "%s: %s",
				       "a restore is wanted",
				       "there is no device/console/2");
		add(out, arg);
	}
	return 0;
}
