/* SPDX-License-Identifier: MIT */
/* Ethernet addresses. */
#ifndef CORE_MAC_H
#define CORE_MAC_H

#include <stdint.h>

enum {
	MAC_LEN = 6,
	MAC_TEXT = 18, /* 00:16:3e:00:00:01 and its NUL */
};

/* Six groups of two hexadecimal digits with colons between; -1 if not. */
int mac_parse(const char *text, uint8_t mac[MAC_LEN]);

/* The same in lower case. */
void mac_text(const uint8_t mac[MAC_LEN], char text[MAC_TEXT]);

/* Why a guest cannot have this address, or NULL if it can. */
const char *mac_unfit(const uint8_t mac[MAC_LEN]);

/*
 * An address in Xen's own range, 00:16:3e, for NIC `index` of the VM with
 * `uuid`: always the same one, another one for each `attempt`.
 */
void mac_generate(const uint8_t uuid[16], unsigned int index,
		  unsigned int attempt, uint8_t mac[MAC_LEN]);

/*
 * An address for the stubdomain's end of the guest's NIC: never the guest's
 * own, as different between VMs as theirs are, and higher than that of any
 * real card, since a bridge takes the lowest of its ports' for itself.
 */
void mac_for_stub(const uint8_t guest[MAC_LEN], uint8_t mac[MAC_LEN]);

#endif
