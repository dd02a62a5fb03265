/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attempt: one destination is tried: its branches have their time, are watched and
 * given up. How it is sent: sending.h. What follows is not decided here. */
#ifndef FAILOVER_CALL_ATTEMPT_H
#define FAILOVER_CALL_ATTEMPT_H

#include "call/course.h"

/** How long a branch of the current attempt may stay between its first reply and its
 * last, as far as tm knows; in milliseconds. */
unsigned attempt_safe_ms(const call_t *call);

/** Note branches that tm has added to the attempt itself (use_dns_failover); they
 * have the same time to reply. */
void attempt_adopt_branches(call_t *call, tm_cell_t *t);

/** Is a branch one of the current attempt? */
bool attempt_has_branch(const call_t *call, const tm_cell_t *t, int branch);

/** Is a branch of the current attempt pending, but this one? */
bool attempt_is_pending_beside(
		const call_t *call, const tm_cell_t *t, int branch);

/** Note that a branch has got a 1xx which tm may not hear of, so that it can be
 * CANCELled; one that has ended is left alone. */
void attempt_note_provisional(const call_t *call, tm_cell_t *t, int branch);

/** Begin the time of a branch that has sent a 1xx.
 * @param is_ringing it was an 18x */
void attempt_begin_time(
		call_t *call, tm_cell_t *t, int branch, bool is_ringing);

/** Look at the connections of branches that have not replied; end those that have
 * lost theirs. */
void attempt_watch(call_t *call, tm_cell_t *t);

/** Put tm's timers right, which the script may have changed (t_set_fr). */
void attempt_repair_timers(call_t *call, tm_cell_t *t);

/** When is the time of a branch over that is over first? 0: tm keeps the time. */
ticks_t attempt_deadline(const call_t *call, const tm_cell_t *t);

/** Give up the branches whose time is over, or let tm end those that have had
 * their last word as well.
 * @return whether all that are pending are given up now, and were not before */
bool attempt_check_time(
		call_t *call, tm_cell_t *t, struct cancel_info *cancels);

/** CANCEL the attempt: its time is over. It has CANCEL_WAIT_MS for a last word. */
void attempt_give_up(call_t *call, tm_cell_t *t, struct cancel_info *cancels);

/** Have every pending branch CANCELled, also who has replied in the instant in
 * which tm did so, or whose 1xx tm has not seen. */
void attempt_cancel(call_t *call, tm_cell_t *t, struct cancel_info *cancels);

/** Let tm end what is pending, now. */
void attempt_expire(call_t *call, tm_cell_t *t);

/** Has somebody else CANCELled every branch of the attempt? */
bool attempt_was_cancelled(const call_t *call, const tm_cell_t *t);

#endif
