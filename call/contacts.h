/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contacts: reads the Contacts of a 3xx reply. */
#ifndef FAILOVER_CALL_CONTACTS_H
#define FAILOVER_CALL_CONTACTS_H

#include "../../core/parser/msg_parser.h"

#include "dialplan/destination.h"

/** Read the Contacts of a reply (RFC 3261 sections 20.10 and 21.3). Contacts that
 * cannot be followed are left out: other schemes, a star, a text that is not a URI.
 * @param reply as tm hands it out; it may lie in shared memory, so nothing is
 *              parsed into it
 * @param request the request of that reply. If it has passed this server before, a
 *                Contact that leads back to this server is left out, because each
 *                round would double the number of requests (RFC 5393)
 * @param arena holds the targets
 * @return the targets in header order, each with its q; NULL if there are
 *         none */
target_t *contacts_read(const struct sip_msg *reply,
		const struct sip_msg *request, arena_t *arena);

#endif
