/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remember: what a call tells of its attempts to the memory across calls, and what
 * it asks there. Where hold_after is 0 it does neither. */
#ifndef FAILOVER_CALL_REMEMBER_H
#define FAILOVER_CALL_REMEMBER_H

#include "call/course.h"
#include "call/transaction.h"

/** Have the policy ask for each target whether it may be used. */
void remember_init(call_t *call);

/** How long the next hop of the current attempt wants to be left alone (RFC 3261
 * section 20.33), in seconds: where it is remembered, and this reply is a failure
 * of it; else 0. */
unsigned remember_retry_after(
		const call_t *call, int code, const struct sip_msg *reply);

/** A destination is tried again at the script's wish, held or not. */
void remember_retry(call_t *call, const target_t *target);

/** The current attempt has ended. */
void remember_result(call_t *call, const result_t *result);

/** A branch has sent a 2xx, which goes to the caller. */
void remember_answer(call_t *call, int branch, int code);

/** An attempt was not sent. Where the script, the caller or the server's limits are
 * why, and not where it goes, it shows nothing.
 * @param why what tm returned, beside ser_error */
void remember_unsent(attempt_t *attempt, int why);

/** What has no end yet shows nothing: the call is over. */
void remember_end(call_t *call);

#endif
