/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "call/state.h"

/* An event that is not in the table changes nothing. is_written marks the entries,
 * because the first state and the first action are zero too. */
static const struct
{
	int is_written;
	transition_t next;
} table[CALL_STATES][CALL_EVENTS] = {
		[CALL_STARTING] =
				{
						[EVENT_SENT] = {1, {CALL_TRYING, DO_WATCH}},
						[EVENT_UNSENT] = {1, {CALL_STARTING, DO_NEXT}},
						[EVENT_PROVISIONAL] = {1, {CALL_PROCEEDING, DO_TIME}},
						[EVENT_FAILED] = {1, {CALL_STARTING, DO_NEXT}},
						[EVENT_NONE_LEFT] = {1, {CALL_ENDED, DO_END}},
						[EVENT_TOTAL] = {1, {CALL_ENDED, DO_REPLY_TOTAL}},
						[EVENT_CANCEL] = {1,
								{CALL_CANCELLED, DO_REPLY_CANCELLED}},
						[EVENT_ANSWER] = {1, {CALL_ANSWERED, DO_NOTHING}},
				},
		[CALL_TRYING] =
				{
						[EVENT_PROVISIONAL] = {1, {CALL_PROCEEDING, DO_TIME}},
						[EVENT_FAILED] = {1, {CALL_STARTING, DO_NEXT}},
						[EVENT_TIME] = {1, {CALL_TRYING, DO_EXPIRE}},
						[EVENT_TOTAL] = {1, {CALL_TRYING, DO_EXPIRE}},
						[EVENT_CANCEL] = {1, {CALL_CANCELLED, DO_CANCEL}},
						[EVENT_ANSWER] = {1, {CALL_ANSWERED, DO_NOTHING}},
				},
		[CALL_PROCEEDING] =
				{
						[EVENT_PROVISIONAL] = {1, {CALL_PROCEEDING, DO_TIME}},
						[EVENT_FAILED] = {1, {CALL_STARTING, DO_NEXT}},
						[EVENT_TIME] = {1, {CALL_GIVING_UP, DO_GIVE_UP}},
						[EVENT_TOTAL] = {1, {CALL_GIVING_UP, DO_GIVE_UP}},
						[EVENT_CANCEL] = {1, {CALL_CANCELLED, DO_CANCEL}},
						[EVENT_ANSWER] = {1, {CALL_ANSWERED, DO_NOTHING}},
				},
		[CALL_GIVING_UP] =
				{
						[EVENT_FAILED] = {1, {CALL_STARTING, DO_NEXT}},
						[EVENT_TIME] = {1, {CALL_GIVING_UP, DO_EXPIRE}},
						[EVENT_CANCEL] = {1, {CALL_CANCELLED, DO_CANCEL}},
						[EVENT_ANSWER] = {1, {CALL_ANSWERED, DO_NOTHING}},
				},
		[CALL_CANCELLED] =
				{
						[EVENT_SENT] = {1, {CALL_CANCELLED, DO_CANCEL}},
						[EVENT_UNSENT] = {1, {CALL_ENDED, DO_END_CANCELLED}},
						[EVENT_PROVISIONAL] = {1, {CALL_CANCELLED, DO_CANCEL}},
						[EVENT_FAILED] = {1, {CALL_ENDED, DO_END_CANCELLED}},
						[EVENT_NONE_LEFT] = {1, {CALL_ENDED, DO_END_CANCELLED}},
						[EVENT_TIME] = {1, {CALL_CANCELLED, DO_EXPIRE}},
						[EVENT_ANSWER] = {1, {CALL_ANSWERED, DO_NOTHING}},
				},
		[CALL_ANSWERED] =
				{
						[EVENT_SENT] = {1, {CALL_ANSWERED, DO_CANCEL}},
						[EVENT_PROVISIONAL] = {1, {CALL_ANSWERED, DO_CANCEL}},
				},
		[CALL_ENDED] =
				{
						[EVENT_SENT] = {1, {CALL_ENDED, DO_CANCEL}},
				},
};

transition_t state_follow(call_state_t state, call_event_t event)
{
	if(table[state][event].is_written)
		return table[state][event].next;
	return (transition_t){state, DO_NOTHING};
}

int state_is_over(call_state_t state)
{
	return state == CALL_ANSWERED || state == CALL_ENDED;
}

const char *state_name(call_state_t state)
{
	static const char *const names[CALL_STATES] = {
			[CALL_STARTING] = "starting",
			[CALL_TRYING] = "trying",
			[CALL_PROCEEDING] = "proceeding",
			[CALL_GIVING_UP] = "giving up",
			[CALL_CANCELLED] = "cancelled",
			[CALL_ANSWERED] = "answered",
			[CALL_ENDED] = "ended",
	};

	return names[state];
}
