/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/script_cb.h"

#include "call/engine.h"

#include "call/actions.h"
#include "call/answer.h"
#include "call/attempt.h"
#include "call/contacts.h"
#include "call/ending.h"
#include "call/headers.h"
#include "call/lookup.h"
#include "call/observe.h"
#include "call/remember.h"
#include "call/sending.h"
#include "server/log.h"
#include "sip/response.h"

/* -- callbacks of tm ---------------------------------------------------- */

/* How an attempt ended that has got no final reply. */
static result_kind_t kind_of_silence(
		const call_t *call, const tm_cell_t *t, int branch, bool is_made_up)
{
	const attempt_t *attempt = call->attempt;

	if(is_made_up
			&& (call->branches[branch].is_lost
					|| !transaction_has_timed_out(t, branch)))
		return RESULT_UNSENT;
	if(!attempt->has_replied)
		return RESULT_INVITING;
	return call->branches[branch].is_ringing
						   && call->chain.attempt.timer_ringing_ms > 0
				   ? RESULT_RINGING
				   : RESULT_PROVISIONAL;
}

/* The result of an attempt of which no branch is pending any more. If it had several
 * branches, the result is that of the branch whose reply tm would choose. */
static result_t result_of_attempt(
		const scene_t *scene, const struct tmcb_params *params)
{
	const call_t *call = scene->call;
	result_t result = {
			.kind = RESULT_REPLY, .room = transaction_room(scene->t)};
	const struct sip_msg *reply = params->rpl;

	result.branch = transaction_pick(scene->t, attempt_first_branch(call),
			scene->branch, scene->code, &result.code);
	if(result.branch != scene->branch)
		reply = transaction_reply_of(scene->t, result.branch);
	if(!response_is_negative(result.code))
		result.code = 500; /* such a code comes from a broken gateway */
	if(reply == FAKED_REPLY && call->branches[result.branch].postponed_code > 0)
		result.code = call->branches[result.branch].postponed_code;
	else if(reply == FAKED_REPLY || call->branches[result.branch].is_given_up)
		result.kind = kind_of_silence(
				call, scene->t, result.branch, reply == FAKED_REPLY);
	else
		result.retry_after_s = remember_retry_after(call, result.code, reply);
	if(result.kind == RESULT_REPLY
			&& policy_wants_contacts(&call->chain, result.code))
		result.contacts = contacts_read(reply, params->req, call->arena);
	return result;
}

/* Was the call cancelled, by the caller or by who had every branch CANCELled? */
static bool is_cancelled(const call_t *call, const tm_cell_t *t)
{
	return transaction_is_cancelled(t)
		   || (course_is_under_way(call) && attempt_was_cancelled(call, t));
}

/* tm stores the whole reply of each attempt, 5 KB. Only the best one is needed. */
static void forget_earlier_replies(const call_t *call, tm_cell_t *t)
{
	if(call->chain.settings.reply.kind != REPLY_BEST)
		transaction_drop_replies_before(t, attempt_first_branch(call));
}

/* Keep the reply of a branch that tm is to end again: tm will have forgotten it. */
static void postpone(call_t *call, int branch, const struct tmcb_params *params)
{
	call->postponed_branch = branch;
	if(params->rpl != FAKED_REPLY)
		call->branches[branch].postponed_code = params->code;
}

/* A branch has got a negative final reply, or tm has timed it out. tm calls this with
 * the reply lock held and a copy of the request (t_reply.c,
 * run_branch_failure_handlers). */
static void on_branch_failure(
		call_t *call, tm_cell_t *t, struct tmcb_params *params)
{
	scene_t scene = {.call = call,
			.t = t,
			.msg = params->req,
			.branch = tm_api.t_gett_branch(),
			.code = params->code};
	changes_t before;

	sending_wait_until_made(call, t, scene.branch);
	transaction_forget_addresses(t, scene.branch);
	if(transaction_is_final(t))
		return;
	/* this must come first, also if the chain is over and failure_route has forked */
	if(answer_is_in_hand(call, t)) {
		postpone(call, scene.branch, params);
		return;
	}
	if(state_is_over(call->state) || !attempt_has_branch(call, t, scene.branch))
		return;
	if(lookup_end(call, t, scene.branch)) {
		course_go_on(&scene);
		return;
	}
	if(params->rpl != FAKED_REPLY)
		call->branches[scene.branch].has_failed = true;
	if(attempt_is_pending_beside(call, t, scene.branch)) {
		attempt_adopt_branches(call, t);
		course_set_alarm(call, t);
		return;
	}
	if(is_cancelled(call, t))
		happen(&scene, EVENT_CANCEL);
	call->postponed_branch = NO_BRANCH;
	transaction_ignore_6xx(t);
	forget_earlier_replies(call, t);
	if(call->state != CALL_CANCELLED)
		scene.result = result_of_attempt(&scene, params);
	changes_put_in(&call->changes, params->req, &before);
	happen(&scene, EVENT_FAILED);
	changes_take_out(params->req, &before);
	course_set_alarm(call, t);
}

/* How often the script may retry a destination. */
#define RETRIES_MAX 2

/* A negative final reply has come in. It decides nothing here, because the script may
 * drop it or tm may discard it. But only the first one of a branch counts. As long as
 * the branch seems pending, tm would accept a second one, such as the late 487 of a
 * destination that was given up. If the second one will not be retransmitted, this
 * waits for a while, so that tm ACKs it. */
static void on_failure_in(
		call_t *call, tm_cell_t *t, int branch, struct sip_msg *reply)
{
	if(!call->branches[branch].is_hidden)
		return;
	if(reply->rcv.proto == PROTO_UDP
			|| !sending_wait_until_shown(call, t, branch))
		transaction_take_for_trying(reply);
}

/* Replies to our CANCEL come here too. */
static void on_reply_in(call_t *call, tm_cell_t *t, struct tmcb_params *params)
{
	scene_t scene = {.call = call,
			.t = t,
			.branch = tm_api.t_gett_branch(),
			.code = params->code,
			.is_ringing = params->code >= 180 && params->code <= 189};

	if(get_cseq(params->rpl)->method_id != METHOD_INVITE)
		return;
	if(params->code >= 300) {
		on_failure_in(call, t, scene.branch, params->rpl);
		return;
	}
	if(params->code >= 200) {
		answer_note(call, t, scene.branch);
		return;
	}
	/* tm may not see it, and then would not CANCEL the branch: the script may drop it,
	 * and tm ignores it once the caller has the final reply */
	call->branches[scene.branch].has_replied = true;
	if(attempt_has_branch(call, t, scene.branch)) {
		happen(&scene, EVENT_PROVISIONAL);
		note_cancel(&scene);
		/* tm stored the reply of the last attempt after it was examined here */
		if(!state_is_over(call->state))
			forget_earlier_replies(call, t);
	}
}

/* tm relays a reply below 300 to the caller. */
static void on_relay(call_t *call, tm_cell_t *t, int code)
{
	scene_t scene = {.call = call, .t = t, .branch = NO_BRANCH};
	int branch;

	if(code < 200)
		return;
	if(call->state == CALL_STARTING)
		transaction_stop_forwarding(t);
	branch = answer_relayed(call, t, tm_api.t_gett_branch());
	remember_answer(call, branch, code);
	happen(&scene, EVENT_ANSWER);
	observe_answer(call, t, branch, code);
	if(call->state != CALL_ANSWERED)
		return;
	remember_end(call);
	transaction_end_chain(t, &call->manners);
	transaction_disarm_failure_route(t);
	/* tm CANCELs the other branches, but not one that replies in this instant */
	if(transaction_is_pending_beside(t, branch))
		course_want_cancels(call, t);
}

/* The caller's CANCEL has come; tm has not handled it yet. */
static void on_cancel(call_t *call, tm_cell_t *t)
{
	scene_t scene = {.call = call, .t = t, .branch = NO_BRANCH};
	int branch;

	if(transaction_is_final(t))
		return;
	/* also one whose 180 the script has dropped, or is being read in this instant */
	for(branch = 0; branch < transaction_branches(t); branch++)
		attempt_note_provisional(call, t, branch);
	happen(&scene, EVENT_CANCEL);
}

/* An INVITE is about to be made of the request. Changes made here are in it only. */
static void on_forward(const call_t *call, struct tmcb_params *params)
{
	if(!state_is_over(call->state) && call->headers != NULL)
		headers_change(params->req, call->headers);
}

/* The transaction whose branch has failed in this process. tm's timer process goes on
 * with it, as far as acc, without a current transaction (t_reply.c, fake_reply). */
static unsigned failed_hash_index, failed_label;

static void on_tm_event(tm_cell_t *t, int type, struct tmcb_params *params)
{
	call_t *call = *params->param;

	if(type & TMCB_RESPONSE_IN) {
		transaction_lock(t);
		on_reply_in(call, t, params);
		transaction_unlock(t);
	} else if(type & TMCB_RESPONSE_FWDED) {
		on_relay(call, t, params->code);
	} else if(type & TMCB_ON_BRANCH_FAILURE) {
		transaction_ident(t, &failed_hash_index, &failed_label);
		if(transaction_hold(t, tm_api.t_gett_branch()))
			on_branch_failure(call, t, params);
	} else if(type & TMCB_ON_FAILURE) {
		if(call->state == CALL_ENDED)
			ending_on_failure(call, t, params);
	} else if(type & TMCB_E2ECANCEL_IN) {
		transaction_lock(t);
		on_cancel(call, t);
		transaction_unlock(t);
	} else if(type & TMCB_REQUEST_FWDED) {
		on_forward(call, params);
	}
}

static call_t *call_of(tm_cell_t *t)
{
	return t == NULL ? NULL : transaction_find_param(t, on_tm_event);
}

bool engine_has_call(tm_cell_t *t)
{
	return call_of(t) != NULL;
}

static bool is_request_of(const tm_cell_t *t, const struct sip_msg *msg)
{
	const struct sip_msg *request = transaction_request(t);

	return request != NULL && request->id == msg->id
		   && request->pid == msg->pid;
}

/* Whoever works with its request has a reference, so the call outlives ours. */
static const call_t *call_of_failed(const struct sip_msg *request)
{
	tm_cell_t *before = tm_api.t_gett();
	int branch_before = tm_api.t_gett_branch();
	const call_t *call = NULL;
	tm_cell_t *t;

	if(tm_api.t_lookup_ident(&t, failed_hash_index, failed_label) >= 0) {
		if(is_request_of(t, request))
			call = call_of(t);
		tm_api.unref_cell(t);
	}
	tm_api.t_sett(before, branch_before);
	return call;
}

const call_t *engine_current_call(const struct sip_msg *msg)
{
	tm_cell_t *t = transaction_current();

	return t == NULL && msg != NULL && failed_label != 0 ? call_of_failed(msg)
														 : call_of(t);
}

/* -- callbacks of the core ----------------------------------------------- */

/* A failure_route of the script has run. It comes before our final reply. */
static int on_failure_route_done(
		struct sip_msg *msg, unsigned int flags, void *param)
{
	tm_cell_t *t = transaction_current();
	call_t *call = call_of(t);

	(void)flags;
	(void)param;
	/* a request that goes on after a suspension is run like one (t_suspend.c), and so
	 * is a failure_route that does */
	if(call != NULL && call->state == CALL_ENDED
			&& (call->is_route_suspended || !transaction_is_continuing(t)))
		ending_after_failure_route(call, t, msg);
	return 1;
}

/* The 2xx that this process was handling was not relayed. The current transaction of
 * the process may be another one, so it is restored. */
static void forget_answer_here(void)
{
	tm_cell_t *before = tm_api.t_gett();
	int branch_before = tm_api.t_gett_branch();
	unsigned hash_index, label;
	int branch;
	tm_cell_t *t;
	call_t *call;

	if(!answer_take(&hash_index, &label, &branch))
		return;
	if(tm_api.t_lookup_ident(&t, hash_index, label) >= 0) {
		call = call_of(t);
		transaction_lock(t);
		if(call != NULL)
			answer_forget(call, t, branch);
		transaction_unlock(t);
		tm_api.unref_cell(t);
	}
	tm_api.t_sett(before, branch_before);
}

/* The core has finished with a reply. If a script has called t_check_trans() for it
 * and then dropped it, tm's reference is left over and the transaction would never
 * end, so it is released here. A reply that the script has suspended is not finished.
 * When it continues, tm has a reference of its own (t_suspend.c, t_continue_helper). */
static int on_reply_done(struct sip_msg *msg, unsigned int flags, void *param)
{
	tm_cell_t *t = transaction_current();
	unsigned hash_index, label;
	int branch;

	(void)flags;
	(void)param;
	if(msg->msg_flags & FL_SHM_CLONE)
		return 1;
	if(msg->msg_flags & FL_RPL_SUSPENDED)
		answer_take(&hash_index, &label, &branch);
	else
		forget_answer_here();
	if(t == NULL || call_of(t) == NULL || tm_api.t_check(msg, &branch) != 1)
		return 1;
	t = transaction_current();
	tm_api.t_sett(T_UNDEFINED, T_BR_UNDEFINED);
	tm_api.unref_cell(t);
	return 1;
}

int engine_init(void)
{
	if(transaction_bind() < 0)
		return -1;
	if(register_script_cb(on_failure_route_done, POST_SCRIPT_CB | FAILURE_CB,
			   NULL) < 0
			|| register_script_cb(
					   on_reply_done, POST_SCRIPT_CB | ONREPLY_CB, NULL)
					   < 0) {
		LM_ERR("cannot register for the end of the script's routes\n");
		return -1;
	}
	return 0;
}

int engine_attach(call_t *call, struct sip_msg *msg, tm_cell_t *t,
		void (*release)(void *call))
{
	int events = TMCB_RESPONSE_IN | TMCB_RESPONSE_FWDED | TMCB_ON_BRANCH_FAILURE
				 | TMCB_ON_FAILURE | TMCB_E2ECANCEL_IN;

	/* this costs a copy of the URIs for each branch */
	if(call->headers != NULL)
		events |= TMCB_REQUEST_FWDED;
	alarm_init(&call->alarm, t, course_alarm_goes_off, call);
	if(tm_api.register_tmcb(msg, t, events, on_tm_event, call, release) <= 0) {
		LM_ERR("cannot register with the transaction\n");
		return -1;
	}
	transaction_begin_chain(t, &call->manners);
	observe_begin(call, t);
	return 0;
}

void engine_run(call_t *call, tm_cell_t *t, struct sip_msg *msg)
{
	scene_t scene = {.call = call,
			.t = t,
			.msg = msg,
			.branch = NO_BRANCH,
			.result = {.kind = RESULT_NONE_YET, .room = transaction_room(t)}};
	unsigned total_ms = call->chain.settings.timer_total_ms;

	transaction_lock(t);
	if(total_ms > 0) {
		call->total_end = get_ticks_raw() + MS_TO_TICKS(total_ms);
		course_set_alarm(call, t);
	}
	/* begin as if an attempt before the first one had failed */
	happen(&scene, EVENT_FAILED);
	transaction_unlock(t);
}

/* @return NULL, or the reason why there is nothing to retry */
static const char *why_not_retry(const call_t *call, const tm_cell_t *t)
{
	if(call == NULL)
		return "failover() has not had this call";
	if(call->state != CALL_ENDED || call->attempt == NULL)
		return "the call has not failed at a destination";
	if(transaction_is_final(t) || transaction_is_cancelled(t))
		return "the caller has his final reply, or has given up";
	if(course_is_expired(call))
		return "timer.total is over";
	if(transaction_room(t) <= 0
			|| call->chain.attempts >= call->chain.settings.attempts)
		return "the call has made as many attempts as it may";
	if(call->retried == call->attempt->target && call->retries >= RETRIES_MAX)
		return "this destination was tried again already";
	return NULL;
}

/* @return whether the request has left */
static bool retry(call_t *call, tm_cell_t *t, struct sip_msg *msg)
{
	const target_t *target = call->attempt->target;
	final_reply_t reply = call->reply;

	call->retries = call->retried == target ? call->retries + 1 : 1;
	call->retried = target;
	transaction_begin_chain(t, &call->manners);
	policy_retry(&call->chain);
	observe_resume(call);
	remember_retry(call, target);
	call->state = CALL_STARTING;
	call->reply = final_as_it_is;
	if(sending_make(call, t, msg, NO_BRANCH, target) == HAS_LEFT) {
		scene_t scene = {.call = call, .t = t, .branch = NO_BRANCH};

		happen(&scene, EVENT_SENT);
		return true;
	}
	observe_end(call, t, CALL_OUTCOME_EXHAUSTED);
	call->state = CALL_ENDED;
	call->reply = reply;
	call->branches_at_end = transaction_branches(t);
	transaction_end_chain(t, &call->manners);
	return false;
}

static void log_not_retried(const struct sip_msg *msg, const char *why)
{
	log_line_t *line = log_begin("not_retried", msg);

	if(line == NULL)
		return;
	log_line_word(line, "why", why);
	log_send(line);
}

bool engine_retry(struct sip_msg *msg)
{
	tm_cell_t *t = transaction_current();
	call_t *call = call_of(t);
	const char *why = why_not_retry(call, t);
	bool is_sent = false;

	if(why != NULL) {
		log_not_retried(msg, why);
		return false;
	}
	transaction_lock(t);
	is_sent = retry(call, t, msg);
	transaction_unlock(t);
	return is_sent;
}
