/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state: the states of a call, and what follows each event in each state. This is the
 * whole table of state.c. The first line of a state has the next state, the second
 * line the action. `-` means that the state stays, or that nothing is done. A unit
 * test reads the table from here.
 *
 *  | in         | sent   | unsent | provis. | failed   | none left | time    | total     | cancel     | answer   |
 *  |------------|--------|--------|---------|----------|-----------|---------|-----------|------------|----------|
 *  | starting   | trying | -      | proceed | -        | ended     | -       | ended     | cancelled  | answered |
 *  |            | watch  | next   | time    | next     | end       | -       | reply 408 | reply 487  | -        |
 *  | trying     | -      | -      | proceed | starting | -         | -       | -         | cancelled  | answered |
 *  |            | -      | -      | time    | next     | -         | expire  | expire    | cancel     | -        |
 *  | proceeding | -      | -      | -       | starting | -         | giving  | giving    | cancelled  | answered |
 *  |            | -      | -      | time    | next     | -         | give up | give up   | cancel     | -        |
 *  | giving up  | -      | -      | -       | starting | -         | -       | -         | cancelled  | answered |
 *  |            | -      | -      | -       | next     | -         | expire  | -         | cancel     | -        |
 *  | cancelled  | -      | ended  | -       | ended    | ended     | -       | -         | -          | answered |
 *  |            | cancel | end487 | cancel  | end487   | end487    | expire  | -         | -          | -        |
 *  | answered   | -      | -      | -       | -        | -         | -       | -         | -          | -        |
 *  |            | cancel | -      | cancel  | -        | -         | -       | -         | -          | -        |
 *  | ended      | -      | -      | -       | -        | -         | -       | -         | -          | -        |
 *  |            | cancel | -      | -       | -        | -         | -       | -         | -          | -        |
 *
 * Pure: it knows no transaction, no clock and no destination. */
#ifndef FAILOVER_CALL_STATE_H
#define FAILOVER_CALL_STATE_H

typedef enum call_state
{
	CALL_STARTING,	 /* an attempt is being made, without the lock */
	CALL_TRYING,	 /* the INVITE has left, no reply has come yet */
	CALL_PROCEEDING, /* a provisional reply has come */
	CALL_GIVING_UP,	 /* its time is over; it is CANCELled and may still reply */
	CALL_CANCELLED,	 /* the caller has given up: no further attempt */
	CALL_ANSWERED,	 /* a 2xx goes to the caller */
	CALL_ENDED,		 /* no destination is left, or the last reply is final */
	CALL_STATES
} call_state_t;

typedef enum call_event
{
	EVENT_SENT,		   /* the INVITE has left */
	EVENT_UNSENT,	   /* it could not be sent */
	EVENT_PROVISIONAL, /* a branch of the attempt has sent a 1xx */
	EVENT_FAILED,	   /* no branch of the attempt is pending any more */
	EVENT_NONE_LEFT,   /* there is no further destination */
	EVENT_TIME,		   /* the time of the attempt is over */
	EVENT_TOTAL,	   /* timer.total is over */
	EVENT_CANCEL,	   /* the caller, or an operator, cancels the call */
	EVENT_ANSWER,	   /* tm relays a 2xx to the caller */
	CALL_EVENTS
} call_event_t;

typedef enum call_action
{
	DO_NOTHING,
	DO_WATCH,		  /* check its connection and the timers of tm */
	DO_TIME,		  /* begin timer.provisional, or timer.ringing */
	DO_NEXT,		  /* try the destination that the policy chooses */
	DO_EXPIRE,		  /* let tm end the branches that are pending */
	DO_GIVE_UP,		  /* CANCEL them, and wait for their final replies */
	DO_CANCEL,		  /* have every pending branch CANCELled */
	DO_END,			  /* end the call with the reply that the policy chose */
	DO_END_CANCELLED, /* end it with 487 */
	DO_REPLY_TOTAL, /* send the final reply now, while an attempt is being made */
	DO_REPLY_CANCELLED /* send 487 now, while an attempt is being made */
} call_action_t;

typedef struct transition
{
	call_state_t state;
	call_action_t action;
} transition_t;

/** Find what follows an event.
 * @return the next state of the call, and the action */
transition_t state_follow(call_state_t state, call_event_t event);

/** Is the chain of attempts over, so that nothing more is decided? */
int state_is_over(call_state_t state);

/** "starting", "trying", ... as an operator reads it. */
const char *state_name(call_state_t state);

#endif
