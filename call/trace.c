/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "call/trace.h"

#include <stdio.h>
#include <string.h>

#include "text/text.h"

/* More steps than a call can have: its attempts, and what it passes over. */
#define STEPS_MAX 128

#define MORE ", ..."

const char *outcome_name(call_outcome_t outcome)
{
	static const char *const names[CALL_OUTCOMES] = {
			[CALL_OUTCOME_NONE] = "",
			[CALL_OUTCOME_ANSWERED] = "answered",
			[CALL_OUTCOME_EXHAUSTED] = "exhausted",
			[CALL_OUTCOME_REJECTED] = "rejected",
			[CALL_OUTCOME_CANCELLED] = "cancelled",
	};

	return names[outcome];
}

step_end_t step_end_of(result_kind_t kind)
{
	static const step_end_t ends[] = {
			[RESULT_NONE_YET] = STEP_UNDER_WAY,
			[RESULT_REPLY] = STEP_REPLY,
			[RESULT_INVITING] = STEP_INVITING,
			[RESULT_PROVISIONAL] = STEP_PROVISIONAL,
			[RESULT_RINGING] = STEP_RINGING,
			[RESULT_UNSENT] = STEP_UNSENT,
			[RESULT_DROPPED] = STEP_UNDER_WAY,
	};

	return ends[kind];
}

/* The name of each end, and the code that stands for it. */
static const struct
{
	const char *name;
	int code;
} ends[STEP_ENDS] = {
		[STEP_UNDER_WAY] = {"", 0},
		[STEP_REPLY] = {"", 0},
		[STEP_INVITING] = {"inviting", 408},
		[STEP_PROVISIONAL] = {"provisional", 408},
		[STEP_RINGING] = {"ringing", 408},
		[STEP_UNSENT] = {"send", 503},
		[STEP_CANCELLED] = {"cancelled", 487},
		[STEP_PASSED_OVER] = {"held", 0},
};

/* -- writing ------------------------------------------------------------ */

unsigned trace_age_ms(const trace_t *trace, int64_t now_ms)
{
	return (unsigned)(now_ms - trace->began_ms);
}

static void add_step(trace_t *trace, step_t *step)
{
	step->before = trace->last;
	__atomic_store_n(&trace->last, step, __ATOMIC_RELEASE);
}

void trace_begin_step(trace_t *trace, step_t *step, const target_t *target,
		reason_t reason, int64_t now_ms)
{
	step->target = target;
	step->reason = reason;
	step->number = trace_attempts(trace) + 1;
	step->began_ms = trace_age_ms(trace, now_ms);
	add_step(trace, step);
}

void trace_pass_over(
		trace_t *trace, step_t *step, const target_t *target, int64_t now_ms)
{
	step->target = target;
	step->began_ms = step->ended_ms = trace_age_ms(trace, now_ms);
	step->end = STEP_PASSED_OVER;
	add_step(trace, step);
}

void trace_drop_step(trace_t *trace)
{
	if(trace->last != NULL)
		__atomic_store_n(&trace->last, trace->last->before, __ATOMIC_RELEASE);
}

static bool is_answer(step_end_t end, int code)
{
	return end == STEP_REPLY && code < 300;
}

bool trace_end_step(
		trace_t *trace, step_t *step, step_end_t end, int code, int64_t now_ms)
{
	if(step->end != STEP_UNDER_WAY
			&& (is_answer(step->end, step->code) || !is_answer(end, code)))
		return false;
	step->code = end == STEP_REPLY ? code : ends[end].code;
	step->ended_ms = trace_age_ms(trace, now_ms);
	if(is_answer(end, code) && trace->answered == NULL)
		trace->answered = step;
	__atomic_store_n(&step->end, end, __ATOMIC_RELEASE);
	return true;
}

void trace_end(trace_t *trace, call_outcome_t outcome, int64_t now_ms)
{
	step_t *step;

	for(step = trace->last; step != NULL; step = step->before)
		trace_end_step(trace, step, STEP_CANCELLED, 0, now_ms);
	trace->outcome = outcome;
	trace->ended_ms = trace_age_ms(trace, now_ms);
}

void trace_resume(trace_t *trace)
{
	trace->outcome = CALL_OUTCOME_NONE;
}

/* -- reading ------------------------------------------------------------ */

static bool has_ended(const step_t *step)
{
	return __atomic_load_n(&step->end, __ATOMIC_ACQUIRE) != STEP_UNDER_WAY;
}

static const step_t *newest(const trace_t *trace)
{
	return __atomic_load_n(&trace->last, __ATOMIC_ACQUIRE);
}

const step_t *trace_current(const trace_t *trace)
{
	const step_t *step = newest(trace);

	if(trace->answered != NULL)
		return trace->answered;
	while(step != NULL && step->number == 0)
		step = step->before;
	return step;
}

unsigned trace_attempts(const trace_t *trace)
{
	const step_t *step = newest(trace);

	while(step != NULL && step->number == 0)
		step = step->before;
	return step == NULL ? 0 : step->number;
}

const step_t *trace_last_ended(const trace_t *trace)
{
	const step_t *step = newest(trace);

	if(trace->answered != NULL)
		return trace->answered;
	while(step != NULL && (step->number == 0 || !has_ended(step)))
		step = step->before;
	return step;
}

const str *step_name(const step_t *step)
{
	const target_t *target = step->target;

	return target->is_current && target->next_hop.len > 0 ? &target->next_hop
														  : &target->name;
}

const char *step_result(const step_t *step, char *buffer)
{
	if(step->end != STEP_REPLY)
		return ends[step->end].name;
	snprintf(buffer, 12, "%d", step->code);
	return buffer;
}

/* Write one step as text.
 * @return its length; -1 if it does not fit */
static int write_step(const step_t *step, bool is_first, char *text, int room)
{
	char result[12];
	int len = snprintf(text, room, "%s%.*s/%s %s", is_first ? "" : ", ",
			STR_FMT(step_name(step)), transport_name(step->target->transport),
			step_result(step, result));

	if(len < room && step->number != 0)
		len += snprintf(text + len, room - len, " %ums",
				step->ended_ms - step->began_ms);
	return len < room ? len : -1;
}

str trace_text(const trace_t *trace, char *buffer, int size)
{
	const step_t *steps[STEPS_MAX];
	str text = {buffer, 0};
	const step_t *step;
	int n = 0;
	int len;

	buffer[0] = '\0';
	for(step = newest(trace); step != NULL && n < STEPS_MAX;
			step = step->before) {
		if(has_ended(step))
			steps[n++] = step;
	}
	while(n-- > 0) {
		len = write_step(steps[n], text.len == 0, buffer + text.len,
				size - text.len - (int)strlen(MORE));
		if(len < 0) {
			/* there is enough room: see above */
			text.len += snprintf(buffer + text.len, size - text.len, "%s",
					text.len == 0 ? MORE + 2 : MORE);
			break;
		}
		text.len += len;
	}
	return text;
}
