/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MTOOL_PCILOG_H
#define TOOLS_MTOOL_PCILOG_H

#include <jansson.h>

/*
 * Which registers of the config space of the device in the guest's `slot` QEMU
 * did not let be written: an array of their offsets, from the end of the VM's
 * log `path`. It says each once for each device. NULL if memory runs out.
 */
json_t *pci_log_refused(const char *path, unsigned int slot);

#endif
