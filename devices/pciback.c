/* SPDX-License-Identifier: MIT */
#include "devices/pciback.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "devices/pcisys.h"

#define BUS "sys/bus/pci"
#define DRIVER BUS "/drivers/" PCIBACK

enum { PATH_SIZE = 128, LIST_SIZE = 8192 };

static int write_text(int root, const char *path, const char *text,
		      struct err *e)
{
	int fd = openat(root, path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	if (n < 0)
		return err_sys(e, EXIT_FAILED, "write %s to /%s", text, path);
	return 0;
}

static int write_bdf(int root, const char *path, const struct bdf *b,
		     struct err *e)
{
	char text[BDF_TEXT];

	bdf_text(b, text);
	return write_text(root, path, text, e);
}

static bool is_there(int root, const char *path)
{
	return !faccessat(root, path, F_OK, 0);
}

int pciback_check(int root, struct err *e)
{
	if (is_there(root, DRIVER))
		return 0;
	return err_set(e, EXIT_HOST,
		       "PCI: dom0 has no pciback: modprobe xen-pciback "
		       "passthrough=1");
}

int pciback_same_address(int root)
{
	char text[8];

	if (pci_read(root, "sys/module/xen_pciback/parameters/passthrough",
		     text, sizeof(text)) < 0)
		return -1;
	return *text == 'Y' || *text == '1';
}

static void driver_of(int root, const struct bdf *b, char name[PCI_DRIVER_MAX])
{
	struct pci_facts f;
	struct err ignored;

	if (pci_facts(root, b, &f, &ignored) < 0)
		f.driver[0] = '\0';
	strcpy(name, f.driver);
}

bool pciback_has(int root, const struct bdf *b)
{
	char driver[PCI_DRIVER_MAX];

	driver_of(root, b, driver);
	return !strcmp(driver, PCIBACK);
}

int pci_unbind(int root, const struct bdf *b, struct err *e)
{
	char driver[PCI_DRIVER_MAX], path[PATH_SIZE];

	driver_of(root, b, driver);
	if (!*driver)
		return 0;
	snprintf(path, sizeof(path), BUS "/drivers/%s/unbind", driver);
	return write_bdf(root, path, b, e);
}

/* Whether one of an attribute's lines is this device. */
static bool is_listed(int root, const char *path, const struct bdf *b)
{
	char text[LIST_SIZE], *line, *save;
	struct bdf each;

	if (pci_read(root, path, text, sizeof(text)) < 0)
		return false;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!bdf_parse(line, &each) && bdf_same(&each, b))
			return true;
	}
	return false;
}

int pci_bind(int root, const struct bdf *b, const char *driver, struct err *e)
{
	char now[PCI_DRIVER_MAX], path[PATH_SIZE];

	driver_of(root, b, now);
	if (!strcmp(now, driver))
		return 0;
	snprintf(path, sizeof(path), BUS "/drivers/%.31s/bind", driver);
	return write_bdf(root, path, b, e);
}

/* A slot is what pciback would take; to name one twice is an error. */
int pciback_take(int root, const struct bdf *b, struct err *e)
{
	if (!is_listed(root, DRIVER "/slots", b) &&
	    write_bdf(root, DRIVER "/new_slot", b, e) < 0)
		return -1;
	return pci_bind(root, b, PCIBACK, e);
}

int pciback_give_up(int root, const struct bdf *b, struct err *e)
{
	if (pciback_has(root, b) && write_bdf(root, DRIVER "/unbind", b, e) < 0)
		return -1;
	if (!is_listed(root, DRIVER "/slots", b))
		return 0;
	return write_bdf(root, DRIVER "/remove_slot", b, e);
}

int pci_reset(int root, const struct bdf *b, struct err *e)
{
	char path[PATH_SIZE], text[BDF_TEXT];

	if (is_there(root, DRIVER "/do_flr"))
		return write_bdf(root, DRIVER "/do_flr", b, e);
	bdf_text(b, text);
	snprintf(path, sizeof(path), BUS "/devices/%s/reset", text);
	return is_there(root, path) ? write_text(root, path, "1", e) : 1;
}

bool pciback_is_permissive(int root, const struct bdf *b)
{
	return is_listed(root, DRIVER "/permissive", b);
}

/* There is no taking out of the list but by taking the device anew. */
static int not_permissive(int root, const struct bdf *b, struct err *e)
{
	if (write_bdf(root, DRIVER "/unbind", b, e) < 0 ||
	    pciback_take(root, b, e) < 0)
		return err_in(e, "end permissive mode");
	return 0;
}

int pciback_permissive(int root, const struct bdf *b, bool on, struct err *e)
{
	char text[BDF_TEXT];

	if (pciback_is_permissive(root, b) == on)
		return 0;
	if (on ? write_bdf(root, DRIVER "/permissive", b, e) < 0
	       : not_permissive(root, b, e) < 0)
		return -1;
	bdf_text(b, text);
	if (pciback_is_permissive(root, b) != on)
		return err_set(e, EXIT_FAILED,
			       "PCI device %s: pciback says that it is %s "
			       "permissive mode",
			       text, on ? "not in" : "still in");
	return 0;
}

int pciback_interrupts(int root, const struct bdf *b, struct err *e)
{
	static const char path[] = DRIVER "/allow_interrupt_control";
	char text[BDF_TEXT];

	if (!is_there(root, path))
		return 1;
	if (!is_listed(root, path, b) && write_bdf(root, path, b, e) < 0)
		return -1;
	if (is_listed(root, path, b))
		return 0;
	bdf_text(b, text);
	return err_set(e, EXIT_FAILED,
		       "PCI device %s: pciback does not let it have MSI", text);
}
