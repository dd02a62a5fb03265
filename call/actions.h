/* SPDX-License-Identifier: GPL-2.0-or-later */
/* actions: carries out the actions that follow the events of a call. The table in
 * state.h says which action follows. The caller of each function holds the reply
 * lock. */
#ifndef FAILOVER_CALL_ACTIONS_H
#define FAILOVER_CALL_ACTIONS_H

#include "call/course.h"

/* An event with what belongs to it. */
typedef struct scene
{
	call_t *call;
	tm_cell_t *t;
	struct sip_msg *msg;		 /* the request to send; NULL outside a route */
	int branch;					 /* NO_BRANCH in request_route */
	int code;					 /* the code of its reply */
	bool is_ringing;			 /* the reply is an 18x */
	result_t result;			 /* how the attempt ended, for EVENT_FAILED */
	final_reply_t reply;		 /* chosen by the policy, for EVENT_NONE_LEFT */
	struct cancel_info *cancels; /* in an alarm: sent after it */
} scene_t;

/** Handle an event: put the call into the state that follows, and do the action, which
 * may cause the next event. */
void happen(scene_t *scene, call_event_t event);

/** If the transaction is marked as cancelled and the call does not know it yet, cancel
 * the call. */
void note_cancel(scene_t *scene);

/** In the callback for a branch that has waited until the name of the next destination
 * was looked up: try that destination now, unless the call was cancelled. */
void course_go_on(scene_t *scene);

/** Have every pending branch CANCELled soon. It is not done here, because the caller
 * holds the lock. */
void course_want_cancels(call_t *call, const tm_cell_t *t);

/** Set the alarm to the earliest deadline of the call. */
void course_set_alarm(call_t *call, const tm_cell_t *t);

/** Is timer.total over? The alarm looks after it while the chain goes on. */
bool course_is_expired(const call_t *call);

/** Is an attempt under way that was not given up? */
bool course_is_under_way(const call_t *call);

/** For alarm_init(). */
void course_alarm_goes_off(
		alarm_t *alarm, tm_cell_t *t, struct cancel_info *cancels);

#endif
