/* SPDX-License-Identifier: GPL-2.0-or-later */
/* headers: changes the headers of one outgoing request. The changes are lumps of the
 * message, as those of textops. The caller must know for how long they hold. */
#ifndef FAILOVER_CALL_HEADERS_H
#define FAILOVER_CALL_HEADERS_H

#include "../../core/parser/msg_parser.h"

#include "dialplan/route.h"

/** Replace headers that a request came with.
 *
 * For a callback of TMCB_REQUEST_FWDED: tm makes a copy of the lump lists for each
 * branch before it and releases that afterwards (t_fwd.c, prepare_new_uac), so the
 * changes are in that branch only. The message may be the real one, a copy in shared
 * memory (t_reply.c, fake_req) or, if tm adds a branch for DNS failover with
 * reparse_on_dns_failover=0, the request of the transaction. Everything put in is pkg
 * memory of this process. No other process may use the message at this moment: the
 * caller has the reply lock, or the message is private.
 *
 * @param msg a request whose headers are all parsed, as tm does it
 *            (t_newtran, t_lookup.c)
 * @param headers added in this order after the last header, as `NAME: TEXT`; without
 *                a text the headers of that name are only removed. If the script has
 *                changed a header that is removed, that change is removed too; what
 *                it has added before or after the header stays. Copied
 * @return 0, or -1 without memory, which is logged; then some headers may be changed
 *         already, but the message is valid */
int headers_change(struct sip_msg *msg, const named_text_t *headers);

#endif
