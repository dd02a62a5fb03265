/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network: IP addresses as numbers: prefixes, ranges, and public addresses. */
#ifndef FAILOVER_DIALPLAN_NETWORK_H
#define FAILOVER_DIALPLAN_NETWORK_H

#include "text/text.h"

typedef struct address
{
	int bytes; /* 4 or 16 */
	unsigned char byte[16];
} address_t;

/** Read an address, IPv4 or IPv6, with or without brackets. An IPv4-mapped IPv6 address
 * (RFC 4291 section 2.5.5.2) becomes the IPv4 address.
 * @return false: it is no address */
bool address_read(const str *text, address_t *address);

/** Compare two addresses of the same family.
 * @return as memcmp */
int address_compare(const address_t *a, const address_t *b);

/** Does an address have the same family and the same first bits as another one? */
bool address_has_prefix(
		const address_t *address, const address_t *prefix, int bits);

/** Read ADDRESS/BITS.
 * @return false: it is none, or it has more bits than an address of the family */
bool prefix_read(const str *text, address_t *prefix, int *bits);

/** Is it an address of the public network? The special addresses of RFC 6890 and its
 * registries are not: private, loopback, link local, shared (100.64/10), documentation,
 * multicast, reserved. */
bool address_is_global(const address_t *address);

#endif
