/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network: IP addresses as numbers: prefixes, ranges, which are public. */
#ifndef FAILOVER_DIALPLAN_NETWORK_H
#define FAILOVER_DIALPLAN_NETWORK_H

#include "text/text.h"

typedef struct address
{
	int bytes; /* 4 or 16 */
	unsigned char byte[16];
} address_t;

/** Read an address, IPv4 or IPv6, with or without brackets. An IPv4 address
 * within IPv6 (RFC 4291 section 2.5.5.2) is the IPv4 address.
 * @return false: it is none */
bool address_read(const str *text, address_t *address);

/** Compare two of one family.
 * @return as memcmp */
int address_compare(const address_t *a, const address_t *b);

/** Has an address the first bits of another one, and its family? */
bool address_has_prefix(
		const address_t *address, const address_t *prefix, int bits);

/** Read ADDRESS/BITS.
 * @return false: it is none, or has more bits than the family */
bool prefix_read(const str *text, address_t *prefix, int *bits);

/** Is it an address of the public network? None of those that RFC 6890 and its
 * registries keep apart: private, loopback, link local, shared (100.64/10),
 * documentation, multicast, reserved. */
bool address_is_global(const address_t *address);

#endif
