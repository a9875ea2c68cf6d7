/* SPDX-License-Identifier: MIT */
/* A VM's PCI devices as its QEMU knows them. */
#ifndef TOOLS_MTOOL_PCIQMP_H
#define TOOLS_MTOOL_PCIQMP_H

#include <jansson.h>
#include "core/config.h"
#include "core/err.h"
#include "tools/mtool/qmpclient.h"
#include "tools/mtool/rundir.h"

/* What QEMU calls such a device: this and its address. */
#define PCI_QMP_PREFIX "pci-pt-"

enum { PCI_QMP_ID = 32 };
void pci_qmp_id(const struct bdf *b, char id[PCI_QMP_ID]);

struct pci_qmp {
	struct qmp_caller caller;
	char ctl[RUNDIR_PATH_MAX];
	uint64_t end_ms; /* clock_ms: nothing takes longer */
};

/* Connect to the QEMU of VM `name`. -1 and *e, as qmp_caller_open. */
int pci_qmp_open(struct pci_qmp *q, const char *name, uint64_t end_ms,
		 struct err *e);
void pci_qmp_close(struct pci_qmp *q);

/*
 * Pass a device on to the guest. The stub's kernel makes its files a moment
 * after its driver has connected: so long it is tried again.
 */
int pci_qmp_add(struct pci_qmp *q, const struct pci_config *pci, struct err *e);

/*
 * Whether QEMU has it: the guest's slot; -1 if not, or if QEMU's answer cannot
 * be had, then with *e, whose code is EXIT_DONE otherwise.
 */
int pci_qmp_slot(struct pci_qmp *q, const struct bdf *b, struct err *e);
/* The same from what query-pci returned; -1 if it is not there. */
int pci_slot_in(const json_t *pci, const char *id);

/*
 * Ask the guest to let go of it, and wait until it has. EXIT_TIMEOUT if it
 * does not, up to q->end_ms.
 */
int pci_qmp_remove(struct pci_qmp *q, const struct bdf *b, struct err *e);

/* Have the VM's log tell what became of a device. Nobody minds if it cannot. */
void pci_tell(const char *vm, const struct bdf *b, const char *what);

/*
 * Do in the guest's place what its ACPI code would: eject the slot that the
 * device is in; and wait until QEMU is without it.
 */
int pci_qmp_eject(struct pci_qmp *q, const struct bdf *b, unsigned int slot,
		  struct err *e);

#endif
