/* SPDX-License-Identifier: GPL-2.0-or-later */
/* actions: what is done when an event of a call happens. Which it is says the table
 * in state.h; here each is carried out. All with the reply lock held. */
#ifndef FAILOVER_CALL_ACTIONS_H
#define FAILOVER_CALL_ACTIONS_H

#include "call/course.h"

/* Where an event happens, and what it is about. */
typedef struct scene
{
	call_t *call;
	tm_cell_t *t;
	struct sip_msg *msg; /* to be sent on; NULL outside of a route */
	int branch;			 /* NO_BRANCH in request_route */
	int code;			 /* of its reply */
	bool is_ringing;	 /* an 18x */
	result_t result;	 /* of the attempt, for EVENT_FAILED */
	final_reply_t reply; /* that the policy chose, for EVENT_NONE_LEFT */
	struct cancel_info *cancels; /* in an alarm: to be sent behind it */
} scene_t;

/** An event happens: the call is in the state that follows, and what is due then
 * is done, which may be the next event. */
void happen(scene_t *scene, call_event_t event);

/** Is the transaction marked as cancelled by somebody who did not say so? Then the
 * call is cancelled. */
void note_cancel(scene_t *scene);

/** See soon that every pending branch gets its CANCEL. Not here and now: who calls
 * holds the lock. */
void course_want_cancels(call_t *call, const tm_cell_t *t);

/** Have the alarm go off for what is due first. */
void course_set_alarm(call_t *call, const tm_cell_t *t);

/** Is an attempt under way, that has not been given up? */
bool course_is_under_way(const call_t *call);

/** For alarm_init(). */
void course_alarm_goes_off(
		alarm_t *alarm, tm_cell_t *t, struct cancel_info *cancels);

#endif
