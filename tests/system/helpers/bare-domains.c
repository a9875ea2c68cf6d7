/* SPDX-License-Identifier: MIT */
/*
 * bare-domains N VCPUS: N times a domain with nothing but so many vcpus is
 * created and destroyed. What Xen has less of afterwards is Xen's own loss.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <xenctrl.h>

/* Xen frees a domain's structures a moment after the call has returned. */
static const struct timespec moment = {.tv_nsec = 5000000};

static int come_and_go(xc_interface *xch, uint32_t vcpus)
{
	struct xen_domctl_createdomain c = {
		.max_vcpus = vcpus,
		.max_evtchn_port = 1023,
		.max_grant_frames = 4,
		.max_maptrack_frames = -1,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};
	uint32_t domid = 0;
	int rc;

	if (xc_domain_create(xch, &domid, &c) < 0)
		return -1;
	rc = xc_domain_max_vcpus(xch, domid, vcpus);
	if (xc_domain_destroy(xch, domid) < 0)
		rc = -1;
	nanosleep(&moment, NULL);
	return rc;
}

int main(int argc, char **argv)
{
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	int i, rc = !xch || argc != 3;

	for (i = 0; !rc && i < atoi(argv[1]); i++)
		rc = come_and_go(xch, (uint32_t)atoi(argv[2])) < 0;
	if (rc)
		perror("bare-domains");
	if (xch)
		xc_interface_close(xch);
	return rc;
}
