/* SPDX-License-Identifier: MIT */
#include "tools/mtool/pciqmp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/log.h"
#include "tools/mtool/ctl.h"
#include "tools/mtool/qmpask.h"

enum {
	RETRY_MS = 500, /* of device_add */
	LOOK_MS = 1000, /* between two looks for what events did not tell */
	TELL_MS = 2000,
	SLOTS = 32,
	/* QEMU's ACPI registers for hot-plug of PCI: hw/acpi/pcihp.c */
	ACPI_EJECT = 0xae08,
	ACPI_SELECT = 0xae10, /* the bus */
};

void pci_qmp_id(const struct bdf *b, char id[PCI_QMP_ID])
{
	char seg[8] = "";

	if (b->seg)
		snprintf(seg, sizeof(seg), "%04x_", b->seg);
	snprintf(id, PCI_QMP_ID, PCI_QMP_PREFIX "%s%02x_%02x.%x", seg, b->bus,
		 b->dev, b->fn);
}

int pci_qmp_open(struct pci_qmp *q, const char *name, uint64_t end_ms,
		 struct err *e)
{
	char path[RUNDIR_PATH_MAX];

	q->end_ms = end_ms;
	rundir_file(name, "ctl.sock", q->ctl);
	rundir_file(name, "qmp.sock", path);
	return qmp_caller_open(&q->caller, path, end_ms, e);
}

void pci_qmp_close(struct pci_qmp *q)
{
	qmp_caller_close(&q->caller);
}

void pci_tell(const char *vm, const struct bdf *b, const char *what)
{
	char path[RUNDIR_PATH_MAX], text[BDF_TEXT], line[128];
	struct err ignored;
	json_t *request;

	bdf_text(b, text);
	snprintf(line, sizeof(line), "PCI device %s: %s", text, what);
	request = json_pack("{s:s s:s}", "cmd", "say", "text", line);
	rundir_file(vm, "ctl.sock", path);
	if (request)
		ctl_call(path, request, NULL, TELL_MS, &ignored);
	json_decref(request);
}

static json_t *add_args(const struct pci_config *pci, const char *id)
{
	char host[BDF_TEXT], slot[12];
	json_t *o;

	bdf_text(&pci->bdf, host);
	o = json_pack("{s:s s:s s:s}", "driver", "xen-pci-passthrough", "id",
		      id, "hostaddr", host);
	if (o && pci->slot >= 0) {
		snprintf(slot, sizeof(slot), "%x.0", (unsigned int)pci->slot);
		json_object_set_new(o, "addr", json_string(slot));
	}
	if (o && pci->permissive)
		json_object_set_new(o, "permissive", json_true());
	return o;
}

/* Its text is the only thing that tells this failure from others. */
static bool may_come(const struct err *e)
{
	return e->code == EXIT_FAILED && strstr(e->msg, "Could not open") &&
	       strstr(e->msg, "No such file");
}

int pci_qmp_add(struct pci_qmp *q, const struct pci_config *pci, struct err *e)
{
	struct timespec nap = {.tv_nsec = RETRY_MS * 1000000};
	char id[PCI_QMP_ID];

	pci_qmp_id(&pci->bdf, id);
	while (qmp_ask(&q->caller, "device_add", add_args(pci, id), NULL,
		       q->end_ms, e) < 0) {
		if (!may_come(e) || clock_ms() + RETRY_MS >= q->end_ms)
			return err_in(e, "device_add");
		nanosleep(&nap, NULL);
	}
	return 0;
}

static bool is_id(const json_t *o, const char *key, const char *id)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text && !strcmp(text, id);
}

/* The stub may answer what it likes: only a slot that can be one counts. */
int pci_slot_in(const json_t *pci, const char *id)
{
	const json_t *bus, *dev, *slot;
	size_t i, j;

	json_array_foreach(pci, i, bus)
	{
		json_array_foreach(json_object_get(bus, "devices"), j, dev)
		{
			slot = json_object_get(dev, "slot");
			if (is_id(dev, "qdev_id", id) && json_is_integer(slot))
				return (int)(json_integer_value(slot) &
					     (SLOTS - 1));
		}
	}
	return -1;
}

int pci_qmp_slot(struct pci_qmp *q, const struct bdf *b, struct err *e)
{
	json_t *pci = NULL;
	char id[PCI_QMP_ID];
	int slot;

	e->code = EXIT_DONE;
	pci_qmp_id(b, id);
	if (qmp_ask(&q->caller, "query-pci", NULL, &pci, q->end_ms, e) < 0)
		return err_in(e, "query-pci");
	slot = pci_slot_in(pci, id);
	json_decref(pci);
	return slot;
}

static int send_request(struct pci_qmp *q, const char *id, struct err *e)
{
	json_t *request = json_pack("{s:s s:s}", "cmd", "unplug", "id", id);
	uint64_t now = clock_ms();
	int rc, ms = q->end_ms > now ? (int)(q->end_ms - now) : 1;

	if (!request)
		return err_set(e, EXIT_FAILED, "out of memory");
	rc = ctl_call(q->ctl, request, NULL, ms, e);
	json_decref(request);
	return rc < 0 ? err_in(e, "device_del") : 0;
}

/* Whether the line is the event that the device is gone. */
static bool tells_end(struct qmp_span line, const char *id)
{
	json_t *o = json_loadb(line.at, line.len, 0, NULL);
	bool yes = is_id(o, "event", "DEVICE_DELETED") &&
		   is_id(json_object_get(o, "data"), "device", id);

	json_decref(o);
	return yes;
}

/* 1: an event says so; 0: nothing new for a while; -1 and *e */
static int listen_for(struct pci_qmp *q, const char *id, struct err *e)
{
	uint64_t end = clock_ms() + LOOK_MS;
	struct qmp_span line;

	if (end > q->end_ms)
		end = q->end_ms;
	while (!qmp_caller_line(&q->caller, &line, end, e)) {
		if (tells_end(line, id))
			return 1;
	}
	return e->code == EXIT_TIMEOUT ? 0 : -1;
}

/* An event can be lost with a connection: so QEMU is asked, too. */
static int await_end(struct pci_qmp *q, const struct bdf *b, const char *id,
		     struct err *e)
{
	struct err why;
	int rc;

	do {
		rc = listen_for(q, id, e);
		if (rc)
			return rc < 0 ? -1 : 0;
		rc = pci_qmp_slot(q, b, &why);
		if (rc < 0 && why.code == EXIT_DONE)
			return 0;
		if (rc < 0 && why.code != EXIT_TIMEOUT) {
			*e = why;
			return -1;
		}
	} while (clock_ms() < q->end_ms);
	return err_set(e, EXIT_TIMEOUT, "QEMU has it still");
}

int pci_qmp_remove(struct pci_qmp *q, const struct bdf *b, struct err *e)
{
	char id[PCI_QMP_ID];

	pci_qmp_id(b, id);
	if (send_request(q, id, e) < 0)
		return -1;
	return await_end(q, b, id, e);
}

static int out_long(struct pci_qmp *q, unsigned int port, unsigned int value,
		    struct err *e)
{
	json_t *ret = NULL;
	char line[48];
	int rc;

	snprintf(line, sizeof(line), "o /w %#x %#x", port, value);
	rc = qmp_ask(&q->caller, "human-monitor-command",
		     json_pack("{s:s}", "command-line", line), &ret, q->end_ms,
		     e);
	if (!rc && json_string_length(ret))
		rc = err_set(e, EXIT_FAILED, "eject: %.200s",
			     json_string_value(ret));
	json_decref(ret);
	return rc;
}

int pci_qmp_eject(struct pci_qmp *q, const struct bdf *b, unsigned int slot,
		  struct err *e)
{
	char id[PCI_QMP_ID];

	pci_qmp_id(b, id);
	if (out_long(q, ACPI_SELECT, 0, e) < 0 ||
	    out_long(q, ACPI_EJECT, 1u << (slot & (SLOTS - 1)), e) < 0)
		return -1;
	if (await_end(q, b, id, e) < 0)
		return err_in(e, "eject");
	return 0;
}
