/* SPDX-License-Identifier: GPL-2.0-or-later */
/* observe: what operators see of a call. The other files of this folder report here
 * what happens. It goes into the trace, the statistics, the log and the list of
 * calls. Nothing is decided here.
 *
 * The caller holds the reply lock, unless the comment says otherwise. */
#ifndef FAILOVER_CALL_OBSERVE_H
#define FAILOVER_CALL_OBSERVE_H

#include "call/course.h"

/** The clock of the traces: milliseconds of a monotonic clock. */
int64_t observe_now_ms(void);

/** Prepare all this. To be called before the processes are forked.
 * @return 0, or -1 with the reason logged */
int observe_init(void);

/** Release it, when the server ends. */
void observe_destroy(void);

/** The call was taken. No lock is needed: no other process knows the call yet. */
void observe_begin(call_t *call, const tm_cell_t *t);

/** The plan ($action) or this module answers the call; it is not relayed. No lock is
 * needed, as above. */
void observe_plan_reply(call_t *call, tm_cell_t *t, bool is_of_plan);

/** An attempt will be made. */
void observe_attempt(call_t *call, attempt_t *attempt);

/** A destination is passed over because it is held. */
void observe_passed_over(call_t *call, const target_t *target);

/** The script has dropped the attempt that would have been made. */
void observe_dropped(call_t *call);

/** The current attempt has ended. The decision says what follows: the next attempt, or
 * the end. */
void observe_result(call_t *call, tm_cell_t *t, const result_t *result,
		const decision_t *decision);

/** tm relays a 2xx of a branch to the caller. */
void observe_answer(call_t *call, tm_cell_t *t, int branch, int code);

/** The chain ends without an answer. */
void observe_end(call_t *call, tm_cell_t *t, call_outcome_t outcome);

/** The caller gives up. tm may reply to the caller before this module does. */
void observe_cancel(call_t *call, tm_cell_t *t);

/** The script continues the call (failover_retry). */
void observe_resume(call_t *call);

/** The caller has got the final reply. Without the lock. */
void observe_final(call_t *call, tm_cell_t *t, int code);

/** The alarm of the call goes off: see that its end is told even if tm does not tell of
 * it. With the lock, which is let go for that. */
void observe_alarm(call_t *call, tm_cell_t *t);

/** The call is released. */
void observe_release(call_t *call);

#endif
