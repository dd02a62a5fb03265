/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/error.h"

#include "call/ending.h"

#include "call/attempt.h"
#include "server/tm_settings.h"
#include "sip/response.h"

const final_reply_t request_terminated = {
		.kind = FINAL_OWN, .code = 487, .phrase = "Request Terminated"};
static const final_reply_t request_timeout = {
		.kind = FINAL_OWN, .code = 408, .phrase = "Request Timeout"};
static const final_reply_t server_error = {
		.kind = FINAL_OWN, .code = 500, .phrase = "Server Internal Error"};

/* -- choosing the reply -------------------------------------------------- */

/* Has a branch replied with a code that SIP does not have? */
static bool is_odd(const tm_cell_t *t, int branch)
{
	const struct sip_msg *reply = transaction_reply_of(t, branch);

	return reply != NULL && reply != FAKED_REPLY
		   && !response_is_negative((int)reply->REPLY_STATUS);
}

/* Make a copy of the reply of a branch that tm would not choose. It has the code and
 * the phrase, but not the headers. */
static final_reply_t own_copy(
		const call_t *call, const tm_cell_t *t, int branch)
{
	const struct sip_msg *reply = transaction_reply_of(t, branch);
	final_reply_t copy = final_as_it_is;
	str phrase;

	if(reply == NULL || reply == FAKED_REPLY
			|| arena_copy(
					   call->arena, &reply->first_line.u.reply.reason, &phrase)
					   < 0)
		return copy;
	if(!response_is_negative((int)reply->REPLY_STATUS))
		return server_error;
	copy.kind = FINAL_OWN;
	copy.code = tm_relayed_code((int)reply->REPLY_STATUS);
	copy.phrase = phrase.s;
	return copy;
}

/* tm says what the caller gets for a timeout, unless the setting `reply` says it. */
static final_reply_t as_tm_says(const call_t *call, final_reply_t reply)
{
	if(reply.kind == FINAL_OWN && reply.code == 408
			&& call->chain.settings.reply.kind != REPLY_FIXED)
		reply.code = tm_timeout_reply(&reply.phrase);
	return reply;
}

static final_reply_t of_code(int code)
{
	return (final_reply_t){.kind = FINAL_OWN,
			.code = tm_relayed_code(code),
			.phrase = error_text(code)};
}

/* tm drops the earlier replies when failure_route sends the request again. */
static final_reply_t as_it_is_left(const tm_cell_t *t, final_reply_t reply)
{
	return reply.kind == FINAL_EARLIER
						   && transaction_reply_of(t, reply.branch) == NULL
				   ? of_code(reply.code)
				   : reply;
}

/* If the failure of a branch was postponed, tm sees it as a timeout. This restores
 * the code; the headers of the reply are lost. */
static final_reply_t as_it_was(
		const call_t *call, int branch, final_reply_t reply)
{
	int code = call->branches[branch].postponed_code;

	if(reply.kind != FINAL_AS_IT_IS || code == 0)
		return reply;
	return of_code(code);
}

static void end(call_t *call, tm_cell_t *t, final_reply_t reply)
{
	call->state = CALL_ENDED;
	call->reply = reply;
	call->reply_branch = NO_BRANCH;
	call->branches_at_end = transaction_branches(t);
	transaction_end_chain(t, &call->manners);
}

/* Is it the reply that tm has made up itself? Then tm sends it: a reply of ours stops
 * the timers, and tm may be running one of them. */
static bool is_tms_own(const call_t *call, const tm_cell_t *t, int branch,
		int code, const final_reply_t *reply)
{
	return transaction_reply_of(t, branch) == FAKED_REPLY
		   && reply->kind == FINAL_OWN && reply->code == code
		   && call->chain.settings.reply.kind != REPLY_FIXED;
}

void ending_choose(
		call_t *call, tm_cell_t *t, int branch, int code, final_reply_t reply)
{
	call->last_branch = branch;
	reply = as_it_is_left(t, reply);
	reply = as_it_was(call, branch, as_tm_says(call, reply));
	if(is_tms_own(call, t, branch, code, &reply))
		reply = final_as_it_is;
	/* the caller must not get a code that SIP does not have */
	if(reply.kind == FINAL_AS_IT_IS && !response_is_negative(code))
		reply = server_error;
	end(call, t, reply);
	/* tm would choose among the replies of all attempts, so only those of the last
	 * attempt are kept, or the chosen one */
	if(reply.kind == FINAL_EARLIER) {
		call->reply = !is_odd(t, reply.branch)
									  && transaction_leave_reply(
											  t, reply.branch, branch, code)
							  ? final_as_it_is
							  : own_copy(call, t, reply.branch);
		call->reply_branch = reply.branch;
	} else {
		transaction_drop_replies_before(t, attempt_first_beside(call, branch));
	}
}

void ending_choose_cancelled(call_t *call, tm_cell_t *t, int branch, int code)
{
	int picked_code;

	transaction_pick(
			t, attempt_first_beside(call, branch), branch, code, &picked_code);
	ending_choose(call, t, branch, code,
			picked_code == 487 ? final_as_it_is : request_terminated);
}

void ending_unsent(
		call_t *call, tm_cell_t *t, struct sip_msg *msg, final_reply_t reply)
{
	end(call, t, reply);
	if(transaction_is_failure_route_armed(t) && transaction_fail_soon(t))
		call->branches_at_end = transaction_branches(t);
	else
		transaction_answer(t, msg, reply.code, reply.phrase);
}

void ending_reply_total(call_t *call, tm_cell_t *t, final_reply_t reply)
{
	reply = as_it_is_left(t, as_tm_says(call, reply));
	if(reply.kind == FINAL_EARLIER)
		reply = own_copy(call, t, reply.branch);
	if(reply.kind != FINAL_OWN)
		reply = as_tm_says(call, request_timeout);
	end(call, t, reply);
	transaction_answer(t, transaction_request(t), reply.code, reply.phrase);
	transaction_stop_forwarding(t);
}

void ending_reply_cancelled(const call_t *call, tm_cell_t *t)
{
	/* the timers of a final reply are not those of an attempt */
	transaction_end_chain(t, &call->manners);
	transaction_answer(t, transaction_request(t), request_terminated.code,
			request_terminated.phrase);
}

void ending_take_over(call_t *call, tm_cell_t *t, int branch, int code)
{
	if(branch == NO_BRANCH || branch == call->last_branch
			|| call->reply.kind != FINAL_AS_IT_IS || transaction_is_final(t))
		return;
	if(!transaction_leave_reply(t, call->last_branch, branch, code))
		call->reply = own_copy(call, t, call->last_branch);
	call->reply_branch = call->last_branch;
}

/* -- sending the reply ---------------------------------------------------- */

/* Send the caller the reply that the chain ended with, unless tm does so, or the
 * script's failure_route has done something else.
 * @param copy the copy of the request that tm offers */
static void send_final_reply(call_t *call, tm_cell_t *t, struct sip_msg *copy)
{
	final_reply_t reply = call->reply;

	call->reply = final_as_it_is;
	if(reply.kind == FINAL_AS_IT_IS
			|| transaction_branches(t) > call->branches_at_end)
		return;
	/* acc notes in the flags that it has logged the call, so both requests must have
	 * the same flags */
	transaction_request(t)->flags = copy->flags;
	transaction_answer(t, transaction_request(t), reply.code, reply.phrase);
	copy->flags = transaction_request(t)->flags;
}

void ending_on_failure(call_t *call, tm_cell_t *t, struct tmcb_params *params)
{
	bool has_route = transaction_runs_failure_route(t);

	/* the second time the script's failure_route has sent it elsewhere, and that has
	 * failed too */
	if(call->reply_branch == NO_BRANCH
			|| transaction_branches(t) > call->branches_at_end)
		call->reply_branch = tm_api.t_get_picked_branch();
	transaction_name_branch(t, call->reply_branch);
	if(call->reply.kind == FINAL_OWN)
		transaction_show_code(t, params, call->reply.code);
	if(has_route)
		changes_give(&call->changes, params->req);
	else
		send_final_reply(call, t, params->req);
}

/* The reply that the caller gets if the script does nothing, written out: when the
 * script goes on after its suspension, tm does not choose among the stored replies any
 * more, and sends a 500 (t_suspend.c, kill_trans). */
static final_reply_t written_out(const call_t *call, const tm_cell_t *t)
{
	if(call->reply.kind != FINAL_AS_IT_IS)
		return call->reply;
	return transaction_reply_of(t, call->reply_branch) == FAKED_REPLY
				   ? as_tm_says(call, request_timeout)
				   : own_copy(call, t, call->reply_branch);
}

void ending_after_failure_route(
		call_t *call, tm_cell_t *t, struct sip_msg *copy)
{
	/* the script goes on later, and may reply or relay then; the branch that tm has
	 * added in order to wait was not added by the script */
	if(transaction_is_suspended(t)) {
		call->branches_at_end = transaction_branches(t);
		call->reply = written_out(call, t);
		call->is_route_suspended = true;
		return;
	}
	call->is_route_suspended = false;
	send_final_reply(call, t, copy);
}
