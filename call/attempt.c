/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dset.h"
#include "../../core/onsend.h"
#include "../../core/ut.h"

#include "call/attempt.h"

#include "call/connection.h"
#include "call/observe.h"
#include "call/outgoing.h"
#include "call/remember.h"
#include "server/script_events.h"
#include "server/self.h"

/* How long a CANCELled destination may take to end before the next one is
 * tried (specification, E4). */
#define CANCEL_WAIT_MS 500

/* tm's own timer of a ringing branch lies this far behind ours: it ends the
 * branch should ours ever fail. */
#define SAFETY_MS 2000

/* When it is looked whether tm has ended the branches it was told to end: a 1xx
 * that comes in between makes it wait for its own timer. */
#define CHECK_TICKS 2

/* How long it is waited for an attempt to be made, about half a second; and how
 * often it is looked whether it has been. */
#define WAIT_TICKS_MAX 8
#define WAIT_STEP_US 500

/* tm's timers may be off by this much before they are put right. */
#define TIMER_SLACK_MS 125

/* How long a branch of this attempt may stay between its first reply and its
 * last, as far as tm knows. */
static unsigned safe_ms(const call_t *call)
{
	const settings_t *settings = &call->chain.attempt;

	return settings->timer_provisional_ms + settings->timer_ringing_ms
		   + CANCEL_WAIT_MS + SAFETY_MS;
}

/* -- sending ------------------------------------------------------------ */

/* May making an attempt take long: a name be looked up, a connection be opened, the
 * script run? A datagram to an address does not. */
static bool may_block(const tm_cell_t *t, const target_t *target)
{
	return target->transport != TRANSPORT_UDP || target->is_current
		   || !target->is_address || transaction_has_branch_route(t)
		   || onsend_route_enabled(SIP_REQUEST) || script_wants(SCRIPT_ATTEMPT);
}

static attempt_t *attempt_create(
		call_t *call, const tm_cell_t *t, const target_t *target)
{
	attempt_t *attempt = arena_alloc(call->arena, sizeof(*attempt));

	if(attempt == NULL)
		return NULL;
	attempt->target = target;
	attempt->use = call->next_use;
	call->next_use = (holding_use_t){0};
	attempt->first_branch = attempt->branches_end = transaction_branches(t);
	attempt->before = call->attempt;
	call->attempt = attempt;
	call->check_at = 0;
	call->is_watched = false;
	observe_attempt(call, attempt);
	return attempt;
}

/* The copy of the request is that of the failed branch again, for the script's
 * branch-failure route, which comes after us. */
static void address_again(call_t *call, tm_cell_t *t, struct sip_msg *msg,
		int failed, const attempt_t *before)
{
	if(failed == NO_BRANCH || before == NULL
			|| !transaction_has_branch_failure_route(t, failed))
		return;
	outgoing_address(call, msg, before->target);
	ruri_mark_consumed();
}

/* Let go of the lock while something slow is done, and take it back. */
static void let_go(
		call_t *call, tm_cell_t *t, int failed, bool is_slow, pause_t *pause)
{
	if(failed != NO_BRANCH)
		call->branches[failed].is_hidden = true;
	transaction_pause(t, failed, is_slow, pause);
}

static void take_back(call_t *call, tm_cell_t *t, const pause_t *pause)
{
	branch_record_t *record;

	transaction_resume(t, pause);
	if(pause->branch == NO_BRANCH)
		return;
	record = &call->branches[pause->branch];
	record->is_hidden = false;
	/* should nothing come of the 2xx that has come meanwhile */
	if(pause->is_open && record->has_answer)
		record->code_before = pause->code;
}

attempt_sent_t attempt_make(call_t *call, tm_cell_t *t, struct sip_msg *msg,
		int failed, const target_t *target)
{
	attempt_t *attempt = attempt_create(call, t, target);
	pause_t pause;
	int sent;

	if(attempt == NULL)
		return ATTEMPT_UNSENT;
	transaction_set_timers(
			t, call->chain.attempt.timer_inviting_ms, safe_ms(call));
	transaction_rearm_branch_route(t);
	call->is_making = may_block(t, target);
	let_go(call, t, failed, call->is_making, &pause);
	ser_error = 0;
	sent = outgoing_send(call, msg, target);
	take_back(call, t, &pause);
	call->is_making = false;
	address_again(call, t, msg, failed, attempt->before);
	if(sent <= 0) {
		remember_unsent(attempt, sent);
		transaction_close_unsent_from(t, attempt->first_branch);
	}
	if(call->attempt != attempt)
		return ATTEMPT_PAST;
	if(sent <= 0 && ser_error == E_CFG) {
		call->attempt = attempt->before;
		observe_dropped(call);
		return ATTEMPT_DROPPED;
	}
	transaction_reset_timers(t, &call->manners, safe_ms(call));
	if(sent <= 0)
		return ATTEMPT_UNSENT;
	attempt_adopt_branches(call, t);
	return ATTEMPT_SENT;
}

void attempt_wait_until_made(call_t *call, tm_cell_t *t, int failed)
{
	ticks_t began = get_ticks_raw();
	pause_t pause;

	while(call->is_making && get_ticks_raw() - began < WAIT_TICKS_MAX) {
		let_go(call, t, failed, true, &pause);
		sleep_us(WAIT_STEP_US);
		take_back(call, t, &pause);
	}
}

bool attempt_wait_until_shown(const call_t *call, tm_cell_t *t, int branch)
{
	ticks_t began = get_ticks_raw();

	while(call->branches[branch].is_hidden
			&& get_ticks_raw() - began < WAIT_TICKS_MAX) {
		transaction_unlock(t);
		sleep_us(WAIT_STEP_US);
		transaction_lock(t);
	}
	return !call->branches[branch].is_hidden;
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

/* The time of tm's own timer for a branch that has not replied, unless it is
 * right already. */
static void keep_inviting_time(const call_t *call, tm_cell_t *t, int branch)
{
	unsigned ms = call->chain.attempt.timer_inviting_ms;
	unsigned left = transaction_time_left(t, branch);

	if(left + TIMER_SLACK_MS < ms || left > ms + TIMER_SLACK_MS)
		transaction_expire(t, branch, ms);
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
			transaction_extend(t, branch, safe_ms(call));
			continue;
		}
		keep_inviting_time(call, t, branch);
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
	transaction_extend(t, branch, safe_ms(call));
	/* the script may drop the reply, so that tm never sets its own time; or set
	 * that of the transaction */
	if(transaction_has_onreply_route(t, branch))
		call->wants_repair = true;
	/* later ones never prolong it */
	if(record->deadline == 0 && !record->is_given_up)
		record->deadline = now + MS_TO_TICKS(settings->timer_provisional_ms);
	if(is_ringing && !record->is_ringing && !record->is_given_up
			&& settings->timer_ringing_ms > 0)
		record->deadline = now + MS_TO_TICKS(settings->timer_ringing_ms);
	/* it has spoken in the instant in which timer.total ended */
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
	transaction_reset_timers(t, &call->manners, safe_ms(call));
	for(branch = attempt_first_branch(call); branch < transaction_branches(t);
			branch++) {
		if(transaction_is_pending(t, branch)
				&& call->branches[branch].has_replied)
			transaction_extend(t, branch, safe_ms(call));
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

void attempt_expire(call_t *call, tm_cell_t *t)
{
	int branch;

	for(branch = attempt_first_branch(call); branch < transaction_branches(t);
			branch++)
		transaction_expire(t, branch, 0);
	call->check_at = get_ticks_raw() + CHECK_TICKS;
}

void attempt_note_provisional(const call_t *call, tm_cell_t *t, int branch)
{
	const branch_record_t *record = &call->branches[branch];

	if(record->has_replied && !record->is_hidden)
		transaction_note_provisional(t, branch);
}

/* Whoever has replied to a script that dropped it can be CANCELled as well. */
static void cancel_branch_of(
		call_t *call, tm_cell_t *t, int branch, struct cancel_info *cancels)
{
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
	transaction_expire(t, branch, CANCEL_WAIT_MS);
	record->is_given_up = true;
	record->deadline =
			get_ticks_raw() + MS_TO_TICKS(CANCEL_WAIT_MS) + CHECK_TICKS;
}

void attempt_give_up(call_t *call, tm_cell_t *t, struct cancel_info *cancels)
{
	int branch;

	for(branch = attempt_first_branch(call); branch < transaction_branches(t);
			branch++) {
		if(transaction_is_pending(t, branch)
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

		if(at != 0 && transaction_is_pending(t, branch)
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

		if(!transaction_is_pending(t, branch))
			continue;
		if(record->deadline != 0
				&& (s_ticks_t)(record->deadline - get_ticks_raw()) <= 0) {
			if(record->is_given_up || call->state == CALL_CANCELLED) {
				transaction_expire(t, branch, 0);
				record->deadline = get_ticks_raw() + CHECK_TICKS;
			} else {
				give_up_branch(call, t, branch, cancels);
				is_any = true;
			}
		}
		are_all = are_all && record->is_given_up;
	}
	return is_any && are_all;
}

/* tm marks a branch that it times out as if it had been CANCELled; who was
 * silent until then can be told apart, who has replied cannot. */
static bool branch_was_cancelled(
		const branch_record_t *record, const tm_cell_t *t, int branch)
{
	bool is_timed_out =
			!record->has_failed && transaction_has_timed_out(t, branch);

	if(record->is_lost || record->is_given_up
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
