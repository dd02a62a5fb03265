/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ending: how a call ends that nobody has answered: which reply the caller gets,
 * and what the script's failure_route, acc and others see of it: the same. */
#ifndef FAILOVER_CALL_ENDING_H
#define FAILOVER_CALL_ENDING_H

#include "call/course.h"

/** End a call in the callback for a failed branch.
 * @param branch the last one, whose reply tm has in hand
 * @param code of that reply
 * @param reply that was chosen */
void ending_choose(
		call_t *call, tm_cell_t *t, int branch, int code, final_reply_t reply);

/** The same for a caller who has given up. */
void ending_choose_cancelled(call_t *call, tm_cell_t *t, int branch, int code);

/** End a call in request_route of which nothing could be sent. A failure_route
 * of the script is heard as for any other failure. */
void ending_unsent(
		call_t *call, tm_cell_t *t, struct sip_msg *msg, final_reply_t reply);

/** End a call while an attempt is just being made in another process, and send
 * the final reply at once: timer.total is over. A failure_route comes too late for
 * the last word then. */
void ending_reply_total(call_t *call, tm_cell_t *t, final_reply_t reply);

/** Send 487 while an attempt is just being made in another process. */
void ending_reply_cancelled(const call_t *call, tm_cell_t *t);

/** Another process has ended the call while this one had no lock, and has left
 * the reply to it, as tm took this branch for pending.
 * @param branch,code that tm has in hand here; NO_BRANCH in request_route */
void ending_take_over(call_t *call, tm_cell_t *t, int branch, int code);

/** tm runs the callbacks for a call that has failed, before failure_route. */
void ending_on_failure(call_t *call, tm_cell_t *t, struct tmcb_params *params);

/** A failure_route has run: it had the last word, if it has replied or relayed.
 * @param copy the copy of the request that it had */
void ending_after_failure_route(
		call_t *call, tm_cell_t *t, struct sip_msg *copy);

/** what a caller gets who has given up (RFC 3261 section 9.2) */
extern const final_reply_t request_terminated;

#endif
