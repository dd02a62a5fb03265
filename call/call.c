/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/globals.h"
#include "../../core/ut.h"

#include "call/call.h"

#include "call/engine.h"
#include "call/ending.h"
#include "call/observe.h"
#include "call/remember.h"
#include "call/variables.h"
#include "server/log.h"
#include "server/memory.h"

/* Most calls fit into one block: the call, two destinations and the records of twelve
 * branches. Longer lists take further blocks. */
#define CALL_BLOCK_BYTES 2080

int call_init(void)
{
	return observe_init() < 0 ? -1 : engine_init();
}

void call_end(void)
{
	observe_destroy();
}

static void call_destroy(void *call)
{
	if(call == NULL)
		return;
	alarm_remove(&((call_t *)call)->alarm);
	observe_release(call);
	remember_end(call);
	changes_release(&((call_t *)call)->changes);
	arena_destroy(((call_t *)call)->arena);
}

/* -- making a call ------------------------------------------------------ */

/* The name of a rule; if it has none, its number in the plan. */
static int name_rule(const rule_t *rule, arena_t *arena, str *name)
{
	str number;

	if(rule == NULL)
		return 0;
	if(rule->name.len > 0)
		return arena_copy(arena, &rule->name, name);
	number.s = int2str((unsigned long)rule->id + 1, &number.len);
	return arena_copy(arena, &number, name);
}

call_t *call_create(
		struct sip_msg *msg, const call_request_t *request, route_t *route)
{
	arena_t *arena = arena_create(&failover_shm, CALL_BLOCK_BYTES);
	call_t *call;

	if(arena == NULL)
		return NULL;
	call = arena_alloc(arena,
			sizeof(*call) + sr_dst_max_branches * sizeof(*call->branches));
	/* the Call-ID is copied because tm releases the request before the call (h_table.c,
	 * free_cell_helper), and another process may be reading the list of calls then */
	if(call == NULL
			|| arena_copy(arena, &msg->callid->body, &call->trace.call_id) < 0
			|| request_read(msg, request, arena, route, &call->origin) < 0
			|| name_rule(request->rule, arena, &call->trace.rule) < 0) {
		arena_destroy(arena);
		return NULL;
	}
	call->arena = arena;
	call->branches = (branch_record_t *)(call + 1);
	call->headers = route->headers;
	chain_init(&call->chain, &route->settings, route->targets);
	remember_init(call);
	call->postponed_branch = call->lookup_branch = NO_BRANCH;
	return call;
}

typedef enum claim
{
	CLAIM_GRANTED,
	CLAIM_RETRANSMISSION,
	CLAIM_ENDED, /* the caller has a final reply, or has given up */
	CLAIM_REFUSED,
} claim_t;

/* Get the transaction of the request, if the call may be taken. */
static claim_t claim_transaction(struct sip_msg *msg, tm_cell_t **t)
{
	int made;

	*t = transaction_current();
	if(*t == NULL) {
		made = tm_api.t_newtran(msg);
		if(made == 0)
			return CLAIM_RETRANSMISSION;
		if(made < 0) {
			LM_ERR("tm cannot make a transaction (%d), Call-ID [%s]\n", made,
					log_call_id(msg));
			return CLAIM_REFUSED;
		}
		*t = transaction_current();
	}
	/* the caller may have given up while the script was running */
	return transaction_is_final(*t) || transaction_is_cancelled(*t)
				   ? CLAIM_ENDED
				   : CLAIM_GRANTED;
}

/* Answer the call with a reply, because it has no destinations. */
static void call_answer(call_t *call, tm_cell_t *t, struct sip_msg *msg,
		bool is_of_plan, int code, const char *reason)
{
	call->state = CALL_ENDED;
	observe_plan_reply(call, t, is_of_plan);
	transaction_answer(t, msg, code, reason);
}

bool call_is_known(struct sip_msg *msg)
{
	return transaction_current() == NULL && transaction_is_known(msg);
}

bool call_is_possible(struct sip_msg *msg, call_result_t *result)
{
	tm_cell_t *t = transaction_current();

	*result = CALL_REFUSED;
	if(!is_route_type(REQUEST_ROUTE)
			&& (t == NULL || !transaction_is_continuing(t)
					|| transaction_has_sent(t))) {
		LM_ERR("failover() is for request_route, and for where a request goes "
			   "on "
			   "after a suspension there\n");
		return false;
	}
	if(!request_is_initial_invite(msg))
		return false;
	if(engine_has_call(t)) {
		LM_ERR("failover() has this call already, Call-ID [%s]\n",
				log_call_id(msg));
		return false;
	}
	return true;
}

/* If the CANCEL came before the transaction of the INVITE was made, tm did not reply
 * to the INVITE (t_fwd.c, e2e_cancel). This does so. It does nothing if the caller
 * has a final reply. */
static void end_given_up(tm_cell_t *t, struct sip_msg *msg)
{
	transaction_answer(
			t, msg, request_terminated.code, request_terminated.phrase);
}

/* What the script has changed before failover() belongs to every attempt. Of a request
 * that was never suspended tm saves the changes when it is first sent. Of a suspended
 * one it saves them at the suspension, and no later ones. */
static int keep_changes(call_t *call, tm_cell_t *t, struct sip_msg *msg)
{
	if(!transaction_is_continuing(t) || changes_save(msg, &call->changes) == 0)
		return 0;
	LM_ERR("no memory to keep what the script has changed\n");
	return -1;
}

call_result_t call_start(
		call_t *call, struct sip_msg *msg, const route_t *route)
{
	tm_cell_t *t;
	claim_t claim = claim_transaction(msg, &t);

	if(claim == CLAIM_GRANTED
			&& engine_attach(call, msg, t, call_destroy) == 0) {
		/* without the variables of its rule the script would do something else */
		if(variables_set(route->variables) < 0
				|| keep_changes(call, t, msg) < 0)
			call_answer(call, t, msg, false, 500, "Server Internal Error");
		else if(route->is_reply)
			call_answer(call, t, msg, true, route->reply_code,
					route->reply_reason.s);
		else
			engine_run(call, t, msg);
		return CALL_TAKEN;
	}
	call_destroy(call);
	if(claim == CLAIM_ENDED)
		end_given_up(t, msg);
	return claim == CLAIM_RETRANSMISSION ? CALL_RETRANSMISSION
		   : claim == CLAIM_ENDED		 ? CALL_TAKEN
										 : CALL_REFUSED;
}

call_result_t call_retry(struct sip_msg *msg)
{
	if(!is_route_type(FAILURE_ROUTE)) {
		LM_ERR("failover_retry() is for failure_route\n");
		return CALL_NO_RULE;
	}
	return engine_retry(msg) ? CALL_TAKEN : CALL_NO_RULE;
}
