/* SPDX-License-Identifier: MIT */
/* The domain builder: memory, firmware or kernel, first pages. */
#ifndef CORE_BUILD_H
#define CORE_BUILD_H

#include <stdint.h>
#include "core/dom.h"
#include "core/err.h"
#include "core/hyp.h"

/* Where xenstored and the console's backend find their rings. */
struct build_frames {
	uint64_t store, console; /* gfns of an HVM domain, mfns of a PV one */
};

/*
 * Fill an empty domain. Both grant entries reserved for the rings are seeded
 * for dom0 as well, so that either way of finding them works. On failure *e
 * names the cause that the builder gave; the domain is the caller's to undo.
 */
int build_hvm(struct hyp *h, const struct dom_params *d, uint32_t domid,
	      const struct hyp_ports *ports, struct build_frames *out,
	      struct err *e);
int build_pv(struct hyp *h, const struct dom_params *d, uint32_t domid,
	     const struct hyp_ports *ports, struct build_frames *out,
	     struct err *e);

/*
 * Lower bound in KB of the memory in which the stub's kernel and initrd can
 * be loaded, read from the files' headers. Returns 0, or -1 and *e (a file
 * that cannot be read, or no kernel).
 */
int build_pv_minimum(const char *kernel, const char *ramdisk, uint64_t *kb,
		     struct err *e);

#endif
