/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sending: makes an attempt: it writes the destination into the INVITE and sends it,
 * without the lock if that may take long. attempt.h has what follows. */
#ifndef FAILOVER_CALL_SENDING_H
#define FAILOVER_CALL_SENDING_H

#include "call/course.h"

typedef enum sent
{
	NOT_SENT,
	HAS_LEFT,
	IS_DROPPED, /* the script has dropped it: it was no attempt */
	IS_PAST,	/* and another process has continued the call already */
	IS_WAITING, /* a worker looks its name up first */
} sent_t;

/** Try a destination. The lock is released while names are looked up, connections are
 * opened and routes of the script run, unless an onreply_route might run at the same
 * time. Afterwards the lock is held again, and the call may have changed.
 * @param msg the request in request_route; otherwise the copy of it from tm
 * @param failed the branch whose callback this is; NO_BRANCH in request_route
 * @return whether the INVITE has left */
sent_t sending_make(call_t *call, tm_cell_t *t, struct sip_msg *msg, int failed,
		const target_t *target);

/** Try the destination whose name was looked up, as sending_make() does.
 * @param waited the branch that has waited for it, and whose callback this is */
sent_t sending_go_on(
		call_t *call, tm_cell_t *t, struct sip_msg *msg, int waited);

/** In the callback for a failed branch: wait until the process that is making the
 * attempt has noted that it was sent. A reply has come already, so this is only the
 * time of a return from tm. If it takes longer, the call continues without it. */
void sending_wait_until_made(call_t *call, tm_cell_t *t, int failed);

/** Wait at most half a second until no process hides the branch any more because it
 * makes an attempt.
 * @return false: it is still hidden */
bool sending_wait_until_shown(const call_t *call, tm_cell_t *t, int branch);

#endif
