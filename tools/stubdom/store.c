/* SPDX-License-Identifier: MIT */
#include "tools/stubdom/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xen/xen.h>

int store_target(struct xs *xs, uint32_t *target, struct err *e)
{
	uint64_t domid;

	if (xs_read_num(xs, XBT_NULL, "target", 1, DOMID_FIRST_RESERVED - 1,
			&domid) < 0)
		return err_sys(e, EXIT_FAILED, "xenstore: target");
	*target = (uint32_t)domid;
	return 0;
}

static int read_arg(struct xs *xs, const char *dir, const char *name,
		    const char **arg, struct err *e)
{
	char path[XS_PATH_MAX], value[ARG_LEN_MAX + 1];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (xs_read_str(xs, XBT_NULL, path, value, sizeof(value)) < 0)
		return err_sys(e, EXIT_FAILED, "xenstore: %s", path);
	*arg = strdup(value);
	if (!*arg) /* analyzer: *arg has it */
		return err_sys(e, EXIT_FAILED, "xenstore: %s", path);
	return 0;
}

static int read_args(struct xs *xs, const char *dir, char *const *names,
		     unsigned int nr, struct argv *args, struct err *e)
{
	struct arg_key keys[ARGS_MAX];
	int i, n = arg_keys(names, nr, keys, e);

	if (n < 0)
		return err_in(e, "xenstore: %s", dir);
	for (i = 0; i < n; i++) {
		if (read_arg(xs, dir, keys[i].name, &args->v[i], e) < 0)
			return -1;
	}
	args->n = (unsigned int)n;
	return 0;
}

/*
 * Protocol v5 calls the directory dmargs; the text as merged, and every Xen
 * since 4.14, dm-argv: there dmargs is one string for the old MiniOS stub.
 */
int store_args(struct xs *xs, uint32_t target, struct argv *args, struct err *e)
{
	static const char *const dirs[] = {"dm-argv", "dmargs"};
	char path[XS_PATH_MAX], vm[XS_PATH_MAX / 2];
	unsigned int i, nr = 0;
	char **names = NULL;
	int rc;

	snprintf(path, sizeof(path), "/local/domain/%u/vm", target);
	if (xs_read_str(xs, XBT_NULL, path, vm, sizeof(vm)) < 0)
		return err_sys(e, EXIT_FAILED, "xenstore: %s", path);
	for (i = 0; i < 2 && !nr; i++) {
		free(names);
		snprintf(path, sizeof(path), "%s/image/%s", vm, dirs[i]);
		names = xs_list(xs, XBT_NULL, path, &nr);
		if (!names)
			nr = 0;
	}
	if (!nr)
		rc = err_set(e, EXIT_FAILED,
			     "xenstore: neither dm-argv nor dmargs in %s/image",
			     vm);
	else
		rc = read_args(xs, path, names, nr, args, e);
	free(names);
	return rc;
}

bool store_has_console(struct xs *xs, unsigned int nr)
{
	char path[XS_PATH_MAX], state[16];

	snprintf(path, sizeof(path), "device/console/%u/state", nr);
	return xs_read_str(xs, XBT_NULL, path, state, sizeof(state)) >= 0;
}

unsigned int store_vif_mtu(struct xs *xs, unsigned int nr)
{
	char path[XS_PATH_MAX];
	uint64_t mtu;

	snprintf(path, sizeof(path), "device/vif/%u/mtu", nr);
	if (xs_read_num(xs, XBT_NULL, path, 1, UINT16_MAX, &mtu) < 0)
		return 0;
	return (unsigned int)mtu;
}

void store_boot_time(struct xs *xs, uint32_t target)
{
	char path[XS_PATH_MAX], value[24];
	struct timespec ts = {0};

	clock_gettime(CLOCK_BOOTTIME, &ts);
	snprintf(path, sizeof(path), "device-model/%u/boot-ms", target);
	snprintf(value, sizeof(value), "%lld",
		 (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
	xs_put(xs, XBT_NULL, path, value);
}
