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

/* an IPv6 address in bits, and its family */
#define ADDRESS_BITS_BYTES 129

/** Write the first bits of an address as a text: 4 or 6 for its family, then 0 or 1 for
 * each bit. So an address is in a network if its text begins with that of the network.
 * @param text ADDRESS_BITS_BYTES are enough
 * @return the length */
int address_write_bits(const address_t *address, int bits, char *text);

/** Count the bits that two addresses of one family have in common. */
int address_common_bits(const address_t *a, const address_t *b);

/** Is it an address of the public network? The special addresses of RFC 6890 and its
 * registries are not: private, loopback, link local, shared (100.64/10), documentation,
 * multicast, reserved. */
bool address_is_global(const address_t *address);

#endif
