/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace: what operators can see of one call: its rule, what each of its attempts did,
 * and how it ended. It keeps numbers and pointers, and makes a text only when it is
 * asked for one.
 *
 * Pure: the caller tells it the time, and it knows no transaction. It is written with
 * the reply lock of the call. It may be read without the lock: a step is complete
 * before it is in the list, and its end is written last. All of it lies in the memory
 * of the call. */
#ifndef FAILOVER_CALL_TRACE_H
#define FAILOVER_CALL_TRACE_H

#include <stdint.h>

#include "call/policy.h"

/* How a step ended. */
typedef enum step_end
{
	STEP_UNDER_WAY,
	STEP_REPLY,		  /* a final reply, `code` */
	STEP_INVITING,	  /* the reasons of the policy: it has not replied, */
	STEP_PROVISIONAL, /* has not replied finally, */
	STEP_RINGING,	  /* has rung too long, */
	STEP_UNSENT,	  /* could not be sent */
	STEP_CANCELLED,	  /* the call was over before it was */
	STEP_PASSED_OVER, /* it was passed over because it is held: no attempt */
	STEP_ENDS
} step_end_t;

/* One destination in the trace of a call. */
typedef struct step
{
	struct step *before;
	const target_t *target;
	unsigned number; /* number of the attempt, from 1 */
	reason_t reason; /* why it was made */
	step_end_t end;
	int code; /* of the final reply, or the code that stands for it */
	unsigned began_ms, ended_ms; /* since the call began */
} step_t;

typedef enum call_outcome
{
	CALL_OUTCOME_NONE, /* it is under way */
	CALL_OUTCOME_ANSWERED,
	CALL_OUTCOME_EXHAUSTED, /* no destination is left */
	CALL_OUTCOME_REJECTED, /* a reply ended the call, though destinations may be left */
	CALL_OUTCOME_CANCELLED,
	CALL_OUTCOMES
} call_outcome_t;

typedef struct trace
{
	str call_id;
	str rule;		   /* the rule; len 0: none, a list of the script */
	int64_t began_ms;  /* from observe_now_ms() */
	step_t *last;	   /* the newest; NULL before the first */
	step_t *answered;  /* the step that was answered */
	unsigned ended_ms; /* since the call began */
	call_outcome_t outcome;
	bool is_over; /* the caller has his final reply */
} trace_t;

/** "answered", ...; empty while it is under way. */
const char *outcome_name(call_outcome_t outcome);

/** The end of a step that belongs to a result of the policy. */
step_end_t step_end_of(result_kind_t kind);

/** Milliseconds since the call began. */
unsigned trace_age_ms(const trace_t *trace, int64_t now_ms);

/** An attempt begins.
 * @param step in the memory of the call, all zero; it is put into the list */
void trace_begin_step(trace_t *trace, step_t *step, const target_t *target,
		reason_t reason, int64_t now_ms);

/** A destination is passed over. It is no attempt. */
void trace_pass_over(
		trace_t *trace, step_t *step, const target_t *target, int64_t now_ms);

/** Remove the newest step: the script has dropped that attempt. */
void trace_drop_step(trace_t *trace);

/** A step has ended. The first end counts, except that a 2xx replaces any other end:
 * it may come late.
 * @param code of a STEP_REPLY
 * @return whether it counts */
bool trace_end_step(
		trace_t *trace, step_t *step, step_end_t end, int code, int64_t now_ms);

/** The call has an outcome. Steps that are still under way become cancelled. */
void trace_end(trace_t *trace, call_outcome_t outcome, int64_t now_ms);

/** The call continues (failover_retry). */
void trace_resume(trace_t *trace);

/** The step that $failover() shows: the one that was answered, or else the newest
 * attempt; NULL before the first. */
const step_t *trace_current(const trace_t *trace);

/** How many attempts were made. */
unsigned trace_attempts(const trace_t *trace);

/** The step that has ended last; NULL if none has. */
const step_t *trace_last_ended(const trace_t *trace);

/** The name of a destination: its URI, or its next hop if the request keeps its own
 * URI. */
const str *step_name(const step_t *step);

/** How a step ended, in a word: "503", "inviting", "send", ...
 * @param buffer room for a number: 12 bytes
 * @return NUL-terminated, in the buffer or static; empty while it is under way */
const char *step_result(const step_t *step, char *buffer);

/** One line with the steps that have ended, in order: sip:a@192.0.2.1/UDP inviting
 *      10000ms, sip:b@192.0.2.2/TCP 503 12ms
 * @param buffer room for size bytes; whole steps that do not fit are left out at
 *               the end, with "..." in their place
 * @return the text, in the buffer, NUL-terminated */
str trace_text(const trace_t *trace, char *buffer, int size);

#endif
