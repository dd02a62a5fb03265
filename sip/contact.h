/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contact: reads the addresses in a Contact header of a 3xx reply (RFC 3261
 * sections 20.10 and 25.1). Zero copy. An address that is written wrongly is
 * lost, the others are not. */
#ifndef FAILOVER_SIP_CONTACT_H
#define FAILOVER_SIP_CONTACT_H

#include <stdbool.h>

#include "../../core/str.h"

#define CONTACT_Q_MAX 1000

typedef struct contact_address
{
	str uri; /* without angle brackets; not checked */
	int q;	 /* in thousandths; CONTACT_Q_MAX if there is none, or a bad one */
} contact_address_t;

/** Cut off the first address of the body of a Contact header.
 * @param rest in: the body; out: what is behind the address
 * @param address filled
 * @return false when nothing is left */
bool contact_next(str *rest, contact_address_t *address);

#endif
