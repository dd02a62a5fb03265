/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"

#include "call/attempt.h"

#include "call/connection.h"
#include "call/remember.h"
#include "server/compat.h"

/* How long a CANCELled destination may take to send its final reply before the next
 * one is tried. */
#define CANCEL_WAIT_MS 500

/* tm's own timer of a ringing branch fires this much later than ours. It ends the
 * branch if ours ever fails. */
#define SAFETY_MS 2000

/* After how long it is checked that tm has ended the branches that it should end: a
 * 1xx that comes in between lets tm wait for its own timer. */
#define END_CHECK_TICKS 2

/* How long before its end a branch is looked at for the last time. */
#define LOOK_TICKS 2

/* tm's timers may be off by this much before they are put right. */
#define TIMER_SLACK_MS 125

unsigned attempt_safe_ms(const call_t *call)
{
	const settings_t *settings = &call->chain.attempt;

	return settings->timer_provisional_ms + settings->timer_ringing_ms
		   + CANCEL_WAIT_MS + SAFETY_MS;
}

/* -- branches ----------------------------------------------------------- */

bool attempt_has_branch(const call_t *call, const tm_cell_t *t, int branch)
{
	return call->attempt != NULL && branch >= call->attempt->first_branch
		   && branch < transaction_branches(t);
}

bool attempt_is_pending_beside(
		const call_t *call, const tm_cell_t *t, int branch)
{
	int i;

	for(i = attempt_first_branch(call); i < transaction_branches(t); i++) {
		if(i != branch && transaction_is_pending(t, i))
			return true;
	}
	return false;
}

/* Set tm's own timer for a branch that has not replied, unless it is right already. */
static void keep_inviting_time(const call_t *call, tm_cell_t *t, int branch)
{
	unsigned ms = call->chain.attempt.timer_inviting_ms;
	unsigned left = transaction_time_left(t, branch);

	if(left + TIMER_SLACK_MS < ms)
		transaction_extend(t, branch, ms);
	else if(left > ms + TIMER_SLACK_MS)
		transaction_expire(t, branch, ms);
}

/* Somebody has cancelled a branch that has not replied: that can be seen until tm ends
 * it. */
static void look_before_end(call_t *call)
{
	ticks_t inviting = MS_TO_TICKS(call->chain.attempt.timer_inviting_ms);

	if(inviting > LOOK_TICKS)
		call->look_at = get_ticks_raw() + inviting - LOOK_TICKS;
}

void attempt_adopt_branches(call_t *call, tm_cell_t *t)
{
	attempt_t *attempt = call->attempt;

	for(; attempt->branches_end < transaction_branches(t);
			attempt->branches_end++) {
		int branch = attempt->branches_end;
		branch_record_t *record = &call->branches[branch];

		if(!transaction_is_pending(t, branch))
			continue;
		record->connection = connection_of(transaction_destination(t, branch));
		if(record->has_replied) {
			transaction_extend(t, branch, attempt_safe_ms(call));
			continue;
		}
		keep_inviting_time(call, t, branch);
		if(compat_hides_cancels())
			look_before_end(call);
		if(record->connection != CONNECTION_NONE)
			call->is_watched = true;
	}
}

void attempt_begin_time(call_t *call, tm_cell_t *t, int branch, bool is_ringing)
{
	const settings_t *settings = &call->chain.attempt;
	branch_record_t *record = &call->branches[branch];
	ticks_t now = get_ticks_raw();

	record->is_lost = false;
	transaction_extend(t, branch, attempt_safe_ms(call));
	/* the script may drop the reply, so that tm does not set its timer, or it may
	 * change the timer of the transaction */
	if(transaction_has_onreply_route(t, branch))
		call->wants_repair = true;
	/* later ones never prolong it */
	if(record->deadline == 0 && !record->is_given_up)
		record->deadline = now + MS_TO_TICKS(settings->timer_provisional_ms);
	if(is_ringing && !record->is_ringing && !record->is_given_up
			&& settings->timer_ringing_ms > 0)
		record->deadline = now + MS_TO_TICKS(settings->timer_ringing_ms);
	/* it has replied in the instant in which timer.total ended */
	if(call->chain.is_expired && !record->is_given_up)
		record->deadline = now + 1;
	record->is_ringing = record->is_ringing || is_ringing;
	call->attempt->has_replied = true;
	holding_note_reply(&call->attempt->use);
}

void attempt_repair_timers(call_t *call, tm_cell_t *t)
{
	int branch;

	call->wants_repair = false;
	transaction_reset_timers(t, &call->manners, attempt_safe_ms(call));
	for(branch = attempt_first_branch(call); branch < transaction_branches(t);
			branch++) {
		if(transaction_is_pending(t, branch)
				&& call->branches[branch].has_replied)
			transaction_extend(t, branch, attempt_safe_ms(call));
	}
}

void attempt_watch(call_t *call, tm_cell_t *t)
{
	int branch;

	call->is_watched = false;
	for(branch = attempt_first_branch(call); branch < transaction_branches(t);
			branch++) {
		branch_record_t *record = &call->branches[branch];

		if(record->connection == CONNECTION_NONE || record->has_replied
				|| !transaction_is_pending(t, branch))
			continue;
		call->is_watched = true;
		if(connection_is_alive(record->connection))
			continue;
		record->is_lost = true;
		transaction_expire(t, branch, 0);
	}
}

/* -- giving up ---------------------------------------------------------- */

/* Its time is over: DNS failover must not try its next address instead, as tm does for
 * a branch that was silent (timer.c, final_response_handler). The process that makes
 * the attempt may be reading the addresses. */
static void forget_addresses(const call_t *call, tm_cell_t *t, int branch)
{
	if(!call->is_making)
		transaction_forget_addresses(t, branch);
}

void attempt_expire(call_t *call, tm_cell_t *t)
{
	int branch;

	for(branch = attempt_first_branch(call); branch < transaction_branches(t);
			branch++) {
		forget_addresses(call, t, branch);
		transaction_expire(t, branch, 0);
	}
	call->check_at = get_ticks_raw() + END_CHECK_TICKS;
}

void attempt_note_provisional(const call_t *call, tm_cell_t *t, int branch)
{
	const branch_record_t *record = &call->branches[branch];

	if(record->has_replied && !record->is_hidden)
		transaction_note_provisional(t, branch);
}

/* Does a branch really wait for its final reply? A hidden one only seems to. */
static bool is_waited_for(const call_t *call, const tm_cell_t *t, int branch)
{
	return transaction_is_pending(t, branch)
		   && !call->branches[branch].is_hidden;
}

/* A branch whose replies the script dropped can be CANCELled as well. */
static void cancel_branch_of(
		call_t *call, tm_cell_t *t, int branch, struct cancel_info *cancels)
{
	if(call->branches[branch].is_hidden)
		return;
	attempt_note_provisional(call, t, branch);
	transaction_choose_cancels(t, (branch_bm_t)1 << branch, cancels);
}

void attempt_cancel(call_t *call, tm_cell_t *t, struct cancel_info *cancels)
{
	int branch;

	for(branch = attempt_first_branch(call); branch < transaction_branches(t);
			branch++)
		cancel_branch_of(call, t, branch, cancels);
}

static void give_up_branch(
		call_t *call, tm_cell_t *t, int branch, struct cancel_info *cancels)
{
	branch_record_t *record = &call->branches[branch];

	cancel_branch_of(call, t, branch, cancels);
	forget_addresses(call, t, branch);
	transaction_expire(t, branch, CANCEL_WAIT_MS);
	record->is_given_up = true;
	record->deadline =
			get_ticks_raw() + MS_TO_TICKS(CANCEL_WAIT_MS) + END_CHECK_TICKS;
}

void attempt_give_up(call_t *call, tm_cell_t *t, struct cancel_info *cancels)
{
	int branch;

	for(branch = attempt_first_branch(call); branch < transaction_branches(t);
			branch++) {
		if(is_waited_for(call, t, branch)
				&& !call->branches[branch].is_given_up)
			give_up_branch(call, t, branch, cancels);
	}
}

ticks_t attempt_deadline(const call_t *call, const tm_cell_t *t)
{
	ticks_t first = 0;
	int branch;

	for(branch = attempt_first_branch(call); branch < transaction_branches(t);
			branch++) {
		ticks_t at = call->branches[branch].deadline;

		if(at != 0 && is_waited_for(call, t, branch)
				&& (first == 0 || (s_ticks_t)(at - first) < 0))
			first = at;
	}
	return first;
}

bool attempt_check_time(call_t *call, tm_cell_t *t, struct cancel_info *cancels)
{
	bool is_any = false;
	bool are_all = true;
	int branch;

	for(branch = attempt_first_branch(call); branch < transaction_branches(t);
			branch++) {
		branch_record_t *record = &call->branches[branch];

		if(!is_waited_for(call, t, branch))
			continue;
		if(record->deadline != 0
				&& (s_ticks_t)(record->deadline - get_ticks_raw()) <= 0) {
			if(record->is_given_up || call->state == CALL_CANCELLED) {
				transaction_expire(t, branch, 0);
				record->deadline = get_ticks_raw() + END_CHECK_TICKS;
			} else {
				give_up_branch(call, t, branch, cancels);
				is_any = true;
			}
		}
		are_all = are_all && record->is_given_up;
	}
	return is_any && are_all;
}

/* tm marks a branch that timed out as if it had been CANCELled. For a branch that was
 * silent the two can be told apart; for one that has replied they cannot. */
static bool branch_was_cancelled(
		const branch_record_t *record, const tm_cell_t *t, int branch)
{
	bool is_timed_out =
			!record->has_failed && transaction_has_timed_out(t, branch);

	if(record->is_lost || record->is_given_up || record->is_ended_again
			|| (is_timed_out && record->has_replied)
			|| (transaction_made_it_up(t, branch) && !is_timed_out))
		return false;
	return transaction_was_cancelled(t, branch, is_timed_out);
}

bool attempt_was_cancelled(const call_t *call, const tm_cell_t *t)
{
	int first = attempt_first_branch(call);
	int branch;

	for(branch = first; branch < transaction_branches(t); branch++) {
		if(!branch_was_cancelled(&call->branches[branch], t, branch))
			return false;
	}
	return first < transaction_branches(t);
}
