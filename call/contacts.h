/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contacts: where a 3xx reply points to. */
#ifndef FAILOVER_CALL_CONTACTS_H
#define FAILOVER_CALL_CONTACTS_H

#include "../../core/parser/msg_parser.h"

#include "dialplan/destination.h"

/** Read the Contacts of a reply (RFC 3261 sections 20.10 and 21.3). Those that
 * cannot be followed are left out: other schemes, a star, what is no URI.
 * @param reply as tm hands it out; it may lie in shared memory, so nothing is
 *              parsed into it
 * @param request that it is for: a Contact that leads back to this server is left
 *                out if the request has passed this server before, as each round
 *                would double it (RFC 5393)
 * @param arena holds the targets
 * @return the targets in header order, each with its q; NULL if there are
 *         none */
target_t *contacts_read(const struct sip_msg *reply,
		const struct sip_msg *request, arena_t *arena);

#endif
