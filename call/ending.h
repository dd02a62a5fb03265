/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ending: ends a call that was not answered: it chooses the reply for the caller, and
 * shows the same code to the script's failure_route, acc and other modules. */
#ifndef FAILOVER_CALL_ENDING_H
#define FAILOVER_CALL_ENDING_H

#include "call/course.h"

/** End a call in the callback for a failed branch.
 * @param branch the last branch, whose reply tm is handling
 * @param code the code of that reply
 * @param reply the reply that the policy chose */
void ending_choose(
		call_t *call, tm_cell_t *t, int branch, int code, final_reply_t reply);

/** The same for a caller who has given up. */
void ending_choose_cancelled(call_t *call, tm_cell_t *t, int branch, int code);

/** End a call in request_route that could not be sent anywhere. A failure_route of the
 * script runs as after any other failure. */
void ending_unsent(
		call_t *call, tm_cell_t *t, struct sip_msg *msg, final_reply_t reply);

/** timer.total is over while another process is making an attempt: end the call and
 * send the final reply at once. A failure_route cannot change that reply any more. */
void ending_reply_total(call_t *call, tm_cell_t *t, final_reply_t reply);

/** Send 487 while another process is making an attempt. */
void ending_reply_cancelled(const call_t *call, tm_cell_t *t);

/** Another process has ended the call while this one had no lock. It could not send
 * the reply, because tm took this branch for pending. This process does so.
 * @param branch,code that tm is handling here; NO_BRANCH in request_route */
void ending_take_over(call_t *call, tm_cell_t *t, int branch, int code);

/** tm runs the callbacks for a failed call, before failure_route. */
void ending_on_failure(call_t *call, tm_cell_t *t, struct tmcb_params *params);

/** A failure_route has run. If it has replied or relayed, nothing else is sent.
 * @param copy the copy of the request that it had */
void ending_after_failure_route(
		call_t *call, tm_cell_t *t, struct sip_msg *copy);

/** the reply for a caller who has given up (RFC 3261 section 9.2) */
extern const final_reply_t request_terminated;

#endif
