/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MTOOL_VCPUPLUG_H
#define TOOLS_MTOOL_VCPUPLUG_H

#include <jansson.h>
#include "core/err.h"

/*
 * From QEMU's answer to query-hotpluggable-cpus: what device_add must be
 * called with, one after the other, until `want` vcpus are plugged in; an
 * array of its arguments (json_decref it), empty if there are so many already.
 * Lower numbers come first. NULL and *e if QEMU has no place for so many, or
 * if that is no such answer.
 */
json_t *vcpu_plugs(const json_t *cpus, unsigned int want, struct err *e);

#endif
