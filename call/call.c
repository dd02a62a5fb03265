/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dset.h"
#include "../../core/globals.h"
#include "../../core/qvalue.h"
#include "../../core/script_cb.h"

#include "call/call.h"

#include <stdio.h>

#include "call/alarm.h"
#include "call/connection.h"
#include "call/contacts.h"
#include "call/headers.h"
#include "server/log.h"
#include "server/memory.h"
#include "call/policy.h"
#include "server/self.h"
#include "call/transaction.h"
#include "call/variables.h"

/* Most calls fit: the call, the request's own target and two destinations. */
#define CALL_BLOCK_BYTES 3072

/* How long a CANCELled destination may take to end before the next one is
 * tried (specification, E4). */
#define CANCEL_WAIT_MS 500

/* tm's own timer of a ringing branch lies this far behind ours: it ends the
 * branch should ours ever fail. */
#define SAFETY_MS 2000

/* How often a connection is looked at. tm needs another tick to act on it, and
 * the next INVITE has to leave within 200 ms (specification, E5b). */
#define WATCH_TICKS 1

/* When it is looked whether tm has ended the branches it was told to end: a 1xx
 * that comes in between makes it wait for its own timer. */
#define CHECK_TICKS 2

/* One destination being tried. */
typedef struct attempt
{
	struct attempt *before;
	call_t *call;
	const target_t *target;
	int first_branch;	 /* it may have more: of the script, of DNS failover */
	int branches_end;	 /* behind the last one that we know of */
	branch_bm_t replied; /* bit (1 << branch): it has sent a 1xx */
	int connection;		 /* of the first branch, to see whether it is lost */
	bool is_lost;		 /* it has gone before any reply */
	bool is_given_up;	 /* CANCELled by us; what comes only ends the wait */
	ticks_t deadline;	 /* of timer.provisional; of the wait if given up */
	alarm_t alarm;		 /* looks at the connection, then at the deadline */
} attempt_t;

struct call
{
	arena_t *arena;
	chain_t chain;
	const named_text_t *headers; /* of every attempt */
	origin_t origin;
	attempt_t *attempts;				/* the current one first */
	ticks_t fr_timeout, fr_inv_timeout; /* tm's own, for when the chain ends */
	alarm_t alarm;						/* timer.total */
	alarm_t cancel_alarm; /* looks whether all have got their CANCEL that must */
	int answered;		  /* branch whose 2xx tm is about to relay; NO_BRANCH */
	bool is_ended;		  /* the chain is; what follows says how: */
	final_reply_t reply;
	int last_branch, last_code; /* what tm had in hand then */
	int branches_at_end;
};

#define NO_BRANCH (-1)

/* what a caller gets who has given up (RFC 3261 section 9.2) */
static const final_reply_t terminated = {
		.kind = FINAL_OWN, .code = 487, .phrase = "Request Terminated"};

/* -- giving an attempt up ----------------------------------------------- */

/* Nothing is left to be decided. */
static bool is_over(const call_t *call, const tm_cell_t *t)
{
	return call->is_ended || t->uas.status >= 200;
}

static ticks_t ticks_until(ticks_t deadline)
{
	s_ticks_t left = (s_ticks_t)(deadline - get_ticks_raw());

	return left > 0 ? (ticks_t)left : 0;
}

static void attempt_expire(const attempt_t *attempt, tm_cell_t *t, unsigned ms)
{
	int branch;

	for(branch = attempt->first_branch; branch < t->nr_of_outgoings; branch++)
		tm_expire(t, branch, ms);
}

/* CANCEL what is pending and has replied. tm has not heard of a 1xx that the
 * script has dropped, or that came when it had the final reply already. */
static void attempt_send_cancel(const attempt_t *attempt, tm_cell_t *t)
{
	int branch;

	for(branch = attempt->first_branch; branch < t->nr_of_outgoings; branch++) {
		if(attempt->replied & ((branch_bm_t)1 << branch))
			tm_note_provisional(t, branch);
	}
	tm_cancel_from(t, attempt->first_branch);
}

/* CANCEL now; what comes then, or nothing for CANCEL_WAIT_MS, leads to
 * on_branch_failure(). */
static void attempt_cancel(attempt_t *attempt, tm_cell_t *t)
{
	attempt->is_given_up = true;
	attempt->deadline = get_ticks_raw() + MS_TO_TICKS(CANCEL_WAIT_MS);
	attempt_send_cancel(attempt, t);
	attempt_expire(attempt, t, CANCEL_WAIT_MS);
}

/* The time of an attempt is over. Who has replied is CANCELled and has a while
 * for his last word; who has not is timed out at once, and CANCELled by tm if
 * he replies after all.
 * @return in how many ticks it has to be looked at again */
static ticks_t attempt_end(attempt_t *attempt, tm_cell_t *t)
{
	ticks_t left;

	if(attempt->replied != 0 && !attempt->is_given_up
			&& !(t->flags & T_CANCELED))
		attempt_cancel(attempt, t);
	left = attempt->is_given_up ? ticks_until(attempt->deadline) : 0;
	if(left == 0)
		attempt_expire(attempt, t, 0);
	return left + CHECK_TICKS;
}

/* Before the first reply it is looked whether the connection is still there.
 * @return in how many ticks it has to be looked at again */
static ticks_t attempt_watch(attempt_t *attempt, tm_cell_t *t)
{
	if(attempt->connection == CONNECTION_NONE
			|| !tm_is_pending(t, attempt->first_branch))
		return 0;
	if(connection_is_alive(attempt->connection))
		return WATCH_TICKS;
	attempt->is_lost = true;
	tm_expire(t, attempt->first_branch, 0);
	return CHECK_TICKS;
}

static ticks_t attempt_goes_off(alarm_t *alarm, tm_cell_t *t)
{
	attempt_t *attempt = alarm->owner;
	const call_t *call = attempt->call;
	ticks_t left;

	if(is_over(call, t) || attempt != call->attempts)
		return 0;
	if(attempt->replied == 0 && !call->chain.is_expired)
		return attempt_watch(attempt, t);
	left = call->chain.is_expired ? 0 : ticks_until(attempt->deadline);
	return left > 0 ? left : attempt_end(attempt, t);
}

/* timer.total is over. */
static ticks_t call_goes_off(alarm_t *alarm, tm_cell_t *t)
{
	call_t *call = alarm->owner;

	if(is_over(call, t))
		return 0;
	chain_expire(&call->chain);
	return call->attempts == NULL ? 0 : attempt_end(call->attempts, t);
}

/* One has answered, or the caller has given up, and tm has CANCELled the others,
 * but for one whose first 1xx, or INVITE, fell in the same instant. */
static ticks_t cancel_goes_off(alarm_t *alarm, tm_cell_t *t)
{
	const call_t *call = alarm->owner;

	if(call->attempts != NULL)
		attempt_send_cancel(call->attempts, t);
	return 0;
}

/* -- making an attempt -------------------------------------------------- */

/* The socket of the destination's own options; else that of the script ($fs),
 * for every attempt that can use it. */
static struct socket_info *choose_socket(
		const call_t *call, const target_t *target)
{
	struct socket_info *socket = call->origin.socket;

	if(target->options != NULL && target->options->socket.len > 0)
		return server_socket(&target->options->socket);
	if(socket != NULL && !target->is_current
			&& !server_socket_fits(socket, target->transport))
		return NULL;
	return socket;
}

/* In request_route the request itself is sent on. */
static int relay_request(
		call_t *call, struct sip_msg *msg, const target_t *target)
{
	struct socket_info *socket = choose_socket(call, target);
	str uri = target->uri;
	str next_hop = target->next_hop;

	reset_path_vector(msg);
	reset_instance(msg);
	reset_ruid(msg);
	reset_ua(msg);
	setbflagsval(0, 0);
	if(target->is_current && request_restore(msg, &call->origin) < 0)
		return -1;
	reset_dst_uri(msg);
	if(rewrite_uri(msg, &uri) < 0
			|| (next_hop.len > 0 && set_dst_uri(msg, &next_hop) < 0))
		return -1;
	set_force_socket(msg, socket);
	ruri_mark_new();
	return tm.t_relay(msg, NULL, NULL);
}

/* Later on tm offers a copy of the request, and branches can be added to it. */
static int relay_branch(
		call_t *call, struct sip_msg *copy, const target_t *target)
{
	const origin_t *origin = &call->origin;
	struct socket_info *default_socket = bind_address;
	str uri = target->uri;
	str next_hop = target->next_hop;
	str path = {0}, instance = {0}, ruid = {0}, location_ua = {0};
	flag_t flags = 0;
	int sent;

	if(target->is_current) {
		path = origin->path;
		instance = origin->instance;
		ruid = origin->ruid;
		location_ua = origin->location_ua;
		flags = origin->branch_flags;
	}
	clear_branches();
	if(append_branch(copy, &uri, &next_hop, &path, Q_UNSPECIFIED, flags,
			   choose_socket(call, target), &instance, 0, &ruid, &location_ua)
			< 0)
		return -1;
	/* tm offers the socket of the first attempt as the default, which would
	 * make that one's choice that of all (t_reply.c, faked_env) */
	bind_address = origin->default_socket;
	sent = tm.t_forward_nonack(copy, NULL);
	bind_address = default_socket;
	return sent;
}

/* Set tm's timers for the next attempt: how long it may stay silent; how long
 * it may ring at the most; and that it is not cut by max_inv_lifetime, which
 * would cap all attempts together. */
static void set_timers(const call_t *call, tm_cell_t *t)
{
	ticks_t provisional = MS_TO_TICKS(call->chain.attempt.timer_provisional_ms
									  + CANCEL_WAIT_MS + SAFETY_MS);
	ticks_t end_of_life;

	t->fr_timeout = MS_TO_TICKS(call->chain.attempt.timer_inviting_ms);
	t->fr_inv_timeout = provisional;
	end_of_life = get_ticks_raw() + t->fr_timeout + provisional;
	if((s_ticks_t)(end_of_life - t->end_of_life) > 0)
		t->end_of_life = end_of_life;
}

static attempt_t *attempt_create(
		call_t *call, const tm_cell_t *t, const target_t *target)
{
	attempt_t *attempt = arena_alloc(call->arena, sizeof(*attempt));

	if(attempt == NULL)
		return NULL;
	attempt->call = call;
	attempt->target = target;
	attempt->first_branch = t->nr_of_outgoings;
	alarm_init(&attempt->alarm, t, attempt_goes_off, attempt);
	attempt->before = call->attempts;
	call->attempts = attempt;
	return attempt;
}

/* The INVITE has left. On a connection it may still fail to arrive. */
static void attempt_sent(attempt_t *attempt, const tm_cell_t *t)
{
	const tm_ua_client_t *uac = &t->uac[attempt->first_branch];

	attempt->branches_end = t->nr_of_outgoings;
	attempt->connection = connection_of(&uac->request.dst);
	if(attempt->connection != CONNECTION_NONE)
		alarm_set(&attempt->alarm, WATCH_TICKS);
}

/* @return whether the INVITE has left */
static bool attempt_make(call_t *call, tm_cell_t *t, struct sip_msg *msg,
		const decision_t *decision)
{
	attempt_t *attempt = attempt_create(call, t, decision->target);
	const target_t *target = decision->target;
	int sent;

	if(attempt == NULL)
		return false;
	set_timers(call, t);
	/* the branch_route runs for every attempt; tm arms it for one only */
	if(t->on_branch == 0)
		t->on_branch = t->on_branch_delayed;
	sent = is_route_type(REQUEST_ROUTE) ? relay_request(call, msg, target)
										: relay_branch(call, msg, target);
	/* tm reads it for all that it sends, also for a CANCEL and for the reply
	 * to the caller: they have its own */
	t->fr_timeout = call->fr_timeout;
	if(sent > 0) {
		attempt_sent(attempt, t);
		return true;
	}
	tm_close_unsent_from(t, attempt->first_branch);
	return false;
}

/* One line for what ended an attempt and what follows. */
static void attempt_log(const attempt_t *attempt, const tm_cell_t *t,
		const event_t *event, const decision_t *decision)
{
	static const char *const what[] = {
			[EVENT_START] = "",
			[EVENT_REPLY] = "",
			[EVENT_INVITING] = "has not replied in time",
			[EVENT_PROVISIONAL] = "has rung too long",
			[EVENT_SEND_FAILED] = "cannot be reached",
	};
	const target_t *next = decision->target;
	char replied[16];

	if(attempt == NULL || !is_printable(attempt_log_level))
		return;
	snprintf(replied, sizeof(replied), "replied %d", event->code);
	if(next != NULL)
		LM_GEN1(attempt_log_level,
				"[%.*s] over %s %s, next [%.*s] over %s (%s), Call-ID "
				"[%s]\n",
				STR_FMT(&attempt->target->uri),
				transport_name(attempt->target->transport),
				event->kind == EVENT_REPLY ? replied : what[event->kind],
				STR_FMT(&next->uri), transport_name(next->transport),
				reason_name(decision->reason), log_call_id(t->uas.request));
	else
		LM_GEN1(attempt_log_level,
				"[%.*s] over %s %s, and the call ends, Call-ID [%s]\n",
				STR_FMT(&attempt->target->uri),
				transport_name(attempt->target->transport),
				event->kind == EVENT_REPLY ? replied : what[event->kind],
				log_call_id(t->uas.request));
}

/* Follow a decision: try destinations until one can be sent to.
 * @return whether an attempt is under way; else decision says how it ends */
static bool attempt_any(
		call_t *call, tm_cell_t *t, struct sip_msg *msg, decision_t *decision)
{
	event_t failed = {.kind = EVENT_SEND_FAILED};

	while(decision->target != NULL && !(t->flags & T_CANCELED)) {
		if(attempt_make(call, t, msg, decision))
			return true;
		failed.room = tm_room(t);
		*decision = policy_decide(&call->chain, &failed);
		attempt_log(call->attempts, t, &failed, decision);
	}
	return false;
}

/* Branches that tm has added to the attempt itself (use_dns_failover) have the
 * same time to reply. */
static void attempt_adopt_branches(call_t *call, tm_cell_t *t)
{
	attempt_t *attempt = call->attempts;

	for(; attempt->branches_end < t->nr_of_outgoings; attempt->branches_end++)
		tm_expire(t, attempt->branches_end,
				call->chain.attempt.timer_inviting_ms);
}

/* -- ending ------------------------------------------------------------- */

/* The first branch of the attempt that a branch belongs to. */
static int first_branch_beside(const call_t *call, int branch)
{
	const attempt_t *attempt = call->attempts;

	while(attempt != NULL && attempt->first_branch > branch)
		attempt = attempt->before;
	return attempt == NULL ? 0 : attempt->first_branch;
}

/* The reply of a branch in our own words, where tm would not choose it. It has
 * the code and the phrase; its headers are lost. */
static final_reply_t own_copy(
		const call_t *call, const tm_cell_t *t, int branch)
{
	const struct sip_msg *reply = t->uac[branch].reply;
	final_reply_t copy = final_as_it_is;
	str phrase;

	if(reply == NULL || reply == FAKED_REPLY
			|| arena_copy(
					   call->arena, &reply->first_line.u.reply.reason, &phrase)
					   < 0)
		return copy;
	copy.kind = FINAL_OWN;
	copy.code = tm_relayed_code((int)reply->REPLY_STATUS);
	copy.phrase = phrase.s;
	return copy;
}

/* The chain is over with a negative reply on a branch.
 * @param branch the last one, whose reply tm has in hand
 * @param code of that reply */
static void call_end(
		call_t *call, tm_cell_t *t, int branch, int code, final_reply_t reply)
{
	call->is_ended = true;
	call->reply = reply;
	call->last_branch = branch;
	call->last_code = code;
	call->branches_at_end = t->nr_of_outgoings;
	t->fr_inv_timeout = call->fr_inv_timeout;
	/* tm would choose among the replies of all attempts: it is left those of
	 * the last one, or the one that was chosen */
	if(reply.kind == FINAL_EARLIER)
		call->reply = tm_leave_reply(t, reply.branch, branch, code)
							  ? final_as_it_is
							  : own_copy(call, t, reply.branch);
	else
		tm_drop_replies_before(t, first_branch_beside(call, branch));
}

/* Whoever has given up wants to hear that, not what a gateway replied. */
static void end_cancelled(call_t *call, tm_cell_t *t, int branch, int code)
{
	int picked_code;

	tm_pick(t, first_branch_beside(call, branch), branch, code, &picked_code);
	call_end(call, t, branch, code,
			picked_code == 487 ? final_as_it_is : terminated);
}

/* Give the caller the reply that the chain ended with, unless tm has it in
 * hand, or the script's failure_route has done something else.
 * @param copy the copy of the request that tm offers */
static void send_final_reply(call_t *call, tm_cell_t *t, struct sip_msg *copy)
{
	final_reply_t reply = call->reply;

	call->reply = final_as_it_is;
	if(reply.kind == FINAL_AS_IT_IS
			|| t->nr_of_outgoings > call->branches_at_end)
		return;
	/* acc notes in the flags that it has logged the call: whoever looks at
	 * the other one later must see it */
	t->uas.request->flags = copy->flags;
	tm_reply(t, t->uas.request, reply.code, reply.phrase);
	copy->flags = t->uas.request->flags;
}

/* Will tm run a failure_route for this call? It runs the one of the branch
 * that it chooses (t_reply.c, run_failure_handlers). */
static bool has_failure_route(const call_t *call, const tm_cell_t *t)
{
	int code;
	int picked = tm_pick(t, 0, call->last_branch, call->last_code, &code);

	return t->uac[picked].on_failure != 0;
}

/* -- what tm tells ------------------------------------------------------ */

/* What has become of the attempt, now that none of its branches is pending: of
 * several it is that which tm would give to the caller. */
static event_t event_of_failure(call_t *call, const tm_cell_t *t, int branch,
		struct tmcb_params *params)
{
	const attempt_t *attempt = call->attempts;
	event_t event = {.kind = EVENT_REPLY, .room = tm_room(t)};
	const struct sip_msg *reply = params->rpl;
	int picked = tm_pick(
			t, attempt->first_branch, branch, params->code, &event.code);

	event.branch = picked;
	if(picked != branch)
		reply = t->uac[picked].reply;
	if(reply == FAKED_REPLY
			&& (attempt->is_lost || !tm_has_timed_out(t, picked)))
		event.kind = EVENT_SEND_FAILED;
	else if(attempt->is_given_up
			|| (reply == FAKED_REPLY && attempt->replied != 0))
		event.kind = EVENT_PROVISIONAL;
	else if(reply == FAKED_REPLY)
		event.kind = EVENT_INVITING;
	else if(policy_wants_contacts(&call->chain, event.code))
		event.contacts = contacts_read(reply, call->arena);
	return event;
}

/* Is it the reply that tm has made up itself? It is left to it: a reply of ours
 * stops the timers, and tm may be just in one of them. */
static bool tm_made_it_up(const call_t *call, const struct tmcb_params *params,
		const final_reply_t *reply)
{
	return params->rpl == FAKED_REPLY && reply->kind == FINAL_OWN
		   && reply->code == params->code
		   && call->chain.settings.reply.kind != REPLY_FIXED;
}

/* A branch has got a negative final reply, or was timed out by tm. The only
 * place from which a next destination is tried. Called by tm under the reply
 * lock in a copy of the request (t_reply.c, run_branch_failure_handlers). */
static void on_branch_failure(
		call_t *call, tm_cell_t *t, struct tmcb_params *params)
{
	int branch = tm.t_gett_branch();
	decision_t decision;
	event_t event;

	if(is_over(call, t))
		return;
	if(call->answered != NO_BRANCH) {
		/* another process has its 2xx in hand */
		tm_reopen(t, call->answered);
		return;
	}
	if(tm_is_pending_beside(t, branch)) {
		attempt_adopt_branches(call, t);
		return;
	}
	if(t->flags & T_CANCELED) {
		end_cancelled(call, t, branch,
				params->rpl == FAKED_REPLY ? 487 : params->code);
		return;
	}
	/* tm stores the whole reply of each attempt: only the best is asked for */
	if(call->chain.settings.reply.kind != REPLY_BEST)
		tm_drop_replies_before(t, call->attempts->first_branch);
	event = event_of_failure(call, t, branch, params);
	decision = policy_decide(&call->chain, &event);
	attempt_log(call->attempts, t, &event, &decision);
	/* else tm would CANCEL the next attempt for the 6xx of this one */
	tm_set_flag(t, T_DISABLE_6xx);
	if(attempt_any(call, t, params->req, &decision))
		return;
	if(t->flags & T_CANCELED) {
		end_cancelled(call, t, branch, 0);
		return;
	}
	if(tm_made_it_up(call, params, &decision.reply))
		decision.reply = final_as_it_is;
	call_end(call, t, branch, params->code, decision.reply);
}

/* The call has failed for good. Where the script has a failure_route it comes
 * first, and we after it: on_failure_route_done(). */
static void on_call_failure(
		call_t *call, tm_cell_t *t, struct tmcb_params *params)
{
	if(call->is_ended && !has_failure_route(call, t))
		send_final_reply(call, t, params->req);
}

/* timer.provisional counts from the first 1xx, later ones never prolong it. */
static void on_provisional(
		call_t *call, const tm_cell_t *t, int branch, int code)
{
	attempt_t *attempt = call->attempts;
	ticks_t delay = MS_TO_TICKS(call->chain.attempt.timer_provisional_ms);
	bool is_first;

	if(attempt == NULL || branch < attempt->first_branch)
		return;
	if(code >= 180 && code <= 189)
		chain_note_ringing(&call->chain);
	is_first = attempt->replied == 0;
	attempt->replied |= (branch_bm_t)1 << branch;
	/* who gives up in the instant in which an attempt is made may not be seen by
	 * it, nor it by tm, which notes whom to CANCEL (t_fwd.c, e2e_cancel) */
	if(t->flags & T_CANCELED)
		alarm_set(&call->cancel_alarm, CHECK_TICKS);
	if(!is_first)
		return;
	attempt->is_lost = false;
	attempt->deadline = get_ticks_raw() + delay;
	/* an alarm that is set already sees the deadline when it goes off next */
	alarm_set(&attempt->alarm, delay);
}

/* A reply has come in. tm looks at nothing before this returns (t_lookup.c,
 * t_reply_matching), but lets go of the lock until it does. */
static void on_reply(call_t *call, tm_cell_t *t, struct tmcb_params *params)
{
	int branch = tm.t_gett_branch();

	/* replies to our CANCEL come here too */
	if(get_cseq(params->rpl)->method_id != METHOD_INVITE || params->code >= 300)
		return;
	if(params->code < 200) {
		on_provisional(call, t, branch, params->code);
		return;
	}
	call->answered = branch;
	if(tm_is_pending_beside(t, branch))
		alarm_set(&call->cancel_alarm, CHECK_TICKS);
	if(tm_accept_answer(t, branch, params->code))
		LM_GEN1(attempt_log_level, "a late answer is taken, Call-ID [%s]\n",
				log_call_id(t->uas.request));
}

/* An INVITE is about to be made of the request. What is changed here is in that
 * one only; so it is for each attempt, and not for what failure_route sends
 * afterwards. */
static void on_forward(const call_t *call, struct tmcb_params *params)
{
	if(!call->is_ended)
		headers_change(params->req, call->headers);
}

static void on_tm_event(tm_cell_t *t, int type, struct tmcb_params *params)
{
	call_t *call = *params->param;

	if(type & TMCB_RESPONSE_IN) {
		tm_lock_replies(t);
		on_reply(call, t, params);
		tm_unlock_replies(t);
	} else if(type & TMCB_ON_BRANCH_FAILURE) {
		if(tm_hold_replies(t, tm.t_gett_branch()))
			on_branch_failure(call, t, params);
	} else if(type & TMCB_ON_FAILURE) {
		on_call_failure(call, t, params);
	} else if(type & TMCB_REQUEST_FWDED) {
		on_forward(call, params);
	}
}

/* A failure_route of the script has run: it had the first word, and the last
 * if it replied or relayed. */
static int on_failure_route_done(
		struct sip_msg *msg, unsigned int flags, void *param)
{
	tm_cell_t *t = tm.t_gett();
	call_t *call;

	(void)flags;
	(void)param;
	if(t == NULL || t == T_UNDEFINED)
		return 1;
	call = tm_find_param(t, on_tm_event);
	if(call != NULL && call->is_ended)
		send_final_reply(call, t, msg);
	return 1;
}

int call_init(void)
{
	if(tm_bind() < 0)
		return -1;
	if(register_script_cb(
			   on_failure_route_done, POST_SCRIPT_CB | FAILURE_CB, NULL)
			< 0) {
		LM_ERR("cannot register for the end of failure_route\n");
		return -1;
	}
	return 0;
}

/* -- taking a call ------------------------------------------------------ */

static void call_destroy(call_t *call)
{
	attempt_t *attempt;

	alarm_remove(&call->alarm);
	alarm_remove(&call->cancel_alarm);
	for(attempt = call->attempts; attempt != NULL; attempt = attempt->before)
		alarm_remove(&attempt->alarm);
	arena_destroy(call->arena);
}

static void on_release(void *param)
{
	if(param != NULL)
		call_destroy(param);
}

static void fill_chain(call_t *call, const route_t *route)
{
	target_t *target, *next;

	chain_init(&call->chain, &route->settings);
	for(target = route->targets; target != NULL; target = next) {
		next = target->next;
		chain_add(&call->chain, target);
	}
}

call_t *call_create(
		struct sip_msg *msg, const call_request_t *request, route_t *route)
{
	arena_t *arena = arena_create(&failover_shm, CALL_BLOCK_BYTES);
	call_t *call;

	if(arena == NULL)
		return NULL;
	call = arena_alloc(arena, sizeof(*call));
	if(call == NULL
			|| request_read(msg, request, arena, route, &call->origin) < 0) {
		arena_destroy(arena);
		return NULL;
	}
	call->arena = arena;
	call->headers = route->headers;
	fill_chain(call, route);
	call->answered = NO_BRANCH;
	return call;
}

typedef enum claim
{
	CLAIM_GRANTED,
	CLAIM_RETRANSMISSION,
	CLAIM_ENDED, /* the caller has his final reply, or has given up */
	CLAIM_REFUSED,
} claim_t;

/* The transaction of the request, if the call may be taken. */
static claim_t claim_transaction(struct sip_msg *msg, tm_cell_t **t)
{
	int made;

	*t = tm.t_gett();
	if(*t == NULL || *t == T_UNDEFINED) {
		made = tm.t_newtran(msg);
		if(made == 0)
			return CLAIM_RETRANSMISSION;
		if(made < 0) {
			LM_ERR("tm cannot make a transaction (%d)\n", made);
			return CLAIM_REFUSED;
		}
		*t = tm.t_gett();
	}
	/* the caller may give up while the script still thinks */
	return (*t)->uas.status >= 200 || ((*t)->flags & T_CANCELED)
				   ? CLAIM_ENDED
				   : CLAIM_GRANTED;
}

static int call_attach(call_t *call, struct sip_msg *msg, tm_cell_t *t)
{
	int events = TMCB_RESPONSE_IN | TMCB_ON_BRANCH_FAILURE | TMCB_ON_FAILURE;

	/* costs a copy of the URIs for each branch */
	if(call->headers != NULL)
		events |= TMCB_REQUEST_FWDED;
	alarm_init(&call->alarm, t, call_goes_off, call);
	alarm_init(&call->cancel_alarm, t, cancel_goes_off, call);
	call->fr_timeout = t->fr_timeout;
	call->fr_inv_timeout = t->fr_inv_timeout;
	if(tm.register_tmcb(msg, t, events, on_tm_event, call, on_release) <= 0) {
		LM_ERR("cannot register with the transaction\n");
		return -1;
	}
	/* no reply of tm's own while others are tried. (That tm drops no call in
	 * silence, whatever its noisy_ctimer says, it owes to TMCB_ON_FAILURE:
	 * timer.c, final_response_handler.) */
	tm_set_flag(t, T_DISABLE_INTERNAL_REPLY);
	return 0;
}

/* Nothing could be sent. A failure_route of the script is heard as for any
 * other failure. */
static void call_fail(
		call_t *call, tm_cell_t *t, struct sip_msg *msg, final_reply_t reply)
{
	call_end(call, t, t->nr_of_outgoings, 408, reply);
	if(t->on_failure != 0 && tm_fail_soon(t))
		call->branches_at_end = t->nr_of_outgoings;
	else
		tm_reply(t, msg, reply.code, reply.phrase);
}

/* The first attempt, and if it cannot be sent the ones behind it. The replies
 * may come before it is noted, so they have to wait. */
static void call_run(call_t *call, tm_cell_t *t, struct sip_msg *msg)
{
	event_t start = {.kind = EVENT_START, .room = tm_room(t)};
	decision_t decision;

	tm_lock_replies(t);
	if(call->chain.settings.timer_total_ms > 0)
		alarm_set(
				&call->alarm, MS_TO_TICKS(call->chain.settings.timer_total_ms));
	decision = policy_decide(&call->chain, &start);
	if(!attempt_any(call, t, msg, &decision))
		call_fail(call, t, msg,
				t->flags & T_CANCELED ? terminated : decision.reply);
	tm_unlock_replies(t);
}

/* The call has a reply instead of destinations. */
static void call_answer(call_t *call, tm_cell_t *t, struct sip_msg *msg,
		int code, const char *reason)
{
	call->is_ended = true;
	tm_reply(t, msg, code, reason);
}

bool call_is_new(struct sip_msg *msg, call_result_t *result)
{
	tm_cell_t *t = tm.t_gett();

	*result = CALL_REFUSED;
	if(!is_route_type(REQUEST_ROUTE)) {
		LM_ERR("failover() is for request_route\n");
		return false;
	}
	if(!request_is_initial_invite(msg))
		return false;
	if(t == NULL || t == T_UNDEFINED) {
		*result = CALL_RETRANSMISSION;
		return !tm_is_retransmission(msg);
	}
	if(tm_find_param(t, on_tm_event) != NULL) {
		LM_ERR("failover() has this call already\n");
		return false;
	}
	return true;
}

/* A caller whose CANCEL came before the transaction of his INVITE was made has
 * nobody who replies to that: tm does only where it finds it (t_fwd.c,
 * e2e_cancel). Where he has a final reply this does nothing. */
static void end_given_up(tm_cell_t *t, struct sip_msg *msg)
{
	tm_reply(t, msg, terminated.code, terminated.phrase);
}

call_result_t call_start(
		call_t *call, struct sip_msg *msg, const route_t *route)
{
	tm_cell_t *t;
	claim_t claim = claim_transaction(msg, &t);

	if(claim == CLAIM_GRANTED && call_attach(call, msg, t) == 0) {
		/* a call without what its rule says for it is another call */
		if(variables_set(route->variables) < 0)
			call_answer(call, t, msg, 500, "Server Internal Error");
		else if(route->is_reply)
			call_answer(call, t, msg, route->reply_code, route->reply_reason.s);
		else
			call_run(call, t, msg);
		return CALL_TAKEN;
	}
	call_destroy(call);
	if(claim == CLAIM_ENDED)
		end_given_up(t, msg);
	return claim == CLAIM_RETRANSMISSION ? CALL_RETRANSMISSION
		   : claim == CLAIM_ENDED		 ? CALL_TAKEN
										 : CALL_REFUSED;
}
