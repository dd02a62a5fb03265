/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"

#include "call/actions.h"

#include "call/answer.h"
#include "call/attempt.h"
#include "call/ending.h"
#include "call/observe.h"
#include "call/remember.h"
#include "call/sending.h"

/* How often a connection is checked. tm needs one more tick to act on the result, and
 * the next INVITE must leave within 200 ms. */
#define WATCH_TICKS 1

/* After how long it is checked that each pending branch has got its CANCEL, and that
 * the script has not changed tm's timers. */
#define CANCEL_CHECK_TICKS 2

/* -- the alarm ---------------------------------------------------------- */

/* What is still to come when the call is over. */
static void set_alarm_of_end(call_t *call)
{
	if(call->let_go_at != 0)
		alarm_set(&call->alarm, call->let_go_at);
	if(call->told_at != 0)
		alarm_set(&call->alarm, call->told_at);
}

void course_set_alarm(call_t *call, const tm_cell_t *t)
{
	ticks_t now = get_ticks_raw();
	ticks_t deadline = attempt_deadline(call, t);

	if(call->total_end != 0)
		alarm_set(&call->alarm, call->total_end);
	if(call->look_at != 0)
		alarm_set(&call->alarm, call->look_at);
	if(deadline != 0)
		alarm_set(&call->alarm, deadline);
	if(call->check_at != 0)
		alarm_set(&call->alarm, call->check_at);
	if(call->is_watched || call->wants_repair)
		alarm_set(&call->alarm, now + WATCH_TICKS);
	if(call->wants_cancels)
		alarm_set(&call->alarm, now + CANCEL_CHECK_TICKS);
	set_alarm_of_end(call);
}

static bool is_due(ticks_t at)
{
	return at != 0 && (s_ticks_t)(at - get_ticks_raw()) <= 0;
}

bool course_is_expired(const call_t *call)
{
	return call->chain.is_expired || is_due(call->total_end);
}

bool course_is_under_way(const call_t *call)
{
	return call->state == CALL_TRYING || call->state == CALL_PROCEEDING;
}

static void on_time(scene_t *scene)
{
	call_t *call = scene->call;

	if(call->wants_repair)
		attempt_repair_timers(call, scene->t);
	if(course_is_under_way(call) && call->is_watched)
		attempt_watch(call, scene->t);
	if(course_is_under_way(call) && attempt_was_cancelled(call, scene->t))
		happen(scene, EVENT_CANCEL);
	if(is_due(call->look_at))
		call->look_at = 0;
	if(is_due(call->total_end)) {
		call->total_end = 0;
		chain_expire(&call->chain);
		happen(scene, EVENT_TOTAL);
	}
	if(attempt_check_time(call, scene->t, scene->cancels))
		happen(scene, EVENT_TIME);
	if(is_due(call->check_at)) {
		call->check_at = 0;
		happen(scene, EVENT_TIME);
	}
}

void course_alarm_goes_off(
		alarm_t *alarm, tm_cell_t *t, struct cancel_info *cancels)
{
	call_t *call = alarm->owner;
	scene_t scene = {
			.call = call, .t = t, .branch = NO_BRANCH, .cancels = cancels};

	if(call->wants_cancels) {
		call->wants_cancels = false;
		attempt_cancel(call, t, cancels);
	}
	if(is_due(call->let_go_at)) {
		transaction_let_go(t, call->references);
		call->references = 0;
		call->let_go_at = 0;
	}
	observe_alarm(call, t);
	if(!state_is_over(call->state) && !transaction_is_final(t)) {
		on_time(&scene);
		course_set_alarm(call, t);
		return;
	}
	set_alarm_of_end(call);
}

/* -- the actions -------------------------------------------------------- */

void note_cancel(scene_t *scene)
{
	if((transaction_is_cancelled(scene->t) || scene->call->was_cancelled)
			&& scene->call->state != CALL_CANCELLED)
		happen(scene, EVENT_CANCEL);
}

/* What comes of the attempt to send to the current destination. */
static void note_sent(scene_t *scene, sent_t sent)
{
	call_t *call = scene->call;

	note_cancel(scene);
	if(call->state == CALL_ENDED)
		ending_take_over(call, scene->t, scene->branch, scene->code);
	if(sent == HAS_LEFT)
		happen(scene, EVENT_SENT);
	if(sent != NOT_SENT && sent != IS_DROPPED)
		return;
	scene->result = (result_t){
			.kind = sent == NOT_SENT ? RESULT_UNSENT : RESULT_DROPPED,
			.room = transaction_room(scene->t)};
	happen(scene, EVENT_UNSENT);
}

void course_go_on(scene_t *scene)
{
	changes_t before;

	changes_put_in(&scene->call->changes, scene->msg, &before);
	note_cancel(scene);
	if(scene->call->state == CALL_STARTING)
		note_sent(scene, sending_go_on(scene->call, scene->t, scene->msg,
								 scene->branch));
	else
		happen(scene, EVENT_FAILED);
	changes_take_out(scene->msg, &before);
	course_set_alarm(scene->call, scene->t);
}

/* Try the next destination. If it cannot be sent to, try the one after it, and so on.
 * Meanwhile the caller may give up, or timer.total may end. */
static void try_next(scene_t *scene)
{
	call_t *call = scene->call;
	decision_t decision;

	/* if this is tm's timer process, the alarm cannot go off meanwhile */
	if(course_is_expired(call))
		chain_expire(&call->chain);
	remember_result(call, &scene->result);
	decision = policy_decide(&call->chain, &scene->result);
	observe_result(call, scene->t, &scene->result, &decision);
	if(decision.target == NULL) {
		/* the 2xx came while this process made an attempt that could not be sent; it
		 * may belong to the branch that tm takes for failed when this returns */
		if(scene->branch != NO_BRANCH && answer_is_in_hand(call, scene->t)
				&& transaction_fail_soon(scene->t))
			return;
		scene->reply = decision.reply;
		happen(scene, EVENT_NONE_LEFT);
		return;
	}
	note_cancel(scene);
	if(call->state == CALL_CANCELLED) {
		happen(scene, EVENT_UNSENT);
		return;
	}
	note_sent(scene, sending_make(call, scene->t, scene->msg, scene->branch,
							 decision.target));
}

static void end_call(scene_t *scene, final_reply_t reply)
{
	if(scene->branch == NO_BRANCH)
		ending_unsent(scene->call, scene->t, scene->msg, reply);
	else
		ending_choose(scene->call, scene->t, scene->branch, scene->code, reply);
}

static void end_cancelled(scene_t *scene)
{
	remember_end(scene->call);
	observe_end(scene->call, scene->t, CALL_OUTCOME_CANCELLED);
	if(scene->branch == NO_BRANCH)
		ending_unsent(scene->call, scene->t, scene->msg, request_terminated);
	else
		ending_choose_cancelled(
				scene->call, scene->t, scene->branch, scene->code);
}

static void expire(scene_t *scene)
{
	attempt_expire(scene->call, scene->t);
}

static void give_up(scene_t *scene)
{
	attempt_give_up(scene->call, scene->t, scene->cancels);
}

void course_want_cancels(call_t *call, const tm_cell_t *t)
{
	call->wants_cancels = true;
	course_set_alarm(call, t);
}

/* If tm finds no branch to CANCEL, it replies to the INVITE itself. */
static void reply_cancelled(scene_t *scene)
{
	if(transaction_has_cancellable(scene->t))
		ending_reply_cancelled(scene->call, scene->t);
}

static void reply_total(scene_t *scene)
{
	observe_end(scene->call, scene->t, CALL_OUTCOME_EXHAUSTED);
	ending_reply_total(
			scene->call, scene->t, policy_reply_now(&scene->call->chain));
}

static void begin_time(scene_t *scene)
{
	if(scene->is_ringing)
		chain_note_ringing(&scene->call->chain);
	attempt_begin_time(scene->call, scene->t, scene->branch, scene->is_ringing);
	course_set_alarm(scene->call, scene->t);
}

void happen(scene_t *scene, call_event_t event)
{
	call_t *call = scene->call;
	transition_t next = state_follow(call->state, event);

	call->state = next.state;
	switch(next.action) {
		case DO_NOTHING:
			break;
		case DO_WATCH:
			course_set_alarm(call, scene->t);
			break;
		case DO_TIME:
			begin_time(scene);
			break;
		case DO_NEXT:
			try_next(scene);
			break;
		case DO_EXPIRE:
			expire(scene);
			break;
		case DO_GIVE_UP:
			give_up(scene);
			break;
		case DO_CANCEL:
			observe_cancel(call, scene->t);
			course_want_cancels(call, scene->t);
			break;
		case DO_END:
			end_call(scene, scene->reply);
			break;
		case DO_END_CANCELLED:
			end_cancelled(scene);
			break;
		case DO_REPLY_TOTAL:
			reply_total(scene);
			break;
		case DO_REPLY_CANCELLED:
			observe_cancel(call, scene->t);
			reply_cancelled(scene);
			break;
	}
}
