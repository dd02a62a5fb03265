/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dset.h"
#include "../../core/forward.h"
#include "../../core/globals.h"
#include "../../core/parser/parse_to.h"
#include "../../core/qvalue.h"
#include "../../core/script_cb.h"

#include "failover_call.h"

#include "failover_alarm.h"
#include "failover_connection.h"
#include "failover_contacts.h"
#include "failover_memory.h"
#include "failover_plan.h"
#include "failover_policy.h"
#include "failover_server.h"
#include "failover_tm.h"

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

typedef struct call call_t;

typedef struct attempt attempt_t;

/* One destination being tried. */
struct attempt
{
	attempt_t *before;
	call_t *call;
	target_t *target;
	int first_branch; /* it may have more: of the script, of DNS failover */
	int connection;	  /* its id, to see whether it is lost; 0: none */
	bool has_reply;	  /* a 1xx has come */
	bool is_lost;	  /* its connection has gone before any reply */
	bool is_given_up; /* CANCELled by us; what comes only ends the wait */
	ticks_t deadline; /* of timer.provisional, once it has a reply */
	alarm_t alarm;	  /* looks at the connection, then at the deadline */
};

/* What the request was to be sent with when failover() was called. */
typedef struct origin
{
	str path, instance, ruid, location_ua;
	flag_t branch_flags;
	struct socket_info *socket;			/* forced by the script */
	struct socket_info *default_socket; /* of the request */
} origin_t;

struct call
{
	arena_t *arena;
	chain_t chain;
	origin_t origin;
	attempt_t *attempts;				/* the current one first */
	ticks_t fr_timeout, fr_inv_timeout; /* tm's own, for when the chain ends */
	alarm_t alarm;						/* timer.total */
	bool is_ended;
	/* what the caller gets if the script's failure_route leaves it to us */
	final_reply_t reply;
	int branches_at_end;
};

/* -- giving an attempt up ----------------------------------------------- */

/* Give an attempt up that has replied: CANCEL now; what comes then, or nothing
 * for CANCEL_WAIT_MS, leads to on_branch_failure(). */
static void attempt_cancel(attempt_t *attempt, tm_cell_t *t)
{
	ticks_t inviting = t->fr_timeout;
	int branch;

	attempt->is_given_up = true;
	/* the CANCEL is repeated for as long as any request of tm */
	t->fr_timeout = attempt->call->fr_timeout;
	tm_cancel_from(t, attempt->first_branch);
	t->fr_timeout = inviting;
	for(branch = attempt->first_branch; branch < t->nr_of_outgoings; branch++)
		tm_expire(t, branch, CANCEL_WAIT_MS);
}

/* Give an attempt up that has not: it is timed out now, and CANCELled by tm
 * should it reply after all. */
static void attempt_drop(attempt_t *attempt, tm_cell_t *t)
{
	int branch;

	for(branch = attempt->first_branch; branch < t->nr_of_outgoings; branch++)
		tm_expire(t, branch, 0);
}

/* Is there nothing more to be decided? */
static bool is_over(const call_t *call, const tm_cell_t *t)
{
	return call->is_ended || t->uas.status >= 200 || (t->flags & T_CANCELED);
}

/* Before the first reply it is looked whether the connection is still there,
 * after it whether timer.provisional is over. */
static ticks_t attempt_goes_off(alarm_t *alarm, tm_cell_t *t)
{
	attempt_t *attempt = alarm->owner;
	s_ticks_t left;

	if(is_over(attempt->call, t) || attempt != attempt->call->attempts
			|| attempt->is_given_up)
		return 0;
	if(attempt->has_reply) {
		left = (s_ticks_t)(attempt->deadline - get_ticks_raw());
		if(left > 0)
			return (ticks_t)left;
		attempt_cancel(attempt, t);
		return 0;
	}
	if(!tm_is_pending(t, attempt->first_branch))
		return 0;
	if(connection_is_alive(attempt->connection))
		return WATCH_TICKS;
	attempt->is_lost = true;
	tm_expire(t, attempt->first_branch, 0);
	return 0;
}

/* timer.total is over. */
static ticks_t call_goes_off(alarm_t *alarm, tm_cell_t *t)
{
	call_t *call = alarm->owner;
	attempt_t *attempt = call->attempts;

	if(is_over(call, t))
		return 0;
	chain_expire(&call->chain);
	if(attempt == NULL || attempt->is_given_up)
		return 0;
	if(attempt->has_reply)
		attempt_cancel(attempt, t);
	else
		attempt_drop(attempt, t);
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

/* Path, branch flags and what a registration says belong to the request's own
 * next hop only. */
static int restore_origin(origin_t *origin, struct sip_msg *msg)
{
	setbflagsval(0, origin->branch_flags);
	if((origin->path.len > 0 && set_path_vector(msg, &origin->path) < 0)
			|| (origin->instance.len > 0
					&& set_instance(msg, &origin->instance) < 0)
			|| (origin->ruid.len > 0 && set_ruid(msg, &origin->ruid) < 0)
			|| (origin->location_ua.len > 0
					&& set_ua(msg, &origin->location_ua) < 0))
		return -1;
	return 0;
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
	if(target->is_current && restore_origin(&call->origin, msg) < 0)
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
	str uri = target->uri;
	str next_hop = target->next_hop;
	str path = {0}, instance = {0}, ruid = {0}, location_ua = {0};
	struct socket_info *tm_default = bind_address;
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
	bind_address = tm_default;
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

static void restore_timers(const call_t *call, tm_cell_t *t)
{
	t->fr_timeout = call->fr_timeout;
	t->fr_inv_timeout = call->fr_inv_timeout;
}

static attempt_t *attempt_create(
		call_t *call, const tm_cell_t *t, target_t *target)
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
static void attempt_watch(attempt_t *attempt, const tm_cell_t *t)
{
	const tm_ua_client_t *uac = &t->uac[attempt->first_branch];

	attempt->connection = connection_of(&uac->request.dst);
	if(attempt->connection != 0)
		alarm_set(&attempt->alarm, WATCH_TICKS);
}

/* @return whether the INVITE has left */
static bool attempt_make(
		call_t *call, tm_cell_t *t, struct sip_msg *msg, target_t *target)
{
	attempt_t *attempt = attempt_create(call, t, target);
	int sent;

	if(attempt == NULL)
		return false;
	LM_DBG("trying [%.*s] over %s, Call-ID [%.*s]\n", STR_FMT(&target->uri),
			transport_name(target->transport),
			STR_FMT(&t->uas.request->callid->body));
	set_timers(call, t);
	/* the branch_route runs for every attempt; tm arms it for one only */
	if(t->on_branch == 0)
		t->on_branch = t->on_branch_delayed;
	sent = is_route_type(REQUEST_ROUTE) ? relay_request(call, msg, target)
										: relay_branch(call, msg, target);
	if(sent > 0) {
		attempt_watch(attempt, t);
		return true;
	}
	tm_close_unsent_from(t, attempt->first_branch);
	return false;
}

/* Follow a decision: try destinations until one can be sent to.
 * @return whether an attempt is under way; else decision says how it ends */
static bool attempt_any(
		call_t *call, tm_cell_t *t, struct sip_msg *msg, decision_t *decision)
{
	event_t failed = {.kind = EVENT_SEND_FAILED};

	while(decision->target != NULL && !(t->flags & T_CANCELED)) {
		if(attempt_make(call, t, msg, decision->target))
			return true;
		failed.room = tm_room(t);
		*decision = policy_decide(&call->chain, &failed);
	}
	return false;
}

/* The first branch of the attempt that a branch belongs to. */
static int first_branch_beside(const call_t *call, int branch)
{
	const attempt_t *attempt = call->attempts;

	while(attempt != NULL && attempt->first_branch > branch)
		attempt = attempt->before;
	return attempt == NULL ? 0 : attempt->first_branch;
}

/* What a caller gets who has given up (RFC 3261 section 9.2) */
static const final_reply_t terminated = {
		.kind = FINAL_OWN, .code = 487, .phrase = "Request Terminated"};
static const final_reply_t as_it_is = {.kind = FINAL_AS_IT_IS};

/* -- ending ------------------------------------------------------------- */

/* The reply of a branch in our own words, where tm would not choose it. It has
 * the code and the phrase; its headers are lost. */
static final_reply_t own_copy(
		const call_t *call, const tm_cell_t *t, int branch)
{
	const struct sip_msg *reply = t->uac[branch].reply;
	final_reply_t copy = as_it_is;
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
	call->branches_at_end = t->nr_of_outgoings;
	restore_timers(call, t);
	/* tm would choose among the replies of all attempts: it is left those of
	 * the last one, or the one that was chosen */
	if(reply.kind == FINAL_EARLIER)
		call->reply = tm_leave_reply(t, reply.branch, branch, code)
							  ? as_it_is
							  : own_copy(call, t, reply.branch);
	else
		tm_drop_replies_before(t, first_branch_beside(call, branch));
}

/* Whoever has given up wants to hear that, not what a gateway replied first. */
static void end_cancelled(call_t *call, tm_cell_t *t, int branch, int code)
{
	call_end(call, t, branch, code, code == 487 ? as_it_is : terminated);
}

/* Give the caller the reply that the chain ended with, unless tm has it in
 * hand, or the script's failure_route has done something else.
 * @param copy the copy of the request that tm offers, or the request */
static void send_final_reply(call_t *call, tm_cell_t *t, struct sip_msg *copy)
{
	final_reply_t reply = call->reply;

	call->reply = as_it_is;
	if(reply.kind == FINAL_AS_IT_IS
			|| t->nr_of_outgoings > call->branches_at_end)
		return;
	/* acc notes in the flags that it has logged the call: whoever looks at
	 * the other one later must see it */
	t->uas.request->flags = copy->flags;
	tm_reply(t, t->uas.request, reply.code, reply.phrase);
	copy->flags = t->uas.request->flags;
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
	if(attempt->is_lost && reply == FAKED_REPLY)
		event.kind = EVENT_SEND_FAILED;
	else if(attempt->is_given_up
			|| (reply == FAKED_REPLY && attempt->has_reply))
		event.kind = EVENT_PROVISIONAL;
	else if(reply == FAKED_REPLY)
		event.kind = EVENT_INVITING;
	else if(policy_wants_contacts(&call->chain, event.code))
		event.contacts = contacts_read(reply, call->arena);
	return event;
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

	if(call->is_ended || t->uas.status >= 200
			|| tm_is_pending_beside(t, branch))
		return;
	if(t->flags & T_CANCELED) {
		end_cancelled(call, t, branch,
				params->rpl == FAKED_REPLY ? 487 : params->code);
		return;
	}
	event = event_of_failure(call, t, branch, params);
	decision = policy_decide(&call->chain, &event);
	/* else tm would CANCEL the next attempt for the 6xx of this one */
	t->flags |= T_DISABLE_6xx;
	if(attempt_any(call, t, params->req, &decision))
		return;
	if(t->flags & T_CANCELED)
		end_cancelled(call, t, branch, 0);
	else
		call_end(call, t, branch, params->code, decision.reply);
}

/* The call has failed for good. Where the script has a failure_route it comes
 * first, and we after it: on_failure_route_done(). */
static void on_call_failure(
		call_t *call, tm_cell_t *t, struct tmcb_params *params)
{
	if(call->is_ended && t->on_failure == 0)
		send_final_reply(call, t, params->req);
}

/* timer.provisional counts from the first 1xx, later ones never prolong it. */
static void on_provisional(call_t *call, int branch, int code)
{
	attempt_t *attempt = call->attempts;
	ticks_t delay = MS_TO_TICKS(call->chain.attempt.timer_provisional_ms);

	if(attempt == NULL || branch < attempt->first_branch)
		return;
	if(code >= 180 && code <= 189)
		chain_note_ringing(&call->chain);
	if(attempt->has_reply)
		return;
	attempt->has_reply = true;
	attempt->deadline = get_ticks_raw() + delay;
	/* an alarm that is set already sees the deadline when it goes off next */
	if(!attempt->alarm.is_set)
		alarm_set(&attempt->alarm, delay);
}

/* A reply has come in. tm looks at nothing before this returns (t_lookup.c,
 * t_reply_matching). */
static void on_reply(call_t *call, tm_cell_t *t, struct tmcb_params *params)
{
	int branch = tm.t_gett_branch();

	/* replies to our CANCEL come here too */
	if(get_cseq(params->rpl)->method_id != METHOD_INVITE || params->code >= 300)
		return;
	if(params->code < 200)
		on_provisional(call, branch, params->code);
	else if(tm_revive(t, branch))
		LM_INFO("a late answer is taken, Call-ID [%.*s]\n",
				STR_FMT(&t->uas.request->callid->body));
}

static void on_tm_event(tm_cell_t *t, int type, struct tmcb_params *params)
{
	call_t *call = *params->param;

	/* tm holds the lock in the last two; but not when a retransmission could
	 * not be sent (timer.c, retransmission_handler) */
	tm_lock_replies(t);
	if(type & TMCB_RESPONSE_IN)
		on_reply(call, t, params);
	else if(type & TMCB_ON_BRANCH_FAILURE)
		on_branch_failure(call, t, params);
	else if(type & TMCB_ON_FAILURE)
		on_call_failure(call, t, params);
	tm_unlock_replies(t);
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
	for(attempt = call->attempts; attempt != NULL; attempt = attempt->before)
		alarm_remove(&attempt->alarm);
	arena_destroy(call->arena);
}

static void on_release(void *param)
{
	if(param != NULL)
		call_destroy(param);
}

/* The request's own next hop, or the one that a $transport line gives it. */
static target_t *target_of_request(const destination_t *destination,
		struct sip_msg *msg, arena_t *arena, const char **why)
{
	static const str no_user = {0};
	str next_hop = msg->dst_uri;
	target_t *target;

	if(destination->has_transport) {
		target = target_of_uri(next_hop.len > 0 ? &next_hop : GET_RURI(msg),
				&no_user, destination->transport, arena, why);
		if(target == NULL)
			return NULL;
		next_hop = target->next_hop;
	}
	target = arena_alloc(arena, sizeof(*target));
	if(target == NULL || arena_copy(arena, GET_RURI(msg), &target->uri) < 0
			|| arena_copy(arena, &next_hop, &target->next_hop) < 0
			|| target_set_options(target, &destination->options, arena) < 0)
		return NULL;
	target->is_current = true;
	target->transport = destination->transport;
	return target;
}

static bool is_ourselves(struct sip_msg *msg)
{
	return msg->dst_uri.len == 0 && parse_sip_msg_uri(msg) >= 0
		   && check_self(
					  &msg->parsed_uri.host, GET_URI_PORT(&msg->parsed_uri), 0)
					  > 0;
}

/* The user part for destinations without one: that of the first destination,
 * else of the request (specification, 2.2). */
static void choose_user(const target_t *first, struct sip_msg *msg, str *user)
{
	uri_parts_t uri;
	int at;

	user->len = 0;
	if(first != NULL && sip_uri_parse(&first->uri, &uri, &at) == NULL)
		*user = uri.user;
	if(user->len == 0 && parse_sip_msg_uri(msg) >= 0)
		*user = msg->parsed_uri.user;
}

/* Fill the chain with what the rule and the request make of each destination.
 * @return 0, or -1 with the reason logged */
static int add_targets(
		call_t *call, struct sip_msg *msg, const call_request_t *request)
{
	const rule_t *rule = request->rule;
	const destination_t *destination = rule->destinations;
	str user = {0};

	if(rule->is_first_implied && is_ourselves(msg))
		destination = destination->next;
	choose_user(NULL, msg, &user);
	for(; destination != NULL; destination = destination->next) {
		const char *why = "no memory";
		target_t *target =
				destination->is_current
						? target_of_request(destination, msg, call->arena, &why)
						: destination_resolve(destination, request->values,
								&user, call->arena, &why);

		if(target == NULL) {
			LM_ERR("destination [%.*s]: %s\n",
					STR_FMT(&destination->where.text), why);
			return -1;
		}
		if(call->chain.waiting == NULL)
			choose_user(target, msg, &user);
		chain_add(&call->chain, target);
	}
	if(call->chain.waiting != NULL)
		return 0;
	LM_ERR("there is no destination: the request is for ourselves, and the "
		   "rule in line %d has no list\n",
			rule->line);
	return -1;
}

static int keep_origin(call_t *call, struct sip_msg *msg)
{
	origin_t *origin = &call->origin;

	getbflagsval(0, &origin->branch_flags);
	origin->socket = msg->force_send_socket;
	origin->default_socket = bind_address;
	if(arena_copy(call->arena, &msg->path_vec, &origin->path) < 0
			|| arena_copy(call->arena, &msg->instance, &origin->instance) < 0
			|| arena_copy(call->arena, &msg->ruid, &origin->ruid) < 0
			|| arena_copy(call->arena, &msg->location_ua, &origin->location_ua)
					   < 0)
		return -1;
	return 0;
}

/* What holds for the call. The texts among it come from a plan or an argument
 * that may be gone before the call is.
 * @return 0, or -1 with the reason logged */
static int evaluate_settings(
		call_t *call, const call_request_t *request, settings_t *settings)
{
	diagnostics_t diagnostics = plan_log("failover() settings");

	*settings = *request->defaults;
	if(request->settings_rule != NULL
			&& rule_settings(request->settings_rule, request->setting_values,
					   settings, call->arena, &diagnostics)
					   < 0)
		return -1;
	return settings_keep(settings, call->arena);
}

static call_t *call_create(struct sip_msg *msg, const call_request_t *request)
{
	arena_t *arena = arena_create(&failover_shm, CALL_BLOCK_BYTES);
	settings_t settings;
	call_t *call;

	if(arena == NULL)
		return NULL;
	call = arena_alloc(arena, sizeof(*call));
	if(call == NULL)
		goto error;
	call->arena = arena;
	if(evaluate_settings(call, request, &settings) < 0)
		goto error;
	chain_init(&call->chain, &settings);
	if(add_targets(call, msg, request) < 0 || keep_origin(call, msg) < 0)
		goto error;
	return call;
error:
	arena_destroy(arena);
	return NULL;
}

static bool is_initial_invite(struct sip_msg *msg)
{
	if(msg->REQ_METHOD != METHOD_INVITE) {
		LM_ERR("failover() takes an INVITE, not a %.*s\n",
				STR_FMT(&msg->first_line.u.request.method));
		return false;
	}
	if(parse_headers(msg, HDR_TO_F | HDR_CALLID_F | HDR_CSEQ_F, 0) < 0
			|| msg->to == NULL || msg->callid == NULL) {
		LM_ERR("failover() got an INVITE without To or Call-ID\n");
		return false;
	}
	if(get_to(msg)->tag_value.len > 0) {
		LM_ERR("failover() takes an INVITE that begins a dialog; send this one "
			   "by loose_route() and t_relay()\n");
		return false;
	}
	return true;
}

/* The transaction of the request.
 * @return 1, 0 for a retransmission, -1 with the reason logged */
static int get_transaction(struct sip_msg *msg, tm_cell_t **t)
{
	int made;

	*t = tm.t_gett();
	if(*t == NULL || *t == T_UNDEFINED) {
		made = tm.t_newtran(msg);
		if(made == 0)
			return 0;
		if(made < 0) {
			LM_ERR("tm cannot make a transaction (%d)\n", made);
			return -1;
		}
		*t = tm.t_gett();
	}
	if((*t)->uas.status >= 200 || tm_find_param(*t, on_tm_event) != NULL) {
		LM_ERR("failover() was called for this transaction already, or it is "
			   "answered\n");
		return -1;
	}
	return 1;
}

static int call_attach(call_t *call, struct sip_msg *msg, tm_cell_t *t)
{
	alarm_init(&call->alarm, t, call_goes_off, call);
	call->fr_timeout = t->fr_timeout;
	call->fr_inv_timeout = t->fr_inv_timeout;
	if(tm.register_tmcb(msg, t,
			   TMCB_RESPONSE_IN | TMCB_ON_BRANCH_FAILURE | TMCB_ON_FAILURE,
			   on_tm_event, call, on_release)
			<= 0) {
		LM_ERR("cannot register with the transaction\n");
		return -1;
	}
	/* no reply of tm's own while others are tried. (That tm drops no call in
	 * silence, whatever its noisy_ctimer says, it owes to TMCB_ON_FAILURE:
	 * timer.c, final_response_handler.) */
	t->flags |= T_DISABLE_INTERNAL_REPLY;
	return 0;
}

/* Nothing could be sent. A failure_route of the script is heard as for any
 * other failure. */
static void call_fail(
		call_t *call, tm_cell_t *t, struct sip_msg *msg, final_reply_t reply)
{
	call_end(call, t, t->nr_of_outgoings, 0, reply);
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

call_result_t call_start(struct sip_msg *msg, const call_request_t *request)
{
	call_t *call;
	tm_cell_t *t;
	int got;

	if(!is_route_type(REQUEST_ROUTE)) {
		LM_ERR("failover() is for request_route\n");
		return CALL_REFUSED;
	}
	if(!is_initial_invite(msg))
		return CALL_REFUSED;
	call = call_create(msg, request);
	if(call == NULL)
		return CALL_REFUSED;
	got = get_transaction(msg, &t);
	if(got <= 0 || call_attach(call, msg, t) < 0) {
		call_destroy(call);
		return got == 0 ? CALL_RETRANSMISSION : CALL_REFUSED;
	}
	call_run(call, t, msg);
	return CALL_TAKEN;
}
