/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sending: an attempt is made: the INVITE is addressed and sent, without the lock
 * where that may take long. What becomes of it then: attempt.h. */
#ifndef FAILOVER_CALL_SENDING_H
#define FAILOVER_CALL_SENDING_H

#include "call/course.h"

typedef enum sent
{
	NOT_SENT,
	HAS_LEFT,
	IS_DROPPED, /* the script did not want it: it was none */
	IS_PAST,	/* and another process has gone on from it already */
} sent_t;

/** Try a destination. The lock is let go of while names are looked up and connections
 * opened, and while routes of the script run for it, unless an onreply_route might
 * run beside them; it is held again afterwards. Meanwhile the call may have gone on.
 * @param msg the request in request_route; else the copy of it that tm offers
 * @param failed the branch in whose callback we are; NO_BRANCH in request_route
 * @return whether the INVITE has left */
sent_t sending_make(call_t *call, tm_cell_t *t, struct sip_msg *msg, int failed,
		const target_t *target);

/** In the callback for a failed branch: wait until the process that is just making
 * the attempt has noted that it has left. That takes no longer than a return from
 * tm, as a reply has come; where it does the call goes on without. */
void sending_wait_until_made(call_t *call, tm_cell_t *t, int failed);

/** Wait, for no more than half a second, until a branch is not hidden any more by a
 * process that makes an attempt.
 * @return whether it is not */
bool sending_wait_until_shown(const call_t *call, tm_cell_t *t, int branch);

#endif
