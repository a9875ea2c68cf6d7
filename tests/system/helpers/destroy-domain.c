/* SPDX-License-Identifier: MIT */
/*
 * destroy-domain DOMID...: destroys domains without a word to anybody, where
 * no toolstack can.
 */
#include <stdlib.h>

#include "core/hyp.h"

int main(int argc, char **argv)
{
	struct log log;
	struct err e = {.code = EXIT_USAGE};
	struct hyp *h;
	int i, rc = 0;

	log_init(&log, stderr, LOG_WARN);
	h = hyp_open(&log, &e);
	for (i = 1; h && !rc && i < argc; i++)
		rc = hyp_dom_destroy(h, (uint32_t)atoi(argv[i]), &e);
	if (!h || rc < 0)
		log_msg(&log, LOG_ERROR, "%s", e.msg);
	hyp_close(h);
	return !h || rc < 0;
}
