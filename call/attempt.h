/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attempt: one destination that is being tried: the timers of its branches, their
 * connections, and how they are given up. sending.h sends it. What follows is not
 * decided here. */
#ifndef FAILOVER_CALL_ATTEMPT_H
#define FAILOVER_CALL_ATTEMPT_H

#include "call/course.h"

/** The time between the first and the last reply of a branch of the current attempt
 * after which tm itself ends it; in milliseconds. */
unsigned attempt_safe_ms(const call_t *call);

/** Note the branches that tm itself has added to the attempt (use_dns_failover). They
 * have the same time to reply. */
void attempt_adopt_branches(call_t *call, tm_cell_t *t);

/** Does a branch belong to the current attempt? */
bool attempt_has_branch(const call_t *call, const tm_cell_t *t, int branch);

/** Is another branch of the current attempt pending? */
bool attempt_is_pending_beside(
		const call_t *call, const tm_cell_t *t, int branch);

/** Note that a branch has got a 1xx, so that it can be CANCELled: tm may not see that
 * reply. A branch that has ended is not changed. */
void attempt_note_provisional(const call_t *call, tm_cell_t *t, int branch);

/** Start the timer of a branch that has sent a 1xx.
 * @param is_ringing it was an 18x */
void attempt_begin_time(
		call_t *call, tm_cell_t *t, int branch, bool is_ringing);

/** Check the connections of the branches that have not replied, and end the branches
 * whose connection is lost. */
void attempt_watch(call_t *call, tm_cell_t *t);

/** Set tm's timers again, because the script may have changed them (t_set_fr). */
void attempt_repair_timers(call_t *call, tm_cell_t *t);

/** The earliest deadline of the branches. 0: tm keeps the time. */
ticks_t attempt_deadline(const call_t *call, const tm_cell_t *t);

/** Give up the branches whose time is over. If the time after their CANCEL is over
 * too, let tm end them.
 * @return whether now all pending branches are given up, which was not so before */
bool attempt_check_time(
		call_t *call, tm_cell_t *t, struct cancel_info *cancels);

/** CANCEL the attempt, because its time is over. It has CANCEL_WAIT_MS for its final
 * reply. */
void attempt_give_up(call_t *call, tm_cell_t *t, struct cancel_info *cancels);

/** Have every pending branch CANCELled, also one that replies in this instant, or
 * whose 1xx tm has not seen. */
void attempt_cancel(call_t *call, tm_cell_t *t, struct cancel_info *cancels);

/** Let tm end the pending branches now. */
void attempt_expire(call_t *call, tm_cell_t *t);

/** Has somebody else (an operator, a script) CANCELled every branch of the attempt? */
bool attempt_was_cancelled(const call_t *call, const tm_cell_t *t);

#endif
