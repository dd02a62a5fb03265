/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"

#include "call/remember.h"

#include "call/observe.h"
#include "call/outgoing.h"
#include "server/gateways.h"
#include "sip/response.h"

static bool may_use(void *asker, const target_t *target, bool is_forced)
{
	call_t *call = asker;

	if(call->next_use.hop != NULL)
		holding_finish(&call->next_use, HOLDING_NOTHING, 0, 0);
	if(holding_ask(&call->next_use, target, outgoing_socket(call, target),
			   is_forced))
		return true;
	observe_passed_over(call, target);
	return false;
}

void remember_init(call_t *call)
{
	if(!holding_is_on())
		return;
	call->chain.may_use = may_use;
	call->chain.asker = call;
}

unsigned remember_retry_after(
		const call_t *call, int code, const struct sip_msg *reply)
{
	str text;

	if(call->attempt == NULL || call->attempt->use.hop == NULL
			|| !holding_is_failing(code) || reply == NULL
			|| reply == FAKED_REPLY)
		return 0;
	text = (str){reply->buf, (int)reply->len};
	return response_find_retry_after(&text);
}

void remember_retry(call_t *call, const target_t *target)
{
	if(holding_is_on())
		may_use(call, target, true);
}

/* A gateway of dispatcher is not held by this module: dispatcher is told that it has
 * failed. */
static void note_gateway(const attempt_t *attempt, holding_end_t end, int code)
{
	const gateway_t *gateway = attempt->target->gateway;

	if(gateway == NULL || attempt->shows_nothing)
		return;
	if(end == HOLDING_SILENT || end == HOLDING_UNSENT
			|| (end == HOLDING_REPLY && holding_is_failing(code)))
		gateways_note_failure(gateway);
}

void remember_result(call_t *call, const result_t *result)
{
	static const holding_end_t ends[] = {
			[RESULT_NONE_YET] = HOLDING_NOTHING,
			[RESULT_REPLY] = HOLDING_REPLY,
			[RESULT_INVITING] = HOLDING_SILENT,
			[RESULT_PROVISIONAL] = HOLDING_NOTHING,
			[RESULT_RINGING] = HOLDING_NOTHING,
			[RESULT_UNSENT] = HOLDING_UNSENT,
			[RESULT_DROPPED] = HOLDING_NOTHING,
	};

	holding_end_t end = ends[result->kind];

	if(call->attempt == NULL)
		return;
	/* the time of the whole call was over, not that of the attempt */
	if(end == HOLDING_SILENT && call->chain.is_expired)
		end = HOLDING_NOTHING;
	note_gateway(call->attempt, end, result->code);
	holding_finish(
			&call->attempt->use, end, result->code, result->retry_after_s);
}

void remember_answer(call_t *call, int branch, int code)
{
	attempt_t *attempt = attempt_of_branch(call, branch);

	if(attempt != NULL)
		holding_finish(&attempt->use, HOLDING_ANSWERED, code, 0);
}

static void remember_nothing(attempt_t *attempt)
{
	attempt->shows_nothing = true;
	holding_finish(&attempt->use, HOLDING_NOTHING, 0, 0);
}

/* Was it not sent because of the script, the caller or the server's limits? Then the
 * next hop is not to blame. */
static bool is_our_own_doing(int why)
{
	static const int reasons[] = {E_CFG, E_TOO_MANY_BRANCHES, E_CANCELED};
	size_t i;

	for(i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if(why == reasons[i] || ser_error == reasons[i])
			return true;
	}
	return false;
}

void remember_unsent(attempt_t *attempt, int why)
{
	if(is_our_own_doing(why))
		remember_nothing(attempt);
}

void remember_end(call_t *call)
{
	attempt_t *attempt;

	holding_finish(&call->next_use, HOLDING_NOTHING, 0, 0);
	for(attempt = call->attempt; attempt != NULL; attempt = attempt->before)
		remember_nothing(attempt);
}
