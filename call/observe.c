/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"

#include "call/observe.h"

#include <time.h>

#include "call/attempt.h"
#include "call/events.h"
#include "call/view.h"
#include "server/dialogs.h"
#include "server/log.h"
#include "server/script_events.h"
#include "server/statistics.h"

/* at most so much of the trace is in a line of the log */
#define LOG_TRACE_BYTES 2048

/* -- the log ------------------------------------------------------------ */

static void log_destination(log_line_t *line, const char *name,
		const char *transport, const step_t *step)
{
	log_line_text(line, name, step_name(step));
	log_line_word(line, transport, transport_name(step->target->transport));
}

/* An attempt has ended.
 * @param decision what follows; NULL: nothing follows */
static void log_step(const call_t *call, const tm_cell_t *t, const step_t *step,
		const decision_t *decision)
{
	log_line_t *line = log_begin("attempt", transaction_request(t));
	char result[12];

	if(line == NULL)
		return;
	log_line_text(line, "rule", &call->trace.rule);
	log_line_number(line, "attempt", step->number);
	log_destination(line, "destination", "transport", step);
	log_line_word(line, "reason", reason_name(step->reason));
	log_line_word(line, "result", step_result(step, result));
	log_line_number(line, "ms", step->ended_ms - step->began_ms);
	if(decision != NULL && decision->target != NULL) {
		step_t next = {.target = decision->target};

		log_destination(line, "next", "next_transport", &next);
		log_line_word(line, "next_reason", reason_name(decision->reason));
	}
	log_send(line);
}

static void log_call(const call_t *call, const tm_cell_t *t, int code)
{
	log_line_t *line = log_begin("call", transaction_request(t));
	const step_t *step = trace_current(&call->trace);
	char buffer[LOG_TRACE_BYTES];
	str text;

	if(line == NULL)
		return;
	log_line_text(line, "rule", &call->trace.rule);
	log_line_word(line, "outcome", outcome_name(call->trace.outcome));
	log_line_number(line, "code", code);
	log_line_number(line, "attempts", trace_attempts(&call->trace));
	if(step != NULL)
		log_destination(line, "destination", "transport", step);
	log_line_number(line, "ms", call->trace.ended_ms);
	text = trace_text(&call->trace, buffer, sizeof(buffer));
	log_line_text(line, "trace", &text);
	log_send(line);
}

/* -- what the call reports ---------------------------------------------- */

int64_t observe_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int observe_init(void)
{
	dialogs_init();
	events_init();
	return calls_init();
}

void observe_destroy(void)
{
	calls_destroy();
}

void observe_begin(call_t *call, const tm_cell_t *t)
{
	unsigned hash, label;

	call->trace.began_ms = observe_now_ms();
	transaction_ident(t, &hash, &label);
	calls_add(call, hash);
	statistics_add(STATISTIC_CALLS);
	statistics_add(STATISTIC_ACTIVE);
}

/* The call is over, and so are the attempts that are still under way. */
static void log_cancelled(const call_t *call, const tm_cell_t *t)
{
	const step_t *step = call->trace.last;

	if(step != NULL && step->end == STEP_CANCELLED)
		log_step(call, t, step, NULL);
}

static void set_outcome(
		call_t *call, const tm_cell_t *t, call_outcome_t outcome)
{
	bool is_open =
			call->trace.last != NULL && call->trace.last->end == STEP_UNDER_WAY;

	trace_end(&call->trace, outcome, observe_now_ms());
	if(is_open)
		log_cancelled(call, t);
}

static void on_reply_out(tm_cell_t *t, int type, struct tmcb_params *params)
{
	(void)type;
	if(params->code >= 200)
		observe_final(*params->param, t, params->code);
}

/* tm tells nothing of a final reply that it could not send (t_reply.c, relay_reply and
 * _reply_light), as the connection of the caller has gone: the alarm looks after it. */
#define TOLD_TICKS S_TO_TICKS(1)

static void look_later(call_t *call)
{
	call->told_at = get_ticks_raw() + TOLD_TICKS;
	alarm_set(&call->alarm, call->told_at);
}

void observe_alarm(call_t *call, tm_cell_t *t)
{
	if(call->told_at == 0 || (s_ticks_t)(call->told_at - get_ticks_raw()) > 0)
		return;
	call->told_at = 0;
	if(call->trace.is_over)
		return;
	if(!transaction_is_final(t)) {
		look_later(call); /* a failure_route has it */
		return;
	}
	transaction_unlock(t);
	observe_final(call, t, transaction_status(t));
	transaction_lock(t);
}

/* Have tm report the final reply to the caller. This callback costs more than all
 * others together, so it is registered only if no other callback shows that reply. */
static void await_reply(call_t *call, tm_cell_t *t)
{
	if(call->is_reply_awaited || call->trace.is_over)
		return;
	call->is_reply_awaited = true;
	if(transaction_is_final(t)) {
		observe_final(call, t, transaction_status(t));
		return;
	}
	tm_api.register_tmcb(NULL, t, TMCB_RESPONSE_OUT, on_reply_out, call, NULL);
	look_later(call);
}

void observe_plan_reply(call_t *call, tm_cell_t *t, bool is_of_plan)
{
	if(is_of_plan)
		statistics_add(STATISTIC_PLAN_REPLIES);
	trace_end(&call->trace, CALL_OUTCOME_REJECTED, observe_now_ms());
	await_reply(call, t);
}

void observe_attempt(call_t *call, attempt_t *attempt)
{
	trace_begin_step(&call->trace, &attempt->step, attempt->target,
			call->chain.reason, observe_now_ms());
	statistics_add(STATISTIC_ATTEMPTS);
}

void observe_passed_over(call_t *call, const target_t *target)
{
	step_t *step = arena_alloc(call->arena, sizeof(*step));

	if(step != NULL)
		trace_pass_over(&call->trace, step, target, observe_now_ms());
}

void observe_dropped(call_t *call)
{
	trace_drop_step(&call->trace);
	statistics_take(STATISTIC_ATTEMPTS);
}

static void count_result(const result_t *result, const decision_t *decision)
{
	static const statistic_t of_kind[] = {
			[RESULT_REPLY] = STATISTIC_REPLY_MATCHED,
			[RESULT_INVITING] = STATISTIC_TIMEOUT_INVITING,
			[RESULT_PROVISIONAL] = STATISTIC_TIMEOUT_PROVISIONAL,
			[RESULT_RINGING] = STATISTIC_TIMEOUT_PROVISIONAL,
			[RESULT_UNSENT] = STATISTIC_SEND_FAILED,
	};

	if(decision->reason == REASON_REDIRECT)
		statistics_add(STATISTIC_REDIRECTED);
	else if(!decision->is_rejected)
		statistics_add(of_kind[result->kind]);
}

void observe_result(call_t *call, tm_cell_t *t, const result_t *result,
		const decision_t *decision)
{
	step_t *step = call->attempt == NULL ? NULL : &call->attempt->step;

	if(step != NULL && result->kind != RESULT_NONE_YET
			&& result->kind != RESULT_DROPPED
			&& trace_end_step(&call->trace, step, step_end_of(result->kind),
					result->code, observe_now_ms())) {
		count_result(result, decision);
		log_step(call, t, step, decision);
	}
	if(decision->target == NULL)
		observe_end(call, t,
				decision->is_rejected ? CALL_OUTCOME_REJECTED
									  : CALL_OUTCOME_EXHAUSTED);
}

void observe_answer(call_t *call, tm_cell_t *t, int branch, int code)
{
	attempt_t *attempt = attempt_of_branch(call, branch);
	bool is_late;

	/* what the script itself has sent afterwards is not an attempt */
	if(attempt == NULL
			|| (call->state == CALL_ENDED && branch >= call->branches_at_end))
		return;
	is_late = attempt != call->attempt || call->state != CALL_ANSWERED
			  || call->branches[branch].is_given_up
			  || attempt->step.end != STEP_UNDER_WAY;
	if(!trace_end_step(&call->trace, &attempt->step, STEP_REPLY, code,
			   observe_now_ms()))
		return;
	if(is_late)
		statistics_add(STATISTIC_LATE_ANSWERS);
	log_step(call, t, &attempt->step, NULL);
	if(call->state != CALL_ANSWERED)
		return;
	set_outcome(call, t, CALL_OUTCOME_ANSWERED);
	if(script_wants(SCRIPT_ENDED))
		await_reply(call, t);
	else
		observe_final(call, t, code);
}

void observe_end(call_t *call, tm_cell_t *t, call_outcome_t outcome)
{
	set_outcome(call, t, outcome);
	await_reply(call, t);
}

void observe_cancel(call_t *call, tm_cell_t *t)
{
	await_reply(call, t);
}

void observe_resume(call_t *call)
{
	trace_resume(&call->trace);
}

/* The statistic in which a call that is over is counted. */
static statistic_t statistic_of(const trace_t *trace)
{
	switch(trace->outcome) {
		case CALL_OUTCOME_ANSWERED:
			return trace->answered == NULL || trace->answered->number == 1
						   ? STATISTIC_ANSWERED_FIRST
						   : STATISTIC_ANSWERED_LATER;
		case CALL_OUTCOME_REJECTED:
			return STATISTIC_REJECTED;
		case CALL_OUTCOME_CANCELLED:
			return STATISTIC_CANCELLED;
		default:
			return STATISTIC_EXHAUSTED;
	}
}

/* @return false: it was over already */
static bool end_call(call_t *call)
{
	if(__atomic_exchange_n(&call->trace.is_over, true, __ATOMIC_ACQ_REL))
		return false;
	calls_remove(call);
	statistics_add(statistic_of(&call->trace));
	statistics_take(STATISTIC_ACTIVE);
	return true;
}

void observe_final(call_t *call, tm_cell_t *t, int code)
{
	if(call->trace.is_over)
		return;
	/* somebody else has replied: tm after a CANCEL, or the script */
	if(call->trace.outcome == CALL_OUTCOME_NONE)
		set_outcome(call, t,
				call->state == CALL_CANCELLED || transaction_is_cancelled(t)
						? CALL_OUTCOME_CANCELLED
				: code < 300 ? CALL_OUTCOME_ANSWERED
							 : CALL_OUTCOME_REJECTED);
	if(!end_call(call))
		return;
	if(call->trace.outcome == CALL_OUTCOME_ANSWERED)
		view_keep(call, transaction_request(t));
	log_call(call, t, code);
	events_ended(t);
}

void observe_release(call_t *call)
{
	if(call->trace.began_ms != 0)
		end_call(call);
}
