/* SPDX-License-Identifier: GPL-2.0-or-later */
/* headers: header changes of one outgoing request. They are lumps of
 * the message, as those of textops; for how long they hold is for whoever calls
 * to know. */
#ifndef FAILOVER_CALL_HEADERS_H
#define FAILOVER_CALL_HEADERS_H

#include "../../core/parser/msg_parser.h"

#include "dialplan/route.h"

/** Put headers in the place of those that a request came with.
 *
 * For a callback of TMCB_REQUEST_FWDED: tm makes a copy of the lump lists for
 * each branch before it and releases that afterwards (t_fwd.c, prepare_new_uac),
 * so what is done here is in that branch only. The message may be the real one,
 * a copy in shared memory (t_reply.c, fake_req) or, where tm adds a branch for
 * DNS failover with reparse_on_dns_failover=0, the request of the transaction:
 * everything put in is pkg memory of this process. The message must not be
 * shared with another process in this moment: whoever calls has the reply lock,
 * or the message is his own.
 *
 * @param msg a request whose headers are all parsed, as tm does it
 *            (t_newtran, t_lookup.c)
 * @param headers in this order behind the last one: `NAME: TEXT`; without text
 *                they are only removed. What the script has changed within a
 *                header that is removed goes with it; what it has put before,
 *                behind or elsewhere stays. Copied
 * @return 0, or -1 without memory, which is logged; what was done until then
 *         stays, and the message is whole */
int headers_change(struct sip_msg *msg, const named_text_t *headers);

#endif
