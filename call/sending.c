/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dset.h"
#include "../../core/onsend.h"
#include "../../core/ut.h"

#include "call/sending.h"

#include "call/attempt.h"
#include "call/lookup.h"
#include "call/observe.h"
#include "call/outgoing.h"
#include "call/remember.h"
#include "server/script_events.h"
#include "server/tm_settings.h"

/* How long a process waits for an attempt of another process, about half a second,
 * and how often it checks. */
#define WAIT_TICKS_MAX 8
#define WAIT_STEP_US 500

/* How long tm's timer process may still use a transaction that has ended while this
 * module had released the lock. tm keeps an ended transaction for this time by
 * default. */
#define LINGER_TICKS S_TO_TICKS(5)

/* Can making an attempt take long, because a name is looked up or a connection is
 * opened? A datagram to an IP address does not take long, but the core may send what
 * is too big for one over a connection (udp_mtu). */
static bool needs_others(const target_t *target)
{
	return target->transport != TRANSPORT_UDP || target->is_current
		   || !target->is_address || cfg_get(core, core_cfg, udp_mtu) > 0
		   || (is_route_type(REQUEST_ROUTE) && nr_branches > 0);
}

/* Will the script run for the attempt? It may take any time. */
static bool runs_script(const tm_cell_t *t)
{
	return transaction_has_branch_route(t) || onsend_route_enabled(SIP_REQUEST)
		   || script_wants(SCRIPT_ATTEMPT);
}

/* May the attempt be made without the lock? Not if the script may run for a reply of
 * this call at the same time: both would use the AVPs of the transaction, and two
 * processes must not change them at once. */
static bool may_go_without_lock(
		const tm_cell_t *t, const target_t *target, bool runs_script)
{
	if(runs_script)
		return !transaction_may_run_onreply_route(t);
	return needs_others(target);
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

/* Write the destination of the failed branch into the copy of the request again, for
 * the script's branch-failure route, which runs after this. */
static void address_again(call_t *call, tm_cell_t *t, struct sip_msg *msg,
		int failed, const attempt_t *before)
{
	if(failed == NO_BRANCH || before == NULL
			|| !transaction_has_branch_failure_route(t, failed))
		return;
	outgoing_address(call, msg, before->target);
	outgoing_show(before->target);
	ruri_mark_consumed();
}

/* Release the lock while something slow is done, and take it again. */
static void let_go(
		call_t *call, tm_cell_t *t, int failed, bool is_slow, pause_t *pause)
{
	if(failed != NO_BRANCH)
		call->branches[failed].is_hidden = true;
	transaction_pause(t, failed, is_slow, pause);
}

static void take_back(call_t *call, tm_cell_t *t, pause_t *pause)
{
	branch_record_t *record;

	transaction_resume(t, pause);
	if(pause->is_kept) {
		call->references++;
		call->let_go_at = get_ticks_raw() + LINGER_TICKS;
		alarm_set(&call->alarm, call->let_go_at);
	}
	if(pause->branch == NO_BRANCH)
		return;
	record = &call->branches[pause->branch];
	record->is_hidden = false;
	call->was_cancelled = call->was_cancelled || pause->was_cancelled;
	/* in case the 2xx that has come meanwhile is not relayed */
	if(pause->is_open && record->has_answer)
		record->code_before = pause->code;
}

/* With the lock, or without: see may_go_without_lock(). */
static int send_in_pause(call_t *call, tm_cell_t *t, struct sip_msg *msg,
		int failed, const target_t *target)
{
	bool is_seen = runs_script(t);
	bool is_free = may_go_without_lock(t, target, is_seen);
	pause_t pause;
	int sent;

	/* as t_relay() does it before it looks up names and runs branch_route (t_funcs.c,
	 * t_relay_to): an event route comes before that */
	if(is_seen && is_route_type(REQUEST_ROUTE) && transaction_owes_trying(t))
		tm_api.t_reply_trans(t, msg, 100, (char *)tm_trying_phrase());
	call->is_making = true;
	if(!is_free && needs_others(target)) {
		let_go(call, t, failed, true, &pause);
		lookup_name(target);
		take_back(call, t, &pause);
	}
	let_go(call, t, failed, is_free, &pause);
	ser_error = 0;
	sent = outgoing_send(call, msg, target, is_seen);
	take_back(call, t, &pause);
	call->is_making = false;
	return sent;
}

/* Try the destination of the current attempt. */
static sent_t try_current(
		call_t *call, tm_cell_t *t, struct sip_msg *msg, int failed)
{
	attempt_t *attempt = call->attempt;
	int sent;

	transaction_set_timers(
			t, call->chain.attempt.timer_inviting_ms, attempt_safe_ms(call));
	transaction_rearm_branch_route(t);
	outgoing_show(attempt->target);
	sent = send_in_pause(call, t, msg, failed, attempt->target);
	address_again(call, t, msg, failed, attempt->before);
	if(sent <= 0) {
		remember_unsent(attempt, sent);
		transaction_close_unsent_from(t, attempt->first_branch);
	}
	if(call->attempt != attempt)
		return IS_PAST;
	if(sent <= 0 && ser_error == E_CFG) {
		call->attempt = attempt->before;
		observe_dropped(call);
		return IS_DROPPED;
	}
	transaction_reset_timers(t, &call->manners, attempt_safe_ms(call));
	if(sent <= 0)
		return NOT_SENT;
	attempt_adopt_branches(call, t);
	return HAS_LEFT;
}

sent_t sending_make(call_t *call, tm_cell_t *t, struct sip_msg *msg, int failed,
		const target_t *target)
{
	if(attempt_create(call, t, target) == NULL)
		return NOT_SENT;
	return lookup_begin(call, t, failed, target)
				   ? IS_WAITING
				   : try_current(call, t, msg, failed);
}

sent_t sending_go_on(
		call_t *call, tm_cell_t *t, struct sip_msg *msg, int waited)
{
	attempt_t *attempt = call->attempt;

	attempt->first_branch = attempt->branches_end = transaction_branches(t);
	return try_current(call, t, msg, waited);
}

void sending_wait_until_made(call_t *call, tm_cell_t *t, int failed)
{
	ticks_t began = get_ticks_raw();
	pause_t pause;

	while(call->is_making && get_ticks_raw() - began < WAIT_TICKS_MAX) {
		let_go(call, t, failed, true, &pause);
		sleep_us(WAIT_STEP_US);
		take_back(call, t, &pause);
	}
}

bool sending_wait_until_shown(const call_t *call, tm_cell_t *t, int branch)
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
