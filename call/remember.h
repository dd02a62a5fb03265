/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remember: connects a call with the memory of next hops: it asks whether one may be
 * used, and reports how attempts end. With hold_after 0 it does nothing. */
#ifndef FAILOVER_CALL_REMEMBER_H
#define FAILOVER_CALL_REMEMBER_H

#include "call/course.h"
#include "call/transaction.h"

/** Let the policy ask for each target whether it may be used. */
void remember_init(call_t *call);

/** The Retry-After of a reply in seconds (RFC 3261 section 20.33); 0 if it has none,
 * if the next hop is not remembered, or if this reply is not a failure of the next
 * hop. */
unsigned remember_retry_after(
		const call_t *call, int code, const struct sip_msg *reply);

/** The script tries a destination again, even if it is held. */
void remember_retry(call_t *call, const target_t *target);

/** The current attempt has ended. */
void remember_result(call_t *call, const result_t *result);

/** A branch has sent a 2xx, and the caller gets it. */
void remember_answer(call_t *call, int branch, int code);

/** An attempt was not sent. If the script, the caller or the server's limits are the
 * reason, it shows nothing about the next hop.
 * @param why the return value of tm; ser_error is read too */
void remember_unsent(attempt_t *attempt, int why);

/** The call is over. Attempts that have no end yet show nothing. */
void remember_end(call_t *call);

#endif
