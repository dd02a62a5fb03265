/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state: how far a call has come, and what follows each event in each state. It
 * is one table (state.c), and the whole of it is here:
 *
 *               sent    unsent  provis. failed  none    time    total   cancel  answer
 *   starting    TRYING  next    PROC.   next    ENDED   -       ENDED   CANC.   ANSW.
 *                watch          time            end             reply   487
 *   trying      -       -       PROC.   START.  -       expire  expire  CANC.   ANSW.
 *                               time    next                            cancel
 *   proceeding  -       -       time    START.  -       GIVING  GIVING  CANC.   ANSW.
 *                                       next            cancel  cancel  cancel
 *   giving up   -       -       -       START.  -       expire  -       CANC.   ANSW.
 *                                       next                            cancel
 *   cancelled   cancel  ENDED   cancel  ENDED   ENDED   expire  -       -       ANSW.
 *                       487             487     487
 *   answered    cancel  -       cancel  -       -       -       -       -       -
 *   ended       cancel  -       -       -       -       -       -       -       -
 *
 * Capitals: the state that follows; none: it stays. Below, or alone in small
 * letters: what is done. A dash: nothing.
 *
 * Pure: it knows no transaction, no clock and no destination. */
#ifndef FAILOVER_CALL_STATE_H
#define FAILOVER_CALL_STATE_H

typedef enum call_state
{
	CALL_STARTING,	 /* an attempt is being made, without the lock */
	CALL_TRYING,	 /* the INVITE has left, no reply has come yet */
	CALL_PROCEEDING, /* a provisional reply has come */
	CALL_GIVING_UP,	 /* its time is over, it is CANCELled and may have a last word */
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
	DO_WATCH,		   /* see that it is not lost in silence */
	DO_TIME,		   /* begin timer.provisional, or timer.ringing */
	DO_NEXT,		   /* ask the policy for the next destination, and try it */
	DO_EXPIRE,		   /* let tm end the branches that are pending */
	DO_GIVE_UP,		   /* CANCEL them, and wait for their last word */
	DO_CANCEL,		   /* see that every pending branch gets its CANCEL */
	DO_END,			   /* end the call with the reply that the policy chose */
	DO_END_CANCELLED,  /* end it with 487 */
	DO_REPLY_TOTAL,	   /* send the final reply now, an attempt is being made */
	DO_REPLY_CANCELLED /* send 487 now, an attempt is being made */
} call_action_t;

typedef struct transition
{
	call_state_t state;
	call_action_t action;
} transition_t;

/** What follows an event.
 * @return the state that the call is in then, and what is to be done */
transition_t state_follow(call_state_t state, call_event_t event);

/** Is the chain of attempts over, so that nothing more is decided? */
int state_is_over(call_state_t state);

/** "starting", "trying", ... as an operator reads it. */
const char *state_name(call_state_t state);

#endif
