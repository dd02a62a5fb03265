/* SPDX-License-Identifier: GPL-2.0-or-later */
/* observe: what operators see of a call. The rooms that carry it out say here what
 * happens, in a word; it goes into the trace, the statistics, the log and the list
 * of calls. Nothing is decided here.
 *
 * Unless it is said otherwise with the reply lock held. */
#ifndef FAILOVER_CALL_OBSERVE_H
#define FAILOVER_CALL_OBSERVE_H

#include "call/course.h"

/** The clock of the traces: milliseconds, which only go forward. */
int64_t observe_now_ms(void);

/** Prepare it, before the processes are made.
 * @return 0, or -1 with the reason logged */
int observe_init(void);

/** Release what it has, at the server's end. */
void observe_destroy(void);

/** The call was taken. No lock: nobody else knows it yet. */
void observe_begin(call_t *call, const tm_cell_t *t);

/** It is answered by the plan or by us, and goes nowhere. No lock, as above. */
void observe_plan_reply(call_t *call, tm_cell_t *t, bool is_of_plan);

/** An attempt is going to be made. */
void observe_attempt(call_t *call, attempt_t *attempt);

/** A destination is passed over, as it is held. */
void observe_passed_over(call_t *call, const target_t *target);

/** The script did not want the attempt that was going to be made. */
void observe_dropped(call_t *call);

/** The current attempt has ended, and this follows: the next one, or the end. */
void observe_result(call_t *call, tm_cell_t *t, const result_t *result,
		const decision_t *decision);

/** tm relays a 2xx of a branch to the caller. */
void observe_answer(call_t *call, tm_cell_t *t, int branch, int code);

/** The chain ends without an answer. */
void observe_end(call_t *call, tm_cell_t *t, call_outcome_t outcome);

/** The caller gives up: tm may reply to him, and not us. */
void observe_cancel(call_t *call, tm_cell_t *t);

/** The script has it go on (failover_retry). */
void observe_resume(call_t *call);

/** The caller has got his final reply. Without the lock. */
void observe_final(call_t *call, tm_cell_t *t, int code);

/** The call is released. */
void observe_release(call_t *call);

#endif
